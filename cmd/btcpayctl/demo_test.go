package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// TestDemoPasted pastes what the demo shows into a shell: each command has to
// give there what it gave in the story.
func TestDemoPasted(t *testing.T) {
	t.Parallel()
	bash := programs.Bash.Need(t)
	binary := buildPlain(t)
	demo := exec.CommandContext(t.Context(), binary, "demo", "--keep")
	demo.Env = []string{"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	told := readUntil(t, bufio.NewReader(out), "Log in as")
	var script, story strings.Builder
	for line := range strings.Lines(told) {
		switch command, shown := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "  export ") && story.Len() == 0:
			script.WriteString(line)
		case shown:
			script.WriteString(command)
			story.WriteString(line)
		}
	}
	if n := strings.Count(story.String(), "\n"); n < 10 {
		t.Fatalf("the demo shows %d commands:\n%s", n, told)
	}

	paste := exec.Command(bash, "-e")
	paste.Dir = t.TempDir()
	paste.Env = []string{"HOME=" + t.TempDir(), "PATH=" + filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH")}
	paste.Stdin = strings.NewReader(script.String())
	var stdout, stderr bytes.Buffer
	paste.Stdout, paste.Stderr = &stdout, &stderr
	if err := paste.Run(); err != nil {
		t.Errorf("pasted, the commands fail: %v\n%s\n%s", err, &stdout, &stderr)
	}
	// The same facts, in words; ids, keys and times are new.
	for _, want := range []string{"shop .* yes", "till .* yes", `new +12.50 USD +\S+ +\S+ +0.00025000 BTC`, `settled +12.50 USD +\S+ +\S+ +0.00000000 BTC`} {
		for name, text := range map[string]string{"the demo": told, "pasted": stdout.String()} {
			if !regexp.MustCompile(want).MatchString(text) {
				t.Errorf("%s does not show %q:\n%s", name, want, text)
			}
		}
	}

	checkReadme(t, told)

	if err := demo.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := demo.Wait(); err != nil {
		t.Errorf("Ctrl-C ends the demo with %v", err)
	}
	for _, variable := range demo.Env {
		_, dir, _ := strings.Cut(variable, "=")
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("the demo left %v in %s (%v)", left, dir, err)
		}
	}
}

// checkReadme compares what README.md shows of the demo with what it prints.
func checkReadme(t *testing.T, told string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "$ make demo\n")
	shown, _, found := strings.Cut(shown, "\n$ make test\n")
	if !found {
		t.Fatal("README.md does not show make demo and make test")
	}
	plain := strings.NewReplacer(" Everything it created is deleted. To try the commands yourself: btcpayctl demo --keep", "")
	fresh := regexp.MustCompile(`\b[1-9A-HJ-NP-Za-km-z]{21,22}\b|127\.0\.0\.1:[0-9]+|\b[0-9-]{10}T[0-9:]{8}Z|\b[0-9.]+ s\b`)
	normal := func(text string) string {
		return regexp.MustCompile(` {2,}`).ReplaceAllString(fresh.ReplaceAllString(plain.Replace(text), "NEW"), "  ")
	}
	told = normal(told)
	for line := range strings.Lines(shown) {
		line = normal(strings.TrimSpace(line))
		if line == "" || line == "…" {
			continue
		}
		_, rest, found := strings.Cut(told, line+"\n")
		if !found {
			t.Errorf("README.md shows %q, and the demo does not, or not there", line)
			continue
		}
		told = rest
	}
}

// readUntil reads lines up to the one that has the text.
func readUntil(t *testing.T, r *bufio.Reader, text string) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := r.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			t.Fatalf("%v after:\n%s", err, &all)
		}
		if strings.Contains(line, text) {
			return all.String()
		}
	}
}

// TestDemoLeavesNothing runs the story on a machine that has only a folder for
// temporary files.
func TestDemoLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	demo := exec.Command(buildPlain(t), "demo")
	demo.Env = []string{"TMPDIR=" + dir}
	out, err := demo.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "Done in ") {
		t.Errorf("the demo does not tell how long it took:\n%s", out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v (%v)", left, err)
	}
}
