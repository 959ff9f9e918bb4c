package bitpay

import (
	"context"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// ErrNoCheckout is 404 for an invoice's checkout page: the invoice is archived, its amount
// is 0, it cannot be paid, or there is no invoice with this id.
var ErrNoCheckout = errors.New("the server shows no checkout page of this invoice")

// CheckoutStatus sends the request that a buyer's browser sends while the checkout page of
// an invoice is open (recording 53-status-pages). It sends no credential, so the invoice
// may belong to any store. It is the only call that reports the store of an invoice to a
// client of this API. Some payment methods of an invoice are activated only when needed.
// Like any visit to the page, this call makes the server activate them.
//
// It returns [ErrNoCheckout] if the server has no such page.
func (s *InvoiceService) CheckoutStatus(ctx context.Context, id InvoiceID, opts ...client.CallOption) (CheckoutStatus, error) {
	r := get("Invoices.CheckoutStatus", "i", id, "status").anonymous(true)
	if r.err != nil {
		return CheckoutStatus{}, r.err
	}
	response, err := s.c.http.Do(ctx, r.Request, opts...)
	if answer, ok := errors.AsType[*client.Error](err); ok && answer.Status == http.StatusNotFound {
		return CheckoutStatus{}, client.Explain(ErrNoCheckout, err)
	}
	if err != nil {
		return CheckoutStatus{}, err
	}
	status, err := readCheckout(response.Body, id)
	if err != nil {
		return CheckoutStatus{}, r.Unusable(response.Status, err)
	}
	return status, nil
}

// readCheckout refuses a response that is not clearly about the invoice.
func readCheckout(body []byte, id InvoiceID) (CheckoutStatus, error) {
	var status CheckoutStatus
	if err := client.Unmarshal(body, &status); err != nil {
		return status, err
	}
	if err := client.RefuseDuplicates(body); err != nil {
		return status, err
	}
	switch {
	case status.InvoiceID != id:
		return status, errors.New("it is about another invoice than was asked for")
	case !client.IsID(string(status.StoreID)):
		return status, errors.New("it names no store")
	}
	return status, nil
}
