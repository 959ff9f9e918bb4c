package output

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A sale is a record as wide as an invoice.
type sale struct {
	Order string `json:"order"`
	ID    string `json:"id"`
	Note  string `json:"note"`
}

const (
	saleID   = "QvKaGcfACNbRiBjPAMkQ7Q"
	saleLink = "https://btcpay.example.com/i/" + saleID
)

var saleView = View[sale]{
	Columns: []Column[sale]{
		{Title: "ORDER ID", Fit: FitMiddle, Value: func(s sale) string { return s.Order }},
		{Title: "AMOUNT", Value: func(sale) string { return "12.50 USD" }},
		{Title: "ID", Fit: FitMiddle, Value: func(s sale) string { return s.ID }},
		{Title: "NOTE", Fit: FitWords, Value: func(s sale) string { return s.Note }},
		{Title: "CREATED", Spare: true, Value: func(sale) string { return "2026-11-23T15:04:05Z" }},
		{Title: "LINK", Fit: FitBelow, Spare: true, Value: func(sale) string { return saleLink }},
	},
	Name: func(s sale) string { return s.ID },
}

func sold(t interface{ Fatal(...any) }, format string, l Layout, list bool, sales ...sale) string {
	var out bytes.Buffer
	p, err := NewPrinter(&out, format, "")
	if err == nil {
		err = p.SetLayout(l)
	}
	if err == nil && list {
		err = Each(p, saleView, sales)
	} else if err == nil {
		err = One(p, saleView, sales[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTableFitsTheTerminal(t *testing.T) {
	sales := []sale{{"A-1007", saleID, "paid 0.50 BTC too late, and shipped"}, {"A-1008", saleID, "-"}}
	for _, c := range []struct {
		name, want string
		l          Layout
		list       bool
	}{
		{"pipe", "" +
			"ORDER ID  AMOUNT     ID                      NOTE                                 CREATED               LINK\n" +
			"A-1007    12.50 USD  QvKaGcfACNbRiBjPAMkQ7Q  paid 0.50 BTC too late, and shipped  2026-11-23T15:04:05Z  https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q\n" +
			"A-1008    12.50 USD  QvKaGcfACNbRiBjPAMkQ7Q  -                                    2026-11-23T15:04:05Z  https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q\n", Layout{}, true},
		{"a list at 80", "" +
			"ORDER ID  AMOUNT     ID           NOTE                      CREATED\n" +
			"A-1007    12.50 USD  QvKaG…MkQ7Q  paid 0.50 BTC too late,   2026-11-23T15:04:05Z\n" +
			"                                  and shipped\n" +
			"A-1008    12.50 USD  QvKaG…MkQ7Q  -                         2026-11-23T15:04:05Z\n", Layout{Width: 80}, true},
		{"a list at 60", "" +
			"ORDER ID  AMOUNT     ID           NOTE\n" +
			"A-1007    12.50 USD  QvKaG…MkQ7Q  paid 0.50 BTC too late,\n" +
			"                                  and shipped\n" +
			"A-1008    12.50 USD  QvKaG…MkQ7Q  -\n", Layout{Width: 60}, true},
		{"one at 80", "" +
			"ORDER ID  AMOUNT     ID                      NOTE\n" +
			"A-1007    12.50 USD  QvKaGcfACNbRiBjPAMkQ7Q  paid 0.50 BTC too late, and shipped\n" +
			"  CREATED  2026-11-23T15:04:05Z\n" +
			"  LINK     https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q\n", Layout{Width: 80}, false},
		{"one at 40", "" +
			"ORDER ID  A-1007\n" +
			"AMOUNT    12.50 USD\n" +
			"ID        QvKaGcfACNbRiBjPAMkQ7Q\n" +
			"NOTE      paid 0.50 BTC too late, and\n" +
			"          shipped\n" +
			"CREATED   2026-11-23T15:04:05Z\n" +
			"LINK\n" +
			"  https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q\n", Layout{Width: 40}, false},
		{"chosen", "" +
			"LINK                                                 ORDER ID\n" +
			"https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q  A-1007\n" +
			"https://btcpay.example.com/i/QvKaGcfACNbRiBjPAMkQ7Q  A-1008\n", Layout{Width: 80, Columns: []string{"link", "orderId"}}, true},
		{"without a header", "A-1007  12.50 USD\nA-1008  12.50 USD\n", Layout{NoHeader: true, Columns: []string{"ORDER_ID", "Amount"}}, true},
	} {
		if got := sold(t, "table", c.l, c.list, sales...); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", c.name, got, c.want)
		}
	}
	if got := sold(t, "table", Layout{Width: 20}, true); got != "ORDER ID  AMOUNT  ID  NOTE  CREATED  LINK\n" && len(got) > 0 {
		t.Errorf("no records: %q", got)
	}
	var notes bytes.Buffer
	sold(t, "table", Layout{Width: 80, Notes: &notes}, true, sales...)
	if want := "Not shown, for lack of width: link (see --columns, or -o json).\n"; notes.String() != want {
		t.Errorf("the note is %q", notes.String())
	}
}

// TestTableOfAnyText prints any text at any width: the columns stand below each other, an
// amount stays in one piece, and nothing but cells that are whole is wider than the terminal.
func TestTableOfAnyText(t *testing.T) {
	text := rapid.OneOf(hostileText(), rapid.SampledFrom([]string{"漢字かな交じり文", "e\u0301e\u0301", "שלום עולם", "مرحبا", "👩👩👩 family", "ｗｉｄｅ", "한국어"}))
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 220).Draw(t, "width")
		l := Layout{Width: width, Columns: []string{"order-id", "amount", "note"}}
		s := sale{text.Draw(t, "order"), saleID, text.Draw(t, "note")}
		got := strings.ReplaceAll(sold(t, "table", l, true, s, sale{"A", saleID, "note"}), leftToRight, "")
		checkVisible(t, "table", got)
		if n := strings.Count(got, "12.50 USD"); n < 2 {
			t.Fatalf("an amount is broken:\n%s", got)
		}
		if strings.HasPrefix(got, "ORDER ID  A") && !strings.HasPrefix(got, "ORDER ID  AMOUNT") {
			return // a line for each value
		}
		lines := strings.Split(got, "\n")
		at, aligned := strings.Index(lines[0], "AMOUNT"), 0
		if at < 0 {
			return
		}
		for _, line := range lines[1:] {
			if Width(line) > width {
				t.Fatalf("width %d: a line of %d: %q", width, Width(line), line)
			}
			if before, _, ok := strings.Cut(line, "12.50 USD"); ok && Width(before) == at {
				aligned++
			}
		}
		if aligned < 2 {
			t.Fatalf("the amounts are not below each other:\n%s", got)
		}
	})
}

// TestRightToLeft: a terminal that reorders text shows an amount after Hebrew or Arabic in
// its own column, not in that of the text.
func TestRightToLeft(t *testing.T) {
	s := sale{"שלום", saleID, "-"}
	if got := sold(t, "table", Layout{Width: 100}, true, s); !strings.Contains(got, "שלום"+leftToRight+"      12.50 USD") {
		t.Errorf("on a terminal: %q", got)
	}
	for _, format := range []string{"table", "tsv", "jsonl", "name"} {
		if got := sold(t, format, Layout{}, true, s); strings.Contains(got, leftToRight) {
			t.Errorf("%s in a pipe: %q", format, got)
		}
	}
}

// TestNamesAreShortened: in a list, the ids beside names are shortened before a name is
// broken.
func TestNamesAreShortened(t *testing.T) {
	const store = `"Sandbox shop" (2n2vgzhCBbRxErEAeWzxeyGNyNaQngfGYugAfQFCE9Ef)`
	for width, want := range map[int]string{70: store, 40: `"Sandbox shop" (2n2vgzh…FCE9Ef)`, 20: "\"Sandbox shop\"\n(2n2vgzh…FCE9Ef)"} {
		if got := strings.Join(wrapNames(store, width), "\n"); got != want {
			t.Errorf("%d: %s", width, got)
		}
	}
}

func TestTSV(t *testing.T) {
	l := Layout{Columns: []string{"order-id", "note"}}
	if got, want := sold(t, "tsv", l, true, sale{"a\tb", saleID, "one\ntwo\r"}, sale{`c:\temp`, saleID, "\x1b[31m\xff"}),
		"ORDER ID\tNOTE\n"+`a\tb`+"\t"+`one\ntwo\r`+"\n"+`c:\\temp`+"\t"+`\x1b[31m\xff`+"\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	l.NoHeader, l.Width = true, 10
	if got, want := sold(t, "tsv", l, true, sale{"a long order id", saleID, "-"}), "a long order id\t-\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := sold(t, "tsv", l, true); got != "" {
		t.Errorf("no records: %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText().Draw(t, "text")
		got := sold(t, "tsv", Layout{NoHeader: true, Columns: []string{"order-id", "id"}}, true, sale{text, "id", ""})
		if strings.Count(got, "\t") != 1 || strings.Count(got, "\n") != 1 {
			t.Fatalf("%q has more than a line of two values", got)
		}
	})
}

func TestLayoutIsRefused(t *testing.T) {
	for _, c := range []struct {
		format, query, want string
		l                   Layout
	}{
		{"json", "", "--columns is for tables, not for -o json", Layout{Columns: []string{"id"}}},
		{"name", "", "--no-header is for tables, not for -o name", Layout{NoHeader: true}},
		{"", ".id", "--columns is for tables, not for --jq", Layout{Columns: []string{"id"}}},
	} {
		p, err := NewPrinter(new(bytes.Buffer), c.format, c.query)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.SetLayout(c.l); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	p, err := NewPrinter(new(bytes.Buffer), "tsv", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SetLayout(Layout{Columns: []string{"order-id", "price"}}); err != nil {
		t.Fatal(err)
	}
	if err := Check(p, saleView, sale{}); err == nil || err.Error() != `--columns: there is no column "price"` {
		t.Errorf("before anything is done: %v", err)
	}
}

func TestCut(t *testing.T) {
	const line = "Waiting for QvKaGcfACNbRiBjPAMkQ7Q: new, 0.00025000 BTC due, 14:31 left"
	for width, want := range map[int]string{
		0:  line,
		80: line,
		66: "Waiting for QvKaGcfA…AMkQ7Q: new, 0.00025000 BTC due, 14:31 left",
		60: "Waiting for QvKaGcfA…AMkQ7Q: new, 0.00025000 BTC due, …",
		46: "Waiting for QvKaGcfA…AMkQ7Q: new, …",
		20: "Waiting for …",
		3:  "W…g",
	} {
		if got := Cut(line, width); got != want || width > 0 && Width(got) > width {
			t.Errorf("%d: %q, not %q", width, got, want)
		}
	}
}

// TestStatusFollowsTheWindow: the line is cut to the width that the window has when it is
// drawn, so that it never breaks.
func TestStatusFollowsTheWindow(t *testing.T) {
	var out bytes.Buffer
	width := 80
	s := &Status{w: &out, width: func() int { return width }, line: func() string { return strings.Repeat("word ", 15) }}
	s.draw()
	width = 30
	s.draw()
	lines := strings.Split(strings.TrimPrefix(out.String(), eraseLine), eraseLine)
	if len(lines) != 2 || Width(lines[0]) < 70 || Width(lines[1]) > 30 || !strings.HasSuffix(lines[1], ellipsis) {
		t.Errorf("%q", lines)
	}
}
