package greenfield

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceService makes, reads and changes the invoices of stores. Its paths
// always name the store, since older servers know no others. For an invoice
// that the store does not have, servers up to 2.3.9 answer
// [ErrInvoiceNotFound], later ones [*PermissionError].
type InvoiceService struct{ c *Client }

// Create makes an invoice, after [InvoiceRequest.Validate]. It needs
// [CanCreateInvoice].
//
// It is sent once. Where [client.FateUnknown] holds for the error, the invoice
// may exist: look for its order id with [InvoiceService.All] before trying
// again. The server accepts one order id any number of times.
//
// Where the invoice that was made has another store, amount, currency or order id than
// was asked for, Create returns it with a [*client.AnswerError] that wraps a
// [*client.DifferentError]: a server rounds an amount to the currency's digits without a
// word. What it rewrites of the metadata is in [Invoice.Rewritten].
func (s *InvoiceService) Create(ctx context.Context, storeID string, request InvoiceRequest) (Invoice, error) {
	if err := request.Validate(); err != nil {
		return Invoice{}, err
	}
	path, err := invoicePath(storeID)
	if err != nil {
		return Invoice{}, err
	}
	invoice, _, err := callSized(ctx, s.c, client.Request{Method: http.MethodPost, Path: path, Body: request}, checkCreated(storeID, request))
	if _, different := errors.AsType[*client.DifferentError](err); err != nil && !different {
		return Invoice{}, err
	}
	invoice.Rewritten = rewritten(request.Metadata, invoice.Metadata)
	return invoice, err
}

// InvoiceGetOptions are the options of [InvoiceService.Get].
type InvoiceGetOptions struct {
	// IncludePaymentMethods fills [Invoice.PaymentMethods], on servers since
	// 2.4.1. On all servers [InvoiceService.PaymentMethods] reads them.
	IncludePaymentMethods bool
}

// Get reads one invoice, archived or not. It needs [CanViewInvoices].
func (s *InvoiceService) Get(ctx context.Context, storeID, id string, options InvoiceGetOptions) (Invoice, error) {
	path, err := invoicePath(storeID, id)
	if err != nil {
		return Invoice{}, err
	}
	query := url.Values{}
	if options.IncludePaymentMethods {
		query.Set("includePaymentMethods", "true")
	}
	return call[Invoice](ctx, s.c, client.Request{Method: http.MethodGet, Path: path, Query: query}, checkInvoice(storeID, id))
}

// Update replaces the metadata as a whole; nothing else of an invoice can be
// changed. So read it first, and change what [Invoice.Metadata] holds. What the server
// rewrites is in [Invoice.Rewritten]; up to 2.4.1 that may also be another program's
// metadata, which was written at the same time. It needs [CanModifyInvoices].
func (s *InvoiceService) Update(ctx context.Context, storeID, id string, metadata Metadata) (Invoice, error) {
	path, err := invoicePath(storeID, id)
	if err != nil {
		return Invoice{}, err
	}
	if metadata == nil {
		// Up to 2.3.9 the server breaks without it.
		return Invoice{}, &RequestError{"metadata", "it is missing; give an empty one to remove all"}
	}
	r := client.Request{Method: http.MethodPut, Path: path, Body: map[string]Metadata{"metadata": metadata}}
	invoice, err := call(ctx, s.c, r, checkInvoice(storeID, id))
	if err == nil {
		invoice.Rewritten = rewritten(metadata, invoice.Metadata)
	}
	return invoice, err
}

// Mark sets the state by hand to [InvoiceSettled] or [InvoiceInvalid], and
// returns the invoice as it is afterwards. It needs [CanModifyInvoices]. It
// returns [ErrNotMarkable] where the state cannot be set, and [ErrNotRead] where
// it was set and could not be read.
func (s *InvoiceService) Mark(ctx context.Context, storeID, id string, status InvoiceStatus) (Invoice, error) {
	path, err := invoicePath(storeID, id, "status")
	if err != nil {
		return Invoice{}, err
	}
	if status != InvoiceSettled && status != InvoiceInvalid {
		return Invoice{}, &RequestError{"status", fmt.Sprintf("%.40q cannot be set by hand, only %s and %s", status, InvoiceSettled, InvoiceInvalid)}
	}
	r := client.Request{Method: http.MethodPost, Path: path, Body: map[string]InvoiceStatus{"status": status}}
	return s.change(ctx, r, storeID, id)
}

// Archive hides an invoice from lists. It goes on as before. It needs
// [CanModifyInvoices].
func (s *InvoiceService) Archive(ctx context.Context, storeID, id string) error {
	path, err := invoicePath(storeID, id)
	if err != nil {
		return err
	}
	_, err = call[client.Nothing](ctx, s.c, client.Request{Method: http.MethodDelete, Path: path})
	return err
}

// Unarchive shows an invoice in lists again, and returns it as it is
// afterwards. It needs [CanModifyInvoices]. It returns [ErrNotArchived], and
// [ErrNotRead] where it was done and could not be read.
func (s *InvoiceService) Unarchive(ctx context.Context, storeID, id string) (Invoice, error) {
	path, err := invoicePath(storeID, id, "unarchive")
	if err != nil {
		return Invoice{}, err
	}
	return s.change(ctx, client.Request{Method: http.MethodPost, Path: path}, storeID, id)
}

// change sends a request whose answer shows the invoice as it was before, on
// servers since 2.3.9, and reads the invoice again.
func (s *InvoiceService) change(ctx context.Context, r client.Request, storeID, id string) (Invoice, error) {
	if _, err := call[client.Nothing](ctx, s.c, r); err != nil {
		return Invoice{}, err
	}
	invoice, err := s.Get(ctx, storeID, id, InvoiceGetOptions{})
	if err != nil {
		return Invoice{}, fmt.Errorf("%w: %w", ErrNotRead, err)
	}
	return invoice, nil
}

// InvoicePaymentMethodsOptions are the options of [InvoiceService.PaymentMethods].
type InvoicePaymentMethodsOptions struct {
	// IncludeSensitive adds what tells of the store's wallet. It needs
	// [CanModifyStoreSettings] as well.
	IncludeSensitive bool
}

// PaymentMethods reads the ways to pay an invoice and what was paid by each. It
// needs [CanViewInvoices].
func (s *InvoiceService) PaymentMethods(ctx context.Context, storeID, id string, options InvoicePaymentMethodsOptions) ([]InvoicePaymentMethod, error) {
	path, err := invoicePath(storeID, id, "payment-methods")
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if options.IncludeSensitive {
		query.Set("includeSensitive", "true")
	}
	return call[[]InvoicePaymentMethod](ctx, s.c, client.Request{Method: http.MethodGet, Path: path, Query: query})
}

// invoicePath is the path of a store's invoices, of one of them, or below it.
func invoicePath(storeID string, below ...string) ([]string, error) {
	if err := checkID("store id", storeID); err != nil {
		return nil, err
	}
	if len(below) > 0 {
		if err := checkID("invoice id", below[0]); err != nil {
			return nil, err
		}
	}
	return append([]string{"api", "v1", "stores", storeID, "invoices"}, below...), nil
}
