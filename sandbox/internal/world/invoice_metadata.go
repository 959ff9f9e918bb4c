package world

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// freeObject is metadata with any fields, in their order.
type freeObject struct{ members jsonObject }

func parseFree(text []byte) (freeObject, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := readValue(d, 0)
	if err != nil {
		return freeObject{}, err
	}
	object, _ := value.(jsonObject)
	return freeObject{object}, nil
}

func (f freeObject) encode() json.RawMessage {
	var b bytes.Buffer
	writeValue(&b, f.members, "", 0)
	return b.Bytes()
}

func (f freeObject) get(name string) any {
	for _, m := range f.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text returns a field as text. Numbers and booleans count as the text they are written with.
func (f freeObject) text(name string) *string {
	switch value := f.get(name).(type) {
	case string:
		return &value
	case json.Number:
		return new(value.String())
	case bool:
		if value {
			return new("true")
		}
		return new("false")
	}
	return nil
}

// known returns what the BitPay API shows of the metadata.
func (f freeObject) known() Metadata {
	m := Metadata{
		OrderID: f.text("orderId"), ItemCode: f.text("itemCode"), ItemDesc: f.text("itemDesc"),
		BuyerName: f.text("buyerName"), BuyerEmail: f.text("buyerEmail"), BuyerPhone: f.text("buyerPhone"),
		BuyerAddress1: f.text("buyerAddress1"), BuyerAddress2: f.text("buyerAddress2"),
		BuyerCity: f.text("buyerCity"), BuyerState: f.text("buyerState"),
		BuyerZip: f.text("buyerZip"), BuyerCountry: f.text("buyerCountry"),
	}
	switch value := f.get("posData").(type) {
	case string:
		m.PosData = PosDataOf(&value)
	case jsonObject:
		m.PosData = freeObject{value}.encode()
	}
	if physical, ok := f.get("physical").(bool); ok {
		m.Physical = &physical
	}
	if tax := f.text("taxIncluded"); tax != nil {
		if d, err := money.ParseText(*tax); err == nil && d.Sign() > 0 {
			m.TaxIncluded = new(d.Number())
		}
	}
	return m
}

// SetMetadata sets the metadata of a request, whose depth was bounded when it was read.
func (inv *Invoice) SetMetadata(sent *aspnet.Node) {
	inv.SetOwnMetadata(sent.Raw)
}

// SetOwnMetadata sets the metadata of an invoice that the server makes by itself.
func (inv *Invoice) SetOwnMetadata(object []byte) {
	free, err := parseFree(object)
	if err != nil {
		return
	}
	inv.Own, inv.Metadata = free.encode(), free.known()
}

// OwnMetadata is the metadata that the Greenfield API shows: what it received, or what the BitPay API received.
func (inv *Invoice) OwnMetadata() json.RawMessage {
	if inv.Own != nil {
		return inv.Own
	}
	text, err := json.Marshal(inv.Metadata)
	if err != nil {
		panic(err) // every value is of our own types
	}
	return text
}

// FirstMetadata is the metadata in the response to the creation: there a tax that was sent as text is a number with
// all its digits, unlike later (recording 20-invoices).
func (inv *Invoice) FirstMetadata() json.RawMessage {
	free, err := parseFree(inv.OwnMetadata())
	if err != nil {
		return inv.Own
	}
	for i, m := range free.members {
		text, ok := m.value.(string)
		if !ok || m.name != "taxIncluded" || strings.TrimSpace(text) == "" {
			continue
		}
		if d, err := money.ParseText(text); err == nil {
			free.members[i].value = d.Number()
		}
	}
	first := free.encode()
	if again, err := parseFree(first); err == nil && inv.Own != nil {
		inv.Own = again.encode()
	}
	return first
}
