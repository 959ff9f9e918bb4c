package invoice

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
)

// A cellKind is how the text of a cell becomes JSON.
type cellKind int

const (
	textCell cellKind = iota
	orderIDCell
	currencyCell
	amountCell
	sumCell // an amount that may be empty
	numberCell
	boolCell
	listCell
	reasonCell // see reasonField
)

// csvFields are the fields that a column may name. A column metadata.NAME is a text of any
// name.
var csvFields = map[string]cellKind{
	"amount": amountCell, "price": amountCell, "currency": currencyCell, "orderId": orderIDCell, "taxIncluded": sumCell,
	"itemCode": textCell, "itemDesc": textCell, "posData": textCell, "physical": boolCell,
	"buyerName": textCell, "buyerEmail": textCell, "buyerPhone": textCell, "buyerAddress1": textCell, "buyerAddress2": textCell,
	"buyerCity": textCell, "buyerState": textCell, "buyerZip": textCell, "buyerCountry": textCell,
	"redirectURL": textCell, "redirectAutomatically": boolCell, "notificationURL": textCell, "notificationEmail": textCell,
	"fullNotifications": boolCell, "extendedNotifications": boolCell, "transactionSpeed": textCell,
	"paymentCurrencies": listCell, "defaultPaymentMethod": textCell,
	"checkout.speedPolicy": textCell, "checkout.paymentMethods": listCell, "checkout.defaultPaymentMethod": textCell,
	"checkout.expirationMinutes": numberCell, "checkout.monitoringMinutes": numberCell, "checkout.paymentTolerance": numberCell,
	"checkout.redirectURL": textCell, "checkout.redirectAutomatically": boolCell, "checkout.defaultLanguage": textCell, "checkout.lazyPaymentMethods": boolCell,
	"metadata.orderId": orderIDCell, reasonField: reasonCell,
}

// csvNames are other names of columns: those of the flags.
var csvNames = map[string]string{"description": "itemDesc", "speed": "transactionSpeed", "paymentmethod": "paymentCurrencies", "paymentmethods": "paymentCurrencies"}

// A csvColumn is a column of the input.
type csvColumn struct {
	title string // as written in the header
	field string // of the JSON; empty if the column has no title
	kind  cellKind
}

// parseCSV reads a header, and a row for each line. On an error, line is where it is.
func parseCSV(data []byte) (in rowsInput, line int, err error) {
	if line, err := checkCSVText(data); err != nil {
		return in, line, err
	}
	data, in.comma, line = separator(data)
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma, reader.FieldsPerRecord = in.comma, -1
	var columns []csvColumn
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return in, line, nil
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return in, line + wrong.Line, fmt.Errorf("column %d: %w", wrong.Column, wrong.Err)
		}
		if err != nil {
			return in, line, err
		}
		at, _ := reader.FieldPos(0)
		at += line
		switch {
		case !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }):
			// Spreadsheets write empty rows.
		case columns == nil:
			if columns, err = csvColumns(cells); err != nil {
				return in, at, err
			}
			in.header = cells
		default:
			row, err := csvRow(at, columns, cells)
			if err != nil {
				return in, at, err
			}
			in.rows = append(in.rows, row)
		}
	}
}

// checkCSVText refuses what would not arrive as it was given.
func checkCSVText(data []byte) (line int, err error) {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			err = fmt.Errorf("the byte 0x%02x is not UTF-8: save the table as \"CSV UTF-8\"", data[i])
		case r == 0:
			err = errors.New("U+0000 is a character that makes the server fail")
		default:
			i += size
			continue
		}
		return 1 + bytes.Count(data[:i], []byte("\n")), err
	}
	return 0, nil
}

// separator finds the separator, which spreadsheets choose by the language. They may also
// write it into a line of its own, which is skipped.
func separator(data []byte) (rest []byte, comma rune, skipped int) {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	if name, found := bytes.CutPrefix(bytes.TrimRight(first, "\r"), []byte("sep=")); found && len(name) == 1 && bytes.ContainsAny(name, ",;\t") {
		return rest, rune(name[0]), 1 + bytes.Count(data[:len(data)-len(rest)-len(first)], []byte("\n"))
	}
	comma = ','
	for _, other := range ";\t" {
		if bytes.ContainsRune(first, other) && bytes.Count(first, []byte(string(other))) > bytes.Count(first, []byte(string(comma))) {
			comma = other
		}
	}
	return data, comma, 0
}

// csvName is a column's title without case, blanks, - and _.
func csvName(title string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "", "\u00a0", "").Replace(title))
}

func csvColumns(header []string) ([]csvColumn, error) {
	known := map[string]string{}
	for field := range csvFields {
		known[csvName(field)] = field
	}
	maps.Copy(known, csvNames)
	columns := make([]csvColumn, len(header))
	seen := map[string]string{}
	native := false
	for i, title := range header {
		column := csvColumn{title: strings.TrimSpace(title)}
		if column.title == "" {
			continue
		}
		field, found := known[csvName(title)]
		if name, isMetadata := strings.CutPrefix(column.title, "metadata."); !found && isMetadata && name != "" {
			field, found = column.title, true
		}
		if !found {
			return nil, fmt.Errorf("column %d: unknown column %.60q", i+1, column.title)
		}
		column.field, column.kind = field, csvFields[field]
		if other, twice := seen[slotOf(field)]; twice {
			return nil, fmt.Errorf("column %d: %q and %q are the same field", i+1, other, column.title)
		}
		seen[slotOf(field)] = column.title
		native = native || strings.Contains(field, ".")
		columns[i] = column
	}
	if _, found := seen["price"]; !found {
		return nil, fmt.Errorf("there is no column %q", "amount")
	}
	if !native {
		// Both APIs take these fields.
		for i := range columns {
			columns[i].field = slotOf(columns[i].field)
		}
	}
	return columns, nil
}

// slotOf returns one name for the two names of the amount.
func slotOf(field string) string {
	if field == "amount" {
		return "price"
	}
	return field
}

// csvRow makes an order of the cells of a line. A cell that its column cannot have makes the
// row a bad one.
func csvRow(line int, columns []csvColumn, cells []string) (lineRequest, error) {
	if len(cells) != len(columns) {
		return lineRequest{}, fmt.Errorf("it has %d cells, and the header has %d", len(cells), len(columns))
	}
	bad := lineRequest{line: line, cells: cells}
	object := map[string]any{}
	for i, column := range columns {
		if column.field == "" && strings.TrimSpace(cells[i]) != "" {
			return lineRequest{}, fmt.Errorf("column %d: it has no title, but a value", i+1)
		}
		value, err := column.value(cells[i])
		if err != nil {
			bad.bad = fmt.Errorf("column %q: %w", column.title, err)
			return bad, nil
		}
		if value == nil {
			continue
		}
		into, field := object, column.field
		if parent, name, nested := strings.Cut(field, "."); nested {
			if into[parent] == nil {
				into[parent] = map[string]any{}
			}
			into, field = into[parent].(map[string]any), name
		}
		into[field] = value
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return lineRequest{}, err
	}
	row := newRow(line, raw)
	row.cells = cells
	return row, nil
}

// shortened matches a number as spreadsheets show long ones, with digits lost.
var shortened = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d([.,]\d+)?[eE]\+\d+$`) })

var jsonNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?$`) })

// value is the JSON value of a cell, nil if the field is left out.
func (c csvColumn) value(cell string) (any, error) {
	text := strings.TrimSpace(cell)
	switch {
	case c.field == "" || c.kind == reasonCell:
		return nil, nil
	case text != "":
	case c.kind == amountCell:
		return nil, fmt.Errorf("it is empty; %q creates an invoice that accepts any amount", anyAmountWord)
	case c.kind == orderIDCell || c.kind == currencyCell:
		return nil, errors.New("it is empty: give every row a value, or leave the column out")
	default:
		return nil, nil
	}
	switch c.kind {
	case amountCell, sumCell:
		if text == anyAmountWord && c.kind == amountCell {
			return text, nil
		}
		if _, err := client.ParseDecimal(text); err != nil {
			return nil, fmt.Errorf("%.40q is not an amount: write it like 1234.50", text)
		}
		return text, nil
	case orderIDCell:
		if cell != text {
			return nil, fmt.Errorf("%.60q has a blank at its beginning or end", cell)
		}
		if shortened().MatchString(text) {
			return nil, fmt.Errorf("%.40q looks like a number that a spreadsheet shortened: format the column as text", text)
		}
		return text, nil
	case currencyCell:
		return text, nil
	case numberCell:
		if !jsonNumber().MatchString(text) {
			return nil, fmt.Errorf("%.40q is not a number", text)
		}
		return json.Number(text), nil
	case boolCell:
		switch strings.ToLower(text) {
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0":
			return false, nil
		}
		return nil, fmt.Errorf("%.40q is neither true nor false", text)
	case listCell:
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;|", r) }), nil
	case textCell, reasonCell:
	}
	return cell, nil
}
