package bitpay

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceService makes and reads invoices of the store of the client's credential. Its
// methods return [ErrNotPaired] if a BitId key has no store.
type InvoiceService struct{ c *Client }

// Create makes an invoice. It calls [InvoiceRequest.Validate] first.
//
// Create sends the request once. If [client.FateUnknown] is true for the error, the
// invoice may exist: look for its order id with [InvoiceService.All] before you try again.
// The server accepts the same order id any number of times. [InvoiceService.CreateOnce]
// does both.
//
// If the new invoice has another price, currency or order id than the request, Create
// returns it with a [*client.AnswerError] that wraps a [*client.DifferentError]. For
// example, a server silently rounds a price to the currency's digits. [Invoice.Rewritten]
// lists other fields that the server stored differently.
func (s *InvoiceService) Create(ctx context.Context, request InvoiceRequest, opts ...client.CallOption) (Invoice, error) {
	s = s.c.as(opts).Invoices
	r := post("Invoices.Create", request, "invoices").with(s.c.storeQuery()).refuse(s.c.needCredential()).refuse(request.Validate())
	invoice, response, err := call[Invoice](ctx, s.c, r, opts)
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

// Get reads one invoice, archived or not. It returns [ErrInvoiceNotFound] if the store has
// no invoice with this id.
func (s *InvoiceService) Get(ctx context.Context, id InvoiceID, opts ...client.CallOption) (Invoice, error) {
	s = s.c.as(opts).Invoices
	query := s.c.storeQuery()
	// The server accepts any value. Without a token, it takes the request for one to its
	// own invoice page and redirects to the log-in (recording 63-bitpay-invoice-reads).
	query.Set("token", "merchant")
	r := get("Invoices.Get", "invoices", id).with(query).refuse(s.c.needCredential())
	invoice, response, err := call[Invoice](ctx, s.c, r, opts)
	if err != nil {
		return Invoice{}, err
	}
	if err := checkInvoice(id, invoice); err != nil {
		return Invoice{}, response.Unusable(err)
	}
	return invoice, nil
}
