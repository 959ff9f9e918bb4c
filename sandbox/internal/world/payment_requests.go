package world

import (
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The statuses of a payment request.
const (
	RequestPending    = "Pending"
	RequestProcessing = "Processing" // enough was paid, and is not settled
	RequestCompleted  = "Completed"
	RequestExpired    = "Expired"
)

// RequestStatuses are the names of the statuses of a payment request.
var RequestStatuses = []string{RequestPending, RequestCompleted, RequestExpired, RequestProcessing}

// PaymentRequest is a request for money, which invoices pay.
type PaymentRequest struct {
	ID      string
	Number  int // order of creation
	StoreID string
	Created time.Time
	PaymentRequestBase
	Amount   money.Decimal
	Status   string
	Archived bool
}

// PaymentRequestBase is what both a request and a response of the API have of a payment request.
type PaymentRequestBase struct {
	Currency                  string  `json:"currency"`
	ExpiryDate                *int64  `json:"expiryDate"`
	Title                     string  `json:"title"`
	Description               *string `json:"description"`
	Email                     *string `json:"email"`
	ReferenceID               *string `json:"referenceId"`
	AllowCustomPaymentAmounts bool    `json:"allowCustomPaymentAmounts"`
	FormID                    *string `json:"formId"`
}

// Expired reports whether the time of a payment request is over.
func (p *PaymentRequest) Expired(now time.Time) bool {
	return p.ExpiryDate != nil && now.Unix() >= *p.ExpiryDate
}

// OrderID is the order id of the invoices of a payment request.
func (p *PaymentRequest) OrderID() string { return "PAY_REQUEST_" + p.ID }

// indexPaymentRequest lets a payment request expire when its time comes. In files of older versions it has no status.
func (st *State) indexPaymentRequest(p *PaymentRequest) {
	if p.Status == "" {
		p.Status = RequestPending
	}
	name := "payment request " + p.ID
	if p.ExpiryDate == nil || p.Status != RequestPending && p.Status != RequestProcessing {
		st.alarms.clear(name)
		return
	}
	st.alarms.set(name, time.Unix(*p.ExpiryDate, 0), func(w *World) { w.updatePaymentRequest(p) })
}

// InvoicesOf returns the invoices that were made for a payment request, newest first. The server finds them by their
// order id, so one whose metadata was replaced is none of them any more.
func (st *State) InvoicesOf(p *PaymentRequest) []*Invoice {
	var found []*Invoice
	for _, inv := range slices.Backward(st.requestInvoices[p.ID]) {
		if inv.Metadata.OrderID != nil && *inv.Metadata.OrderID == p.OrderID() {
			found = append(found, inv)
		}
	}
	return found
}

// PaidOn returns what was paid in time on a payment request, in its currency, and how much of that is settled. An
// invoice that was marked settled without a payment counts with its price, one that was marked invalid does not count.
func (st *State) PaidOn(p *PaymentRequest) (paid, settled money.Decimal) {
	paid, settled = money.New(0, 1), money.New(0, 1)
	for _, inv := range st.InvoicesOf(p) {
		if !strings.EqualFold(inv.Currency, p.Currency) {
			continue
		}
		marked := inv.Exception == ExceptionMarked
		payments := inv.Counted()
		if marked && inv.Status == StatusSettled && len(payments) == 0 {
			paid, settled = paid.Add(inv.Price), settled.Add(inv.Price)
			continue
		}
		if marked && inv.Status == StatusInvalid {
			continue
		}
		for _, payment := range payments {
			if payment.Received.After(inv.Expires) && !(marked && inv.Status == StatusSettled) {
				continue
			}
			worth := payment.Amount.Sub(payment.Fee).Mul(inv.Prompt.Rate)
			paid = paid.Add(worth)
			if inv.SettledPayment(payment, st.Height) {
				settled = settled.Add(worth)
			}
		}
	}
	return paid, settled
}

// AddPaymentRequest adds a new payment request.
func (w *World) AddPaymentRequest(p *PaymentRequest) {
	p.Number, p.Status = w.State.Number(), RequestPending
	w.State.PaymentRequests[p.ID] = p
	w.changedPaymentRequest(p, EventRequestCreated)
}

// UpdatePaymentRequest is called after the fields of a payment request were changed.
func (w *World) UpdatePaymentRequest(p *PaymentRequest) {
	w.changedPaymentRequest(p, EventRequestUpdated)
}

// ArchivePaymentRequest archives a payment request.
func (w *World) ArchivePaymentRequest(p *PaymentRequest) {
	p.Archived = true
	w.changedPaymentRequest(p, EventRequestArchived)
}

func (w *World) changedPaymentRequest(p *PaymentRequest, e Event) {
	w.emit(Happening{Event: e, Request: p})
	w.updatePaymentRequest(p)
}

// followPaymentRequest updates the payment request of an invoice after its events. It is not updated when a payment is
// settled without that: the server looks again when the invoice is confirmed.
func (w *World) followPaymentRequest(h Happening) {
	p := w.State.PaymentRequests[h.Invoice.PaymentRequestID]
	if p == nil {
		return
	}
	switch h.Event {
	case EventReceivedPayment, EventMarkedCompleted, EventMarkedInvalid, EventConfirmed, EventCompleted:
		w.updatePaymentRequest(p)
	default: // nothing that was paid
	}
}

// updatePaymentRequest sets the status of a payment request by the time and by what was paid. One that is completed stays
// so. One that is expired stays so until its expiry date is removed.
func (w *World) updatePaymentRequest(p *PaymentRequest) {
	status := p.Status
	switch {
	case (status == RequestPending || status == RequestProcessing) && p.Expired(w.Now()):
		status = RequestExpired
	case status == RequestExpired && p.ExpiryDate == nil:
		status = RequestPending
	}
	if status == RequestPending || status == RequestProcessing {
		paid, settled := w.State.PaidOn(p)
		switch {
		case settled.Cmp(p.Amount) >= 0:
			status = RequestCompleted
		case paid.Cmp(p.Amount) >= 0:
			status = RequestProcessing
		default:
			status = RequestPending
		}
	}
	before := p.Status
	p.Status = status
	w.State.indexPaymentRequest(p)
	if status == before {
		return
	}
	w.State.Change()
	w.emit(Happening{Event: EventRequestStatusChanged, Request: p})
	if status == RequestCompleted {
		w.emit(Happening{Event: EventRequestCompleted, Request: p})
	}
}
