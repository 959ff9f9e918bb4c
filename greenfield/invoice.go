package greenfield

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceService creates, reads and changes the invoices of stores. Its paths always
// include the store, since older servers have no other paths. For an invoice that the
// store does not have, the error is [ErrInvoiceNotFound] from servers up to 2.3.9, and
// [*PermissionError] from later ones.
type InvoiceService struct{ c *Client }

// Create creates an invoice, after [InvoiceRequest.Validate]. It needs
// [CanCreateInvoice].
//
// The request is sent once. If [client.FateUnknown] reports true for the error, the
// invoice may exist: look for its order id with [InvoiceService.All] before you try
// again. The server accepts the same order id any number of times.
// [InvoiceService.CreateOnce] does both.
//
// If the created invoice has another store, amount, currency or order id than requested,
// Create returns it with a [*client.AnswerError] that wraps a [*client.DifferentError].
// For instance, the server silently rounds an amount to the currency's number of digits.
// [Invoice.Rewritten] lists the metadata that the server changed.
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
	// IncludePaymentMethods fills [Invoice.PaymentMethods], on servers since 2.4.1.
	// [InvoiceService.PaymentMethods] reads them on all servers.
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

// Update replaces the whole metadata; no other part of an invoice can be changed. So read
// the invoice first, and change its [Invoice.Metadata]. [Invoice.Rewritten] lists what
// the server changed; up to 2.4.1 it may also list metadata that another program wrote at
// the same time. It needs [CanModifyInvoices].
func (s *InvoiceService) Update(ctx context.Context, storeID StoreID, id InvoiceID, metadata Metadata, opts ...client.CallOption) (Invoice, error) {
	r := put("Invoices.Update", map[string]Metadata{"metadata": metadata}, invoices(storeID, id)...)
	if metadata == nil {
		// Servers up to 2.3.9 fail if it is missing.
		r = r.refuse(client.Refuse("metadata", "it is missing; give an empty one to remove all"))
	}
	invoice, err := call(ctx, s.c, r, opts, checkInvoice(storeID, id))
	if err == nil {
		invoice.Rewritten = rewritten(metadata, invoice.Metadata)
	}
	return invoice, err
}

// Mark manually sets the state to [InvoiceStatusSettled] or [InvoiceStatusInvalid], and
// returns the invoice as it is afterwards. It needs [CanModifyInvoices]. It returns
// [ErrNotMarkable] if the state cannot be set, and [ErrNotRead] if the state was set but
// the invoice could not be read.
func (s *InvoiceService) Mark(ctx context.Context, storeID StoreID, id InvoiceID, status InvoiceStatus, opts ...client.CallOption) (Invoice, error) {
	r := post("Invoices.Mark", map[string]InvoiceStatus{"status": status}, invoices(storeID, id, "status")...)
	if status != InvoiceStatusSettled && status != InvoiceStatusInvalid {
		r = r.refuse(client.Refuse("status", fmt.Sprintf("%.40q cannot be set by hand, only %s and %s", status, InvoiceStatusSettled, InvoiceStatusInvalid)))
	}
	return s.change(ctx, r, storeID, id, opts)
}

// Archive hides an invoice from lists. The invoice otherwise works as before. It needs
// [CanModifyInvoices].
func (s *InvoiceService) Archive(ctx context.Context, storeID StoreID, id InvoiceID, opts ...client.CallOption) error {
	_, err := call[client.Nothing](ctx, s.c, remove("Invoices.Archive", invoices(storeID, id)...), opts)
	return err
}

// Unarchive shows an invoice in lists again, and returns the invoice as it is afterwards.
// It needs [CanModifyInvoices]. It returns [ErrNotArchived], and [ErrNotRead] if the
// change was made but the invoice could not be read.
func (s *InvoiceService) Unarchive(ctx context.Context, storeID StoreID, id InvoiceID, opts ...client.CallOption) (Invoice, error) {
	return s.change(ctx, post("Invoices.Unarchive", nil, invoices(storeID, id, "unarchive")...), storeID, id, opts)
}

// change sends a request and then reads the invoice again: on servers since 2.3.9, the
// response to the request shows the invoice as it was before.
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
	// IncludeSensitive adds data that reveals details of the store's wallet. It also
	// needs [CanModifyStoreSettings].
	IncludeSensitive bool
}

// PaymentMethods reads the ways to pay an invoice, with the payments made with each. It
// needs [CanViewInvoices].
func (s *InvoiceService) PaymentMethods(ctx context.Context, storeID StoreID, id InvoiceID, options InvoicePaymentMethodsOptions, opts ...client.CallOption) ([]InvoicePaymentMethod, error) {
	query := url.Values{}
	if options.IncludeSensitive {
		query.Set("includeSensitive", "true")
	}
	return call[[]InvoicePaymentMethod](ctx, s.c, get("Invoices.PaymentMethods", invoices(storeID, id, "payment-methods")...).with(query), opts)
}

// invoices returns the path of a store's invoices, of one invoice, or of a part of it.
func invoices(storeID StoreID, below ...any) []any {
	return append([]any{"stores", storeID, "invoices"}, below...)
}
