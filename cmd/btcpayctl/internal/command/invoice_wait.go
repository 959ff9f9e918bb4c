package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type invoiceWait struct {
	app      *app.App
	flags    app.Flags
	wait     time.Duration
	interval time.Duration
	until    string
}

func newInvoiceWait(a *app.App) *cobra.Command {
	c := &invoiceWait{app: a}
	cmd := &cobra.Command{
		Use:   "wait ID",
		Short: "Wait until an invoice is settled",
		Long: `Wait until an invoice is settled, or with --for processing until it is paid in
full and not yet confirmed.

Exit 0: reached. 8: time ran out. 10: the invoice expired or is invalid.`,
		Example: `  btcpayctl invoice wait "$id" --wait 20m && ./ship.sh`,
		Args:    arguments(1, 1),
		RunE:    c.run,
	}
	cmd.Flags().DurationVar(&c.wait, "wait", -1, "longest wait; 0 looks once (default until the invoice expires or is settled)")
	cmd.Flags().DurationVar(&c.interval, "interval", 2*time.Second, "pause between two looks")
	cmd.Flags().StringVar(&c.until, "for", "settled", "settled or processing")
	addServerFlags(cmd, &c.flags)
	return cmd
}

func (c *invoiceWait) run(cmd *cobra.Command, args []string) error {
	p, err := printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.until != "settled" && c.until != "processing" {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--for %q is no state to wait for", c.until), Next: "--for settled"}
	}
	if c.interval < 100*time.Millisecond {
		return &output.Error{Code: output.Usage, What: "--interval is less than 100ms", Next: "--interval 2s"}
	}
	bp, err := c.app.BitPay(c.flags)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if c.wait > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, c.wait)
		defer stop()
	}
	status := ""
	for {
		invoice, err := bp.Invoices.Get(ctx, args[0])
		switch {
		case c.wait > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return stillPending(args[0], status)
		case err != nil && !passes(err):
			return dryRunIsDone(err)
		case err == nil:
			record := fromBitPay(invoice)
			if record.Status != status {
				status = record.Status
				fmt.Fprintf(c.app.Err, "%s: %s\n", output.VisibleLine(args[0]), output.VisibleLine(status))
			}
			if done, err := c.judge(record); err != nil {
				return err
			} else if done {
				return output.One(p, invoiceView, record)
			}
		}
		if c.wait == 0 {
			if err != nil {
				return err
			}
			return stillPending(args[0], status)
		}
		select {
		case <-ctx.Done():
			if context.Cause(cmd.Context()) != nil {
				return context.Cause(cmd.Context())
			}
			return stillPending(args[0], status)
		case <-time.After(c.interval):
		}
	}
}

// judge tells whether the state is the one waited for, and fails in one that
// will not lead there.
func (c *invoiceWait) judge(r invoiceRecord) (bool, error) {
	switch {
	case r.Status == "settled", r.Status == c.until:
		return true, nil
	case r.Status == string(bitpay.StatusExpired):
		return false, &output.Error{Code: output.InvoiceExpired, What: "invoice " + r.ID + " expired",
			Why: "Exception: " + r.Exception + ".", Next: "btcpayctl invoice get " + r.ID}
	case r.Status == string(bitpay.StatusInvalid):
		return false, &output.Error{Code: output.InvoiceInvalid, What: "invoice " + r.ID + " is invalid",
			Why: "Exception: " + r.Exception + ".", Next: "btcpayctl invoice get " + r.ID}
	}
	return false, nil
}

func stillPending(id, status string) error {
	if status == "" {
		status = "not read yet"
	}
	return &output.Error{Code: output.Pending, What: "invoice " + id + " is still pending (" + status + ")",
		Next: "btcpayctl invoice wait " + id}
}

// passes tells whether a failure may be gone at the next look.
func passes(err error) bool {
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.Status == 429 || answer.Status >= 500
	}
	network, ok := errors.AsType[*client.NetworkError](err)
	return ok && network.Kind != client.TLS && network.Kind != client.Cancelled
}
