package output

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// widthRows is how many rows are read before the first is written.
const widthRows = 50

// A tableWriter prints a table while its records arrive.
type tableWriter struct {
	p      *Printer
	v      plainView
	list   bool // not a single record
	held   [][]string
	laid   bool // layout is known, and held is written
	layout layout
	rows   int
}

func (p *Printer) table(v plainView, records iter.Seq2[any, error], list bool) error {
	t := &tableWriter{p: p, v: v, list: list}
	for record, err := range records {
		if err != nil {
			return err
		}
		row := make([]string, len(v.columns))
		for i := range row {
			row[i] = VisibleLine(v.cell(record, i))
		}
		if err := t.add(row); err != nil {
			return err
		}
	}
	return t.end()
}

func (t *tableWriter) add(row []string) error {
	if t.laid {
		return t.write(row)
	}
	if t.held = append(t.held, row); len(t.held) < widthRows && !t.p.live {
		return nil
	}
	return t.flush()
}

func (t *tableWriter) end() error {
	if !t.laid {
		if err := t.flush(); err != nil {
			return err
		}
	}
	if notes := t.p.layout.Notes; notes != nil && len(t.layout.left) > 0 && t.rows > 0 {
		var titles []string
		for _, i := range t.layout.left {
			titles = append(titles, ColumnName(t.v.columns[i].title))
		}
		fmt.Fprintf(notes, "Not shown, for lack of width: %s (see --columns, or -o json).\n", strings.Join(titles, ", "))
	}
	return nil
}

// flush decides on the layout by the rows held so far, and writes them.
func (t *tableWriter) flush() error {
	t.laid = true
	titles, natural := make([]string, len(t.v.columns)), make([]int, len(t.v.columns))
	for i, c := range t.v.columns {
		titles[i] = c.title
		if t.p.live {
			natural[i] = c.least
		}
	}
	headed := !t.p.layout.NoHeader
	rows := t.held
	if headed {
		rows = slices.Insert(slices.Clone(rows), 0, titles)
	}
	for _, row := range rows {
		for i, cell := range row {
			natural[i] = max(natural[i], Width(cell))
		}
	}
	t.layout = t.choose(natural)
	if headed && !t.layout.cards {
		if err := t.writeRow(titles, false); err != nil {
			return err
		}
	}
	for _, row := range t.held {
		if err := t.write(row); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

func (t *tableWriter) choose(natural []int) layout {
	width := t.p.layout.Width
	if width <= 0 {
		width = 1 << 30
	}
	l := arrange(t.v.columns, natural, width, t.list, t.list && len(t.p.layout.Columns) == 0)
	if l.cards && t.p.layout.NoHeader {
		// A line for each value needs its title. The terminal breaks the lines.
		return arrange(t.v.columns, natural, 1<<30, false, false)
	}
	return l
}

func (t *tableWriter) write(row []string) error {
	t.rows++
	if t.layout.cards {
		return t.writeCard(row)
	}
	return t.writeRow(row, true)
}

func (t *tableWriter) writeRow(row []string, below bool) error {
	var text strings.Builder
	cells := make([][]string, len(t.layout.shown))
	height := 1
	for n, i := range t.layout.shown {
		cells[n] = t.fit(row[i], i)
		height = max(height, len(cells[n]))
	}
	for y := range height {
		blanks := 0
		for n, i := range t.layout.shown {
			cell := ""
			if y < len(cells[n]) {
				cell = cells[n][y]
			}
			if cell != "" {
				text.WriteString(strings.Repeat(" ", blanks))
				text.WriteString(t.embed(cell))
				blanks = 0
			}
			blanks += max(0, t.layout.widths[i]-Width(cell)) + columnGap
		}
		text.WriteByte('\n')
	}
	titles := 0
	for _, i := range t.layout.below {
		titles = max(titles, Width(t.v.columns[i].title))
	}
	for _, i := range t.layout.below {
		if below && !isBlank(row[i]) {
			fmt.Fprintf(&text, "  %-*s  %s\n", titles, t.v.columns[i].title, t.embed(row[i]))
		}
	}
	return write(t.p.w, []byte(text.String()))
}

// isBlank reports whether a cell says that there is no value.
func isBlank(cell string) bool { return cell == "" || cell == "-" }

// fit is a cell as its column shows it. Rows that come after the widths were decided may be
// wider.
func (t *tableWriter) fit(cell string, column int) []string {
	if t.p.layout.Width > 0 {
		switch t.v.columns[column].fit {
		case FitMiddle:
			return []string{shorten(cell, t.layout.widths[column])}
		case FitWords:
			return Wrap(cell, t.layout.widths[column])
		case FitNames:
			return wrapNames(cell, t.layout.widths[column])
		case FitWhole, FitBelow:
		}
	}
	return []string{cell}
}

func (t *tableWriter) embed(cell string) string {
	if t.p.layout.Width > 0 {
		return embed(cell)
	}
	return cell
}

// writeCard prints a record as a line for each value. A value that does not fit beside its
// title is on a line of its own.
func (t *tableWriter) writeCard(row []string) error {
	var text strings.Builder
	if t.rows > 1 {
		text.WriteByte('\n')
	}
	titles := 0
	for _, c := range t.v.columns {
		titles = max(titles, Width(c.title))
	}
	indent := titles + columnGap
	room := t.p.layout.Width - indent
	for i, c := range t.v.columns {
		cell := row[i]
		if c.fit == FitBelow && isBlank(cell) {
			continue
		}
		lines := []string{cell}
		if (c.fit == FitWords || c.fit == FitNames) && room >= leastWords/2 {
			lines = Wrap(cell, room)
		}
		if len(lines) == 1 && Width(cell) > room {
			text.WriteString(c.title + "\n  " + t.embed(cell) + "\n")
			continue
		}
		for n, line := range lines {
			title := c.title
			if n > 0 {
				title = ""
			}
			fmt.Fprintf(&text, "%-*s%s\n", indent, title, t.embed(line))
		}
	}
	return write(t.p.w, []byte(text.String()))
}

// tsv prints lines of values that are parted by a tab.
func (p *Printer) tsv(v plainView, records iter.Seq2[any, error]) error {
	cells := make([]string, len(v.columns))
	headed := p.layout.NoHeader
	header := func() error {
		if headed {
			return nil
		}
		headed = true
		for i, c := range v.columns {
			cells[i] = tsvText(c.title)
		}
		return write(p.w, []byte(strings.Join(cells, "\t")+"\n"))
	}
	for record, err := range records {
		if err == nil {
			err = header() // a call that fails prints nothing
		}
		if err != nil {
			return err
		}
		for i := range cells {
			cells[i] = tsvText(v.cell(record, i))
		}
		if err := write(p.w, []byte(strings.Join(cells, "\t")+"\n")); err != nil {
			return err
		}
	}
	return header()
}

// tsvText is a value of a line of -o tsv. The backslash is doubled, so that each escape can
// be read back: \t, \n, \r, those of [VisibleLine], and \\.
func tsvText(value string) string {
	return VisibleLine(strings.ReplaceAll(value, `\`, `\\`))
}
