package main

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestStartAllocates bounds what packages allocate before the first line of main runs: each
// command pays for it, whatever it does. What few commands need is made when it is used.
func TestStartAllocates(t *testing.T) {
	t.Parallel()
	const most, mostOfOne = 180_000, 24_000 // bytes
	// The interpreter of --jq fills its tables when it is linked.
	const interpreter = "github.com/itchyny/gojq"
	cmd := exec.Command(buildPlain(t), "version")
	home := t.TempDir()
	cmd.Env = []string{"GODEBUG=inittrace=1", "HOME=" + home, "USERPROFILE=" + home}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	trace := regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes, \d+ allocs$`).FindAllStringSubmatch(stderr.String(), -1)
	if len(trace) < 30 {
		t.Fatalf("%d packages are traced:\n%s", len(trace), &stderr)
	}
	all := 0
	for _, p := range trace {
		if p[1] == interpreter {
			continue
		}
		bytes, err := strconv.Atoi(p[2])
		must(t, err)
		all += bytes
		if bytes > mostOfOne {
			t.Errorf("%s allocates %d bytes at every start", p[1], bytes)
		}
	}
	if all > most {
		t.Errorf("a start allocates %d bytes:\n%s", all, &stderr)
	}
}
