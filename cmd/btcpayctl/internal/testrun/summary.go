package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
)

// A summary counts tests and subtests, and shows what those that failed say.
type summary struct {
	w        io.Writer
	progress *gotest.Progress

	passed, failed, skipped int
	packages                int
	broken                  []string // packages that failed
	reasons                 map[string]int
	output                  map[string][]byte // of a test that has not ended, by package and name
	ofPackage               map[string][]byte // of no test
	builds                  map[string][]byte // of the compiler, by build
	said                    map[string]string // the last line of a test
}

func newSummary(w io.Writer, p *gotest.Progress) *summary {
	return &summary{w: w, progress: p, reasons: map[string]int{}, output: map[string][]byte{}, ofPackage: map[string][]byte{},
		builds: map[string][]byte{}, said: map[string]string{}}
}

// bad reports whether the events have a failure.
func (s *summary) bad() bool { return s.failed > 0 || len(s.broken) > 0 }

func (s *summary) take(e gotest.Event) {
	switch {
	case e.Action == "build-output":
		s.builds[e.ImportPath] = append(s.builds[e.ImportPath], e.Output...)
	case e.Test == "":
		s.takeOfPackage(e)
	default:
		s.takeOfTest(e)
	}
}

func (s *summary) takeOfPackage(e gotest.Event) {
	switch e.Action {
	case "output":
		if strings.HasPrefix(e.Output, "ok  \t") || strings.HasPrefix(e.Output, "?   \t") || strings.HasPrefix(e.Output, "FAIL\t") {
			s.show([]byte(e.Output))
			return
		}
		s.ofPackage[e.Package] = append(s.ofPackage[e.Package], e.Output...)
	case "pass":
		s.packages++
	case "fail":
		s.packages++
		s.broken = append(s.broken, e.Package)
		if e.FailedBuild != "" {
			s.show(s.builds[e.FailedBuild])
		}
		for _, full := range slices.Sorted(maps.Keys(s.output)) {
			if strings.HasPrefix(full, e.Package+" ") { // the package ended in the middle of it
				s.failed++
				s.show(s.output[full])
				delete(s.output, full)
			}
		}
		s.show(s.ofPackage[e.Package])
	}
}

func (s *summary) takeOfTest(e gotest.Event) {
	name, _, sub := strings.Cut(e.Test, "/")
	full := e.Package + " " + e.Test
	switch e.Action {
	case "run":
		s.output[full] = []byte{}
		if sub {
			s.progress.Show(e.Package, name, e.Test)
		} else {
			s.progress.Begin(e.Package, name)
		}
	case "pause":
		if !sub {
			s.progress.Pause(e.Package, name)
		}
	case "cont":
		if !sub {
			s.progress.Begin(e.Package, name)
		}
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			s.output[full] = append(s.output[full], e.Output...)
		}
		if line := strings.TrimSpace(e.Output); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			s.said[full] = line
		}
	case "pass", "skip", "fail":
		switch e.Action {
		case "pass":
			s.passed++
		case "skip":
			s.skipped++
			s.reasons[cmp.Or(position.ReplaceAllString(s.said[full], ""), "no reason given")]++
		case "fail":
			s.failed++
			s.show(s.output[full])
		}
		delete(s.output, full)
		delete(s.said, full)
		if !sub {
			s.progress.End(e.Package, name, e.Action)
		}
	}
}

func (s *summary) show(text []byte) {
	if len(text) == 0 {
		return
	}
	s.progress.Clear()
	s.w.Write(text)
}

// print ends the run: which tests were skipped and why, what failed, and the counts.
func (s *summary) print() {
	s.progress.Clear()
	if s.skipped > 0 {
		fmt.Fprintln(s.w, "\nSkipped:")
		for _, why := range slices.SortedFunc(maps.Keys(s.reasons), func(a, b string) int {
			return cmp.Or(s.reasons[b]-s.reasons[a], cmp.Compare(a, b))
		}) {
			fmt.Fprintf(s.w, "  %4d  %s\n", s.reasons[why], why)
		}
	}
	if len(s.broken) > 0 {
		fmt.Fprintln(s.w, "\nFailed:")
		for _, p := range s.broken {
			fmt.Fprintln(s.w, "  "+p)
		}
	}
	fmt.Fprintf(s.w, "\n%d tests ran in %d packages, subtests included:\n%d passed, %d failed, %d skipped\n",
		s.passed+s.failed, s.packages, s.passed, s.failed, s.skipped)
}

// position is where in the source a test says something.
var position = regexp.MustCompile(`^\S+\.go:[0-9]+: `)
