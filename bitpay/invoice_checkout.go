package bitpay

import (
	"context"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// CheckoutStatus is what the checkout page of an invoice tells everyone who has
// its address. Of what the server sends these are the fields that no other call of
// this API has, and those that identify the invoice.
type CheckoutStatus struct {
	InvoiceID InvoiceID `json:"invoiceId"`
	OrderID   string    `json:"orderId"` // empty where the invoice has none
	// Status is in the words of the Greenfield API, such as New or Settled.
	Status  string  `json:"status"`
	StoreID StoreID `json:"storeId"`
	// StoreName is what the store's owner wrote, which can be any text.
	StoreName string `json:"storeName"`
}

// ErrNoCheckout is 404 for an invoice's checkout page: the invoice is archived, its
// amount is 0, it cannot be paid, or there is none with this id.
var ErrNoCheckout = errors.New("the server shows no checkout page of this invoice")

// CheckoutStatus asks what a buyer's browser asks while the checkout page of an
// invoice is open (recording 53-status-pages). It sends no credential, so it may be
// of an invoice of any store, and it is the only call that tells the store of an
// invoice to a client of this API. Like any look at that page it makes the server
// activate payment methods of an invoice that are activated only when needed.
//
// It returns [ErrNoCheckout] where the server has no such page.
func (s *InvoiceService) CheckoutStatus(ctx context.Context, id InvoiceID, opts ...client.CallOption) (CheckoutStatus, error) {
	if err := checkID("invoice id", string(id)); err != nil {
		return CheckoutStatus{}, err
	}
	r := client.Request{Operation: "bitpay.Invoices.CheckoutStatus", Method: http.MethodGet, Path: []string{"i", string(id), "status"}, Anonymous: true}
	response, err := s.c.http.Do(ctx, r, opts...)
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

// readCheckout refuses an answer that is not beyond doubt about the invoice.
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
	case !idPattern().MatchString(string(status.StoreID)):
		return status, errors.New("it names no store")
	}
	return status, nil
}
