package paymentrequests

import (
	"net/http"

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
		if refusePayment(w, r, p, amount) {
			return
		}
		if aspnet.Or(reuse, false) {
			if inv := r.State.ReusableInvoice(p, amount); inv != nil {
				writeInvoice(w, r, inv)
				return
			}
		}
		inv, refusal := r.World.RequestInvoice(p, amount, r.Site.Base())
		if refusal != "" {
			serve.WriteAPIError(w, http.StatusBadRequest, "generic-error", refusal)
			return
		}
		writeInvoice(w, r, inv)
	}
}

// refusePayment answers why a payment request cannot be paid, and reports whether it did.
func refusePayment(w http.ResponseWriter, r *serve.Request, p *world.PaymentRequest, amount *money.Decimal) bool {
	due := r.State.DueOn(p)
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
