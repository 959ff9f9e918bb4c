package command

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// batchName is what a batch is called in messages.
func batchName(b ledger.Batch) string {
	if b.From == "" {
		return "standard input"
	}
	return filepath.Base(b.From)
}

// resumeBatch is how to go on with a batch, from any other line.
func resumeBatch(b ledger.Batch) string {
	next := "btcpayctl invoice resume "
	if b.Profile != "" {
		next += "--profile " + app.ShellWord(b.Profile) + " "
	}
	return next + b.ID
}

// batches names those that are not finished.
func (d *checker) batches(ctx context.Context) (records []checkRecord) {
	batches, err := d.app.Batches()
	if err != nil {
		return []checkRecord{failure(ctx, "batches", err)}
	}
	all, unread := batches.All()
	for _, b := range all {
		if b.Finished.IsZero() {
			records = append(records, checkRecord{Check: "batch " + b.ID, Status: "warning",
				Detail: fmt.Sprintf("not all invoices of %s were created, %d rows", batchName(b), b.Total), Next: resumeBatch(b)})
		}
	}
	if unread != nil {
		records = append(records, failure(ctx, "batches", unread))
	}
	return records
}
