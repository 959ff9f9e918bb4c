package main

import (
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

type verdict string

const (
	ok     verdict = "ok"
	told   verdict = "told"    // and not judged
	left   verdict = "skipped" // a reason is given
	missed verdict = "MISSED"
	broken verdict = "FAILED"
	none   verdict = "NO FIGURE"
	never  verdict = "NOT RUN"
)

// good tells whether a row is no reason to exit with 1.
func (v verdict) good() bool { return v == ok || v == told || v == left }

// A row is a figure, or says why there is none.
type row struct {
	figure
	test string
}

func (s *suite) rows() []row {
	var rows []row
	for _, p := range s.packages {
		explained := false
		var ofPackage []row
		for _, t := range p.tests {
			for _, r := range t.rows() {
				ofPackage = append(ofPackage, r)
				explained = explained || !r.verdict.good() && r.verdict != never
			}
		}
		if p.state == failed && !explained {
			rows = append(rows, wordRow(s.why(p), broken, p.short))
		}
		rows = append(rows, ofPackage...)
	}
	return rows
}

func wordRow(what string, v verdict, test string) row {
	return row{figure{goal: what, measured: "-", wanted: "-", verdict: v}, test}
}

// why says what made a package fail that has no failed test.
func (s *suite) why(p *testPackage) string {
	what, output := "the package failed after its tests", p.output
	if p.build != "" {
		what, output = "it does not build", s.builds[p.build]
	}
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		if line != "" && line != "PASS" && !strings.HasPrefix(line, "FAIL") && !strings.HasPrefix(line, "# ") {
			return what + ": " + line
		}
	}
	return what
}

func (t *longTest) rows() []row {
	var rows []row
	for _, f := range t.figures {
		rows = append(rows, row{f, t.name})
	}
	for _, text := range t.garbled {
		rows = append(rows, wordRow(text, broken, t.name))
	}
	for _, s := range t.skips {
		rows = append(rows, wordRow(s.why, left, s.name))
	}
	isMissed := slices.ContainsFunc(rows, func(r row) bool { return !r.verdict.good() })
	switch {
	case t.leftOut:
		rows = append(rows, wordRow("it is not for "+runtime.GOOS+"/"+runtime.GOARCH, left, t.name))
	case t.state == notRun:
		rows = append(rows, wordRow("its turn did not come", never, t.name))
	case t.state == running:
		rows = append(rows, wordRow("it did not end"+t.crash(), broken, t.name))
	case t.state == failed && !isMissed:
		rows = append(rows, wordRow("it failed"+t.crash(), broken, t.name))
	case len(rows) == 0:
		rows = append(rows, wordRow("it passed, and told nothing", none, t.name))
	}
	return rows
}

var crash = regexp.MustCompile(`(?m)^(panic|fatal error): .*$`)

func (t *longTest) crash() string {
	if line := crash.Find(t.output); line != nil {
		return ": " + string(line)
	}
	return ""
}

// report prints the table. It is an error where not all is good.
func report(w io.Writer, rows []row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GOAL\tMEASURED\tWANTED\tVERDICT\tTEST")
	bad := 0
	for _, r := range rows {
		if !r.verdict.good() {
			bad++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", cell(r.goal), cell(r.measured), cell(r.wanted), r.verdict, r.test)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d rows are not as wanted; what failed tests said is above", bad, len(rows))
	}
	return nil
}

// cell keeps a row a row, and the table on the screen.
func cell(s string) string {
	const most = 90
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if short := []rune(s); len(short) > most {
		return string(short[:most-1]) + "…"
	}
	return s
}
