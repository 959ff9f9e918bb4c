package bitpay

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// The functions in this file check a response against its request. An error is the reason
// why the response cannot be used.

var errNoInvoice = errors.New("it is not an invoice: it lacks an id, a price or a currency")

// checkInvoice refuses what is not an invoice and, if id is not empty, an invoice with
// another id. No response of this API names the store; see [Client.OwnStore].
func checkInvoice(id InvoiceID, i Invoice) error {
	if !client.IsID(string(i.ID)) || !i.Price.IsSet() || i.Currency == "" {
		return errNoInvoice
	}
	var e client.DifferentError
	if id != "" {
		e.Text("id", string(id), string(i.ID))
	}
	return e.Result()
}

// compare refuses an invoice whose price, currency or order id differs from the request.
func (r InvoiceRequest) compare(i Invoice) error {
	var e client.DifferentError
	if r.Price != nil {
		e.Amount("price", *r.Price, i.Price)
	}
	if r.Currency != "" && !strings.EqualFold(strings.TrimSpace(r.Currency), i.Currency) {
		e.Text("currency", r.Currency, i.Currency)
	}
	if r.OrderID != "" {
		e.Text("orderId", r.OrderID, i.OrderID)
	}
	return e.Result()
}

// rewritten returns the fields of the request that the server stored differently.
func (r InvoiceRequest) rewritten(i Invoice) []client.Difference {
	var e client.DifferentError
	if r.TaxIncluded != nil && r.TaxIncluded.Sign() != 0 {
		kept := client.NewDecimal(0, 0)
		if i.TaxIncluded != nil {
			kept = *i.TaxIncluded
		}
		e.Amount("taxIncluded", *r.TaxIncluded, kept)
	}
	for _, text := range []struct{ member, sent, kept string }{
		{"itemCode", r.ItemCode, i.ItemCode}, {"itemDesc", r.ItemDesc, i.ItemDesc}, {"posData", r.PosData, i.PosData},
	} {
		switch sent, kept := strings.TrimSpace(text.sent), strings.TrimSpace(text.kept); {
		case text.sent == "":
		case text.member == "posData" && strings.HasPrefix(sent, "{") && json.Valid([]byte(sent)) && json.Valid([]byte(kept)):
			// The server reformats a JSON object.
			e.JSON(text.member, json.RawMessage(sent), json.RawMessage(kept))
		default:
			e.Text(text.member, text.sent, text.kept)
		}
	}
	return e.Differences
}

// compare refuses an invoice with another order id or item code than the options ask for.
func (o ListOptions) compare(i Invoice) error {
	var e client.DifferentError
	if o.OrderID != "" {
		e.Text("orderId", o.OrderID, i.OrderID)
	}
	if o.ItemCode != "" {
		e.Text("itemCode", o.ItemCode, i.ItemCode)
	}
	return e.Result()
}

// compare refuses a rate of another pair than the requested one. Servers write codes in
// capitals.
func (r Rate) compare(base, currency string) error {
	var e client.DifferentError
	if !strings.EqualFold(r.CryptoCode, base) {
		e.Text("cryptoCode", base, r.CryptoCode)
	}
	if !strings.EqualFold(r.Code, currency) {
		e.Text("code", currency, r.Code)
	}
	return e.Result()
}
