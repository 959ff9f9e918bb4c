package replay

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Report is the result of a play.
type Report struct {
	Group string
	// Exchanges counts requests, payments and expected deliveries; Alike counts those that went as recorded.
	Exchanges, Alike int
	// Skipped are the exchanges that were not compared, with the reasons of [Options].
	Skipped    []Skip
	Mismatches []Mismatch

	// Apart counts the responses, out of Answers, whose headers cache-control, referrer-policy,
	// x-content-type-options and x-frame-options are as recorded. They do not count for Alike.
	Answers, Apart int
	ApartSteps     []Mismatch
}

// Skip is an exchange that was not compared.
type Skip struct{ Step, Reason string }

// Mismatch is an exchange that did not go as recorded.
type Mismatch struct {
	Step        string
	Request     string // as it was sent
	Differences []Difference
}

func (r *Report) add(p *player, s *step, out sent, diffs []Difference) {
	if reason, skip := p.options.Skip[r.Group+": "+s.Name]; skip {
		r.Skipped = append(r.Skipped, Skip{s.Name, reason})
		return
	}
	r.Exchanges++
	if len(diffs) == 0 {
		r.Alike++
		return
	}
	r.Mismatches = append(r.Mismatches, Mismatch{s.Name, out.String(), diffs})
}

func (r *Report) addApart(p *player, s *step, out sent, diffs []Difference) {
	r.Answers++
	if len(diffs) == 0 {
		r.Apart++
		return
	}
	r.ApartSteps = append(r.ApartSteps, Mismatch{s.Name, out.String(), diffs})
}

func (s sent) String() string { return strings.TrimSpace(s.method + " " + s.address + " " + s.body) }

// Summary is the report in one line.
func (r *Report) Summary() string {
	text := fmt.Sprintf("%s: %d of %d exchanges alike", r.Group, r.Alike, r.Exchanges)
	if len(r.Skipped) > 0 {
		text += fmt.Sprintf(", %d not imitated", len(r.Skipped))
	}
	if r.Apart < r.Answers {
		text += fmt.Sprintf("; %d of %d answers alike in the headers counted apart", r.Apart, r.Answers)
	}
	return text
}

// Sum adds up the counts of several reports.
func Sum(group string, reports []*Report) *Report {
	all := &Report{Group: group}
	for _, r := range reports {
		all.Exchanges += r.Exchanges
		all.Alike += r.Alike
		all.Answers += r.Answers
		all.Apart += r.Apart
		all.Skipped = append(all.Skipped, r.Skipped...)
		all.Mismatches = append(all.Mismatches, r.Mismatches...)
		all.ApartSteps = append(all.ApartSteps, r.ApartSteps...)
	}
	return all
}

// maxShown bounds how much of a value a report shows.
const maxShown = 600

// Print writes the summary and, for each step that differs, the request, what was expected
// and what was received.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintln(&b, r.Summary())
	for _, m := range r.Mismatches {
		fmt.Fprintf(&b, "\n%s: %s\n  request  %s\n", r.Group, m.Step, shown(m.Request))
		for _, d := range m.Differences {
			fmt.Fprintf(&b, "  at       %s\n  wanted   %s\n  got      %s\n", d.Where, shown(d.Wanted), shown(d.Got))
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "\n%s: %s is not imitated: %s\n", r.Group, s.Step, s.Reason)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shown makes a server's text safe for a terminal: printable and of limited length.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
