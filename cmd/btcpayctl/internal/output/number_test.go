package output

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

var longNumbers = []string{"9007199254740993", "-9007199254740993", "18446744073709551616", "1e400", "1E-400", "0.1000000000000000055511151231257827",
	"12345678901234567890.12", "1.50", "-0.0", "1e3", "123456789012345678901234567890", "0", "7"}

type numbered struct {
	ID   string                     `json:"id"`
	Meta map[string]json.RawMessage `json:"metadata"`
}

// TestNumbersKeepTheirDigits prints numbers that no float64 holds in every format, by
// themselves and within lists, through --jq and templates.
func TestNumbersKeepTheirDigits(t *testing.T) {
	view := View[numbered]{Name: func(r numbered) string { return r.ID }}
	for _, n := range longNumbers {
		record := numbered{"A", map[string]json.RawMessage{"x": json.RawMessage(n), "list": json.RawMessage("[1," + n + "]"), "deep": json.RawMessage(`{"y":` + n + `}`)}}
		for _, c := range []struct{ format, query string }{
			{"json", ""}, {"jsonl", ""}, {"yaml", ""}, {"json", "."}, {"jsonl", "."}, {"yaml", "."},
			{"json", ".metadata.x"}, {"jsonl", ".metadata.deep.y"}, {"yaml", ".metadata.list[1]"}, {"json", ".metadata | map(.)[0]"},
			{"json", "[.metadata.x]"}, {"json", "{a: .metadata.x}"}, {"json", ".metadata.x | tostring"}, {"json", ".. | numbers"}, {"json", ".metadata | to_entries"},
			{"template={{.metadata.x}}", ""}, {"template={{index .metadata.list 1}}", ""}, {"template={{range .metadata.list}}{{.}} {{end}}", ""},
			{"template={{.metadata.deep.y}}", ""}, {"template={{printf \"%v\" .metadata.x}}", ""},
		} {
			var out bytes.Buffer
			p, err := NewPrinter(&out, c.format, c.query)
			if err != nil {
				t.Fatal(err)
			}
			if err := One(p, view, record); err != nil {
				t.Errorf("%s, %q: %v", c.format, c.query, err)
				continue
			}
			if !strings.Contains(" "+strings.NewReplacer("\n", " ", ",", " ", "]", " ", "}", " ", "[", " ", ":", " ").Replace(out.String())+" ", " "+n+" ") {
				t.Errorf("%s, %q: %s became %s", c.format, c.query, n, out.String())
			}
		}
	}
}

// TestNumbersInTemplates: what compares numbers in a template goes on to do so.
func TestNumbersInTemplates(t *testing.T) {
	record := map[string]any{"n": 5, "none": 0, "list": []int{1, 2}}
	for text, want := range map[string]string{"{{.n}}": "5\n", "{{len .list}}": "2\n", "{{if .n}}yes{{end}}": "yes\n",
		"{{if .none}}yes{{else}}no{{end}}": "no\n", "{{if gt .n 3}}more{{end}}": "more\n", "{{printf \"%d\" .n}}": "5\n"} {
		var out bytes.Buffer
		p, err := NewPrinter(&out, "template="+text, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := One(p, View[map[string]any]{}, record); err != nil || out.String() != want {
			t.Errorf("%s: %q %v", text, out.String(), err)
		}
	}
}
