package greenfield

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
)

// CreateOnce creates the invoice of an order, or returns the one that the order has,
// whatever its state. The order is the store and the request's [Metadata.OrderID], which
// is required. It needs [CanCreateInvoice] and [CanViewInvoices]. Package once describes
// what is sent and when.
//
// If an invoice may have been created but was not found, the error is an
// [*once.UnknownError]: call CreateOnce with the same request again. If the order's
// invoice has another amount, currency or type than requested, the error is an
// [*once.ConflictError] that names it. [Invoice.Rewritten] lists the metadata that differs
// from the request.
//
// An order id that looks like a time with an offset is refused, since the server would
// convert it to UTC.
func (s *InvoiceService) CreateOnce(ctx context.Context, journal once.Journal, storeID StoreID, request InvoiceRequest, opts ...client.CallOption) (Invoice, error) {
	order, err := request.order(storeID)
	if err != nil {
		return Invoice{}, err
	}
	order.Server = s.c.http.Server()
	same := checkSame(storeID, request)
	invoice, err := once.Create(ctx, journal, order, once.API[Invoice]{
		Post: func(ctx context.Context) (Invoice, error) { return s.Create(ctx, storeID, request, opts...) },
		Get: func(ctx context.Context, id InvoiceID) (Invoice, error) {
			return s.Get(ctx, storeID, id, InvoiceGetOptions{}, opts...)
		},
		Find: func(ctx context.Context) ([]Invoice, error) {
			return s.withOrder(ctx, storeID, order.OrderID, opts)
		},
		ID:      func(i Invoice) InvoiceID { return i.ID },
		Compare: func(_ context.Context, i Invoice, _ bool) error { return same(i) },
	})
	if err != nil {
		return Invoice{}, err
	}
	invoice.Rewritten = rewritten(request.Metadata, invoice.Metadata)
	return invoice, nil
}

// withOrder returns invoices with an order id, up to [once.MaxFound].
func (s *InvoiceService) withOrder(ctx context.Context, storeID StoreID, orderID string, opts []client.CallOption) ([]Invoice, error) {
	options := InvoiceListOptions{OrderIDs: []string{orderID}, IncludeArchived: true, Take: once.MaxFound}
	var found []Invoice
	for invoice, err := range s.All(ctx, storeID, options, opts...) {
		if err != nil {
			return nil, err
		}
		if found = append(found, invoice); len(found) == once.MaxFound {
			break
		}
	}
	return found, nil
}

// order returns what identifies the invoice, without the server.
func (r InvoiceRequest) order(storeID StoreID) (once.Request, error) {
	if err := client.CheckID("store id", string(storeID)); err != nil {
		return once.Request{}, err
	}
	if err := r.Validate(); err != nil {
		return once.Request{}, err
	}
	var id string
	if raw := r.Metadata[MetaOrderID]; len(raw) > 0 && json.Unmarshal(raw, &id) != nil {
		return once.Request{}, client.Refuse("metadata."+MetaOrderID, "it has to be a text, since servers write other values differently")
	}
	if err := once.CheckOrderID(id); err != nil {
		return once.Request{}, err
	}
	if offsetTime().MatchString(id) && !strings.HasSuffix(id, "+00:00") {
		return once.Request{}, client.Refuse("metadata."+MetaOrderID, fmt.Sprintf("%q looks like a time with an offset, which the server would convert to UTC", id))
	}
	return once.Request{Key: once.Key{Store: storeID, OrderID: id}, Amount: r.Amount, Currency: r.Currency}, nil
}

// offsetTime matches what a server converts to UTC in the metadata.
var offsetTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$`)
})

// checkSame is like checkCreated, but also distinguishes an invoice of any amount from one of a
// fixed amount.
func checkSame(storeID StoreID, r InvoiceRequest) func(Invoice) error {
	check := checkCreated(storeID, r)
	return func(i Invoice) error {
		if err := check(i); err != nil {
			return err
		}
		const anyAmount = "any amount"
		var e client.DifferentError
		switch {
		case r.Amount == nil && i.Type == InvoiceTypeStandard:
			e.Text("amount", anyAmount, i.Amount.String())
		case r.Amount != nil && i.Type == InvoiceTypeTopUp:
			e.Text("amount", r.Amount.String(), anyAmount)
		}
		return e.Result()
	}
}
