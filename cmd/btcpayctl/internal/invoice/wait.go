package invoice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type invoiceWait struct {
	invoiceCall
	wait     time.Duration
	interval time.Duration
	until    string

	mu     sync.Mutex
	last   *invoiceRecord
	left   time.Duration // until the invoice expires, by the last read
	readAt time.Time
}

func newInvoiceWait(a *app.App) *cobra.Command {
	c := &invoiceWait{invoiceCall: invoiceCall{app: a}}
	cmd := &cobra.Command{
		Use:   "wait ID",
		Short: "Wait until an invoice is settled",
		Long: `Wait until an invoice is settled, or with --for processing until it is fully paid but
not yet confirmed. Without --wait, the command ends when the invoice expires or becomes
invalid; an invoice that is paid in time does not expire.

If the server stops responding, btcpayctl asks again, once it has read the invoice or
if --wait is given. With --retry it also waits for a server that refuses the first
connection.

Exit 0: reached. 8: the time is over. 10: the invoice is expired or invalid.`,
		Example: `  btcpayctl invoice wait "$id" --wait 20m && ./ship.sh`,
		Args:    cli.Arguments(1, 1),
		RunE:    c.run,
	}
	cli.AddWaitFlag(cmd, &c.wait, "maximum wait; 0 checks once (default until the invoice expires)")
	cmd.Flags().DurationVar(&c.interval, "interval", 2*time.Second, "pause between two checks")
	cmd.Flags().StringVar(&c.until, "for", statusSettled, "settled or processing")
	cli.AddRetryFlag(cmd, &c.flags)
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanViewInvoices)
	cli.Shows(cmd, invoiceView)
	return cmd
}

func (c *invoiceWait) run(cmd *cobra.Command, args []string) error {
	p, err := cli.Printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.until != statusSettled && c.until != statusProcessing {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--for %q cannot be waited for", c.until), Next: "--for settled"}
	}
	if c.interval < 100*time.Millisecond {
		return &output.Error{Code: output.Usage, What: "--interval is less than 100ms", Next: "--interval 2s"}
	}
	api, err := c.connect(cmd.Context())
	if err != nil {
		return err
	}
	record, err := c.await(cmd.Context(), api, args[0])
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	return output.One(p, invoiceView, record)
}

// await reads the invoice until it has the wanted status, or one that does not lead there,
// or the time has passed.
func (c *invoiceWait) await(parent context.Context, api invoiceAPI, id string) (invoiceRecord, error) {
	ctx := parent
	if c.wait > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(parent, c.wait)
		defer stop()
	}
	var status *output.Status
	if c.wait != 0 && c.app.IsTerminal(c.app.Err) {
		status = output.StartStatus(c.app.Err, c.app.ErrWidth, func() string { return c.line(id) })
	}
	defer status.Stop()
	for {
		record, err := api.get(ctx, id)
		switch {
		case err == nil:
			c.showStatus(status, id, record, record.left(c.app.Now()))
			if done, err := c.checkStatus(record); done || err != nil {
				return record, err
			}
		case ctx.Err() != nil:
			return invoiceRecord{}, c.waitFailure(parent, id)
		case c.wait == 0 || !isTemporary(err) || c.wait < 0 && c.expired():
			return invoiceRecord{}, err
		default:
			status.Say(c.app.Err, "The server did not respond, asking again: "+err.Error())
		}
		if c.wait == 0 {
			return invoiceRecord{}, c.stillPending(id)
		}
		select {
		case <-ctx.Done():
			return invoiceRecord{}, c.waitFailure(parent, id)
		case <-time.After(c.interval):
		}
	}
}

// expired reports whether there is no reason to keep waiting: nothing was read yet, or the
// invoice has expired by the last read.
func (c *invoiceWait) expired() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last == nil || c.last.Status == statusNew && c.app.Now().Sub(c.readAt) > c.left
}

// showStatus updates the status line. Without a terminal it prints a line whenever the
// status changes.
func (c *invoiceWait) showStatus(status *output.Status, id string, r invoiceRecord, left time.Duration) {
	c.mu.Lock()
	changed := c.last == nil || c.last.Status != r.Status
	c.last, c.left, c.readAt = &r, left, c.app.Now()
	c.mu.Unlock()
	if status == nil && changed {
		fmt.Fprintln(c.app.Err, output.VisibleLine(c.line(id)))
	}
}

func (c *invoiceWait) line(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		return "Waiting for " + id
	}
	line := "Waiting for " + id + ": " + c.last.Status
	if c.last.Status != statusNew {
		return line
	}
	if c.last.Due != nil {
		line += ", " + btcText(*c.last.Due) + " BTC due"
	}
	return line + ", " + cli.ClockText(c.left-c.app.Now().Sub(c.readAt)) + " left"
}

// checkStatus reports whether the status is the one waited for, and fails at one that does
// not lead there.
func (c *invoiceWait) checkStatus(r invoiceRecord) (bool, error) {
	why := ""
	if r.Exception != exceptionNone {
		why = "Exception: " + r.Exception + "."
	}
	switch {
	case r.Status == statusSettled, r.Status == c.until:
		return true, nil
	case r.Status == statusExpired:
		return false, &output.Error{Code: output.InvoiceExpired, What: "invoice " + r.ID + " expired", Why: why, Next: "btcpayctl invoice get " + r.ID}
	case r.Status == statusInvalid:
		return false, &output.Error{Code: output.InvoiceInvalid, What: "invoice " + r.ID + " is invalid", Why: why, Next: "btcpayctl invoice get " + r.ID}
	}
	return false, nil
}

// waitFailure is the failure at the end of a wait: a signal, or the time limit.
func (c *invoiceWait) waitFailure(parent context.Context, id string) error {
	if err := context.Cause(parent); err != nil {
		return err
	}
	return c.stillPending(id)
}

func (c *invoiceWait) stillPending(id string) error {
	status := "the invoice could not be read"
	if c.last != nil {
		status = c.last.Status
	}
	return &output.Error{Code: output.Pending, What: "invoice " + id + " is still pending (" + status + ")", Next: "btcpayctl invoice wait " + id}
}

// isTemporary reports whether a failure may be temporary.
func isTemporary(err error) bool {
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.Status == 429 || answer.Status >= 500
	}
	network, ok := errors.AsType[*client.NetworkError](err)
	return ok && network.Kind != client.TLS && network.Kind != client.Cancelled
}
