package invoice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
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

// A lineRequest is one JSON object of the input and the line on which it begins.
type lineRequest struct {
	line  int
	order order

	key    string // see nameRows
	digest string // of the order as given
}

// isNameless reports whether a row has no order id of its own. The same row again is
// another order.
func (r lineRequest) isNameless() bool { return r.order.orderID() == "" }

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

func readRequests(a *app.App, path string) (requests []lineRequest, data []byte, shown string, err error) {
	data, shown, err = readInput(a, path)
	if err != nil {
		return nil, nil, shown, err
	}
	requests, line, err := parseRequests(data)
	nameRows(requests)
	if err == nil && len(requests) == 0 {
		line, err = 1, errors.New("it contains no JSON object")
	}
	if err != nil {
		return nil, nil, shown, &output.Error{Code: output.BadInput, What: fmt.Sprintf("%s, line %d: %v", shown, line, err), Why: "Nothing was sent.",
			Next: `{"price": "12.50", "currency": "USD", "orderId": "A-1007"}`, Err: err}
	}
	return requests, data, shown, nil
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
	return data, shown, nil
}

// parseRequests reads JSON objects that follow each other, on one or more lines. On an
// error, line is where it is.
func parseRequests(data []byte) (requests []lineRequest, line int, err error) {
	if line, err := cli.CheckJSONText(data); err != nil {
		return nil, line, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		start := skipSpace(data, int(decoder.InputOffset()))
		line = 1 + bytes.Count(data[:start], []byte("\n"))
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return requests, line, nil
		}
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), err
		}
		if err != nil {
			return nil, line, errors.New("the JSON is incomplete")
		}
		request, err := parseRequest(raw)
		if err != nil {
			return nil, line, err
		}
		requests = append(requests, lineRequest{line: line, order: request})
	}
}

func skipSpace(data []byte, at int) int {
	return at + len(data[at:]) - len(bytes.TrimLeft(data[at:], " \t\r\n"))
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
	if err := json.Unmarshal(raw, &members); err != nil {
		return order{}, err
	}
	amount := "price"
	isNative := func(name string) bool { return slices.Contains(greenfieldFields, name) }
	if slices.ContainsFunc(slices.Collect(maps.Keys(members)), isNative) {
		amount = "amount"
	}
	if err := checkFields(members); err != nil {
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

// greenfieldFields are fields that only a request of that API has.
var greenfieldFields = []string{"amount", "metadata", "checkout", "receipt", "additionalSearchTerms"}

func decodeStrict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
