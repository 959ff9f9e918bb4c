package replay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Difference is a point in which a response differs from the recorded one.
type Difference struct {
	Where  string // status, header NAME, body, or the path of a JSON field
	Wanted string
	Got    string
}

const nothing = "nothing"

// comparer compares one response.
type comparer struct {
	vars  *variables
	times []timePair
}

// timePair is a time of the response and the one of the recording.
type timePair struct {
	where         string
	got, recorded time.Duration // since 1970
}

// tolerance is how much the distance of two times of a response may differ from the recorded one.
const tolerance = 2 * time.Second

func (c *comparer) compare(where string, want, got any) []Difference {
	switch w := want.(type) {
	case object:
		if kind, special := w.get("$any"); special {
			return c.compareForm(where, kind, w, got)
		}
		if number, special := w.get("$number"); special && len(w) == 1 {
			return same(where, number, got, func() bool {
				n, ok := got.(json.Number)
				return ok && n.String() == number
			})
		}
		return c.compareObject(where, w, got)
	case []any:
		g, ok := got.([]any)
		if !ok {
			return differ(where, want, got)
		}
		return c.compareList(where, w, g)
	case string:
		filled := c.vars.fill(w)
		return same(where, filled, got, func() bool { return got == any(filled) })
	}
	return same(where, want, got, func() bool { return got == want })
}

// alike reports whether a text is as expected.
func (c *comparer) alike(want fact, got string) bool { return len(c.compare("", want.value, got)) == 0 }

func (c *comparer) text(f fact) string { return c.vars.fill(plainText(f.value)) }

func same(where string, want, got any, holds func() bool) []Difference {
	if holds() {
		return nil
	}
	return differ(where, want, got)
}

func differ(where string, want, got any) []Difference {
	return []Difference{{where, valueText(want), valueText(got)}}
}

func below(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}

// compareObject compares fields in any order. A field that only one side has is a difference.
func (c *comparer) compareObject(where string, want object, got any) []Difference {
	g, ok := got.(object)
	if !ok {
		return differ(where, want, got)
	}
	var diffs []Difference
	for _, m := range want {
		v, found := g.get(m.name)
		switch {
		case found:
			diffs = append(diffs, c.compare(below(where, m.name), m.value, v)...)
		case !isOptional(m.value):
			diffs = append(diffs, Difference{below(where, m.name), valueText(m.value), nothing})
		}
	}
	seen := map[string]bool{}
	for _, m := range g {
		if _, found := want.get(m.name); !found || seen[m.name] {
			diffs = append(diffs, Difference{below(where, m.name), nothing, valueText(m.value)})
		}
		seen[m.name] = true
	}
	return diffs
}

func isOptional(want any) bool {
	o, ok := want.(object)
	return ok && o.text("$any") == "optional"
}

func (c *comparer) compareList(where string, want, got []any) []Difference {
	var diffs []Difference
	for i := range max(len(want), len(got)) {
		at := below(where, strconv.Itoa(i))
		switch {
		case i >= len(got):
			diffs = append(diffs, Difference{at, valueText(want[i]), nothing})
		case i >= len(want):
			diffs = append(diffs, Difference{at, nothing, valueText(got[i])})
		default:
			diffs = append(diffs, c.compare(at, want[i], got[i])...)
		}
	}
	return diffs
}

// compareForm compares what changes from run to run.
func (c *comparer) compareForm(where string, kind any, want object, got any) []Difference {
	like := want.text("like")
	holds := false
	switch kind {
	case "value", "optional":
		holds = true
	case "string":
		text, ok := got.(string)
		switch {
		case !ok:
		case like == "template":
			holds = matchTemplate(text, c.vars.fill(want.text("template")))
		default:
			holds = like == "" || hasForm(text, like)
		}
	case "number":
		n, ok := got.(json.Number)
		holds = ok && (like == "" || hasForm(n.String(), like))
		if holds {
			c.noteTime(where, like, n, want)
		}
	case "array":
		list, ok := got.([]any)
		if !ok {
			break
		}
		if like != "unordered" {
			return nil
		}
		items, _ := want.get("items")
		wanted, _ := items.([]any)
		return c.unordered(where, wanted, list, (*comparer).compare)
	}
	if holds {
		return nil
	}
	return []Difference{{where, describe(kind, want), valueText(got)}}
}

// describe describes a form in words.
func describe(kind any, want object) string {
	text := fmt.Sprintf("a %v", kind)
	if like := want.text("like"); like != "" {
		text += " like " + like
	}
	if template := want.text("template"); template != "" {
		text += " " + template
	}
	return text
}

type comparison func(c *comparer, where string, want, got any) []Difference

// unordered pairs the items of two lists: first those that are alike, then the rest in order.
func (c *comparer) unordered(where string, want, got []any, compare comparison) []Difference {
	alike := make([][]bool, len(want))
	for i, w := range want {
		alike[i] = make([]bool, len(got))
		for j, g := range got {
			probe := &comparer{vars: c.vars}
			alike[i][j] = len(compare(probe, where, w, g)) == 0
		}
	}
	partners, lonely := pairOff(alike, len(got))
	var diffs []Difference
	for j, g := range got {
		at := below(where, strconv.Itoa(j))
		switch {
		case partners[j] >= 0:
			diffs = append(diffs, compare(c, at, want[partners[j]], g)...) // again, for the times
		case len(lonely) > 0:
			diffs = append(diffs, compare(c, at, want[lonely[0]], g)...)
			lonely = lonely[1:]
		default:
			diffs = append(diffs, Difference{at, nothing, valueText(g)})
		}
	}
	for _, i := range lonely {
		diffs = append(diffs, Difference{where, "an item " + valueText(want[i]), nothing})
	}
	return diffs
}

// pairOff finds as many pairs as possible, by augmenting paths: for each column its row or
// -1, and the remaining rows.
func pairOff(alike [][]bool, columns int) (partners, lonely []int) {
	partners = make([]int, columns)
	for j := range partners {
		partners[j] = -1
	}
	var place func(row int, tried []bool) bool
	place = func(row int, tried []bool) bool {
		for j := range columns {
			if !alike[row][j] || tried[j] {
				continue
			}
			tried[j] = true
			if partners[j] < 0 || place(partners[j], tried) {
				partners[j] = row
				return true
			}
		}
		return false
	}
	for row := range alike {
		if !place(row, make([]bool, columns)) {
			lonely = append(lonely, row)
		}
	}
	return partners, lonely
}

func (c *comparer) noteTime(where, like string, got json.Number, want object) {
	unit := unitOf(like)
	example, _ := want.get("example")
	recorded, ok := example.(json.Number)
	if unit == 0 || !ok {
		return
	}
	g, err1 := got.Int64()
	r, err2 := recorded.Int64()
	if err1 == nil && err2 == nil {
		c.times = append(c.times, timePair{where, time.Duration(g) * unit, time.Duration(r) * unit})
	}
}

// checkTimes compares the times of a response with each other: they must be as far apart as the recorded ones.
func (c *comparer) checkTimes() []Difference {
	if len(c.times) == 0 {
		return nil
	}
	first := c.times[0]
	var diffs []Difference
	for _, t := range c.times[1:] {
		want, got := t.recorded-first.recorded, t.got-first.got
		if (want - got).Abs() > tolerance {
			diffs = append(diffs, Difference{t.where, fmt.Sprintf("%v after %s", want, first.where), fmt.Sprint(got)})
		}
	}
	return diffs
}
