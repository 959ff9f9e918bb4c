package invoice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// An invoiceSender creates invoices so that none is created twice and none is lost.
type invoiceSender struct {
	app *app.App
	invoiceAPI
	dryRun  bool
	allowed consents
	// others are the invoices of other rows of the batch; a look-up ignores them.
	others func() []string
	// ahead looks order ids up for the rows of a batch.
	ahead *orderLookup
}

// check checks an order before anything is sent: its amount first.
func (s *invoiceSender) check(o order) error {
	if err := o.normalise(s.allowed, io.Discard); err != nil {
		return err
	}
	return s.invoiceAPI.check(o)
}

// create creates an invoice: order id → record → POST → id recorded. The caller prints it
// and then finishes the operation. After an error there is no operation to finish: it was
// finished if nothing can have been created, and otherwise left in the ledger.
func (s *invoiceSender) create(ctx context.Context, o order) (invoiceRecord, *ledger.Operation[ledger.Invoice], error) {
	id := operations.NewOperationID()
	if err := s.check(o); err != nil {
		return invoiceRecord{}, nil, err
	}
	own := o.orderID() != ""
	if !own {
		o.setOrderID(id)
	}
	if s.dryRun {
		invoice, err := s.invoiceAPI.create(ctx, id, o)
		return invoice, nil, err
	}
	record, err := s.record(ctx, id, o)
	if err != nil {
		return invoiceRecord{}, nil, err
	}
	operation, err := operations.Begin(ctx, s.app, record)
	if err != nil {
		return invoiceRecord{}, nil, err
	}
	if own {
		// Look after writing the record, so that of two processes each sees the other.
		found, err := s.findExisting(ctx, operation.Record, o)
		switch {
		case err != nil:
			return invoiceRecord{}, nil, errors.Join(err, operation.Finish())
		case found != nil:
			return *found, operation, nil
		}
	}
	invoice, outcome, err := s.send(ctx, operation, o)
	switch {
	case err == nil:
		return invoice, operation, nil
	case outcome == once.Unknown:
		return invoiceRecord{}, nil, errors.Join(err, operation.Release())
	}
	// Nothing is left to look up: nothing was created, or the error names the invoice.
	return invoiceRecord{}, nil, errors.Join(err, operation.Finish())
}

// send requests the invoice of an operation, once. An error with [once.Made] or
// [once.Adopted] names an invoice that differs from the order.
func (s *invoiceSender) send(ctx context.Context, operation *ledger.Operation[ledger.Invoice], o order) (invoiceRecord, once.Outcome, error) {
	r := operation.Record
	var lost error
	var older []invoiceRecord
	looked := false
	// A signal does not end the request, but decides what happens after it.
	insisted, release := s.app.Signals.Insist(ctx)
	defer release()
	invoice, outcome, err := once.Send(ctx, once.API[invoiceRecord]{
		Post: func(ctx context.Context) (made invoiceRecord, err error) {
			answered, stop := cli.AwaitAnswer(ctx, s.app, "the invoice of order "+output.VisibleLine(r.OrderID))
			made, err = s.invoiceAPI.create(answered, r.ID, o)
			stop()
			lost = err
			return made, err
		},
		Find: func(ctx context.Context) (found []invoiceRecord, err error) {
			looked = true
			found, older, err = s.find(ctx, r)
			return found, err
		},
		ID: func(made invoiceRecord) client.InvoiceID { return client.InvoiceID(made.ID) },
	})
	switch outcome {
	case once.NotMade:
		return invoiceRecord{}, outcome, err
	case once.Unknown:
		unknown, _ := errors.AsType[*once.UnknownError](err)
		return invoiceRecord{}, outcome, unknownOutcome(ctx, r, unknown, looked, older)
	case once.Adopted:
		fmt.Fprintf(s.app.Err, "The response was lost (%s). The invoice was found by its order id %s.\n",
			output.VisibleLine(lost.Error()), output.VisibleLine(r.OrderID))
	case once.Made:
	}
	// If this fails, for example because the disk is full, the order id in the record still
	// finds the invoice.
	_ = operation.Advance(func(r *ledger.Invoice) { r.Invoice = invoice.ID })
	if err := s.showsStore(insisted, &invoice); err != nil {
		return invoice, outcome, err
	}
	if err := s.compare(o, invoice); err != nil {
		return invoice, outcome, err
	}
	s.reportChanged(o, invoice)
	s.reportNotGranted(o, invoice)
	return invoice, outcome, nil
}

func (s *invoiceSender) record(ctx context.Context, id string, o order) (ledger.Invoice, error) {
	r := o.asked()
	r.ID, r.Kind, r.Server = id, ledger.KindInvoice, s.server()
	return r, s.recordIssuer(ctx, &r.Header, &r.Issuer)
}

// unknownOutcome describes a request whose response was lost and whose invoice was not
// found. Older are invoices that are excluded only by the clocks.
func unknownOutcome(ctx context.Context, r ledger.Invoice, e *once.UnknownError, looked bool, older []invoiceRecord) error {
	unknown := &output.Error{Code: cli.LostCode(ctx), What: "the invoice may have been created, but the response was lost",
		Why: e.Lost.Error() + ". It was not sent again.", Next: "btcpayctl invoice resume " + r.ID, Err: e}
	switch {
	case !looked:
	case e.LookUp != nil:
		unknown.Why = fmt.Sprintf("%s. It was not sent again, and looking it up failed: %s.", e.Lost.Error(), e.LookUp.Error())
	case len(e.Found) > 1:
		unknown.What = ambiguous(r, e.Found)
	default:
		unknown.Why = fmt.Sprintf("%s. No invoice has the order id %s yet, but one may still appear. It was not sent again.%s", e.Lost.Error(), r.OrderID, tellOlder(older))
	}
	return unknown
}

func ambiguous(r ledger.Invoice, found []client.InvoiceID) string {
	return fmt.Sprintf("%d invoices with order id %s were created since: %s", len(found), r.OrderID, namesOf(found))
}

// tellOlder names invoices that are excluded only by the clocks.
func tellOlder(older []invoiceRecord) string {
	if len(older) == 0 {
		return ""
	}
	return fmt.Sprintf(" Not adopted, because they are older by the clocks: %s. Was this machine's clock changed since?", idsOf(older))
}

func idsOf(invoices []invoiceRecord) string { return namesOf(invoiceIDs(invoices)) }

func invoiceIDs(invoices []invoiceRecord) (ids []client.InvoiceID) {
	for _, invoice := range invoices {
		ids = append(ids, client.InvoiceID(invoice.ID))
	}
	return ids
}

// namesOf names the first few invoices.
func namesOf(ids []client.InvoiceID) string {
	const most = 5
	var names []string
	for _, id := range ids[:min(len(ids), most)] {
		names = append(names, string(id))
	}
	if more := len(ids) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// find returns the invoices that the request of a record can have created, and separately
// those that are excluded only by the clocks.
func (s *invoiceSender) find(ctx context.Context, r ledger.Invoice) (found, older []invoiceRecord, err error) {
	return s.invoiceAPI.made(ctx, r, func() ([]string, error) {
		taken, err := s.invoicesOfOthers(ctx, r)
		if err == nil && s.others != nil {
			taken = append(taken, s.others()...)
		}
		return taken, err
	})
}

// invoicesOfOthers are those that other open operations have already found. It reads the
// whole ledger.
func (s *invoiceSender) invoicesOfOthers(ctx context.Context, r ledger.Invoice) ([]string, error) {
	records, err := operations.UnfinishedOf[ledger.Invoice](ctx, s.app)
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
