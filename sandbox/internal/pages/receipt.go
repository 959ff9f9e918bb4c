package pages

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type receiptContent struct {
	Settled                    bool
	Amount, Date, OrderID, URL string
	Payments                   []receiptPayment
}

type receiptPayment struct {
	Destination, Amount, Worth, Rate, ID string
}

// Begin returns the first characters of the address, which is too long for most screens.
func (p receiptPayment) Begin() string { return p.Destination[:min(7, len(p.Destination))] }

// End returns the last characters of the address.
func (p receiptPayment) End() string { return p.Destination[max(0, len(p.Destination)-7):] }

// receiptPage is the customer's receipt. Until the invoice is settled it only names the store.
func receiptPage(w http.ResponseWriter, r *serve.Request) {
	letFrame(w)
	inv := r.Invoice()
	if inv == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	st := r.State.Stores[inv.StoreID]
	choice := inv.Receipt.Over(st.Receipt)
	if !choice.Enabled {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	content := receiptContent{Settled: inv.Status == world.StatusSettled, URL: backLink(inv)}
	if content.Settled {
		content.Amount, content.Date = money.InCurrency(inv.Price, inv.Currency), inv.Created.Format(pageTime)
		content.OrderID = aspnet.Or(inv.Metadata.OrderID, "")
		if choice.ShowPayments {
			for _, p := range inv.Counted() {
				rate := inv.Prompt.Rate
				content.Payments = append(content.Payments, receiptPayment{p.Address, money.InCoins(p.Amount) + " BTC", money.InCurrency(p.Amount.Sub(p.Fee).Mul(rate), inv.Currency), money.InCurrency(rate, inv.Currency), p.Outpoint()})
			}
		}
	}
	showPage(w, r, "receipt", "Receipt from "+st.Name, content)
}
