package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

type item struct {
	ID   string            `json:"id"`
	Note string            `json:"note"`
	More map[string]string `json:"more"`
}

var itemView = View[item]{
	Columns: []Column[item]{
		{Title: "ID", Value: func(i item) string { return i.ID }},
		{Title: "NOTE", Value: func(i item) string { return i.Note }},
	},
	Name: func(i item) string { return i.ID },
}

func printed(t interface{ Fatal(...any) }, format, query string, items ...item) string {
	var out bytes.Buffer
	p, err := NewPrinter(&out, format, query)
	if err != nil {
		t.Fatal(err)
	}
	err = List(p, itemView, func(yield func(item, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// hostileText has characters of every kind that a terminal obeys, hides or
// turns round, bytes that are not UTF-8, and plain text.
func hostileText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringN(0, 8, -1),
		rapid.SampledFrom([]string{"\x1b[2J", "\x00", "\x7f", "\x9b31m", "\u0085", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u00ad",
			"\U000e0041", "\ue000", "\xff", "\xc3", "\u3164", "\ufe0f", "\r", "\n", "\t", `"`, `\`, "'", ": ", "- ", "#", "{{", "\u061c", "\u180e"}),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(pieces []string) string { return strings.Join(pieces, "") })
}

// TestNoHiddenCharacter prints hostile text in every format. Nothing that a
// terminal obeys may come out, and programs have to read the same text.
func TestNoHiddenCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := item{hostileText().Draw(t, "id"), hostileText().Draw(t, "note"), map[string]string{hostileText().Draw(t, "key"): hostileText().Draw(t, "value")}}
		for _, c := range []struct{ format, query string }{
			{"table", ""}, {"tsv", ""}, {"json", ""}, {"jsonl", ""}, {"yaml", ""}, {"name", ""}, {"template={{.id}} {{.note}} {{.more}}", ""},
			{"", ".id, .note"}, {"jsonl", "."}, {"yaml", ".more"}, {"json", "[.id]"},
		} {
			text := printed(t, c.format, jqOfList(c), i)
			checkVisible(t, c.format+" "+c.query, text)
		}
		for _, asJSON := range []bool{false, true} {
			var out bytes.Buffer
			Report(&out, &Error{Code: Failed, What: i.ID, Why: i.Note, Next: "next", Err: errors.New(i.ID)}, asJSON)
			checkVisible(t, "error", out.String())
		}
		var out bytes.Buffer
		StartStatus(&out, func() int { return 80 }, func() string { return i.Note }).Stop()
		checkVisible(t, "status", strings.ReplaceAll(out.String(), eraseLine, ""))

		want, err := json.Marshal(i) // as Go itself writes it, invalid bytes replaced
		if err != nil {
			t.Fatal(err)
		}
		var reference, got []item
		var one item
		if err := json.Unmarshal(want, &one); err != nil {
			t.Fatal(err)
		}
		reference = []item{one}
		if err := json.Unmarshal([]byte(printed(t, "json", "", i)), &got); err != nil || !equal(got, reference) {
			t.Fatalf("as JSON %q reads %q (%v)", reference, got, err)
		}
		var plain []map[string]any
		if err := yaml.Unmarshal([]byte(printed(t, "yaml", "", i)), &plain); err != nil {
			t.Fatalf("the YAML cannot be read: %v\n%s", err, printed(t, "yaml", "", i))
		}
		if plain[0]["id"] != one.ID || plain[0]["note"] != one.Note {
			t.Fatalf("as YAML %q reads %q", one, plain)
		}
	})
}

// jqOfList makes a query about a record one about a list, where the format has
// the list as its document.
func jqOfList(c struct{ format, query string }) string {
	if c.query == "" || c.format == "jsonl" {
		return c.query
	}
	return ".[] | " + c.query
}

func equal(a, b []item) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func checkVisible(t *rapid.T, where, text string) {
	if !utf8.ValidString(text) {
		t.Fatalf("%s: bytes that are not UTF-8: %q", where, text)
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && hidden(r) {
			t.Fatalf("%s: %q has %q", where, text, r)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain äöü 漢字":     "plain äöü 漢字",
		"a\x1b[31mb":       `a\x1b[31mb`,
		"\u202egpj.exe":    `\u202egpj.exe`,
		"zero\u200bwidth":  `zero\u200bwidth`,
		"tag\U000e0041":    `tag\U000e0041`,
		"two\nlines\tand":  "two\nlines\tand",
		"not\xffUTF-8\xc3": `not\xffUTF-8\xc3`,
		"return\rover":     `return\rover`,
		"de\x7flete":       `de\x7flete`,
		"bell\x07":         `bell\a`,
		"no-break\u00a0":   `no-break\u00a0`,
	} {
		if got := Visible(text); got != want {
			t.Errorf("Visible(%q) = %q, want %q", text, got, want)
		}
	}
	if got := VisibleLine("two\nlines\t"); got != `two\nlines\t` {
		t.Errorf("VisibleLine: %q", got)
	}
}

func TestFormats(t *testing.T) {
	items := []item{{"a", "first", nil}, {"longer", "second", map[string]string{"k": "12.50"}}}
	for _, c := range []struct{ format, query, want string }{
		{"table", "", "ID      NOTE\na       first\nlonger  second\n"},
		{"", "", "ID      NOTE\na       first\nlonger  second\n"},
		{"name", "", "a\nlonger\n"},
		{"jsonl", "", `{"id":"a","note":"first","more":null}` + "\n" + `{"id":"longer","note":"second","more":{"k":"12.50"}}` + "\n"},
		{"template={{.id}}={{.note}}", "", "a=first\nlonger=second\n"},
		{"", ".[].id", "a\nlonger\n"},
		{"", "length", "2\n"},
		{"jsonl", ".more.k // empty", "12.50\n"},
		{"yaml", "", "- id: a\n  note: first\n  more: null\n- id: longer\n  note: second\n  more:\n    k: \"12.50\"\n"},
		{"json", ".[0]", "{\n  \"id\": \"a\",\n  \"more\": null,\n  \"note\": \"first\"\n}\n"},
	} {
		if got := printed(t, c.format, c.query, items...); got != c.want {
			t.Errorf("-o %q --jq %q:\n%s\nwant\n%s", c.format, c.query, got, c.want)
		}
	}
	for format, want := range map[string]string{"table": "ID  NOTE\n", "json": "[]\n", "yaml": "[]\n", "jsonl": "", "name": ""} {
		if got := printed(t, format, ""); got != want {
			t.Errorf("an empty list as %s is %q", format, got)
		}
	}
}

// TestLongTable writes while rows arrive: what is wider than the first rows
// does not get lost.
func TestLongTable(t *testing.T) {
	var items []item
	for i := range 3 * widthRows {
		items = append(items, item{ID: strings.Repeat("x", 1+i/10), Note: strconv.Itoa(i)})
	}
	lines := strings.Split(strings.TrimSpace(printed(t, "table", "", items...)), "\n")
	if len(lines) != len(items)+1 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines[1:] {
		if fields := strings.Fields(line); len(fields) != 2 || fields[0] != items[i].ID || fields[1] != items[i].Note {
			t.Errorf("line %d is %q", i, line)
		}
	}
}

// TestFailedList fails in the middle: documents are whole or not there.
func TestFailedList(t *testing.T) {
	broken := errors.New("broken")
	for format, want := range map[string]string{"json": "", "yaml": "", "table": "", "jsonl": `{"id":"a","note":"","more":null}` + "\n", "name": "a\n"} {
		var out bytes.Buffer
		p, err := NewPrinter(&out, format, "")
		if err != nil {
			t.Fatal(err)
		}
		err = List(p, itemView, func(yield func(item, error) bool) {
			_ = yield(item{ID: "a"}, nil) && yield(item{}, broken)
		})
		if !errors.Is(err, broken) || out.String() != want {
			t.Errorf("%s: %v, printed %q", format, err, &out)
		}
	}
}

func TestPrinterRefuses(t *testing.T) {
	for _, c := range []struct{ format, query string }{
		{"xml", ""}, {"template", ""}, {"template={{", ""}, {"json", ".["}, {"name", ".id"}, {"table", "."}, {"json", "$ENV.HOME | import"}, {"json", "input_filename_x"},
	} {
		_, err := NewPrinter(new(bytes.Buffer), c.format, c.query)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != Usage || e.Next == "" {
			t.Errorf("-o %q --jq %q: %v", c.format, c.query, err)
		}
	}
	if got := printed(t, "jsonl", "env | length", item{}); got != "0\n" {
		t.Errorf("an expression sees the environment: %s", got)
	}
}

func TestCheck(t *testing.T) {
	var out bytes.Buffer
	for format, fits := range map[string]bool{"json": true, "template={{.id}}": true, "template={{.nothing}}": false} {
		p, err := NewPrinter(&out, format, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(p, itemView, item{}); (err == nil) != fits || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q", format, err, &out)
		}
	}
}

// TestFailures reads the codes out of the source: each stands in the table
// once, with an exit code that the documentation knows.
func TestFailures(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, text)
		}
		return true
	})
	if len(codes) < 20 {
		t.Fatalf("%d codes were found in exit.go", len(codes))
	}
	for _, code := range codes {
		n := 0
		for _, f := range Failures {
			if string(f.Code) == code {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s stands in the table %d times", code, n)
		}
	}
	known := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 129, 130, 131, 143}
	for _, f := range Failures {
		if !slices.Contains(known, f.Exit) || f.Meaning == "" || !slices.Contains(codes, string(f.Code)) {
			t.Errorf("%+v", f)
		}
		if f.Code.Exit() != f.Exit {
			t.Errorf("%s exits with %d", f.Code, f.Code.Exit())
		}
	}
	if Code("new").Exit() != 1 {
		t.Error("an unknown code does not exit with 1")
	}
}

func TestReport(t *testing.T) {
	e := &Error{Code: NotFound, What: "there is no key", Why: "It was deleted.\nfor ever", Next: "btcpayctl key list\nor make one", Status: 404}
	var text, document bytes.Buffer
	if code := Report(&text, e, false); code != 6 || text.String() != "error: there is no key\n  It was deleted.; for ever\n  Next: btcpayctl key list\n        or make one\n" {
		t.Errorf("exit %d, %s", code, &text)
	}
	want := `{"error":{"code":"not-found","exit":6,"message":"there is no key","hint":"It was deleted.\nfor ever\nbtcpayctl key list\nor make one","status":404}}` + "\n"
	if code := Report(&document, e, true); code != 6 || document.String() != want {
		t.Errorf("exit %d, %s", code, &document)
	}
}

func TestWantsJSON(t *testing.T) {
	for line, want := range map[string]bool{
		"-o json": true, "--output json": true, "--output=jsonl": true, "-ojson": true, "-o=json": true,
		"-o yaml": false, "-o": false, "": false, "--order-id json": false, "key list --jq .": false, "--nosuch -o json": true,
	} {
		if got := WantsJSON(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

// TestYAMLTexts reads texts back that some version of YAML takes for something
// else, and those that people would rather see without quotes.
func TestYAMLTexts(t *testing.T) {
	for text, bare := range map[string]bool{
		"8TUZcNJAKEyvfnE4iUN1cx": true, "https://btcpay.example.com/i/8TU?x=1&y=%20": true, "Books and Co.": true, "a:b": true,
		"": false, "12.50": false, "1e5": false, "0x1F": false, "0o17": false, "12:30:45": false, "2026-11-25": false, "2026-11-25T10:00:00Z": false,
		"true": false, "No": false, "null": false, "~": false, "key: value": false, "ends:": false, "a #b": false, "ends ": false, "- a": false, "1_000": false,
	} {
		out := printed(t, "yaml", "", item{text, text, map[string]string{"k": text}})
		if got := !strings.Contains(out, `"`); got != bare {
			t.Errorf("%q is bare: %v\n%s", text, got, out)
		}
		var back []map[string]any
		if err := yaml.Unmarshal([]byte(out), &back); err != nil || back[0]["id"] != text || back[0]["note"] != text {
			t.Errorf("%q reads %v (%v)", text, back, err)
		}
	}
}
