package command

import (
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// invoiceRecord is an invoice in the words of both APIs. What an API does not
// tell is null.
type invoiceRecord struct {
	ID           string          `json:"id"`
	OrderID      *string         `json:"orderId"`
	Amount       client.Decimal  `json:"amount"`
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
	Metadata     map[string]any  `json:"metadata"`
}

func fromBitPay(i bitpay.Invoice) invoiceRecord {
	r := invoiceRecord{
		ID: i.ID, Amount: i.Price, Currency: i.Currency,
		Status: statusWord(i.Status), ServerStatus: string(i.Status), Exception: exceptionWord(i.ExceptionStatus),
		Due: i.BTCDue, Paid: i.BTCPaid,
		CreatedAt: i.InvoiceTime.UTC(), ExpiresAt: i.ExpirationTime.UTC(),
		CheckoutLink: i.URL, API: "bitpay",
	}
	if i.OrderID != "" {
		r.OrderID = &i.OrderID
	}
	return r
}

func statusWord(s bitpay.Status) string {
	switch s {
	case bitpay.StatusPaid:
		return "processing"
	case bitpay.StatusConfirmed, bitpay.StatusComplete:
		return "settled"
	}
	return string(s)
}

func exceptionWord(s bitpay.ExceptionStatus) string {
	switch s {
	case bitpay.ExceptionNone:
		return "none"
	case bitpay.PaidLate:
		return "paidLate"
	}
	return string(s)
}

// btcText writes an amount of bitcoin with its eight decimals, as people are
// used to read it; a server leaves zeros out.
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

var invoiceView = output.View[invoiceRecord]{
	Columns: []output.Column[invoiceRecord]{
		{Title: "ID", Value: func(r invoiceRecord) string { return r.ID }},
		{Title: "STATUS", Value: func(r invoiceRecord) string { return r.Status }},
		{Title: "AMOUNT", Value: func(r invoiceRecord) string { return r.Amount.String() + " " + r.Currency }},
		{Title: "DUE", Value: func(r invoiceRecord) string {
			if r.Due == nil {
				return "-"
			}
			return btcText(*r.Due) + " BTC"
		}},
		{Title: "EXPIRES", Value: func(r invoiceRecord) string { return r.ExpiresAt.Format(time.RFC3339) }},
		{Title: "LINK", Value: func(r invoiceRecord) string { return r.CheckoutLink }},
	},
	Name: func(r invoiceRecord) string { return r.ID },
}
