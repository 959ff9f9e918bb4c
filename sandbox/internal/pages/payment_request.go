package pages

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type requestContent struct {
	ID, StoreName, Status, Amount, Paid, Due string
	Description, Until                       string
	Suggested                                string // amount of a form; empty if only all of it can be paid
	CanPay, CanCancel                        bool
	Invoices                                 []requestInvoice
	Refresh                                  bool
}

type requestInvoice struct{ ID, Amount, Status string }

// reload lets the browser reload the page while payments may come.
func (c requestContent) reload() int {
	if c.Refresh {
		return 5
	}
	return 0
}

// publicRequest returns the payment request that the path names. If it returns nil, it answered 404, also to a person who
// is logged in and does not belong to the store (by the source, PaymentRequestRepository.FindPaymentRequest).
func publicRequest(w http.ResponseWriter, r *serve.Request) *world.PaymentRequest {
	p := r.State.PaymentRequests[r.PathValue("paymentRequestId")]
	if p != nil && r.User != nil {
		if _, isMember := r.State.Stores[p.StoreID].Members[r.User.ID]; !isMember {
			p = nil
		}
	}
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
	}
	return p
}

// requestPage is the public page of a payment request, to which its invoices lead back.
func requestPage(w http.ResponseWriter, r *serve.Request) {
	p := publicRequest(w, r)
	if p == nil {
		return
	}
	code := strings.ToUpper(p.Currency)
	paid, _ := r.State.PaidOn(p)
	due := r.State.DueOn(p)
	content := requestContent{
		ID: p.ID, StoreName: r.State.Stores[p.StoreID].Name, Status: p.Status,
		Amount: money.InCurrency(p.Amount, code), Paid: money.InCurrency(paid, code), Due: money.InCurrency(due, code),
		Description: aspnet.Or(p.Description, ""),
		CanPay:      due.Sign() > 0 && !p.Archived && !p.Expired(r.World.Now()),
		Refresh:     aspnet.QueryValue(r.Request, "refresh") != "no",
	}
	if p.Status == world.RequestCompleted {
		content.Status = world.StatusSettled
	}
	if p.ExpiryDate != nil {
		content.Until = time.Unix(*p.ExpiryDate, 0).UTC().Format(pageTime)
	}
	if p.AllowCustomPaymentAmounts {
		content.Suggested = due.Trim(0).Text()
	}
	for _, inv := range r.State.InvoicesOf(p) {
		ended := inv.Status == world.StatusInvalid || inv.Status == world.StatusExpired
		if !ended || len(inv.Counted()) > 0 {
			content.Invoices = append(content.Invoices, requestInvoice{inv.ID, money.InCurrency(inv.Price, inv.Currency), inv.Status})
		}
		content.CanCancel = content.CanCancel || p.AllowCustomPaymentAmounts && unpaid(inv)
	}
	content.Refresh = content.Refresh && (p.Status == world.RequestPending || p.Status == world.RequestProcessing)
	showPage(w, r, "payment-request", p.Title, content)
}

func unpaid(inv *world.Invoice) bool {
	return inv.Status == world.StatusNew && len(inv.Counted()) == 0
}

// payRequest leads to an invoice of a payment request: one that waits for a payment, or else a new one. With
// redirectToInvoice=false it answers its id.
func payRequest(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	leads := true
	if _, given := aspnet.LookupQuery(r.Request, "redirectToInvoice"); given {
		leads = q.Flag("redirectToInvoice")
	}
	var amount *money.Decimal
	if text := strings.TrimSpace(aspnet.QueryValue(r.Request, "amount")); text != "" {
		if d, err := money.ParseText(text); err == nil {
			amount = &d
		}
	}
	if amount != nil && amount.Sign() <= 0 {
		refuseText(w, "Please provide an amount greater than 0")
		return
	}
	p := publicRequest(w, r)
	if p == nil {
		return
	}
	refusal := ""
	switch {
	case p.Archived:
		refusal = "Payment Request cannot be paid as it has been archived"
	case r.State.DueOn(p).Sign() <= 0:
		refusal = "Payment Request has already been settled."
	case p.Expired(r.World.Now()):
		refusal = "Payment Request has expired"
	}
	switch {
	case refusal != "" && leads:
		redirect(w, r, "/payment-requests/"+p.ID)
		return
	case refusal != "":
		refuseText(w, refusal)
		return
	}
	inv := r.State.ReusableInvoice(p, amount)
	if inv == nil {
		if inv, refusal = r.World.RequestInvoice(p, amount, r.Site.Base()); refusal != "" {
			refuseText(w, refusal)
			return
		}
	}
	if leads {
		redirect(w, r, "/i/"+inv.ID)
		return
	}
	writeText(w, http.StatusOK, inv.ID)
}

// cancelRequest gives up the invoices of a payment request that nothing was paid on. It is only for one that takes any
// amount, where another invoice may be wanted.
func cancelRequest(w http.ResponseWriter, r *serve.Request) {
	p := publicRequest(w, r)
	if p == nil {
		return
	}
	if !p.AllowCustomPaymentAmounts {
		refuseText(w, "Not allowed to cancel this invoice")
		return
	}
	open := slices.DeleteFunc(r.State.InvoicesOf(p), func(inv *world.Invoice) bool { return !unpaid(inv) })
	if len(open) == 0 {
		refuseText(w, "No unpaid pending invoice to cancel")
		return
	}
	for _, inv := range open {
		r.World.Mark(inv, world.StatusInvalid)
	}
	redirect(w, r, "/payment-requests/"+p.ID)
}

func refuseText(w http.ResponseWriter, message string) { writeText(w, http.StatusBadRequest, message) }

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(text))
}
