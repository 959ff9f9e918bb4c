package invoice

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// continueBatch continues an unfinished batch.
func (b *batch) continueBatch(ctx context.Context, open, target ledger.Batch, data []byte) error {
	work, err := b.batches.Open(open.ID)
	if err != nil {
		return journalFault(ctx, err)
	}
	b.work = work
	if !work.Attend(ctx) && slices.ContainsFunc(b.rows, func(r lineRequest) bool { return r.isNameless() && !r.isBad() }) {
		return &output.Error{Code: output.Pending, What: "another process is creating the invoices of " + operations.BatchName(open) + " now",
			Why: "It has rows without an order id, so btcpayctl cannot know whether to create them twice. Nothing was sent.", Next: "give each row an orderId\nor wait for it, and run the same command"}
	}
	release, err := work.Hold(ctx)
	if err != nil {
		return journalFault(ctx, err)
	}
	defer release()
	if err := b.refuseChanged(); err != nil {
		return err
	}
	fmt.Fprintf(b.app.Err, "Continuing the batch of %s: %d of %d rows have their invoice.\n", work.Batch.Created.Local().Format("2006-01-02 15:04"), b.withInvoice(), len(b.rows))
	err = work.Change(data, func(w *ledger.Batch) {
		w.Digest, w.Total, w.Allowed = target.Digest, target.Total, target.Allowed
		w.Failed = cmp.Or(target.Failed, w.Failed)
	})
	if err != nil {
		return journalFault(ctx, err)
	}
	return nil
}

// refuseChanged refuses rows that were changed after their invoice was requested.
func (b *batch) refuseChanged() error {
	here, free := map[string]lineRequest{}, map[int]bool{}
	for _, r := range b.rows {
		here[r.key] = r
		if _, known := b.work.Row(r.key); !known && r.isNameless() {
			free[r.line] = true
		}
	}
	var changed []string
	gone := 0
	for _, row := range b.work.Known() {
		now, isHere := here[row.Key]
		switch {
		case row.Operation == "" || isHere && now.digest == row.Digest:
		case isHere:
			changed = append(changed, changedRow(now.line, row))
		case free[row.Line]:
			changed = append(changed, changedRow(row.Line, row))
		default:
			gone++
		}
	}
	if gone > 0 {
		fmt.Fprintf(b.app.Err, "Note: rows that are no longer there: %d. Invoices created from them remain.\n", gone)
	}
	if len(changed) == 0 {
		return nil
	}
	const most = 5
	if more := len(changed) - most; more > 0 {
		changed = append(changed[:most], fmt.Sprintf("and %d more", more))
	}
	return &output.Error{Code: output.BadInput, What: "rows were changed after their invoice was requested: " + strings.Join(changed, "; "), Why: "Nothing was sent.",
		Next: "restore their content, or give them a new order id\nor, for all rows as they were: " + b.resume()}
}

func changedRow(line int, row ledger.Row) string {
	made := "whose invoice may have been created"
	if row.Invoice != "" {
		made = "which created invoice " + row.Invoice
	}
	return fmt.Sprintf("line %d (order %s), %s", line, row.OrderID, made)
}

// repeatFinished handles a file that is finished: it prints the existing invoices, unless
// --again asks for new ones.
func (b *batch) repeatFinished(ctx context.Context, finished, target ledger.Batch, data []byte, again bool) error {
	old, err := b.batches.Open(finished.ID)
	if err != nil {
		return journalFault(ctx, err)
	}
	defer old.Close()
	var known []ledger.Row
	if !again {
		if known, err = b.foundAgain(ctx, old); err != nil {
			return err
		}
	}
	if b.work, err = b.batches.Begin(target, data, known); err == nil {
		err = old.Remove()
	}
	if err != nil {
		return journalFault(ctx, err)
	}
	if printed := len(b.work.Invoices()); printed > 0 {
		fmt.Fprintf(b.app.Err, "Note: this file was finished at %s. Rows whose existing invoice is printed: %d. --again creates new ones.\n",
			finished.Finished.Local().Format("2006-01-02 15:04"), printed)
	}
	return nil
}

// foundAgain returns the rows of a finished batch whose existing invoice can be used,
// because it is unpaid. Rows without an order id are always new.
func (b *batch) foundAgain(ctx context.Context, finished *ledger.Work) ([]ledger.Row, error) {
	var known []ledger.Row
	for _, r := range b.rows {
		row, ok := finished.Row(r.key)
		if ok && row.HandedTo != "" && !r.isNameless() {
			// The file that has the row may have been run, so the row is looked up before
			// it is created.
			known = append(known, ledger.Row{Key: r.key, Line: r.line, HandedTo: row.HandedTo})
		}
		if !ok || row.Invoice == "" || r.isNameless() {
			continue
		}
		if row.Digest != r.digest {
			return nil, r.at(&output.Error{Code: output.BadInput, What: fmt.Sprintf("order %s created invoice %s, from a row with other content", row.OrderID, row.Invoice),
				Why: "Nothing was sent.", Next: "restore the row's content, or give it a new order id\nor --again, for new invoices of all rows"})
		}
		invoice, err := b.sender.get(ctx, row.Invoice)
		if err != nil {
			return nil, r.at(cli.Explain(ctx, err))
		}
		if invoice.Status != statusNew && !b.sender.allowed.existing {
			return nil, r.at(&output.Error{Code: output.Failed, What: fmt.Sprintf("order %s already created invoice %s, which is %s", row.OrderID, row.Invoice, invoice.Status),
				Why:  "The batch was finished at " + finished.Batch.Finished.Local().Format("2006-01-02 15:04") + ". Nothing was sent.",
				Next: "--again, for new invoices of all rows\nor --" + existsFlag + ", to use the existing ones, and create new ones for those that expired unpaid"})
		}
		if b.sender.allowed.existing && invoice.isExpiredUnpaid() {
			continue // --unless-exists creates a new one
		}
		b.read[invoice.ID] = invoice
		row.Line = r.line
		known = append(known, row)
	}
	return known, nil
}
