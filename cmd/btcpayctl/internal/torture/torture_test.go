package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// module has tests that keep, miss, fail, skip, crash, hang, leak and do not
// build. events.jsonl was recorded from it with Go 1.26.8 on 2026-11-25:
//
//	BTCPAYCTL_TORTURE=1 go test -json -trimpath -count=1 -p=1 -timeout=3s '-run=^(TestTorture.*)$' ./...
const module = "testdata/module"

func listed(t *testing.T, names string) *suite {
	t.Helper()
	s, err := list(t.Context(), module, []string{"./..."}, regexp.MustCompile(names).MatchString)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *suite) read(t *testing.T, events io.Reader, stderr io.Writer) {
	t.Helper()
	s.stderr = stderr
	if err := gotest.Read(events, stderr, s.take); err != nil {
		t.Fatal(err)
	}
}

// checkTable compares with the table of the module. It has one for all systems.
func checkTable(t *testing.T, s *suite) {
	t.Helper()
	want, err := os.ReadFile("testdata/table.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	err = report(&got, s.rows())
	if err == nil || err.Error() != "12 of 26 rows failed; the output of failed tests is above" {
		t.Errorf("got the error %v", err)
	}
	text := strings.ReplaceAll(got.String(), runtime.GOOS+"/"+runtime.GOARCH, "linux/amd64")
	if squeezed(string(want)) != squeezed(text) {
		t.Error(cmp.Diff(string(want), text))
	}
}

// squeezed leaves out how wide the columns are.
func squeezed(s string) string { return regexp.MustCompile(` {2,}`).ReplaceAllString(s, "  ") }

// wantSaid checks what is shown beside the table: all that failed tests say, and
// nothing of those that passed.
func wantSaid(t *testing.T, text string) {
	t.Helper()
	for _, want := range []string{
		"figures_test.go:24: 1.31 is over the limit\n", "        and another one\n",
		"panic: assignment to entry in nil map", "crash.TestTortureCrash",
		"panic: test timed out after 3s", "hang.TestTortureHang",
		"found unexpected goroutines\n", "unbuilt_test.go:5:41: undefined: undeclared\n",
		"figures TestTortureKept …\n", "hang TestTortureHang: unfinished after ", ", 15 of 18\n",
	} {
		if n := strings.Count(text, want); n < 1 {
			t.Errorf("%q is not shown:\n%s", want, text)
		}
	}
	for _, never := range []string{"this stays quiet", "looking for age", "TestShort", "no test at all"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is shown:\n%s", never, text)
		}
	}
}

func TestRecorded(t *testing.T) {
	events, err := os.Open("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	s := listed(t, "")
	var shown bytes.Buffer
	s.read(t, events, &shown)
	checkTable(t, s)
	wantSaid(t, shown.String())
}

// TestRun has the go of today run the module.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds and runs a module")
	}
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	s := listed(t, "")
	if err := s.run(t.Context(), module, 10*time.Minute, stderr); err != nil {
		t.Fatal(err)
	}
	checkTable(t, s)
	text, err := os.ReadFile(stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	wantSaid(t, string(text))
}

// Wherever the stream ends, each test has its row, and only what was told until
// then is good.
func TestEventsCutOff(t *testing.T) {
	events, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	whole := listed(t, "")
	whole.read(t, bytes.NewReader(events), io.Discard)
	var cuts []int
	for i, b := range events {
		if b == '\n' {
			cuts = append(cuts, i+1, i-20) // between two events, and within one
		}
	}
	named := listed(t, "^TestTorture(Kept|Subtests|AtOnce|Hang|Skipped)").packages
	for _, cut := range cuts {
		s := new(suite)
		for _, p := range named {
			again := &testPackage{path: p.path, short: p.short}
			for _, test := range p.tests {
				again.tests = append(again.tests, &longTest{name: test.name, leftOut: test.leftOut})
			}
			s.packages = append(s.packages, again)
		}
		s.read(t, bytes.NewReader(events[:max(cut, 0)]), io.Discard)
		rows := s.rows()
		for _, p := range s.packages {
			for _, want := range p.tests {
				if !slices.ContainsFunc(rows, func(r row) bool { return strings.HasPrefix(r.test, want.name) }) {
					t.Errorf("cut at %d: %s has no row", cut, want.name)
				}
			}
		}
		for _, r := range rows {
			if !bad(r) && !slices.Contains(whole.rows(), r) {
				t.Errorf("cut at %d: %v is no row of the whole stream", cut, r)
			}
		}
	}
}

func TestNothingRuns(t *testing.T) {
	for _, c := range []struct{ only, pkg, want string }{
		{"Nobody", ".", "no long test in . matches -run \"Nobody\""},
		{"(", "./...", "-run: error parsing regexp"},
		{"", "./nowhere", "nowhere"},
	} {
		if err := run(t.Context(), c.only, time.Second, []string{c.pkg}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %s: got %v", c.only, c.pkg, err)
		}
	}
	// What cannot run here is told without go test.
	s := listed(t, "Elsewhere")
	if err := s.run(context.Background(), "/nowhere", time.Second, nil); err != nil {
		t.Error(err)
	}
	if rows := s.rows(); len(rows) != 1 || rows[0].verdict != left {
		t.Errorf("got %v", rows)
	}
}

// What go says outside the events is shown, and its failure is told.
func TestGoFails(t *testing.T) {
	t.Setenv("GOFLAGS", "-nonsense")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	s := &suite{packages: []*testPackage{{path: "example.com/long/figures", short: "figures", tests: []*longTest{{name: "TestTortureKept"}}}}}
	if err := s.run(t.Context(), module, 3*time.Second, stderr); err == nil || !strings.Contains(err.Error(), "go test") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(stderr.Name()); err != nil || !strings.Contains(string(text), "-nonsense") {
		t.Errorf("%q is shown, %v", text, err)
	}
	if rows := s.rows(); len(rows) != 1 || rows[0].verdict != never {
		t.Errorf("got %v", rows)
	}
}
