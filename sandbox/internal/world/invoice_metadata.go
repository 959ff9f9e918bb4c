package world

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
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

// setNumber sets a field to a whole number.
func (f *freeObject) setNumber(name string, n int64) {
	f.setValue(name, json.Number(strconv.FormatInt(n, 10)))
}

// set sets a field to a text.
func (f *freeObject) set(name, text string) { f.setValue(name, text) }

func (f *freeObject) setValue(name string, value any) {
	for i := range f.members {
		if f.members[i].name == name {
			f.members[i].value = value
			return
		}
	}
	f.members = append(f.members, jsonMember{name, value})
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
	inv.SetOwnMetadata(sent.JSON())
}

// SetOwnMetadata sets the metadata of an invoice that the server makes by itself.
func (inv *Invoice) SetOwnMetadata(object []byte) {
	free, err := parseFree(object)
	if err != nil {
		return
	}
	inv.Own, inv.Metadata = free.encode(), free.known()
}

// ReplaceMetadata sets the metadata of an invoice that has some. A search finds it by the first one.
func (st *State) ReplaceMetadata(inv *Invoice, sent *aspnet.Node) {
	if inv.FirstNames == nil {
		inv.FirstNames = inv.names()
	}
	before := orderOf(inv)
	inv.SetMetadata(sent)
	if after := orderOf(inv); after != before {
		if st.byOrder[before] = removeInvoice(st.byOrder[before], inv); len(st.byOrder[before]) == 0 {
			delete(st.byOrder, before)
		}
		st.byOrder[after] = insertInvoice(st.byOrder[after], inv)
	}
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

// FirstMetadata is the metadata in the response to the creation of the invoice. The server puts a tax within zero and the
// price, and rounds it. In this response it is a number with all its digits, unlike later (recording 20-invoices).
func (inv *Invoice) FirstMetadata() json.RawMessage {
	free, err := parseFree(inv.OwnMetadata())
	if err != nil {
		return inv.Own
	}
	for i, m := range free.members {
		if m.name != "taxIncluded" {
			continue
		}
		text := free.text(m.name)
		if number, ok := m.value.(json.Number); ok {
			text = new(aspnet.DoubleText(number.String()))
		}
		if text != nil && strings.TrimSpace(*text) != "" {
			if d, err := money.ParseText(*text); err == nil {
				free.members[i].value = inv.TaxWithin(d).Number()
			}
		}
	}
	first := free.encode()
	if again, err := parseFree(first); err == nil && inv.Own != nil {
		inv.Own, inv.Metadata = again.encode(), again.known()
	}
	return first
}

// TaxWithin is the part of the price that an invoice says is a tax: rounded as the price, and neither below zero nor above
// the price.
func (inv *Invoice) TaxWithin(tax money.Decimal) money.Decimal {
	tax = money.PriceIn(tax, inv.Currency)
	if tax.Sign() <= 0 {
		return money.New(0, 1)
	}
	if tax.Cmp(inv.Price) > 0 {
		return inv.Price
	}
	return tax
}

// Storable reports whether the server's database takes the texts of the invoice; see [Storable].
func (inv *Invoice) Storable() bool {
	texts := append([]string{inv.Currency, inv.RedirectURL, inv.NotificationURL, inv.NotificationEmail, inv.DefaultPaymentMethod}, inv.Terms...)
	return !slices.ContainsFunc(texts, func(text string) bool { return !Storable(text) }) && !escapesZero(inv.OwnMetadata())
}

// escapesZero reports whether a JSON text has the escape of the zero character, which cannot be in it unescaped.
func escapesZero(text []byte) bool {
	for {
		at := bytes.Index(text, []byte(`\u0000`))
		if at < 0 {
			return false
		}
		slashes := 0
		for slashes < at && text[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return true
		}
		text = text[at+1:]
	}
}
