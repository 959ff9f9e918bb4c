package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
)

// shortestVar is the length below which a text is too common to be found again in others.
const shortestVar = 6

// template puts the names of variables into the place of their values. It fails for a text that looks like one with names.
func (m *merger) template(text string, value func(mergeVar) string) (string, bool) {
	if strings.Contains(text, "{{") {
		return "", false
	}
	if len(text) < shortestVar {
		return text, true
	}
	var found []mergeVar
	for _, v := range m.vars {
		if len(value(v)) >= shortestVar && strings.Contains(text, value(v)) {
			found = append(found, v)
		}
	}
	// The longest first: it may contain others.
	slices.SortStableFunc(found, func(a, b mergeVar) int { return cmp.Compare(len(value(b)), len(value(a))) })
	for _, v := range found {
		text = strings.ReplaceAll(text, value(v), "{{"+v.name+"}}")
	}
	return text, true
}

// fill puts the values that the variables have in a play into the place of their names.
func (m *merger) fill(text string, play int) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return variable().ReplaceAllStringFunc(text, func(name string) string {
		i := slices.IndexFunc(m.vars, func(v mergeVar) bool { return "{{"+v.name+"}}" == name })
		if i < 0 {
			return name
		}
		return m.vars[i].now[play]
	})
}

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{[^{}]*\}\}`) })

// mergeJSON returns what a recording has of two responses, and captures what is new in them.
func (m *merger) mergeJSON(answers [2]reply, was []byte, capture map[string]string) any {
	var values [3]any
	for i, text := range [][]byte{answers[0].body, answers[1].body, was} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			values[i] = nil // the recorded response may be another
		}
	}
	return m.mergeValue("", values[0], values[1], values[2], capture)
}

func changing(kind, like string) map[string]any {
	form := map[string]any{"$any": kind}
	if like != "" {
		form["like"] = like
	}
	return form
}

func (m *merger) mergeValue(path string, a, b, was any, capture map[string]string) any {
	switch first := a.(type) {
	case map[string]any:
		if second, ok := b.(map[string]any); ok {
			return m.mergeObject(path, first, second, was, capture)
		}
	case []any:
		second, ok := b.([]any)
		if !ok || len(first) != len(second) {
			break
		}
		before, _ := was.([]any)
		merged := make([]any, len(first))
		for i := range first {
			var old any
			if i < len(before) {
				old = before[i]
			}
			merged[i] = m.mergeValue(below(path, fmt.Sprint(i)), first[i], second[i], old, capture)
		}
		return merged
	case string:
		if second, ok := b.(string); ok {
			old, _ := was.(string)
			return m.mergeString(path, first, second, old, capture)
		}
	case json.Number:
		if second, ok := b.(json.Number); ok {
			return mergeNumber(first, second)
		}
	}
	if a == b { // null, true and false: the others are of another type, or differ
		return a
	}
	return changing("value", "")
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (m *merger) mergeObject(path string, first, second map[string]any, was any, capture map[string]string) any {
	before, _ := was.(map[string]any)
	merged := map[string]any{}
	for _, name := range sortedNames(first, second) {
		a, inFirst := first[name]
		b, inSecond := second[name]
		if !inFirst || !inSecond {
			merged[name] = changing("optional", "")
			continue
		}
		captures := capture
		if strings.Contains(name, ".") {
			captures = nil // no path leads there
		}
		merged[name] = m.mergeValue(below(path, name), a, b, before[name], captures)
	}
	return merged
}

func sortedNames(objects ...map[string]any) (names []string) {
	for _, o := range objects {
		for name := range o {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (m *merger) mergeString(path, a, b, was string, capture map[string]string) any {
	text, ok := m.template(a, func(v mergeVar) string { return v.now[0] })
	switch {
	case ok && m.fill(text, 1) == b:
		return text
	case isoDate(a) && isoDate(b):
		return changing("string", "iso-date")
	case capture == nil || len(a) < shortestVar || a == b:
		return changing("string", "text")
	}
	name := fmt.Sprintf("v%d", len(m.vars))
	m.vars = append(m.vars, mergeVar{name, was, [2]string{a, b}})
	capture[name] = "json:" + path
	return "{{" + name + "}}"
}

func isoDate(text string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

func mergeNumber(a, b json.Number) any {
	if a == b {
		return a
	}
	n, err := a.Int64()
	switch {
	case err != nil:
		return changing("number", "decimal")
	case n > 1e12:
		return map[string]any{"$any": "number", "like": "unix-ms", "example": a}
	case n > 1e9:
		return map[string]any{"$any": "number", "like": "unix-seconds", "example": a}
	}
	return changing("number", "int")
}

// findKeys names the keys of the clients, whose ids may come before their first signature.
func (m *merger) findKeys() {
	for _, a := range m.record.asked {
		var fields map[string]any
		if json.Unmarshal(a.body, &fields) != nil {
			continue
		}
		for _, value := range fields {
			if text, ok := value.(string); ok && bitid.ValidSIN(text) {
				m.keyOf(text)
			}
		}
	}
}
