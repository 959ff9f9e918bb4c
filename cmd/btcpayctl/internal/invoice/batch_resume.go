package invoice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// findBatch reports whether an argument names a batch. A batch has to be the only argument.
func (c *invoiceResume) findBatch(ids []string) (ledger.Batch, bool, error) {
	batches, err := c.app.Batches()
	if err != nil {
		return ledger.Batch{}, false, err
	}
	all, unread := batches.All()
	for _, id := range ids {
		for _, b := range all {
			if b.ID != id {
				continue
			}
			if len(ids) > 1 {
				return b, true, &output.Error{Code: output.Usage, What: id + " is a batch, and must be the only argument", Why: "Nothing was sent.", Next: "btcpayctl invoice resume " + id}
			}
			if !b.Finished.IsZero() {
				return b, true, &output.Error{Code: output.NotFound, What: "the batch " + id + " is finished", Why: "Nothing was sent.", Next: "btcpayctl invoice list"}
			}
			return b, true, nil
		}
	}
	if len(ids) == 0 || unread == nil {
		return ledger.Batch{}, false, nil
	}
	// The batch may be among those that cannot be read.
	return ledger.Batch{}, false, unread
}

// ResumeBatch continues a batch from its records, or closes it.
func (c *invoiceResume) resumeBatch(ctx context.Context, p *output.Printer, found ledger.Batch) error {
	if c.api == "" || c.api == cmp.Or(found.API, APIBitPay) {
		c.flags.Profile, c.api = cmp.Or(c.flags.Profile, found.Profile), cmp.Or(found.API, APIBitPay)
	}
	if found.API == APIGreenfield {
		c.flags.Store = cmp.Or(c.flags.Store, found.Store)
	}
	api, err := c.connect(ctx)
	if err != nil {
		return err
	}
	s := &invoiceSender{app: c.app, invoiceAPI: api, allowed: consentsOf(found.Allowed)}
	if !s.isIssuer(found.Header, found.Issuer) && !c.abandon {
		return otherKey(found.Header, found.Issuer)
	}
	if s.isIssuer(found.Header, found.Issuer) {
		if err := s.ready(ctx); err != nil {
			return err
		}
	}
	journal, err := c.app.Ledger()
	if err != nil {
		return err
	}
	batches, err := c.app.Batches()
	if err != nil {
		return err
	}
	work, err := batches.Open(found.ID)
	if err != nil {
		return journalFault(ctx, err)
	}
	b := &batch{app: c.app, sender: s, journal: journal, batches: batches, work: work, patience: newPatience(c.app, c.flags.Retry), sendAgain: c.sendAgain, read: map[string]invoiceRecord{}}
	defer b.close()
	if !s.isIssuer(found.Header, found.Issuer) {
		return b.closeUnseen(ctx)
	}
	in, err := givenRows(work)
	if err != nil {
		return err
	}
	b.rows, b.header, b.comma = in.rows, in.header, in.comma
	for i := range b.rows {
		r := &b.rows[i]
		if r.bad != nil {
			continue
		}
		if err := s.allowed.markBad(r, r.order.normalise(s.allowed, io.Discard)); err != nil {
			return r.at(cli.Explain(ctx, err))
		}
		if err := s.allowed.markBad(r, s.check(r.order)); err != nil {
			return r.at(cli.Explain(ctx, err))
		}
	}
	if c.abandon {
		return b.abandon(ctx, p)
	}
	work.Attend(ctx)
	return b.print(ctx, p)
}

// abandon closes a batch: it prints the existing invoices, and sends nothing.
func (b *batch) abandon(ctx context.Context, p *output.Printer) error {
	b.sender.others = b.work.Invoices
	printed := 0
	err := output.List(p, invoiceView, func(yield func(invoiceRecord, error) bool) {
		for i := range b.rows {
			invoice, err := b.made(ctx, &b.rows[i])
			if err != nil {
				yield(invoiceRecord{}, err)
				return
			}
			if invoice == nil {
				continue
			}
			if !yield(*invoice, nil) {
				return
			}
			printed++
		}
	})
	if err != nil {
		return err
	}
	release, err := b.work.Hold(context.WithoutCancel(ctx))
	if err != nil {
		return b.heldFault(ctx, err)
	}
	defer release()
	b.endLeft(ctx)
	if err := b.work.Finish(); err != nil {
		return journalFault(ctx, err)
	}
	for _, row := range b.doubt {
		fmt.Fprintln(b.app.Err, "In doubt:", output.VisibleLine(row))
	}
	fmt.Fprintf(b.app.Err, "Closed %s. Rows with an invoice: %d of %d.\n", b.work.Batch.ID, printed, len(b.rows))
	return nil
}

// closeUnseen closes a batch of another key, whose invoices cannot be read.
func (b *batch) closeUnseen(ctx context.Context) error {
	release, err := b.work.Hold(ctx)
	if err != nil {
		return b.heldFault(ctx, err)
	}
	defer release()
	for _, row := range b.work.Known() {
		switch {
		case row.Invoice != "":
			fmt.Fprintf(b.app.Err, "Line %d: order %s has invoice %s.\n", row.Line, output.VisibleLine(row.OrderID), row.Invoice)
		case row.Operation != "":
			fmt.Fprintf(b.app.Err, "Line %d: this key cannot read whether order %s has an invoice.\n", row.Line, output.VisibleLine(row.OrderID))
		}
	}
	b.endLeft(ctx)
	if err := b.work.Finish(); err != nil {
		return journalFault(ctx, err)
	}
	fmt.Fprintf(b.app.Err, "Closed %s, which belongs to another key or store.\n", b.work.Batch.ID)
	return nil
}

// made returns the invoice of a row, if it has one. A row in doubt without an invoice
// becomes free.
func (b *batch) made(ctx context.Context, r *lineRequest) (*invoiceRecord, error) {
	what, entry, operation, err := b.claim(ctx, r, false)
	if err != nil {
		return nil, err
	}
	switch what {
	case claimDone:
		return b.found(ctx, r, entry)
	case claimBusy:
		return nil, &output.Error{Code: output.Pending, What: "another process is creating the invoices of " + operations.BatchName(b.work.Batch) + " now", Next: "wait for it\nthen " + b.resume() + " --abandon", Err: ledger.ErrBusy}
	case claimDoubt, claimLost:
		invoice, freed, err := b.settleDoubt(ctx, r, operation, true)
		if freed {
			fmt.Fprintf(b.app.Err, "Line %d: no invoice of order %s was found.\n", r.line, output.VisibleLine(entry.OrderID))
		}
		return invoice, err
	case claimFree, claimMine:
	}
	return nil, nil
}

// openBatches returns the batches of the key in use with the command that continues each,
// and the operations that are not rows of a batch.
func (c *invoiceResume) openBatches(ctx context.Context, s *invoiceSender, rows []ledger.Invoice) (open []error, others []ledger.Invoice) {
	batches, err := c.app.Batches()
	if err != nil {
		return []error{err}, rows
	}
	all, unread := batches.All()
	if unread != nil {
		open = append(open, unread)
	}
	for _, b := range all {
		if !b.Finished.IsZero() || !s.isIssuer(b.Header, b.Issuer) {
			continue
		}
		rows = slices.DeleteFunc(rows, func(r ledger.Invoice) bool { return r.Batch == b.ID })
		made, alone := 0, true
		if work, err := batches.Open(b.ID); err == nil {
			made, alone = len(work.Invoices()), work.Attend(ctx)
			work.Close()
		}
		if !alone {
			open = append(open, &output.Error{Code: output.Pending, What: fmt.Sprintf("another process is creating the invoices of %s now: %d of %d rows have their invoice", operations.BatchName(b), made, b.Total),
				Next: "wait for it\nor, to create them together: " + operations.ResumeBatch(b)})
			continue
		}
		open = append(open, &output.Error{Code: output.Pending, What: fmt.Sprintf("the batch of %s is not finished: %d of %d rows have their invoice", operations.BatchName(b), made, b.Total),
			Next: operations.ResumeBatch(b) + "\nor, to create none of the other invoices: " + operations.ResumeBatch(b) + " --abandon"})
	}
	return open, rows
}

// noteRow records which invoice a row of a batch has, before the row's operation ends.
func (c *invoiceResume) noteRow(ctx context.Context, r ledger.Invoice, invoice string) error {
	if r.Batch == "" {
		return nil
	}
	batches, err := c.app.Batches()
	if err != nil {
		return err
	}
	work, err := batches.Open(r.Batch)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer work.Close()
	release, err := work.Hold(context.WithoutCancel(ctx))
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	row, _ := work.Row(r.Row)
	if row.Operation != r.ID {
		return nil
	}
	row.Invoice = invoice
	return work.Note(row)
}
