package paymentrequests

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// payer returns the handler that makes an invoice for what is due on a payment request, or for a part of it.
func payer(writeInvoice func(http.ResponseWriter, *serve.Request, *world.Invoice)) serve.Handler {
	return func(w http.ResponseWriter, r *serve.Request) {
		var amount *money.Decimal
		var reuse *bool
		if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"PayPaymentRequestRequest", false, func(m *aspnet.Model) {
			amount, reuse = m.Decimal("amount"), m.Bool("allowPendingInvoiceReuse")
		}) {
			return
		}
		p := find(r)
		paid, _ := r.State.PaidOn(p)
		due := p.Amount.Sub(paid)
		if refusePayment(w, r, p, amount, due) {
			return
		}
		if aspnet.Or(reuse, false) {
			if inv := reusable(r, p, amount); inv != nil {
				writeInvoice(w, r, inv)
				return
			}
		}
		if p.AllowCustomPaymentAmounts && amount != nil && amount.Cmp(due) < 0 {
			due = *amount
		}
		inv, refusal := newInvoice(r, p, due)
		if refusal != "" {
			serve.WriteAPIError(w, http.StatusBadRequest, "generic-error", refusal)
			return
		}
		r.World.Create(inv)
		writeInvoice(w, r, inv)
	}
}

// refusePayment answers why a payment request cannot be paid, and reports whether it did.
func refusePayment(w http.ResponseWriter, r *serve.Request, p *world.PaymentRequest, amount *money.Decimal, due money.Decimal) bool {
	var bad []aspnet.FieldError
	if amount != nil && amount.Sign() <= 0 {
		bad = append(bad, aspnet.FieldError{Path: "Amount", Message: "The amount should be more than 0"})
	}
	if amount != nil && !p.AllowCustomPaymentAmounts && amount.Cmp(due) != 0 {
		bad = append(bad, aspnet.FieldError{Path: "Amount", Message: "This payment request doesn't allow custom payment amount"})
	}
	switch {
	case bad != nil:
		aspnet.WriteValidation(w, bad...)
	case p.Archived:
		serve.WriteAPIError(w, http.StatusBadRequest, "archived", "You cannot pay an archived payment request")
	case due.Sign() <= 0:
		serve.WriteAPIError(w, http.StatusBadRequest, "already-paid", "This payment request is already paid")
	case p.Expired(r.World.Now()):
		serve.WriteAPIError(w, http.StatusBadRequest, "expired", "This payment request is expired")
	default:
		return false
	}
	return true
}

// reusable returns the newest invoice of a payment request that waits for a payment, of the amount if one is asked for.
func reusable(r *serve.Request, p *world.PaymentRequest, amount *money.Decimal) *world.Invoice {
	all := r.State.InvoicesOf(p)
	i := slices.IndexFunc(all, func(inv *world.Invoice) bool {
		waits := inv.Status == world.StatusNew && (inv.Exception == world.ExceptionNone || inv.Exception == world.ExceptionPaidPartial)
		return waits && (amount == nil || amount.Cmp(inv.Price) == 0)
	})
	if i < 0 {
		return nil
	}
	return all[i]
}

// newInvoice makes an invoice of a payment request, or returns in the server's words why there is none. It has no receipt,
// and leads back to the page of the payment request.
func newInvoice(r *serve.Request, p *world.PaymentRequest, price money.Decimal) (*world.Invoice, string) {
	st, now := r.State.Stores[p.StoreID], r.World.Now()
	inv := world.NewInvoice(st, now)
	inv.Currency = strings.ToUpper(p.Currency)
	inv.Price = money.PriceIn(price, inv.Currency)
	inv.Lazy = st.LazyPaymentMethods
	inv.Receipt.Enabled = new(bool)
	inv.RedirectURL = r.Site.Base() + "/payment-requests/" + p.ID
	inv.Base = r.Site.Base()
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
	return inv, world.PriceInvoice(inv, st, nil, r.State.Node, now)
}
