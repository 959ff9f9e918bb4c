package output

import (
	"fmt"
	"io"
	"strings"
)

// A Layout says how tables are printed.
type Layout struct {
	Columns  []string // the names of the columns to print, in this order; all if empty
	NoHeader bool
	Width    int       // columns of the terminal; 0 if standard output is not one
	Notes    io.Writer // for what was left out; may be nil
}

// SetLayout sets how tables are printed. Other formats have no columns, and refuse a choice
// of them.
func (p *Printer) SetLayout(l Layout) error {
	flag := ""
	switch {
	case len(l.Columns) > 0:
		flag = "--columns"
	case l.NoHeader:
		flag = "--no-header"
	}
	if flag != "" && p.format != "table" && p.format != "tsv" {
		format := "-o " + p.format
		if p.query != nil {
			format = "--jq"
		}
		return &Error{Code: Usage, What: flag + " is for tables, not for " + format, Why: "Nothing was sent.",
			Next: flag + " with -o table or -o tsv\nor choose fields of the JSON: --jq '{id, status}'"}
	}
	p.layout = l
	return nil
}

// ColumnName is how --columns names a column: "order-id" for ORDER ID.
func ColumnName(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// ColumnNames are the names of a view's columns.
func (v View[T]) ColumnNames() (names []string) {
	for _, c := range v.Columns {
		names = append(names, ColumnName(c.Title))
	}
	return names
}

// A Table has columns. Each [View] is one.
type Table interface{ ColumnNames() []string }

// FindColumn returns the place of a column in a list of names. ORDER_ID and orderId mean
// order-id.
func FindColumn(names []string, name string) (int, bool) {
	for i, known := range names {
		if plainName(known) == plainName(name) {
			return i, true
		}
	}
	return 0, false
}

func plainName(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// UnknownColumn is the failure for a name that is no column of a table.
func UnknownColumn(name string, names []string) error {
	return &Error{Code: Usage, What: fmt.Sprintf("--columns: there is no column %q", name), Why: "The columns are " + strings.Join(names, ", ") + ".",
		Next: "--columns " + strings.Join(names[:min(len(names), 3)], ",")}
}

// choose returns the view with the columns that the layout names.
func (p *Printer) choose(v plainView) (plainView, error) {
	if len(p.layout.Columns) == 0 {
		return v, nil
	}
	var names []string
	for _, c := range v.columns {
		names = append(names, ColumnName(c.title))
	}
	chosen := plainView{name: v.name}
	var places []int
	for _, name := range p.layout.Columns {
		i, ok := FindColumn(names, name)
		if !ok {
			return v, UnknownColumn(name, names)
		}
		places = append(places, i)
		chosen.columns = append(chosen.columns, v.columns[i])
	}
	chosen.cell = func(record any, column int) string { return v.cell(record, places[column]) }
	return chosen, nil
}
