package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// comparePage compares what programs and people rely on in a page: the forms that a later step submits, and the
// texts with a variable. The layout may differ.
func (c *comparer) comparePage(want *pageFacts, sentLater []int, got *human.Page) []Difference {
	if got == nil {
		return []Difference{{"body", "a page", "none"}}
	}
	var diffs []Difference
	for _, i := range sentLater {
		diffs = append(diffs, c.compareForms(fmt.Sprintf("form %d", i), &want.Forms[i], got.Forms)...)
	}
	text := strings.Join(append(append([]string{got.Title}, got.Alerts...), got.Texts...), " ")
	for _, raw := range slices.Concat(want.Alerts, want.Texts) {
		wanted, err := parseValue(raw)
		if err != nil {
			return append(diffs, Difference{"recording", "a text", err.Error()})
		}
		if !c.textFound(wanted, text) {
			diffs = append(diffs, Difference{"text", c.vars.fill(valueText(wanted)), text})
		}
	}
	return diffs
}

// textFound reports whether the page has a text that contains a variable. It is true for all
// other texts.
func (c *comparer) textFound(wanted any, in string) bool {
	switch w := wanted.(type) {
	case string:
		return !strings.Contains(w, "{{") || strings.Contains(in, fold(c.vars.fill(w)))
	case object:
		return w.text("like") != "template" || findTemplate(in, c.vars.fill(w.text("template")))
	}
	return false
}

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }

// compareForms looks for the page's forms with the address and method, and compares the most similar one.
func (c *comparer) compareForms(where string, want *formFacts, got []*human.Form) []Difference {
	action := c.vars.fill(want.Action)
	var best []Difference
	var others []string
	for _, form := range got {
		others = append(others, form.Method+" "+form.Action)
		if form.Action != action || !strings.EqualFold(form.Method, want.Method) {
			continue
		}
		diffs := c.compareFields(where, want, form)
		if len(diffs) == 0 {
			return nil
		}
		if best == nil || len(diffs) < len(best) {
			best = diffs
		}
	}
	if best == nil {
		return []Difference{{where, want.Method + " " + action, strings.Join(others, ", ")}}
	}
	return best
}

func (c *comparer) compareFields(where string, want *formFacts, got *human.Form) []Difference {
	var wanted, found []string
	for _, f := range want.Fields {
		name, kind := c.vars.fill(f.Name), c.text(f.Type)
		for _, g := range got.Fields {
			if g.Name == name && c.alike(f.Type, g.Type) {
				kind = g.Type
			}
		}
		wanted = append(wanted, name+" ("+kind+")")
	}
	for _, f := range got.Fields {
		found = append(found, f.Name+" ("+f.Type+")")
	}
	diffs := compareSets(where+" field", wanted, found)
	wanted, found = nil, nil
	for _, b := range want.Buttons {
		wanted = append(wanted, c.vars.fill(buttonKey(b.Name, b.Value, b.Text)))
	}
	for _, b := range got.Buttons {
		found = append(found, buttonKey(b.Name, b.Value, b.Text))
	}
	return append(diffs, compareSets(where+" button", wanted, found)...)
}

// buttonKey is what a button sends, or its text if it sends nothing.
func buttonKey(name, value, text string) string {
	if name != "" {
		return name + "=" + value
	}
	return text
}

func compareSets(where string, want, got []string) []Difference {
	var diffs []Difference
	rest := slices.Clone(got)
	for _, w := range want {
		if i := slices.Index(rest, w); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			diffs = append(diffs, Difference{where, w, nothing})
		}
	}
	for _, g := range rest {
		diffs = append(diffs, Difference{where, nothing, g})
	}
	return diffs
}

// formsSentLater returns, for the page that a step answers with, the forms that a later
// step submits: from the page itself, or by posting to a form's address with its
// anti-forgery field.
func (r *Recording) formsSentLater(step int) []int {
	opened := r.steps[step]
	page, session := opened.Response.Page, opened.Request.Session
	if session == "" {
		return nil
	}
	var forms []int
	add := func(i int) {
		if i >= 0 && !slices.Contains(forms, i) {
			forms = append(forms, i)
		}
	}
	for _, later := range r.steps[step+1:] {
		q := later.Request
		if q == nil || q.Session != session || later.Error != "" {
			continue
		}
		switch {
		case q.FromPage != nil:
			add(slices.IndexFunc(page.Forms, func(f formFacts) bool {
				return f.button(q.FromPage.Button) && (q.FromPage.Having == "" || f.button(q.FromPage.Having))
			}))
		case q.CSRF:
			add(slices.IndexFunc(page.Forms, func(f formFacts) bool {
				return f.Action == r.Server.RootPath()+q.Path && strings.EqualFold(f.Method, q.Method)
			}))
		}
		if later.Response.Page != nil {
			break
		}
	}
	return forms
}
