package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
)

// A suite is the long tests of all packages and how far they came.
type suite struct {
	packages  []*testPackage
	collector gotest.Collector
	stderr    io.Writer
	ended     int // of the tests
}

type testPackage struct {
	path  string // as `go test` names it
	short string // without the path of the module
	tests []*longTest
	end   gotest.Result // zero before the package ends
}

// A longTest is a test function with its subtests.
type longTest struct {
	name    string
	leftOut bool   // not built on this system
	started bool   // go test began it
	end     string // how, once it ended
	crash   string // the panic in its output
	rows    []row  // figures and skips, its own and of its subtests
}

// list finds the long tests that are wanted.
func list(ctx context.Context, dir string, patterns []string, wanted func(name string) bool) (*suite, error) {
	listed, err := gotest.List(ctx, dir, patterns)
	s := &suite{stderr: io.Discard}
	for _, p := range listed {
		of := &testPackage{path: p.Path, short: p.Short}
		for _, t := range p.Tests {
			if t.Long() && wanted(t.Name) {
				of.tests = append(of.tests, &longTest{name: t.Name, leftOut: t.LeftOut})
			}
		}
		if len(of.tests) > 0 {
			s.packages = append(s.packages, of)
		}
	}
	return s, err
}

// selection is the tests that this system can run, and their packages.
func (s *suite) selection() (names, paths []string) {
	for _, p := range s.packages {
		for _, t := range p.tests {
			if t.leftOut {
				continue
			}
			names = append(names, t.name)
			if !slices.Contains(paths, p.path) {
				paths = append(paths, p.path)
			}
		}
	}
	return names, paths
}

func (s *suite) failed() bool {
	return slices.ContainsFunc(s.packages, func(p *testPackage) bool { return p.failed() })
}

func (p *testPackage) failed() bool { return p.end.End == gotest.Fail || p.end.End == gotest.Unbuilt }

// find returns the test that a test or subtest belongs to.
func (s *suite) find(path, test string) (*testPackage, *longTest) {
	name, _, _ := strings.Cut(test, "/")
	for _, p := range s.packages {
		if p.path != path {
			continue
		}
		for _, t := range p.tests {
			if t.name == name {
				return p, t
			}
		}
		return p, nil
	}
	return nil, nil
}

func (s *suite) take(e gotest.Event) {
	if p, t := s.find(e.Package, e.Test); t != nil {
		switch {
		case e.Action == "run" && e.Test == t.name:
			t.started = true
			fmt.Fprintf(s.stderr, "%s %s …\n", p.short, t.name)
		case e.Action == "attr" && e.Key == "figure":
			t.rows = append(t.rows, figureRow(e.Value, t.name))
		}
	}
	for _, r := range s.collector.Take(e) {
		if p, t := s.find(r.Package, r.Test); t != nil {
			s.endTest(p, t, r)
		} else if p != nil && r.Test == "" {
			p.end = r
			if p.failed() {
				s.stderr.Write(r.Output)
			}
		}
	}
}

func (s *suite) endTest(p *testPackage, t *longTest, r gotest.Result) {
	failed := r.End == gotest.Fail || r.End == gotest.Unfinished
	if r.End == gotest.Skip {
		t.rows = append(t.rows, wordRow(r.Last, left, r.Test))
	}
	if line := crash.Find(r.Output); failed && line != nil {
		t.crash = ": " + string(line)
	}
	if r.Test == t.name {
		t.end = r.End
		s.ended++
		names, _ := s.selection()
		fmt.Fprintf(s.stderr, "%s %s: %s after %.1fs, %d of %d\n", p.short, t.name, r.End, r.Seconds, s.ended, len(names))
	}
	if failed {
		s.stderr.Write(r.Output)
	}
}

var crash = regexp.MustCompile(`(?m)^(panic|fatal error): .*$`)
