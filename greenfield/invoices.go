package greenfield

import (
	"context"
	"errors"
	"fmt"
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
func (s *InvoiceService) Create(ctx context.Context, storeID StoreID, request InvoiceRequest, opts ...client.CallOption) (Invoice, error) {
	r := post("Invoices.Create", request, invoices(storeID)...).refuse(request.Validate())
	invoice, _, err := callSized(ctx, s.c, r, opts, checkCreated(storeID, request))
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
func (s *InvoiceService) Get(ctx context.Context, storeID StoreID, id InvoiceID, options InvoiceGetOptions, opts ...client.CallOption) (Invoice, error) {
	query := url.Values{}
	if options.IncludePaymentMethods {
		query.Set("includePaymentMethods", "true")
	}
	return call(ctx, s.c, get("Invoices.Get", invoices(storeID, id)...).with(query), opts, checkInvoice(storeID, id))
}

// Update replaces the metadata as a whole; nothing else of an invoice can be
// changed. So read it first, and change what [Invoice.Metadata] holds. What the server
// rewrites is in [Invoice.Rewritten]; up to 2.4.1 that may also be another program's
// metadata, which was written at the same time. It needs [CanModifyInvoices].
func (s *InvoiceService) Update(ctx context.Context, storeID StoreID, id InvoiceID, metadata Metadata, opts ...client.CallOption) (Invoice, error) {
	r := put("Invoices.Update", map[string]Metadata{"metadata": metadata}, invoices(storeID, id)...)
	if metadata == nil {
		// Up to 2.3.9 the server breaks without it.
		r = r.refuse(client.Refuse("metadata", "it is missing; give an empty one to remove all"))
	}
	invoice, err := call(ctx, s.c, r, opts, checkInvoice(storeID, id))
	if err == nil {
		invoice.Rewritten = rewritten(metadata, invoice.Metadata)
	}
	return invoice, err
}

// Mark sets the state by hand to [InvoiceStatusSettled] or [InvoiceStatusInvalid], and
// returns the invoice as it is afterwards. It needs [CanModifyInvoices]. It
// returns [ErrNotMarkable] where the state cannot be set, and [ErrNotRead] where
// it was set and could not be read.
func (s *InvoiceService) Mark(ctx context.Context, storeID StoreID, id InvoiceID, status InvoiceStatus, opts ...client.CallOption) (Invoice, error) {
	r := post("Invoices.Mark", map[string]InvoiceStatus{"status": status}, invoices(storeID, id, "status")...)
	if status != InvoiceStatusSettled && status != InvoiceStatusInvalid {
		r = r.refuse(client.Refuse("status", fmt.Sprintf("%.40q cannot be set by hand, only %s and %s", status, InvoiceStatusSettled, InvoiceStatusInvalid)))
	}
	return s.change(ctx, r, storeID, id, opts)
}

// Archive hides an invoice from lists. It goes on as before. It needs
// [CanModifyInvoices].
func (s *InvoiceService) Archive(ctx context.Context, storeID StoreID, id InvoiceID, opts ...client.CallOption) error {
	_, err := call[client.Nothing](ctx, s.c, remove("Invoices.Archive", invoices(storeID, id)...), opts)
	return err
}

// Unarchive shows an invoice in lists again, and returns it as it is
// afterwards. It needs [CanModifyInvoices]. It returns [ErrNotArchived], and
// [ErrNotRead] where it was done and could not be read.
func (s *InvoiceService) Unarchive(ctx context.Context, storeID StoreID, id InvoiceID, opts ...client.CallOption) (Invoice, error) {
	return s.change(ctx, post("Invoices.Unarchive", nil, invoices(storeID, id, "unarchive")...), storeID, id, opts)
}

// change sends a request whose answer shows the invoice as it was before, on
// servers since 2.3.9, and reads the invoice again.
func (s *InvoiceService) change(ctx context.Context, r request, storeID StoreID, id InvoiceID, opts []client.CallOption) (Invoice, error) {
	if _, err := call[client.Nothing](ctx, s.c, r, opts); err != nil {
		return Invoice{}, err
	}
	invoice, err := s.Get(ctx, storeID, id, InvoiceGetOptions{}, opts...)
	if err != nil {
		return Invoice{}, client.Explain(ErrNotRead, err)
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
func (s *InvoiceService) PaymentMethods(ctx context.Context, storeID StoreID, id InvoiceID, options InvoicePaymentMethodsOptions, opts ...client.CallOption) ([]InvoicePaymentMethod, error) {
	query := url.Values{}
	if options.IncludeSensitive {
		query.Set("includeSensitive", "true")
	}
	return call[[]InvoicePaymentMethod](ctx, s.c, get("Invoices.PaymentMethods", invoices(storeID, id, "payment-methods")...).with(query), opts)
}

// invoices is the path of a store's invoices, of one of them, or below it.
func invoices(storeID StoreID, below ...any) []any {
	return append([]any{"stores", storeID, "invoices"}, below...)
}
