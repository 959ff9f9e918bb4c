package bitpay

import (
	"context"
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceService makes and reads invoices of the store of the client's
// credential. Its methods return [ErrNotPaired] where a BitId key has no
// store.
type InvoiceService struct{ c *Client }

// Create makes an invoice, after [InvoiceRequest.Validate].
//
// It is sent once. Where [client.FateUnknown] holds for the error, the invoice
// may exist: look for its order id with [InvoiceService.All] before trying
// again. The server accepts one order id any number of times.
//
// Where the invoice that was made has another price, currency or order id than was asked
// for, Create returns it with a [*client.AnswerError] that wraps a
// [*client.DifferentError]: a server rounds a price to the currency's digits without a
// word. What else it keeps otherwise is in [Invoice.Rewritten].
func (s *InvoiceService) Create(ctx context.Context, request InvoiceRequest, opts ...client.CallOption) (Invoice, error) {
	s = s.c.as(opts).Invoices
	if s.c.bare {
		return Invoice{}, ErrNoCredential
	}
	if err := request.Validate(); err != nil {
		return Invoice{}, err
	}
	r := client.Request{Operation: "bitpay.Invoices.Create", Method: http.MethodPost, Path: []string{"invoices"}, Query: s.c.storeQuery(), Body: request}
	invoice, response, err := call[Invoice](ctx, s.c, r, opts...)
	if err != nil {
		return Invoice{}, err
	}
	if err := checkInvoice("", invoice); err != nil {
		return Invoice{}, response.Unusable(err)
	}
	invoice.Rewritten = request.rewritten(invoice)
	if err := request.compare(invoice); err != nil {
		return invoice, response.Unusable(err)
	}
	return invoice, nil
}

// Get reads one invoice, archived or not. It returns [ErrInvoiceNotFound] for
// an id that the store does not have.
func (s *InvoiceService) Get(ctx context.Context, id InvoiceID, opts ...client.CallOption) (Invoice, error) {
	s = s.c.as(opts).Invoices
	if err := checkID("invoice id", string(id)); err != nil {
		return Invoice{}, err
	}
	if s.c.bare {
		return Invoice{}, ErrNoCredential
	}
	query := s.c.storeQuery()
	// Any value will do, but without it the server takes the request for its
	// own invoice page and redirects to the log-in (recording
	// 63-bitpay-invoice-reads).
	query.Set("token", "merchant")
	r := client.Request{Operation: "bitpay.Invoices.Get", Method: http.MethodGet, Path: []string{"invoices", string(id)}, Query: query}
	invoice, response, err := call[Invoice](ctx, s.c, r, opts...)
	if err != nil {
		return Invoice{}, err
	}
	if err := checkInvoice(id, invoice); err != nil {
		return Invoice{}, response.Unusable(err)
	}
	return invoice, nil
}
