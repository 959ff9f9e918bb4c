package invoice

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// goOn takes a batch up that is not finished.
func (b *batch) goOn(ctx context.Context, open, target ledger.Batch, data []byte) error {
	work, err := b.batches.Open(open.ID)
	if err != nil {
		return journalFault(ctx, err)
	}
	b.work = work
	if !work.Attend(ctx) && slices.ContainsFunc(b.rows, lineRequest.isNameless) {
		return &output.Error{Code: output.Pending, What: "another process is creating the invoices of " + operations.BatchName(open) + " now",
			Why: "It has rows without an order id, so whether they are to be created twice cannot be told. Nothing was sent.", Next: "give each row an orderId\nor wait for it, and run the same command"}
	}
	release, err := work.Hold(ctx)
	if err != nil {
		return journalFault(ctx, err)
	}
	defer release()
	if err := b.refuseChanged(); err != nil {
		return err
	}
	fmt.Fprintf(b.app.Err, "Going on with the batch of %s: %d of %d rows have their invoice.\n", work.Batch.Created.Local().Format("2006-01-02 15:04"), b.withInvoice(), len(b.rows))
	err = work.Change(data, func(w *ledger.Batch) {
		w.Digest, w.Total, w.Allowed = target.Digest, target.Total, target.Allowed
	})
	if err != nil {
		return journalFault(ctx, err)
	}
	return nil
}

// refuseChanged refuses rows that are others than when their invoice was asked for.
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
		fmt.Fprintf(b.app.Err, "Note: rows that are no longer there: %d. What was created of them stays.\n", gone)
	}
	if len(changed) == 0 {
		return nil
	}
	const most = 5
	if more := len(changed) - most; more > 0 {
		changed = append(changed[:most], fmt.Sprintf("and %d more", more))
	}
	return &output.Error{Code: output.BadInput, What: "rows were changed after their invoice was asked for: " + strings.Join(changed, "; "), Why: "Nothing was sent.",
		Next: "give them back what they had, or a new order id\nor, for all rows as they were: " + b.resume()}
}

func changedRow(line int, row ledger.Row) string {
	made := "whose invoice may have been created"
	if row.Invoice != "" {
		made = "which made invoice " + row.Invoice
	}
	return fmt.Sprintf("line %d (order %s), %s", line, row.OrderID, made)
}

// repeat takes up the batch of a file that is finished: its orders are printed as found,
// but where another invoice of each is asked for.
func (b *batch) repeat(ctx context.Context, finished, target ledger.Batch, data []byte, again bool) error {
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
	if len(known) > 0 {
		fmt.Fprintf(b.app.Err, "Note: this file was finished at %s. Rows whose invoice is printed as found: %d. --again creates new ones.\n",
			finished.Finished.Local().Format("2006-01-02 15:04"), len(known))
	}
	return nil
}

// foundAgain are the rows of a finished batch whose invoice is still what a new one would
// be: one that nobody paid. Rows without an order id are new ones each time.
func (b *batch) foundAgain(ctx context.Context, finished *ledger.Work) ([]ledger.Row, error) {
	var known []ledger.Row
	for _, r := range b.rows {
		row, ok := finished.Row(r.key)
		if !ok || row.Invoice == "" || r.isNameless() {
			continue
		}
		if row.Digest != r.digest {
			return nil, r.at(&output.Error{Code: output.BadInput, What: fmt.Sprintf("order %s made invoice %s, from another row than this one", row.OrderID, row.Invoice),
				Why: "Nothing was sent.", Next: "give the row what it had, or a new order id\nor --again, for new invoices of all rows"})
		}
		invoice, err := b.sender.get(ctx, row.Invoice)
		if err != nil {
			return nil, r.at(cli.Explain(ctx, err))
		}
		if invoice.Status != statusNew && !b.sender.allowed.existing {
			return nil, r.at(&output.Error{Code: output.Failed, What: fmt.Sprintf("order %s made invoice %s already, which is %s", row.OrderID, row.Invoice, invoice.Status),
				Why:  "The batch was finished at " + finished.Batch.Finished.Local().Format("2006-01-02 15:04") + ". Nothing was sent.",
				Next: "--again, for new invoices of all rows\nor --" + existsFlag + ", for those that are there"})
		}
		b.read[invoice.ID] = invoice
		row.Line = r.line
		known = append(known, row)
	}
	return known, nil
}
