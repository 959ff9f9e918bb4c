package invoice

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A methodRecord is one way to pay an invoice. Its amounts are in its currency.
type methodRecord struct {
	Method   string          `json:"method"`
	Currency string          `json:"currency"`
	Address  *string         `json:"address"` // null until the server needs one
	Rate     *client.Decimal `json:"rate"`    // of one unit, in the invoice's currency
	Due      *client.Decimal `json:"due"`
	Paid     *client.Decimal `json:"paid"` // with this method
	Payments []paymentRecord `json:"payments"`

	total, paidInAll *client.Decimal // to pay with its fees, and paid with all methods
}

// A paymentRecord is a payment that the server saw.
type paymentRecord struct {
	ID         string          `json:"id"` // txid-vout on chain
	Value      *client.Decimal `json:"value"`
	Fee        *client.Decimal `json:"fee"` // the part of the value that only covers the cost of one more payment
	Status     string          `json:"status"`
	ReceivedAt *time.Time      `json:"receivedAt"`
}

// setMethods takes the amounts of an invoice from one of its payment methods, since those
// of different methods may be in different currencies: from bitcoin on chain if the
// invoice accepts it, otherwise from another method in bitcoin, otherwise from the first.
func (r *invoiceRecord) setMethods(methods []methodRecord) {
	r.PaymentMethods = methods
	for _, m := range methods {
		for _, p := range m.Payments {
			if p.ReceivedAt != nil && p.Status != statusInvalid && (r.PaidAt == nil || p.ReceivedAt.After(*r.PaidAt)) {
				r.PaidAt = p.ReceivedAt
			}
		}
	}
	if len(methods) == 0 {
		return
	}
	at := slices.IndexFunc(methods, func(m methodRecord) bool { return methodID(m.Method) == "BTC-CHAIN" })
	if at < 0 {
		at = max(slices.IndexFunc(methods, func(m methodRecord) bool { return m.Currency == bitcoin }), 0)
	}
	m := methods[at]
	r.Due, r.Paid, r.DueCurrency, r.Rate, r.Address = m.Due, m.paidInAll, given(m.Currency), m.Rate, m.Address
	switch {
	case m.total == nil || m.paidInAll == nil:
	case r.AnyAmount || m.total.Cmp(*m.paidInAll) >= 0:
		r.Overpaid = new(client.NewDecimal(0, 0))
	default:
		r.Overpaid = minus(*m.paidInAll, *m.total)
	}
}

const bitcoin = "BTC"

// given is null for what a server leaves out.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func amountOf(d client.Decimal) *client.Decimal {
	if !d.IsSet() {
		return nil
	}
	return &d
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// minus is a - b, without zeros at its end; nil if the result is too long, which only
// amounts that are no money can cause.
func minus(a, b client.Decimal) *client.Decimal {
	_, x, _ := strings.Cut(a.String(), ".")
	_, y, _ := strings.Cut(b.String(), ".")
	text := new(big.Rat).Sub(a.Rat(), b.Rat()).FloatString(max(len(x), len(y)))
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	var d client.Decimal
	if d.UnmarshalJSON([]byte(text)) != nil {
		return nil
	}
	return &d
}

func methodsOfBitPay(infos []bitpay.CryptoInfo) []methodRecord {
	methods := []methodRecord{}
	for _, i := range infos {
		m := methodRecord{
			Method: methodOf(i), Currency: i.CryptoCode, Address: given(i.Address), Rate: amountOf(i.Rate),
			Due: amountOf(i.Due), Paid: amountOf(i.CryptoPaid), Payments: []paymentRecord{},
			total: amountOf(i.TotalDue), paidInAll: amountOf(i.Paid),
		}
		for _, p := range i.Payments {
			status := statusProcessing
			if p.Confirmed || p.Completed {
				status = statusSettled
			}
			m.Payments = append(m.Payments, paymentRecord{p.ID, amountOf(p.Value), amountOf(p.Fee), status, timeOf(p.ReceivedDate.Time)})
		}
		methods = append(methods, m)
	}
	return methods
}

func methodsOfGreenfield(infos []greenfield.InvoicePaymentMethod) []methodRecord {
	methods := []methodRecord{}
	for _, i := range infos {
		m := methodRecord{
			Method: currentName(i.PaymentMethodID), Currency: i.Currency, Address: given(i.Destination), Rate: amountOf(i.Rate),
			Due: amountOf(i.Due), Paid: amountOf(i.PaymentMethodPaid), Payments: []paymentRecord{},
			total: amountOf(i.Amount), paidInAll: amountOf(i.TotalPaid),
		}
		for _, p := range i.Payments {
			m.Payments = append(m.Payments, paymentRecord{p.ID, amountOf(p.Value), amountOf(p.Fee), wordOf(string(p.Status)), timeOf(p.ReceivedDate.Time)})
		}
		methods = append(methods, m)
	}
	return methods
}

// currentName is the name of a payment method since 2.0. Ids are case-sensitive, so only
// the old names are rewritten.
func currentName(id string) string {
	coin, kind, _ := strings.Cut(strings.ReplaceAll(id, "_", "-"), "-")
	switch strings.ToUpper(kind) {
	case "", "ONCHAIN", "BTCLIKE", "LIGHTNINGNETWORK", "LIGHTNINGLIKE", "LNURLPAY":
		if coin != "" {
			return methodID(id)
		}
	}
	return id
}

// wordOf writes a word of the Greenfield API like those of this output: paidLate.
func wordOf(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}
