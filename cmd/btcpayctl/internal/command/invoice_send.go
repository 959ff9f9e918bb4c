package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// An invoiceSender creates invoices so that none is made twice and none that
// was made is lost.
type invoiceSender struct {
	app *app.App
	*app.Connection
	dryRun bool
}

// create makes an invoice: order id → record → POST → id recorded. The caller
// prints it and then finishes the operation. After an error there is no
// operation to finish: it was finished where nothing can have been made, and
// left in the ledger where something may.
func (s *invoiceSender) create(ctx context.Context, request bitpay.InvoiceRequest) (bitpay.Invoice, *ledger.Operation, error) {
	id := app.NewOperationID()
	if request.OrderID == "" {
		request.OrderID = id
	}
	if s.dryRun {
		invoice, err := s.Invoices.Create(ctx, request)
		return invoice, nil, err
	}
	operation, err := s.app.Begin(ctx, s.record(id, request))
	if err != nil {
		return bitpay.Invoice{}, nil, err
	}
	invoice, err := s.Invoices.Create(ctx, request)
	if err != nil && !client.FateUnknown(err) {
		return bitpay.Invoice{}, nil, errors.Join(err, operation.Finish())
	}
	if err != nil {
		invoice, err = s.adopt(ctx, operation, err)
	}
	if err == nil {
		// Where this fails, a full disk for one, the order id in the record finds
		// the invoice as well.
		_ = operation.Advance(func(r *ledger.Record) { r.Invoice = invoice.ID })
	}
	if err != nil {
		return bitpay.Invoice{}, nil, errors.Join(err, operation.Release())
	}
	return invoice, operation, nil
}

func (s *invoiceSender) record(id string, request bitpay.InvoiceRequest) ledger.Record {
	r := ledger.Record{ID: id, Kind: ledger.Invoice, Server: s.URL, Store: s.Store.Text,
		OrderID: request.OrderID, Currency: request.Currency}
	if request.Price != nil {
		r.Amount = request.Price.String()
	}
	if s.Identity != nil {
		r.SIN = s.Identity.SIN()
		if s.app.FromProfile(s.Settings) {
			r.Profile = s.Name.Text
		}
	}
	return r
}

// adopt looks for the invoice of a request whose answer was lost.
func (s *invoiceSender) adopt(ctx context.Context, operation *ledger.Operation, lost error) (bitpay.Invoice, error) {
	r := operation.Record
	unknown := &output.Error{Code: output.UnknownOutcome, What: "the invoice may have been created: its answer was lost",
		Why: lost.Error() + ". It was not sent again.", Next: "btcpayctl invoice resume " + r.ID, Err: lost}
	if ctx.Err() != nil {
		return bitpay.Invoice{}, unknown
	}
	found, older, err := s.find(ctx, r)
	switch {
	case err != nil:
		unknown.Why = fmt.Sprintf("%s. It was not sent again, and looking it up failed: %s.", lost.Error(), err.Error())
		return bitpay.Invoice{}, unknown
	case len(found) == 0:
		unknown.Why = fmt.Sprintf("%s. There is no invoice with order id %s yet, and one may still come. It was not sent again.%s", lost.Error(), r.OrderID, tellOlder(older))
		return bitpay.Invoice{}, unknown
	case len(found) > 1:
		unknown.What = ambiguous(r, found)
		return bitpay.Invoice{}, unknown
	}
	fmt.Fprintf(s.app.Err, "The answer was lost (%s). The invoice was found by its order id %s.\n",
		output.VisibleLine(lost.Error()), output.VisibleLine(r.OrderID))
	return found[0], nil
}

func ambiguous(r ledger.Record, found []bitpay.Invoice) string {
	return fmt.Sprintf("%d invoices with order id %s were made since: %s", len(found), r.OrderID, idsOf(found))
}

// tellOlder names invoices that the clocks speak against.
func tellOlder(older []bitpay.Invoice) string {
	if len(older) == 0 {
		return ""
	}
	return fmt.Sprintf(" Made before it by the clocks, and so not taken: %s. Was this machine's clock set since?", idsOf(older))
}

func idsOf(invoices []bitpay.Invoice) string {
	const most = 5
	var ids []string
	for _, invoice := range invoices[:min(len(invoices), most)] {
		ids = append(ids, invoice.ID)
	}
	if more := len(invoices) - most; more > 0 {
		ids = append(ids, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(ids, ", ")
}

// clockSlack covers that servers keep an invoice's time in whole seconds.
const clockSlack = 2 * time.Second

// find returns the invoices that the request of a record can have made: those
// with its order id that are not older than the record. An order id of the
// caller's may be used any number of times, so an old invoice with it is not
// taken, but it is returned apart: this machine's clock may have been wrong when
// the record was made. An order id that was made up here is used once, and no
// clock is asked. The clocks of both sides are compared first, since either may
// be wrong by hours.
func (s *invoiceSender) find(ctx context.Context, r ledger.Record) (found, older []bitpay.Invoice, err error) {
	taken, err := s.othersInvoices(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	for invoice, err := range s.Invoices.All(ctx, bitpay.ListOptions{OrderID: r.OrderID}) {
		if err != nil {
			return nil, nil, err
		}
		if invoice.OrderID != r.OrderID || slices.Contains(taken, invoice.ID) {
			continue
		}
		var ahead time.Duration
		if !invoice.CurrentTime.IsZero() {
			ahead = invoice.CurrentTime.Sub(s.app.Now())
		}
		if r.OrderID == r.ID || !invoice.InvoiceTime.Before(r.Created.Add(ahead-clockSlack)) {
			found = append(found, invoice)
		} else {
			older = append(older, invoice)
		}
	}
	return found, older, nil
}

// othersInvoices are those that other open operations have already found.
func (s *invoiceSender) othersInvoices(ctx context.Context, r ledger.Record) ([]string, error) {
	records, err := s.app.Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, other := range records {
		if other.ID != r.ID && other.Invoice != "" {
			ids = append(ids, other.Invoice)
		}
	}
	return ids, nil
}
