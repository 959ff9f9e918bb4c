package world

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// DueOn is what is to be paid on a payment request.
func (st *State) DueOn(p *PaymentRequest) money.Decimal {
	paid, _ := st.PaidOn(p)
	return p.Amount.Sub(paid)
}

// ReusableInvoice returns the newest invoice of a payment request that waits for a payment, of an amount unless it is nil;
// nil if there is none.
func (st *State) ReusableInvoice(p *PaymentRequest, amount *money.Decimal) *Invoice {
	all := st.InvoicesOf(p)
	i := slices.IndexFunc(all, func(inv *Invoice) bool {
		waits := inv.Status == StatusNew && (inv.Exception == ExceptionNone || inv.Exception == ExceptionPaidPartial)
		return waits && (amount == nil || amount.Cmp(inv.Price) == 0)
	})
	if i < 0 {
		return nil
	}
	return all[i]
}

// RequestInvoice makes an invoice of a payment request for what is due, or for less if the payment request takes any
// amount. It has no receipt, and leads back to the page of the payment request on the server at base. It returns in the
// server's words why there is none.
func (w *World) RequestInvoice(p *PaymentRequest, amount *money.Decimal, base string) (inv *Invoice, refusal string) {
	price := w.State.DueOn(p)
	if p.AllowCustomPaymentAmounts && amount != nil && amount.Cmp(price) < 0 {
		price = *amount
	}
	st, now := w.State.Stores[p.StoreID], w.Now()
	inv = NewInvoice(st, now)
	inv.Currency = strings.ToUpper(p.Currency)
	inv.Price = money.PriceIn(price, inv.Currency)
	inv.Lazy = st.LazyPaymentMethods
	inv.Receipt.Enabled = new(bool)
	inv.Base, inv.RedirectURL = base, base+"/payment-requests/"+p.ID
	inv.PaymentRequestID = p.ID
	if p.ReferenceID != nil {
		inv.Terms = []string{*p.ReferenceID}
	}
	own, err := json.Marshal(struct {
		OrderID          string  `json:"orderId"`
		BuyerEmail       *string `json:"buyerEmail,omitempty"`
		PaymentRequestID string  `json:"paymentRequestId"`
	}{p.OrderID(), aspnet.NullIfEmpty(aspnet.Or(p.Email, "")), p.ID})
	if err != nil {
		panic(err) // every value is of our own types
	}
	inv.SetOwnMetadata(own)
	if refusal := PriceInvoice(inv, st, nil, w.State.Node, now); refusal != "" {
		return nil, refusal
	}
	w.Create(inv)
	return inv, ""
}
