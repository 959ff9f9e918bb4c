package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
)

// A summary counts tests and subtests, and shows the output of those that fail.
type summary struct {
	w         io.Writer
	collector gotest.Collector

	passed, failed, skipped int
	packages                int
	broken                  []string // packages that failed
	reasons                 map[string]int
}

func newSummary(w io.Writer) *summary { return &summary{w: w, reasons: map[string]int{}} }

func (s *summary) bad() bool { return s.failed > 0 || len(s.broken) > 0 }

func (s *summary) take(e gotest.Event) {
	for _, r := range s.collector.Take(e) {
		if r.Test == "" {
			s.takePackage(r)
			continue
		}
		switch r.End {
		case gotest.Pass:
			s.passed++
		case gotest.Skip:
			s.skipped++
			s.reasons[cmp.Or(r.Last, "no reason given")]++
		default:
			s.failed++
			s.w.Write(r.Output)
		}
	}
}

func (s *summary) takePackage(r gotest.Result) {
	switch r.End {
	case gotest.Pass, gotest.Skip:
		if r.End == gotest.Pass {
			s.packages++
		}
		fmt.Fprintln(s.w, r.Last) // ok, the package and its time
	default:
		s.packages++
		s.broken = append(s.broken, r.Package)
		s.w.Write(r.Output)
	}
}

// print ends the run: which tests were skipped and why, what failed, and the counts.
func (s *summary) print() {
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
