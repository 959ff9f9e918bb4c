package output

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"
)

// A Column is a column of a table.
type Column[T any] struct {
	Title string
	Value func(T) string
	// Fit is what happens on a terminal that is too narrow.
	Fit Fit
	// Spare is set if a list may leave the column out on such a terminal.
	Spare bool
	// Least is the width that the column has at least in a table that is printed while its
	// records happen, see [Live].
	Least int
}

// A View describes the records of one command.
type View[T any] struct {
	Columns []Column[T]
	Name    func(T) string
}

// One prints a single record.
func One[T any](p *Printer, v View[T], record T) error {
	switch p.format {
	case "json", "yaml":
		return p.document(record)
	}
	return p.list(v.plain(), func(yield func(any, error) bool) { yield(record, nil) }, false)
}

// Bare prints a single record whose name is all that a user wants: as -o name does, unless
// another format or columns are chosen.
func Bare[T any](p *Printer, v View[T], record T) error {
	bare := *p
	if p.format == "table" && len(p.layout.Columns) == 0 {
		bare.format = "name"
	}
	return One(&bare, v, record)
}

// Each prints a slice of records, like [List].
func Each[T any](p *Printer, v View[T], records []T) error {
	return p.list(v.plain(), func(yield func(any, error) bool) {
		for _, record := range records {
			if !yield(record, nil) {
				return
			}
		}
	}, true)
}

// List prints a sequence of records. An empty one is an empty JSON array. The first error
// ends it. Records printed before it remain, except in JSON and YAML, which are printed
// completely or not at all.
func List[T any](p *Printer, v View[T], records iter.Seq2[T, error]) error {
	return p.list(v.plain(), func(yield func(any, error) bool) {
		for record, err := range records {
			if !yield(record, err) {
				return
			}
		}
	}, true)
}

// Live prints records that happen one after another, each at once. The first record
// determines the widths of a table's columns, and JSON is one object a line.
func Live[T any](p *Printer, v View[T], records iter.Seq2[T, error]) error {
	live := *p
	live.live = true
	if live.format == "json" {
		live.format = "jsonl"
	}
	return List(&live, v, records)
}

// A plainView is a View of any record type. The printing code is compiled once instead of
// once per type.
type plainView struct {
	columns []plainColumn
	cell    func(record any, column int) string
	name    func(record any) string
}

type plainColumn struct {
	title string
	fit   Fit
	spare bool
	least int
}

func (v View[T]) plain() plainView {
	columns := make([]plainColumn, len(v.Columns))
	for i, c := range v.Columns {
		columns[i] = plainColumn{c.Title, c.Fit, c.Spare, c.Least}
	}
	return plainView{
		columns: columns,
		cell:    func(record any, column int) string { return v.Columns[column].Value(record.(T)) },
		name:    func(record any) string { return v.Name(record.(T)) },
	}
}

func (p *Printer) list(v plainView, records iter.Seq2[any, error], isList bool) error {
	v, err := p.choose(v)
	if err != nil {
		return err
	}
	switch p.format {
	case "json", "yaml":
		all := []any{}
		for record, err := range records {
			if err != nil {
				return err
			}
			all = append(all, record)
		}
		return p.document(all)
	case "table":
		return p.table(v, records, isList)
	case "tsv":
		return p.tsv(v, records)
	}
	var buffer bytes.Buffer
	for record, err := range records {
		if err != nil {
			return err
		}
		buffer.Reset()
		switch p.format {
		case "name":
			buffer.WriteString(VisibleLine(v.name(record)) + "\n")
		case "template":
			err = p.execute(&buffer, record)
		default:
			err = p.encode(&buffer, record, "")
		}
		if err != nil {
			return err
		}
		if err := write(p.w, buffer.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (p *Printer) document(value any) error {
	var buffer bytes.Buffer
	if err := p.encode(&buffer, value, "  "); err != nil {
		return err
	}
	return write(p.w, buffer.Bytes())
}

// A PrintError is the reason why a record could not be printed. The command itself may have
// succeeded.
type PrintError struct{ Err error }

func (e *PrintError) Error() string { return e.Err.Error() }

func (e *PrintError) Unwrap() error { return e.Err }

func write(w io.Writer, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return &Error{Code: Failed, What: "standard output cannot be written: " + err.Error(), Err: &PrintError{err}}
	}
	return nil
}

// encode writes value, or each result of the query on it.
func (p *Printer) encode(buffer *bytes.Buffer, value any, indent string) error {
	if p.query == nil {
		return p.encodeOne(buffer, value, indent)
	}
	plain, err := plainValue(value)
	if err != nil {
		return err
	}
	results := p.query.Run(plain)
	for {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return &Error{Code: Failed, What: "the expression of --jq failed", Why: err.Error(), Next: "see the record with -o json", Err: &PrintError{err}}
		}
		if text, ok := result.(string); ok {
			// As with jq -r, because a shell mostly reads it.
			buffer.WriteString(Visible(text) + "\n")
			continue
		}
		if err := p.encodeOne(buffer, result, indent); err != nil {
			return err
		}
	}
}

func (p *Printer) encodeOne(buffer *bytes.Buffer, value any, indent string) error {
	if p.format == "yaml" {
		text, err := marshalYAML(value)
		buffer.Write(text)
		return err
	}
	text, err := marshal(value)
	if err != nil {
		return err
	}
	text = escapeJSON(text)
	if indent != "" {
		if err := json.Indent(buffer, text, "", indent); err != nil {
			return err
		}
	} else {
		buffer.Write(text)
	}
	buffer.WriteByte('\n')
	return nil
}

func (p *Printer) execute(buffer *bytes.Buffer, record any) error {
	plain, err := plainValue(record)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := p.template.Execute(&text, withIntegers(plain)); err != nil {
		return &Error{Code: Failed, What: "the template of -o does not fit the record", Why: err.Error(), Next: "see the fields with -o json", Err: &PrintError{err}}
	}
	buffer.WriteString(strings.TrimSuffix(Visible(text.String()), "\n") + "\n")
	return nil
}

func marshal(value any) ([]byte, error) {
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), err
}

// plainValue is value as JSON has it: maps, lists, strings and numbers.
func plainValue(value any) (any, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	// Numbers stay strings: a float64 has only 53 bits.
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var plain any
	return plain, decoder.Decode(&plain)
}

// withIntegers converts integers, so that a template can compare them and 0 is false. All
// other numbers stay strings with all their digits.
func withIntegers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = withIntegers(member)
		}
	case []any:
		for i, member := range value {
			value[i] = withIntegers(member)
		}
	case json.Number:
		if n, err := value.Int64(); err == nil && strconv.FormatInt(n, 10) == value.String() {
			return n
		}
	}
	return value
}
