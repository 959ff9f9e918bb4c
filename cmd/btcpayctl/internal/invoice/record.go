package invoice

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// invoiceRecord is an invoice in the words of both APIs. Values that an API does not report
// are null.
type invoiceRecord struct {
	ID           string          `json:"id"`
	OrderID      json.RawMessage `json:"orderId"` // a string, unless the API keeps other scalars
	Amount       client.Decimal  `json:"amount"`
	AnyAmount    bool            `json:"anyAmount"` // an invoice of any amount that is unpaid so far
	Type         *string         `json:"type"`      // standard or topUp
	Currency     string          `json:"currency"`
	Status       string          `json:"status"`
	ServerStatus string          `json:"serverStatus"`
	Exception    string          `json:"exception"`
	Archived     *bool           `json:"archived"`
	Store        *string         `json:"store"` // with a BitId key: the store that the key was seen to serve

	// These are in DueCurrency, and include all payment methods. Due is what the server
	// reports: below 0 or 0 if too much was paid. Overpaid is what was paid beyond what was
	// to pay, fees included.
	Due         *client.Decimal `json:"due"`
	Paid        *client.Decimal `json:"paid"`
	Overpaid    *client.Decimal `json:"overpaid"`
	DueCurrency *string         `json:"dueCurrency"`
	PaidAmount  *client.Decimal `json:"paidAmount"` // in Currency, without fees

	// Rate is the price of one unit of DueCurrency in Currency.
	Rate           *client.Decimal `json:"rate"`
	Address        *string         `json:"address"`
	PaidAt         *time.Time      `json:"paidAt"` // when the last payment was received
	CreatedAt      time.Time       `json:"createdAt"`
	ExpiresAt      time.Time       `json:"expiresAt"`
	MonitoredUntil *time.Time      `json:"monitoredUntil"` // until when the server watches for payments
	ReadAt         *time.Time      `json:"readAt"`         // when the server reported it, by this machine's clock
	CheckoutLink   string          `json:"checkoutLink"`
	API            string          `json:"api"`

	PaymentMethods []methodRecord             `json:"paymentMethods"`
	Metadata       map[string]json.RawMessage `json:"metadata"`

	serverTime time.Time // when it was read; zero if the API does not report it

	// For the comparison with the order: the store, the requested order id, and the payment
	// methods, if the API reports them.
	store, askedStore string
	methods           []string

	// For notes about what was not granted: the checkout, if the API reports it, and the
	// fields that the server changed.
	checkout  *greenfield.Checkout
	rewritten []string
}

// sampleInvoice is what a template is tried with.
func sampleInvoice() invoiceRecord { return invoiceRecord{Amount: client.NewDecimal(0, 0)} }

// Words of both APIs.
const (
	statusNew        = "new"
	statusProcessing = "processing"
	statusSettled    = "settled"
	statusExpired    = "expired"
	statusInvalid    = "invalid"

	exceptionNone        = "none"
	exceptionPaidPartial = "paidPartial"
	exceptionPaidOver    = "paidOver"
	exceptionPaidLate    = "paidLate"
	exceptionMarked      = "marked"
)

// readAtTime notes when an invoice was read. It is for commands that show one.
func (r invoiceRecord) readAtTime(now time.Time) invoiceRecord {
	r.ReadAt = timeOf(now.Truncate(time.Second))
	return r
}

// left is the time until the invoice expires, by the server's clock if it is known.
func (r invoiceRecord) left(now time.Time) time.Duration {
	if !r.serverTime.IsZero() {
		now = r.serverTime
	}
	return r.ExpiresAt.Sub(now)
}

// btcText writes an amount of bitcoin with all eight decimals, as users are used to; a
// server omits zeros.
func btcText(amount client.Decimal) string {
	text := amount.String()
	_, fraction, _ := strings.Cut(text, ".")
	if len(fraction) >= 8 {
		return text
	}
	if fraction == "" {
		text = strings.TrimSuffix(text, ".") + "."
	}
	return text + strings.Repeat("0", 8-len(fraction))
}

// coinText writes an amount of what is paid with.
func (r invoiceRecord) coinText(amount client.Decimal) string {
	switch {
	case r.DueCurrency == nil:
		return amount.String()
	case *r.DueCurrency == bitcoin:
		return btcText(amount) + " " + bitcoin
	}
	return amount.String() + " " + *r.DueCurrency
}

// state is the status with the exception, if there is one.
func (r invoiceRecord) state() string { return r.stateWith() }

// listedState also names an archived invoice, since lists include them.
func (r invoiceRecord) listedState() string {
	if r.Archived != nil && *r.Archived {
		return r.stateWith("archived")
	}
	return r.stateWith()
}

func (r invoiceRecord) stateWith(more ...string) string {
	if r.Exception != exceptionNone && r.Exception != "" {
		more = append([]string{r.Exception}, more...)
	}
	if len(more) == 0 {
		return r.Status
	}
	return r.Status + " (" + strings.Join(more, ", ") + ")"
}

func (r invoiceRecord) dueText() string {
	switch {
	case isPositive(r.Overpaid):
		return r.coinText(*r.Overpaid) + " over"
	case r.Due == nil:
		return "-"
	}
	return r.coinText(*r.Due)
}

func isPositive(d *client.Decimal) bool { return d != nil && d.Sign() > 0 }

// invoiceView begins with what a shop looks for.
var invoiceView = output.View[invoiceRecord]{
	Columns: []output.Column[invoiceRecord]{
		{Title: "ORDER ID", Fit: output.FitMiddle, Value: func(r invoiceRecord) string { return cli.Dash(scalarText(r.OrderID)) }},
		{Title: "STATUS", Value: invoiceRecord.listedState},
		{Title: "AMOUNT", Value: func(r invoiceRecord) string {
			if r.AnyAmount {
				return anyAmountText
			}
			return r.Amount.String() + " " + r.Currency
		}},
		{Title: "CREATED", Value: func(r invoiceRecord) string { return r.CreatedAt.Format(time.RFC3339) }},
		{Title: "ID", Fit: output.FitMiddle, Value: func(r invoiceRecord) string { return r.ID }},
		{Title: "DUE", Spare: true, Value: invoiceRecord.dueText},
		{Title: "EXPIRES", Spare: true, Value: func(r invoiceRecord) string { return r.ExpiresAt.Format(time.RFC3339) }},
		{Title: "LINK", Fit: output.FitBelow, Spare: true, Value: func(r invoiceRecord) string { return r.CheckoutLink }},
	},
	Name: func(r invoiceRecord) string { return r.ID },
}
