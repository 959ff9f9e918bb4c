package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// lettingGo is far longer than a killed process, or one that only looks, holds an
// operation.
const lettingGo = 5 * time.Second

// nameOpenOperations is what every command that talks to a server does first:
// it removes pairings that are over and names invoices whose fate is unknown,
// on standard error. A program that reads errors as JSON is spared, as are the
// commands that deal with open operations themselves.
func nameOpenOperations(a *app.App) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		format, err := cmd.Flags().GetString("output")
		if err != nil {
			return err
		}
		if cmd.Flags().Lookup("dry-run") == nil || output.IsJSON(format) || cmd.Name() == "resume" {
			return nil
		}
		records, err := a.Unfinished(cmd.Context())
		if err != nil {
			// What cannot be read is named, and does not stop other work.
			fmt.Fprintln(a.Err, "warning: an open operation cannot be read:", output.VisibleLine(err.Error()))
		}
		invoices := 0
		for _, r := range records {
			if r.Kind == ledger.Invoice {
				invoices++
			}
		}
		if invoices > 0 {
			fmt.Fprintf(a.Err, "Note: invoice operations whose end is not known: %d. Next: %s\n", invoices, a.Hint("btcpayctl invoice resume"))
		}
		if n := openBatches(a); n > 0 && (cmd.CommandPath() != "btcpayctl invoice create" || !cmd.Flags().Changed("from")) {
			fmt.Fprintf(a.Err, "Note: batches of invoices that are not finished: %d. Next: %s\n", n, a.Hint("btcpayctl invoice resume"))
		}
		if cmd.Name() != "move" {
			for _, r := range cutMoves(cmd.Context(), a, records) {
				fmt.Fprintf(a.Err, "Note: a move of secrets was cut off. Next: %s\n", a.Hint(moveAgain(r)))
			}
		}
		if n := cutOff(cmd, a, records); n > 0 {
			fmt.Fprintf(a.Err, "Note: operations about API keys that were cut off: %d. Next: %s\n", n, a.Hint("btcpayctl doctor"))
		}
		noteWatched(cmd, a, records)
		return nil
	}
}

func openBatches(a *app.App) (open int) {
	batches, err := a.Batches()
	if err != nil {
		return 0
	}
	all, err := batches.All()
	if err != nil {
		fmt.Fprintln(a.Err, "warning: a batch of invoices cannot be read:", output.VisibleLine(err.Error()))
	}
	for _, b := range all {
		if b.Finished.IsZero() {
			open++
		}
	}
	return open
}
