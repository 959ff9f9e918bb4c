package operations

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// BatchName is how messages name a batch.
func BatchName(b ledger.Batch) string {
	if b.From == "" {
		return "standard input"
	}
	return filepath.Base(b.From)
}

// ResumeBatch is the command that continues a batch, from any directory and command line.
func ResumeBatch(b ledger.Batch) string {
	next := "btcpayctl invoice resume "
	if b.Profile != "" {
		next += "--profile " + app.ShellWord(b.Profile) + " "
	}
	return next + b.ID
}

// batches reports the unfinished batches.
func (d *Checker) batches(ctx context.Context) (records []cli.Check) {
	batches, err := d.App.Batches()
	if err != nil {
		return []cli.Check{cli.FailedCheck(ctx, "batches", err)}
	}
	all, unread := batches.All()
	for _, b := range all {
		if b.Finished.IsZero() {
			records = append(records, cli.Check{Check: "batch " + b.ID, Status: "warning",
				Detail: fmt.Sprintf("not all invoices of %s were created, %d rows", BatchName(b), b.Total), Next: ResumeBatch(b)})
		}
	}
	if unread != nil {
		records = append(records, cli.FailedCheck(ctx, "batches", unread))
	}
	return records
}
