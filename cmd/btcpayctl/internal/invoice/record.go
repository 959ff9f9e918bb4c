package invoice

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// invoiceRecord is an invoice in the words of both APIs. Values that an API does not report
// are null.
type invoiceRecord struct {
	ID           string          `json:"id"`
	OrderID      json.RawMessage `json:"orderId"` // a string, unless the API keeps other scalars
	Amount       client.Decimal  `json:"amount"`
	AnyAmount    bool            `json:"anyAmount"` // an invoice of any amount that is unpaid so far
	Currency     string          `json:"currency"`
	Status       string          `json:"status"`
	ServerStatus string          `json:"serverStatus"`
	Exception    string          `json:"exception"`
	Due          *client.Decimal `json:"due"`
	Paid         *client.Decimal `json:"paid"`
	CreatedAt    time.Time       `json:"createdAt"`
	ExpiresAt    time.Time       `json:"expiresAt"`
	CheckoutLink string          `json:"checkoutLink"`
	API          string          `json:"api"`

	Metadata map[string]json.RawMessage `json:"metadata"`

	serverTime time.Time // when it was read; zero if the API does not report it

	// For the comparison with the order: the store, the requested order id, and the payment
	// methods, if the API reports them.
	store, askedStore string
	methods           []string
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
	exceptionNone    = "none"
)

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

// invoiceView begins with what a shop looks for.
var invoiceView = output.View[invoiceRecord]{
	Columns: []output.Column[invoiceRecord]{
		{Title: "ORDER ID", Fit: output.FitMiddle, Value: func(r invoiceRecord) string { return cli.Dash(scalarText(r.OrderID)) }},
		{Title: "STATUS", Value: func(r invoiceRecord) string { return r.Status }},
		{Title: "AMOUNT", Value: func(r invoiceRecord) string {
			if r.AnyAmount {
				return anyAmountText
			}
			return r.Amount.String() + " " + r.Currency
		}},
		{Title: "CREATED", Value: func(r invoiceRecord) string { return r.CreatedAt.Format(time.RFC3339) }},
		{Title: "ID", Fit: output.FitMiddle, Value: func(r invoiceRecord) string { return r.ID }},
		{Title: "DUE", Spare: true, Value: func(r invoiceRecord) string {
			if r.Due == nil {
				return "-"
			}
			return btcText(*r.Due) + " BTC"
		}},
		{Title: "EXPIRES", Spare: true, Value: func(r invoiceRecord) string { return r.ExpiresAt.Format(time.RFC3339) }},
		{Title: "LINK", Fit: output.FitBelow, Spare: true, Value: func(r invoiceRecord) string { return r.CheckoutLink }},
	},
	Name: func(r invoiceRecord) string { return r.ID },
}
