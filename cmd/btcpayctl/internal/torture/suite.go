package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

type state int

const (
	notRun state = iota
	running
	passed
	failed
	skipped
)

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

// failed tells whether the events have a failure.
func (s *suite) failed() bool {
	return slices.ContainsFunc(s.packages, func(p *testPackage) bool { return p.state == failed })
}

// An event is one of those that `go doc test2json` describes.
type event struct {
	Action, Package, Test, Output, Key, Value string
	ImportPath, FailedBuild                   string
}

// read takes in events up to the end. What is no event is shown.
func (s *suite) read(r io.Reader, p *progress) error {
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case json.Unmarshal(line, &e) != nil || e.Action == "":
			p.Write(line)
		default:
			s.take(e, p)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the events of go test: %w", err)
		}
	}
}

func (s *suite) take(e event, p *progress) {
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

func (s *suite) takeOfPackage(e event, of *testPackage, p *progress) {
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
				p.end(of.short, t.name, "not ended")
				p.Write(t.output)
			}
		}
		p.Write(of.output)
	}
}

func (s *suite) takeOfTest(e event, of *testPackage, p *progress) {
	name, _, sub := strings.Cut(e.Test, "/")
	t := of.test(name)
	if t == nil {
		return // of a package that is tested twice under one name
	}
	full := of.path + " " + e.Test
	switch e.Action {
	case "run", "cont":
		if sub {
			p.show(of.short, name, e.Test)
			return
		}
		t.state = running
		p.begin(of.short, name)
	case "pause":
		if !sub {
			p.pause(of.short, name)
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
			p.end(of.short, name, "skipped")
		}
	case "pass":
		if !sub {
			t.state, t.output = passed, nil
			p.end(of.short, name, "passed")
		}
	case "fail":
		if !sub {
			t.state = failed
			p.end(of.short, name, "failed")
			p.Write(t.output)
		}
	}
}

// position is where in the source a test says something.
var position = regexp.MustCompile(`^\S+_test\.go:[0-9]+: `)
