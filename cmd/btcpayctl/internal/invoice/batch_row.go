package invoice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A claim is the state of a row, for a process that wants to create its invoice.
type claim int

const (
	claimDone  claim = iota // the invoice exists
	claimMine               // this process will create it
	claimDoubt              // a process that has ended may have created it
	claimLost               // as claimDoubt, and nothing was sent unless the ledger was lost
	claimBusy               // another process is creating it
	claimFree               // the row is free, and this process does not claim it
)

// row returns the invoice of a row. For a row in doubt it returns none, and no error.
func (b *batch) row(ctx context.Context, r *lineRequest) (*invoiceRecord, error) {
	for {
		what, entry, operation, err := b.claim(ctx, r, true)
		if err != nil {
			return nil, err
		}
		switch what {
		case claimDone:
			return b.found(ctx, r, entry)
		case claimMine:
			return b.make(ctx, r, operation)
		case claimBusy:
			operation, err = ledger.ResumeWithin[ledger.Invoice](ctx, b.journal, entry.Operation, 24*time.Hour)
			switch {
			case ctx.Err() != nil:
				if err == nil {
					operation.Release()
				}
				return nil, context.Cause(ctx)
			case errors.Is(err, ledger.ErrNotFound):
				continue // the other process has finished it
			case err != nil:
				return nil, err
			}
		case claimDoubt, claimLost, claimFree:
		}
		invoice, freed, err := b.settleDoubt(ctx, r, operation, what == claimLost || b.sendAgain)
		if err != nil || !freed {
			return invoice, err
		}
	}
}

// claim examines a row, and claims it if it is free and wanted. The holder of a row's
// operation is working on it, so a process that has ended leaves a row that the next one
// looks up.
func (b *batch) claim(ctx context.Context, r *lineRequest, take bool) (claim, ledger.Row, *ledger.Operation[ledger.Invoice], error) {
	release, err := b.work.Hold(ctx)
	if err != nil {
		return 0, ledger.Row{}, nil, b.heldFault(ctx, err)
	}
	defer release()
	entry, _ := b.work.Row(r.key)
	switch {
	case entry.Operation != "" && entry.Digest != r.digest:
		return 0, entry, nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("order %s was changed by another process", entry.OrderID), Next: b.resume()}
	case entry.Invoice != "" && !b.isElsewhere(entry):
		return claimDone, entry, nil, b.finishLeft(ctx, entry.Operation)
	case entry.Operation != "" && entry.Invoice == "":
		operation, err := ledger.Resume[ledger.Invoice](ctx, b.journal, entry.Operation)
		switch {
		case err == nil:
			return claimDoubt, entry, operation, nil
		case errors.Is(err, ledger.ErrBusy):
			return claimBusy, entry, nil, nil
		case !errors.Is(err, ledger.ErrNotFound):
			return 0, entry, nil, err
		}
		operation, err = b.begin(ctx, r, entry.Operation, entry.Time)
		return claimLost, entry, operation, err
	}
	if !take {
		return claimFree, entry, nil, nil
	}
	id := operations.NewOperationID()
	entry = ledger.Row{Key: r.key, Line: r.line, Digest: r.digest, Operation: id, OrderID: b.orderOf(r, id).orderID(), HandedTo: entry.HandedTo}
	if err := b.work.Note(entry); err != nil {
		return 0, entry, nil, journalFault(ctx, err)
	}
	fault.At("row-claimed")
	operation, err := b.begin(ctx, r, id, time.Time{})
	return claimMine, entry, operation, err
}

// isElsewhere reports whether the invoice of a row is in another store: the key was
// approved for that store, and serves the right one since.
func (b *batch) isElsewhere(entry ledger.Row) bool {
	known := b.sender.knownStore()
	return entry.Store != "" && known != "" && entry.Store != known
}

// withInvoice counts the rows that have their invoice.
func (b *batch) withInvoice() (n int) {
	for _, row := range b.work.Known() {
		if row.Invoice != "" && !b.isElsewhere(row) {
			n++
		}
	}
	return n - b.misplaced
}

// endLeft ends the operations of done or free rows, left by processes that were killed
// between the two records. The caller is in [ledger.Work.Hold]. The next command reports
// what a failure leaves.
func (b *batch) endLeft(ctx context.Context) {
	open, _ := b.journal.Unfinished()
	for _, r := range ledger.Of[ledger.Invoice](open) {
		if r.Batch != b.work.Batch.ID {
			continue
		}
		if row, _ := b.work.Row(r.Row); row.Operation != r.ID || row.Invoice != "" {
			_ = b.finishLeft(ctx, r.ID)
		}
	}
}

func (b *batch) finishLeft(ctx context.Context, id string) error {
	operation, err := ledger.Resume[ledger.Invoice](ctx, b.journal, id)
	switch {
	case err == nil:
		return operation.Finish()
	case errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrBusy):
		return nil
	}
	return err
}

// begin writes the record of a row's operation. If the record was lost, the new one has the
// time when the row was claimed.
func (b *batch) begin(ctx context.Context, r *lineRequest, id string, created time.Time) (*ledger.Operation[ledger.Invoice], error) {
	record, err := b.sender.record(ctx, id, b.orderOf(r, id))
	if err != nil {
		return nil, err
	}
	record.Batch, record.Row, record.Created = b.work.Batch.ID, r.key, created
	return operations.Begin(ctx, b.app, record)
}

// orderOf returns the order of a row, with the operation's id as order id if it has none.
func (b *batch) orderOf(r *lineRequest, operation string) order {
	o := r.order
	if o.orderID() == "" {
		o.setOrderID(operation)
	}
	return o
}

func (b *batch) heldFault(ctx context.Context, err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return &output.Error{Code: output.Failed, What: "another process finished this batch, or started it again", Next: "btcpayctl invoice list", Err: err}
	}
	return journalFault(ctx, err)
}

// make sends the order of a row.
func (b *batch) make(ctx context.Context, r *lineRequest, operation *ledger.Operation[ledger.Invoice]) (*invoiceRecord, error) {
	o := b.orderOf(r, operation.Record.ID)
	if !r.isNameless() {
		found, err := b.existing(ctx, r, o)
		if err != nil {
			return nil, errors.Join(err, b.markFree(ctx, r, operation))
		}
		if found != nil {
			b.foundRows++
			return found, b.markDone(ctx, r, operation, *found)
		}
	}
	invoice, outcome, err := b.sender.send(ctx, operation, o)
	switch outcome {
	case once.NotMade:
		return nil, errors.Join(err, b.markFree(ctx, r, operation))
	case once.Made, once.Adopted:
		if _, misplaced := errors.AsType[*misplacedError](err); misplaced {
			b.misplaced++
		}
		b.sender.ahead.made(invoice)
		b.created++
		return &invoice, errors.Join(err, b.markDone(ctx, r, operation, invoice))
	case once.Unknown:
	}
	return nil, errors.Join(err, operation.Release())
}

// settleDoubt looks up the invoice of a row. If there is none, the row is in doubt, or, if
// sure, freed.
func (b *batch) settleDoubt(ctx context.Context, r *lineRequest, operation *ledger.Operation[ledger.Invoice], sure bool) (invoice *invoiceRecord, freed bool, err error) {
	record := operation.Record
	found, older, err := b.sender.lookUp(ctx, record)
	switch {
	case err != nil:
		return nil, false, errors.Join(err, operation.Release())
	case len(found) == 0 && sure:
		return nil, true, b.markFree(ctx, r, operation)
	case len(found) == 0:
		b.doubts(r, record, "it has no invoice yet, but one may still appear"+tellOlder(older))
		return nil, false, operation.Release()
	case len(found) > 1:
		b.doubts(r, record, ambiguous(record, invoiceIDs(found)))
		return nil, false, operation.Release()
	}
	if err := b.sender.showsStore(ctx, &found[0]); err != nil {
		b.misplaced++
		return nil, false, errors.Join(err, b.markDone(ctx, r, operation, found[0]))
	}
	b.compare(r, record, found[0])
	b.foundRows++
	return &found[0], false, b.markDone(ctx, r, operation, found[0])
}

func (b *batch) doubts(r *lineRequest, record ledger.Invoice, why string) {
	b.doubt = append(b.doubt, fmt.Sprintf("line %d (order %s): %s", r.line, record.OrderID, why))
}

// compare notes an invoice that differs from its row.
func (b *batch) compare(r *lineRequest, record ledger.Invoice, invoice invoiceRecord) {
	if err := compareRecord(record, invoice); err != nil {
		b.unlike = append(b.unlike, fmt.Sprintf("line %d: %v", r.line, err))
	}
}

// found reads the invoice of a row that is done.
func (b *batch) found(ctx context.Context, r *lineRequest, entry ledger.Row) (*invoiceRecord, error) {
	invoice, ok := b.read[entry.Invoice]
	if !ok {
		var err error
		if invoice, err = b.sender.get(ctx, entry.Invoice); err != nil {
			return nil, err
		}
	}
	if err := b.sender.showsStore(ctx, &invoice); err != nil {
		b.misplaced++
		return nil, err
	}
	b.compare(r, b.orderOf(r, entry.Operation).asked(), invoice)
	b.foundRows++
	return &invoice, nil
}

// markDone records the invoice of a row, and ends its operation. If it cannot be recorded,
// the operation stays open, and the next process finds the invoice by it.
func (b *batch) markDone(ctx context.Context, r *lineRequest, operation *ledger.Operation[ledger.Invoice], invoice invoiceRecord) error {
	err := b.note(ctx, ledger.Row{Key: r.key, Line: r.line, Digest: r.digest, Operation: operation.Record.ID, OrderID: operation.Record.OrderID, Invoice: invoice.ID, Store: invoice.store})
	if err != nil {
		return errors.Join(&output.Error{Code: output.Failed, What: fmt.Sprintf("invoice %s (order id %s) was created, but cannot be recorded", invoice.ID, operation.Record.OrderID),
			Why: err.Error(), Next: b.resume(), Err: err}, operation.Release())
	}
	fault.At("row-noted")
	return operation.Finish()
}

// markFree frees a row for which nothing was created.
func (b *batch) markFree(ctx context.Context, r *lineRequest, operation *ledger.Operation[ledger.Invoice]) error {
	entry, _ := b.work.Row(r.key)
	if err := b.note(ctx, ledger.Row{Key: r.key, Line: r.line, Digest: r.digest, HandedTo: entry.HandedTo}); err != nil {
		return errors.Join(err, operation.Release())
	}
	fault.At("row-freed")
	return operation.Finish()
}

// note holds the batch for a moment, even after a signal: what is known must not be lost.
func (b *batch) note(ctx context.Context, row ledger.Row) error {
	release, err := b.work.Hold(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer release()
	return b.work.Note(row)
}
