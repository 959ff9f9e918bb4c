package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
)

type verdict string

const (
	ok        verdict = "ok"
	unlimited verdict = "no limit"
	left      verdict = "skipped"
	missed    verdict = "MISSED"
	broken    verdict = "FAILED"
	none      verdict = "NO FIGURE"
	never     verdict = "NOT RUN"
)

// good reports whether the row is no reason to exit with 1.
func (v verdict) good() bool { return v == ok || v == unlimited || v == left }

// A row is a figure, or the reason why there is none.
type row struct {
	figure
	test string
}

func figureRow(value, test string) row {
	f, err := parseFigure(value)
	if err != nil {
		return wordRow(fmt.Sprintf("%q is no figure: %v", value, err), broken, test)
	}
	return row{f, test}
}

func wordRow(what string, v verdict, test string) row {
	return row{figure{goal: what, measured: "-", wanted: "-", verdict: v}, test}
}

func bad(r row) bool { return !r.verdict.good() }

func (s *suite) rows() []row {
	var rows []row
	for _, p := range s.packages {
		var ofPackage []row
		for _, t := range p.tests {
			ofPackage = append(ofPackage, t.withEnd()...)
		}
		explained := slices.ContainsFunc(ofPackage, func(r row) bool { return bad(r) && r.verdict != never })
		if p.failed() && !explained {
			rows = append(rows, wordRow(p.why(), broken, p.short))
		}
		rows = append(rows, ofPackage...)
	}
	return rows
}

// why says what made a package fail in which no test failed.
func (p *testPackage) why() string {
	what := "the package failed after its tests"
	if p.end.End == gotest.Unbuilt {
		what = "it does not build"
	}
	for line := range strings.Lines(string(p.end.Output)) {
		line = strings.TrimSpace(line)
		if line != "" && line != "PASS" && !strings.HasPrefix(line, "FAIL") && !strings.HasPrefix(line, "# ") {
			return what + ": " + line
		}
	}
	return what
}

// withEnd are the rows of a test with one for how it ended, if they do not show that.
func (t *longTest) withEnd() []row {
	var end row
	switch {
	case t.leftOut:
		end = wordRow("not for "+runtime.GOOS+"/"+runtime.GOARCH, left, t.name)
	case !t.started:
		end = wordRow("not started", never, t.name)
	case t.end == "" || t.end == gotest.Unfinished:
		end = wordRow("did not finish"+t.crash, broken, t.name)
	case t.end == gotest.Fail && !slices.ContainsFunc(t.rows, bad):
		end = wordRow("failed"+t.crash, broken, t.name)
	case len(t.rows) == 0:
		end = wordRow("passed without a figure", none, t.name)
	default:
		return t.rows
	}
	return append(slices.Clip(t.rows), end)
}

// report prints the table. The error says how many rows are bad.
func report(w io.Writer, rows []row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GOAL\tMEASURED\tWANTED\tVERDICT\tTEST")
	failed := 0
	for _, r := range rows {
		if bad(r) {
			failed++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", cell(r.goal), cell(r.measured), cell(r.wanted), r.verdict, r.test)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rows failed; the output of failed tests is above", failed, len(rows))
	}
	return nil
}

// cell keeps a row on one line of a usual width.
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
