package bitpay

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
)

// CreateOnce makes the invoice of an order, or returns the one that the order has,
// whatever its state. The order is the store and the request's OrderID, which is required.
// Package once describes what is sent and when.
//
// StoreID is the store of the client's key: this API does not take it from a request, and
// a key that replaces another one for the same store must find the orders of both. After
// an invoice is made or found, CreateOnce compares its store, by
// [InvoiceService.CheckoutStatus], unless the invoice has no checkout page.
// [Client.OwnStore] reports the store before the first invoice. A client that only names
// its store ([Anonymous]) cannot look invoices up, so CreateOnce refuses it.
//
// If an invoice may have been made but was not found, the error is an
// [*once.UnknownError]: call CreateOnce with the same request again. If the order's invoice
// has another price, currency or store than requested, the error is an
// [*once.ConflictError] that names it. This API does not distinguish an unpaid invoice of
// any amount from one of 0. [Invoice.Rewritten] lists other fields that differ from the
// request.
//
// With an [*Identity], an OrderID with a character above U+FFFF is looked up among all
// invoices of the store; see [ListOptions].
func (s *InvoiceService) CreateOnce(ctx context.Context, journal once.Journal, storeID StoreID, request InvoiceRequest, opts ...client.CallOption) (Invoice, error) {
	s = s.c.as(opts).Invoices
	switch {
	case s.c.bare:
		return Invoice{}, ErrNoCredential
	case s.c.anonymous != nil:
		return Invoice{}, client.Refuse("credential", "invoices are looked up with a key, and the client has none")
	}
	if err := client.CheckID("store id", string(storeID)); err != nil {
		return Invoice{}, err
	}
	if err := request.Validate(); err != nil {
		return Invoice{}, err
	}
	order := once.Request{
		Key:    once.Key{Server: s.c.http.Server(), Store: storeID, OrderID: request.OrderID},
		Amount: request.Price, Currency: request.Currency,
	}
	invoice, err := once.Create(ctx, journal, order, once.API[Invoice]{
		Post: func(ctx context.Context) (Invoice, error) { return s.Create(ctx, request, opts...) },
		Get:  func(ctx context.Context, id InvoiceID) (Invoice, error) { return s.Get(ctx, id, opts...) },
		Find: func(ctx context.Context) ([]Invoice, error) { return s.withOrder(ctx, request.OrderID, opts) },
		ID:   func(i Invoice) InvoiceID { return i.ID },
		Compare: func(ctx context.Context, i Invoice, found bool) error {
			if err := request.compareOnce(i, found); err != nil {
				return err
			}
			return s.checkStore(ctx, i, storeID, opts)
		},
	})
	if err != nil {
		return Invoice{}, err
	}
	invoice.Rewritten = request.rewritten(invoice)
	return invoice, nil
}

// withOrder returns invoices with an order id, up to [once.MaxFound].
func (s *InvoiceService) withOrder(ctx context.Context, orderID string, opts []client.CallOption) ([]Invoice, error) {
	var found []Invoice
	for invoice, err := range s.All(ctx, ListOptions{OrderID: orderID, Limit: once.MaxFound}, opts...) {
		if err != nil {
			return nil, err
		}
		if found = append(found, invoice); len(found) == once.MaxFound {
			break
		}
	}
	return found, nil
}

// compareOnce is like compare. An invoice of any amount has the price 0 until it is paid,
// and then the amount that was paid. So one that was found must still be unpaid.
func (r InvoiceRequest) compareOnce(i Invoice, found bool) error {
	if err := r.compare(i); err != nil {
		return err
	}
	settled := i.Status == StatusComplete || i.Status == StatusConfirmed
	if r.Price == nil && found && (settled || i.Price.Sign() != 0) {
		var e client.DifferentError
		e.Text("price", "any amount", i.Price.String())
		return e.Result()
	}
	return nil
}

// checkStore refuses an invoice whose checkout page names another store. If there is no
// page, or another program responds for it, the store stays unknown, which is no reason to
// refuse.
func (s *InvoiceService) checkStore(ctx context.Context, i Invoice, storeID StoreID, opts []client.CallOption) error {
	status, err := s.CheckoutStatus(ctx, i.ID, opts...)
	switch {
	case err == nil:
		var e client.DifferentError
		e.Text("storeId", string(storeID), string(status.StoreID))
		return e.Result()
	case errors.Is(err, ErrNoCheckout) || !isUnreachable(err):
		return nil
	}
	return fmt.Errorf("invoice %s exists, but its store cannot be compared: %w", i.ID, err)
}
