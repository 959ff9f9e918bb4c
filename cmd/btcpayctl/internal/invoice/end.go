package invoice

import (
	"fmt"
	"io"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// hasMoney reports whether the server saw a payment. A payment that was replaced is none.
func (r invoiceRecord) hasMoney() bool {
	return isPositive(r.Paid) || isPositive(r.PaidAmount) || r.PaidAt != nil ||
		r.Exception == exceptionPaidPartial || r.Exception == exceptionPaidLate || r.Exception == exceptionPaidOver
}

// reportsPayments reports whether it is known that there is no payment if hasMoney is
// false. Without payment methods, an exception only shows a payment that came.
func (r invoiceRecord) reportsPayments() bool {
	return r.Paid != nil || r.PaidAmount != nil || r.PaymentMethods != nil
}

// paidText is how much was paid, as far as the server reports it.
func (r invoiceRecord) paidText() string {
	switch {
	case r.Paid != nil:
		return r.coinText(*r.Paid)
	case r.PaidAmount != nil:
		return r.PaidAmount.String() + " " + r.Currency
	}
	return "a part"
}

// end is nil if the invoice is settled or has the status that was waited for, and the
// failure if it does not lead there. over is false for an invoice that is still open.
func (r invoiceRecord) end(until, server string, now time.Time) (over bool, _ error) {
	look := fmt.Sprintf("btcpayctl invoice get %s\nthen accept or refund it on %s/invoices/%s", r.ID, server, r.ID)
	failed := func(code output.Code, what, why, next string) (bool, error) {
		return true, &output.Error{Code: code, What: "invoice " + r.ID + " " + what, Why: why, Next: next}
	}
	switch {
	case r.Status == statusSettled || r.Status == until:
		return true, nil
	case r.Status == statusExpired && (r.Exception == exceptionPaidLate || r.hasMoney() && r.Due != nil && r.Due.Sign() <= 0):
		return failed(output.InvoicePaidLate, "was paid in full after it had expired: "+r.paidText()+r.overText(), "The server does not settle such an invoice.", look)
	case r.Status == statusExpired && r.hasMoney():
		return failed(output.InvoiceUnderpaid, "expired underpaid: "+r.paidText()+" was paid"+r.missingText(), r.watchText("The rest", "exception then is "+exceptionPaidLate, now), look)
	case r.Status == statusExpired:
		return failed(output.InvoiceExpired, "expired, and no payment came", r.watchText("A late payment", "the same command then ends with 11", now), "btcpayctl invoice wait "+r.ID+" --wait 0")
	case r.Status == statusInvalid && r.hasMoney():
		what := "is invalid, with " + r.paidText() + " paid"
		if r.Exception == exceptionMarked {
			return failed(output.InvoiceInvalidPaid, what, "It was marked as invalid by hand.", look)
		}
		return failed(output.InvoiceInvalidPaid, what, "The payment was not confirmed in time.", look)
	case r.Status == statusInvalid && !r.reportsPayments():
		return failed(output.InvoiceInvalid, "is invalid", "The server does not report whether money came.", look)
	case r.Status == statusInvalid && r.Exception == exceptionMarked:
		return failed(output.InvoiceInvalid, "is invalid, and no payment came", "It was marked as invalid by hand.", "btcpayctl invoice get "+r.ID)
	case r.Status == statusInvalid:
		return failed(output.InvoiceInvalid, "is invalid, and no payment counts", "A payment was replaced, or was not confirmed in time.", "btcpayctl invoice get "+r.ID)
	}
	return false, nil
}

func (r invoiceRecord) overText() string {
	if !isPositive(r.Overpaid) {
		return ""
	}
	return ", " + r.coinText(*r.Overpaid) + " more than asked"
}

func (r invoiceRecord) missingText() string {
	if !isPositive(r.Due) {
		return ""
	}
	return ", " + r.coinText(*r.Due) + " is missing"
}

// watchText says until when a payment is still seen, and how to see it.
func (r invoiceRecord) watchText(what, shown string, now time.Time) string {
	if !r.serverTime.IsZero() {
		now = r.serverTime
	}
	until := "for a time that this API does not report"
	switch {
	case r.MonitoredUntil == nil:
	case now.After(*r.MonitoredUntil):
		return "The server watched for payments until " + r.MonitoredUntil.Format(time.RFC3339) + ". It may not see one that comes later."
	default:
		until = "until " + r.MonitoredUntil.Format(time.RFC3339)
	}
	return what + " is still seen " + until + ": " + shown + ", and invoice list --paid-since shows it."
}

// tellSettled reports what a successful end does not show.
func (r invoiceRecord) tellSettled(w io.Writer) {
	tell := func(text string) { fmt.Fprintln(w, output.VisibleLine("Note: "+text)) }
	switch {
	case r.Status != statusSettled:
	case r.Exception == exceptionMarked && r.hasMoney():
		tell("the invoice was marked as settled by hand; " + r.paidText() + " was paid.")
	case r.Exception == exceptionMarked && !r.reportsPayments():
		tell("the invoice was marked as settled by hand; the server does not report whether money came.")
	case r.Exception == exceptionMarked:
		tell("the invoice was marked as settled by hand; no payment was seen.")
	case r.Amount.Sign() == 0 && !r.hasMoney():
		tell("the amount is 0, so the invoice is settled without a payment.")
	case !isPositive(r.Overpaid) && isPositive(r.Due):
		tell(r.coinText(*r.Due) + " less than asked was paid, which is within the invoice's tolerance.")
	}
	switch {
	case isPositive(r.Overpaid):
		tell(r.coinText(*r.Overpaid) + " more than asked was paid.")
	case r.Exception == exceptionPaidOver:
		tell("more than asked was paid.")
	}
}
