package replay

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// form makes the body of a form, either one of its own or one of the session's last page.
func (p *player) form(q *request) (string, error) {
	b := p.browser(q.Session)
	var pairs [][2]string
	var button *human.Button
	if q.FromPage != nil {
		form := findForm(b.page, q.FromPage)
		if form == nil {
			return "", fmt.Errorf("the last page has no form with the button %q", q.FromPage.Button)
		}
		if err := tick(form, q.Form); err != nil {
			return "", err
		}
		pairs, button = form.Pairs(), form.Button(q.FromPage.Button)
	}
	for _, change := range q.Form {
		if strings.HasPrefix(change.name, "@") {
			continue // done above
		}
		name, err := p.vars.expand(change.name)
		if err != nil {
			return "", err
		}
		at := slices.IndexFunc(pairs, func(pair [2]string) bool { return pair[0] == name })
		if q.FromPage != nil {
			pairs = slices.DeleteFunc(pairs, func(pair [2]string) bool { return pair[0] == name })
		}
		if change.value == nil {
			continue
		}
		value, err := p.vars.expand(*change.value)
		if err != nil {
			return "", err
		}
		if at < 0 || q.FromPage == nil {
			at = len(pairs)
		}
		pairs = slices.Insert(pairs, at, [2]string{name, value})
	}
	if q.CSRF {
		pairs = append(pairs, [2]string{antiforgeryField, b.token})
	}
	if button != nil && button.Name != "" {
		pairs = append(pairs, [2]string{button.Name, button.Value})
	}
	encoded := make([]string, len(pairs))
	for i, pair := range pairs {
		encoded[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1])
	}
	return strings.Join(encoded, "&"), nil
}

func findForm(page *human.Page, from *fromPage) *human.Form {
	if page == nil {
		return nil
	}
	for _, form := range page.Forms {
		if form.Button(from.Button) != nil && (from.Having == "" || form.Button(from.Having) != nil) {
			return form
		}
	}
	return nil
}

// tick does @check and @uncheck: the box is the one next to the hidden field with the value, as their names say, for
// example Rows[2].Key and Rows[2].Chosen.
func tick(form *human.Form, changes []formChange) error {
	for _, change := range changes {
		if change.name != "@check" && change.name != "@uncheck" {
			continue
		}
		if change.value == nil {
			return fmt.Errorf("%s needs a value", change.name)
		}
		box := boxBeside(form, *change.value)
		if box < 0 {
			return fmt.Errorf("no checkbox is next to a hidden field with the value %q", *change.value)
		}
		form.Fields[box].Checked = change.name == "@check"
	}
	return nil
}

func boxBeside(form *human.Form, value string) int {
	for _, hidden := range form.Fields {
		row := rowOf(hidden.Name)
		if hidden.Type != "hidden" || hidden.Value != value || row == "" {
			continue
		}
		box := slices.IndexFunc(form.Fields, func(f human.Field) bool { return f.Type == "checkbox" && rowOf(f.Name) == row })
		if box >= 0 {
			return box
		}
	}
	return -1
}

func rowOf(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return ""
}
