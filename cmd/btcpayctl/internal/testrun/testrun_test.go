package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// recorded has tests that pass, fail, skip, crash, hang, leak and do not build.
const recorded = "../torture/testdata/events.jsonl"

func summarized(t *testing.T, events io.Reader) (*summary, string) {
	t.Helper()
	var out bytes.Buffer
	s := newSummary(&out)
	if err := gotest.Read(events, &out, s.take); err != nil {
		t.Fatal(err)
	}
	s.print()
	return s, out.String()
}

func TestSummary(t *testing.T) {
	events, err := os.Open(recorded)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	s, text := summarized(t, events)
	if !s.bad() || s.packages != 5 || len(s.broken) != 5 {
		t.Errorf("bad %v, %d packages, broken %q", s.bad(), s.packages, s.broken)
	}
	for _, want := range []string{
		"figures_test.go:24: 1.31 is over the limit\n", "        and another one\n", "--- FAIL: TestTortureMissed",
		"panic: assignment to entry in nil map", "panic: test timed out after 3s", "found unexpected goroutines\n",
		"unbuilt_test.go:5:41: undefined: undeclared\n", "FAIL\texample.com/long/crash\t",
		"\nSkipped:\n     1  age is missing: apt-get install age\n     1  strace is missing: apt-get install strace\n",
		"\nFailed:\n  example.com/long/",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown:\n%s", want, text)
		}
	}
	for _, never := range []string{"this stays quiet", "looking for age", "=== RUN", "--- PASS"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is shown:\n%s", never, text)
		}
	}
	last := text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:]
	if last != "11 passed, 4 failed, 2 skipped\n" {
		t.Errorf("the last line is %q", last)
	}
}

// Wherever the stream is cut off, no failure that was reported before is lost, and
// nothing passes that did not.
func TestSummaryCutOff(t *testing.T) {
	events, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := summarized(t, bytes.NewReader(events))
	passed, failed := 0, 0
	for cut := range events {
		if cut > 0 && events[cut-1] != '\n' {
			continue
		}
		s, _ := summarized(t, bytes.NewReader(events[:cut]))
		if s.passed < passed || s.failed < failed || s.passed > whole.passed || s.failed > whole.failed {
			t.Fatalf("cut at %d: %d passed, %d failed", cut, s.passed, s.failed)
		}
		passed, failed = s.passed, s.failed
	}
}

// TestRun runs real packages of the project, one good and one that does not exist.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it runs go test")
	}
	for _, c := range []struct {
		name string
		dir  string
		args []string
		fail string
		says []string
	}{
		{"good", ".", []string{"-run=^TestUnfinished$", "../gotest"}, "",
			[]string{"This run leaves out:\n  the race detector:", "ok  \t", "\n1 tests ran in 1 packages, subtests included:\n1 passed, 0 failed, 0 skipped\n"}},
		{"none", ".", []string{"-run=^TestNoSuchTest$", "../gotest"}, "no test ran", []string{"0 passed, 0 failed, 0 skipped"}},
		{"broken", "../torture/testdata/module", []string{"./figures", "./unbuilt"}, "tests failed",
			[]string{"1.31 is over the limit", "undefined: undeclared", "FAIL\texample.com/long/unbuilt [build failed]", "2 skipped"}},
		{"nowhere", ".", []string{"./nowhere"}, "nowhere", nil},
		{"usage", ".", []string{"-nonsense", "../gotest"}, "tests failed", []string{"flag provided but not defined: -nonsense"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			err = run(t.Context(), c.dir, c.args, out, out)
			if (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) {
				t.Errorf("got the error %v", err)
			}
			text, err := os.ReadFile(out.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(string(text), want) {
					t.Errorf("%q is not shown:\n%s", want, text)
				}
			}
		})
	}
}

func TestLeftOut(t *testing.T) {
	packages := []gotest.Package{{Path: "example.com/a", Tests: []gotest.Test{{Name: "TestTortureKill"}, {Name: "TestTortureOther", LeftOut: true}, {Name: "TestShort"}}}}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("BTCPAYCTL_TORTURE", "")
	lines := leftOut(packages, []string{"-short", "./..."})
	for _, want := range []string{
		"  the race detector: it needs a C compiler (apt-get install gcc) and CGO_ENABLED=1",
		"  that a real browser pairs and authorizes: chromium is missing: apt-get install chromium",
		"  slow tests, since -short is given",
		"  1 long tests at full length: make torture",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, line := range leftOut(nil, []string{"-race"}) {
		if strings.Contains(line, "race detector") || strings.Contains(line, "long tests") {
			t.Errorf("%q is left out", line)
		}
	}
}

// TestEnvironment: only the race detector gets cgo, which make leaves out elsewhere, and
// what is set already counts.
func TestEnvironment(t *testing.T) {
	for _, c := range []struct{ args, race, memory, want string }{
		{"-trimpath -race ./...", "", "", "GOGC=300,GOMEMLIMIT=1GiB,CGO_ENABLED=1,GORACE=atexit_sleep_ms=0"},
		{"-race", "halt_on_error=1", "50", "CGO_ENABLED=1,GORACE=atexit_sleep_ms=0 halt_on_error=1"},
		{"-trimpath ./...", "halt_on_error=1", "", "GOGC=300,GOMEMLIMIT=1GiB"},
	} {
		t.Setenv("GORACE", c.race)
		t.Setenv("GOGC", c.memory)
		t.Setenv("GOMEMLIMIT", "")
		if got := strings.Join(environment(strings.Fields(c.args)), ","); got != c.want {
			t.Errorf("%q: got %q, want %q", c.args, got, c.want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for args, want := range map[string]string{"-race ./a ./b": "./a ./b", "-race": ".", "": ".", "./...": "./..."} {
		if got := strings.Join(patterns(strings.Fields(args)), " "); got != want {
			t.Errorf("%q: got %q", args, got)
		}
	}
}
