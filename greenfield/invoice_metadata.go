package greenfield

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
)

// Metadata is free-form JSON that belongs to an invoice. Values keep their exact JSON
// text, so numbers lose no digits.
type Metadata map[string]json.RawMessage

// Fields of the metadata that the server knows.
const (
	MetaOrderID          = "orderId" // found by [InvoiceListOptions.OrderIDs]
	MetaOrderURL         = "orderUrl"
	MetaItemCode         = "itemCode"
	MetaItemDesc         = "itemDesc"
	MetaPosData          = "posData"
	MetaPhysical         = "physical"
	MetaTaxIncluded      = "taxIncluded"
	MetaReceiptData      = "receiptData"
	MetaPaymentRequestID = "paymentRequestId"
	MetaComment          = "comment"
	MetaBuyerName        = "buyerName"
	MetaBuyerEmail       = "buyerEmail"
	MetaBuyerPhone       = "buyerPhone"
	MetaBuyerAddress1    = "buyerAddress1"
	MetaBuyerAddress2    = "buyerAddress2"
	MetaBuyerCity        = "buyerCity"
	MetaBuyerState       = "buyerState"
	MetaBuyerZip         = "buyerZip"
	MetaBuyerCountry     = "buyerCountry"
)

// rewritten returns the fields of the metadata that came back different from what was
// sent.
func rewritten(sent, kept Metadata) []client.Difference {
	var names []string
	for name, value := range sent {
		if !bytes.Equal(value, kept[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var e client.DifferentError
	for _, name := range names {
		e.JSON("metadata."+name, sent[name], kept[name])
	}
	return e.Differences
}

// Text returns the value of a text field, and "" for any other field.
func (m Metadata) Text(name string) string {
	var text string
	if json.Unmarshal(m[name], &text) != nil {
		return ""
	}
	return text
}

// OrderID returns the order id.
func (m Metadata) OrderID() string { return m.Text(MetaOrderID) }

// Set sets a field to the JSON of a value. It returns an error if the value has no JSON
// form.
func (m *Metadata) Set(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if *m == nil {
		*m = Metadata{}
	}
	(*m)[name] = raw
	return nil
}

// SetText sets a field to a text, or removes it if the text is empty.
func (m *Metadata) SetText(name, text string) {
	if text == "" {
		delete(*m, name)
		return
	}
	// A text always has a JSON form.
	_ = m.Set(name, text)
}
