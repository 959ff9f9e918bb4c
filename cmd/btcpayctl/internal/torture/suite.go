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

type state int

const (
	notRun state = iota
	running
	passed
	failed
	skipped
)

// A testPackage is one that has long tests.
type testPackage struct {
	path  string // as `go test` names it
	short string // without the path of the module
	tests []*longTest

	state  state
	output []byte // of no single test
	build  string // the failed build, where that is why
}

func (p *testPackage) test(name string) *longTest {
	for _, t := range p.tests {
		if t.name == name {
			return t
		}
	}
	return nil
}

// A longTest is a test function with its subtests.
type longTest struct {
	name    string
	leftOut bool // not built on this system
	state   state
	figures []figure
	garbled []string // what was told and is no figure
	skips   []skip
	output  []byte
}

// A skip is of the test or of a subtest.
type skip struct{ name, why string }

// A suite is what is known of all tests, from the stream of events on.
type suite struct {
	packages []*testPackage
	builds   map[string][]byte // what the compiler says, by build
	said     map[string]string // the last line of a test or subtest, by package and name
}

// list returns the packages with long tests that are wanted.
func list(ctx context.Context, dir string, patterns []string, wanted func(name string) bool) ([]*testPackage, error) {
	listed, err := gotest.List(ctx, dir, patterns)
	var found []*testPackage
	for _, p := range listed {
		of := &testPackage{path: p.Path, short: p.Short}
		for _, t := range p.Tests {
			if t.Long() && wanted(t.Name) {
				of.tests = append(of.tests, &longTest{name: t.Name, leftOut: t.LeftOut})
			}
		}
		if len(of.tests) > 0 {
			found = append(found, of)
		}
	}
	return found, err
}

func newSuite(packages []*testPackage) *suite {
	return &suite{packages: packages, builds: map[string][]byte{}, said: map[string]string{}}
}

// selection is what of the tests can run here.
func (s *suite) selection() (names, paths []string, count int) {
	for _, p := range s.packages {
		for _, t := range p.tests {
			if t.leftOut {
				continue
			}
			count++
			if !slices.Contains(names, t.name) {
				names = append(names, t.name)
			}
			if !slices.Contains(paths, p.path) {
				paths = append(paths, p.path)
			}
		}
	}
	return names, paths, count
}

// failed tells whether the gotest.Events have a failure.
func (s *suite) failed() bool {
	return slices.ContainsFunc(s.packages, func(p *testPackage) bool { return p.state == failed })
}

// read takes in events up to the end. What is no event is shown.
func (s *suite) read(r io.Reader, p *gotest.Progress) error {
	return gotest.Read(r, func(e gotest.Event) { s.take(e, p) }, p)
}

func (s *suite) take(e gotest.Event, p *gotest.Progress) {
	if e.Action == "build-output" {
		s.builds[e.ImportPath] = append(s.builds[e.ImportPath], e.Output...)
		return
	}
	i := slices.IndexFunc(s.packages, func(p *testPackage) bool { return p.path == e.Package })
	switch {
	case i < 0:
	case e.Test == "":
		s.takeOfPackage(e, s.packages[i], p)
	default:
		s.takeOfTest(e, s.packages[i], p)
	}
}

func (s *suite) takeOfPackage(e gotest.Event, of *testPackage, p *gotest.Progress) {
	switch e.Action {
	case "output":
		of.output = append(of.output, e.Output...)
	case "pass", "skip":
		of.state = passed
	case "fail":
		of.state, of.build = failed, e.FailedBuild
		if of.build != "" {
			p.Write(s.builds[of.build])
		}
		for _, t := range of.tests {
			if t.state == running { // the package ended in the middle of it
				p.End(of.short, t.name, "not ended")
				p.Write(t.output)
			}
		}
		p.Write(of.output)
	}
}

func (s *suite) takeOfTest(e gotest.Event, of *testPackage, p *gotest.Progress) {
	name, _, sub := strings.Cut(e.Test, "/")
	t := of.test(name)
	if t == nil {
		return // of a package that is tested twice under one name
	}
	full := of.path + " " + e.Test
	switch e.Action {
	case "run", "cont":
		if sub {
			p.Show(of.short, name, e.Test)
			return
		}
		t.state = running
		p.Begin(of.short, name)
	case "pause":
		if !sub {
			p.Pause(of.short, name)
		}
	case "output":
		t.output = append(t.output, e.Output...)
		if line := strings.TrimSpace(e.Output); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			s.said[full] = line
		}
	case "attr":
		if e.Key != "figure" {
			return
		}
		if f, err := parseFigure(e.Value); err != nil {
			t.garbled = append(t.garbled, fmt.Sprintf("%q is no figure: %v", e.Value, err))
		} else {
			t.figures = append(t.figures, f)
		}
	case "skip":
		t.skips = append(t.skips, skip{e.Test, position.ReplaceAllString(s.said[full], "")})
		if !sub {
			t.state = skipped
			p.End(of.short, name, "skipped")
		}
	case "pass":
		if !sub {
			t.state, t.output = passed, nil
			p.End(of.short, name, "passed")
		}
	case "fail":
		if !sub {
			t.state = failed
			p.End(of.short, name, "failed")
			p.Write(t.output)
		}
	}
}

// position is where in the source a test says something.
var position = regexp.MustCompile(`^\S+_test\.go:[0-9]+: `)
