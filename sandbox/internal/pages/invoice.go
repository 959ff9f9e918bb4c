package pages

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type invoiceContent struct {
	Invoice                                *world.Invoice
	StoreName, Price, OrderID, Description string
	Created, Expires                       string
}

// State is the status in words.
func (c invoiceContent) State() string { return stateInWords(c.Invoice.Status) }

const pageTime = "2006-01-02 15:04:05 UTC"

// invoicePage is the merchant's page of an invoice: what GET /invoices/{id} shows without a token parameter.
func invoicePage(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if inv == nil || !r.State.UserMay(r.User, world.ViewInvoices, inv.StoreID) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	content := invoiceContent{
		Invoice:     inv,
		StoreName:   r.State.Stores[inv.StoreID].Name,
		Price:       priceInWords(inv),
		OrderID:     aspnet.Or(inv.Metadata.OrderID, ""),
		Description: aspnet.Or(inv.Metadata.ItemDesc, ""),
		Created:     inv.Created.Format(pageTime),
		Expires:     inv.Expires.Format(pageTime),
	}
	keepUncached(w)
	showPage(w, r, "invoice", "Invoice "+inv.ID, content)
}

// shownPayment is a payment as the page shows it.
type shownPayment struct {
	Sum, TxID, Time string
	Replaced        bool
	Height          int
}

// Payments are the payments of the invoice.
func (c invoiceContent) Payments() []shownPayment {
	var shown []shownPayment
	for _, p := range c.Invoice.Payments {
		shown = append(shown, shownPayment{p.Amount.Text() + " BTC", p.TxID, p.Received.Truncate(time.Second).Format(pageTime), p.Replaced, p.Height})
	}
	return shown
}
