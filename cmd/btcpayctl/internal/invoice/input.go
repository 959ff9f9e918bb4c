package invoice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// maxRequests is how many bytes are read into memory, so that all rows can be checked
// before the first invoice is created.
const maxRequests = ledger.RowsLimit

// A lineRequest is one row of the input and the line on which it begins.
type lineRequest struct {
	line  int
	order order

	key    string // see nameRows
	digest string // of the order as given

	raw   []byte   // the row as JSON
	cells []string // the row as CSV, if it was given so
	bad   error    // why it cannot be an order
}

// isNameless reports whether a row has no order id of its own. The same row again is
// another order.
func (r lineRequest) isNameless() bool { return r.order.orderID() == "" }

// isBad reports whether a row cannot be an order.
func (r lineRequest) isBad() bool { return r.bad != nil }

// at says which row an error is about.
func (r lineRequest) at(err error) error {
	e, ok := errors.AsType[*output.Error](err)
	if !ok {
		return fmt.Errorf("line %d: %w", r.line, err)
	}
	placed := *e
	placed.What = fmt.Sprintf("line %d: %s", r.line, e.What)
	return &placed
}

// A rowsInput is what --from gives: rows, and for CSV the header and the separator.
type rowsInput struct {
	rows   []lineRequest
	header []string // nil for JSON
	comma  rune

	data  []byte // as it was read
	shown string // how messages name the input
}

func readRequests(a *app.App, path string) (rowsInput, error) {
	data, shown, err := readInput(a, path)
	if err != nil {
		return rowsInput{}, err
	}
	in, line, err := parseRequests(data)
	if err != nil {
		return rowsInput{}, unusableInput(shown, line, isJSON(data), err)
	}
	in.data, in.shown = data, shown
	return in, nil
}

// badRow is the failure of an input of which a row cannot be used.
func badRow(in rowsInput, r lineRequest) error {
	next := "correct it, and run the same command"
	if in.header == nil {
		next = `{"price": "12.50", "currency": "USD", "orderId": "A-1007"}`
	}
	return &output.Error{Code: output.BadInput, What: fmt.Sprintf("%s, line %d: %v", in.shown, r.line, r.bad), Why: "Nothing was sent.",
		Next: next + "\nor --" + keepGoingFlag + ", to create the invoices of the other rows", Err: r.bad}
}

// unusableInput says what a row, or the whole input, has to look like.
func unusableInput(shown string, line int, json bool, err error) error {
	e := &output.Error{Code: output.BadInput, What: fmt.Sprintf("%s, line %d: %v", shown, line, err), Why: "Nothing was sent.",
		Next: `{"price": "12.50", "currency": "USD", "orderId": "A-1007"}`, Err: err}
	if !json {
		e.Why += " Input that does not begin with { or [ is read as CSV."
		e.Next = "a header such as orderId,amount,currency,description\nor see: btcpayctl invoice create --help"
	}
	return e
}

func readInput(a *app.App, path string) (data []byte, shown string, err error) {
	source, shown := a.In, "standard input"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, path, &output.Error{Code: output.BadInput, What: "the orders cannot be read", Why: err.Error(), Next: "--from FILE, or --from - for standard input", Err: err}
		}
		defer file.Close()
		source, shown = file, path
	}
	data, err = io.ReadAll(io.LimitReader(source, maxRequests+1))
	if err == nil && len(data) > maxRequests {
		err = fmt.Errorf("it has more than %d bytes", maxRequests)
	}
	if err != nil {
		return nil, shown, &output.Error{Code: output.BadInput, What: shown + " cannot be used", Why: err.Error(), Next: "split it", Err: err}
	}
	return app.WithoutMark(data), shown, nil
}

// parseRequests reads JSON or CSV. A row that cannot be an order is returned with its
// reason. An error means that the input as a whole cannot be read; line is where.
func parseRequests(data []byte) (in rowsInput, line int, err error) {
	data, err = withoutBOM(data)
	if err != nil {
		return in, 1, err
	}
	if !isJSON(data) {
		return parseCSV(data)
	}
	if line, err := cli.CheckJSONText(data); err != nil {
		return in, line, err
	}
	in.rows, line, err = parseJSON(data)
	return in, line, err
}

const bom = "\ufeff"

func withoutBOM(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, errors.New("it is UTF-16 text: save it as UTF-8")
	}
	return bytes.TrimPrefix(data, []byte(bom)), nil
}

// isJSON reports whether input is read as JSON, and not as CSV.
func isJSON(data []byte) bool {
	rest := bytes.TrimLeft(bytes.TrimPrefix(data, []byte(bom)), " \t\r\n")
	return len(rest) == 0 || rest[0] == '{' || rest[0] == '['
}

// parseJSON reads objects that follow each other, on one or more lines, and arrays of
// objects.
func parseJSON(data []byte) (rows []lineRequest, line int, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	inArray, counted := false, 0
	for line = 1; ; {
		start := skipSpace(data, int(decoder.InputOffset()), inArray)
		line += bytes.Count(data[counted:start], []byte("\n"))
		counted = start
		first := byte(0)
		if start < len(data) {
			first = data[start]
		}
		switch {
		case !inArray && first == '[', inArray && !decoder.More():
			_, err = decoder.Token()
			if err == nil {
				inArray = !inArray
				continue
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
		default:
			var raw json.RawMessage
			if err = decoder.Decode(&raw); err == nil && raw[0] != '{' {
				return nil, line, errors.New("an invoice must be a JSON object")
			}
			if err == nil {
				rows = append(rows, newRow(line, raw))
				continue
			}
		}
		syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
		switch {
		case errors.Is(err, io.EOF) && !inArray:
			return rows, line, nil
		case isSyntax:
			return nil, 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), err
		}
		return nil, line, errors.New("the JSON is incomplete")
	}
}

func newRow(line int, raw []byte) lineRequest {
	r := lineRequest{line: line, raw: raw}
	r.order, r.bad = parseRequest(raw)
	return r
}

// skipSpace returns where the next value begins, in an array behind the comma.
func skipSpace(data []byte, at int, inArray bool) int {
	space := " \t\r\n"
	if inArray {
		space += ","
	}
	return at + len(data[at:]) - len(bytes.TrimLeft(data[at:], space))
}

// parseRequest is strict: a misspelt or duplicate field would create another invoice than
// intended.
func parseRequest(raw []byte) (order, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return order{}, errors.New("an invoice must be a JSON object")
	}
	if err := checkDepth(raw); err != nil {
		return order{}, err
	}
	if err := refuseDuplicateFields(raw); err != nil {
		return order{}, err
	}
	var members map[string]json.RawMessage
	err := json.Unmarshal(raw, &members)
	if err != nil {
		return order{}, err
	}
	if _, found := members[reasonField]; found {
		delete(members, reasonField)
		if raw, err = json.Marshal(members); err != nil {
			return order{}, err
		}
	}
	if err := checkFields(members); err != nil {
		return order{}, err
	}
	raw, amount, err := joinFields(raw, members)
	if err != nil {
		return order{}, err
	}
	raw, anyAmount, err := removeAny(raw, members, amount)
	if err != nil {
		return order{}, err
	}
	if amount == "amount" {
		var native greenfield.InvoiceRequest
		if err := decodeStrict(raw, &native); err != nil {
			return order{}, err
		}
		if err := checkMetadata(native.Metadata); err != nil {
			return order{}, err
		}
		if native.Amount == nil && !anyAmount {
			return order{}, missingAmount(amount)
		}
		return order{native: &native, anyAmount: anyAmount}, native.Validate()
	}
	raw, id, err := takeOrderID(raw, members)
	if err != nil {
		return order{}, err
	}
	var request bitpay.InvoiceRequest
	if err := decodeStrict(raw, &request); err != nil {
		return order{}, err
	}
	if request.Price == nil && !anyAmount {
		return order{}, missingAmount(amount)
	}
	return order{request: request, anyAmount: anyAmount, id: id}, request.Validate()
}

func decodeStrict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
