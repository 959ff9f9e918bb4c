package invoice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type invoiceWait struct {
	invoiceCall
	wait     time.Duration
	interval time.Duration
	paced    bool // --interval was given
	until    string

	server string
	away   error // why the server cannot be asked; nil if it responded

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

The invoice is printed however the wait ends. The exit code decides whether to ship:

   0  settled. If it was marked as settled by hand, or more than asked was paid, a note
      says so; see exception and overpaid.
   8  still open when the time was over. If the server did not respond at the end, the
      printed invoice is from its last response, and the message has the time.
  10  final, and no payment came: expired, or marked as invalid.
  11  money came, but not as asked: less than the amount, after the invoice expired, or
      into an invoice that became invalid. The JSON error code names which.

A payment after 10 is seen by the same command with --wait 0, which then ends with 11,
and by "btcpayctl invoice list --paid-since". If the server never responded, the exit
code is that of the failure, such as 7.

The server reports changes on the web socket of the invoice's checkout page, which needs
no credential; the invoice is then read by the API. Where the socket cannot be used, as
behind some proxies, the invoice is read every --interval.

If the server stops responding, btcpayctl asks again, once it has read the invoice or
if --wait is given. With --retry it also waits for a server that refuses the first
connection.`,
		Example: `  btcpayctl invoice wait "$id" --wait 20m && ./ship.sh`,
		Args:    cli.Arguments(1, 1),
		RunE:    c.run,
	}
	cli.AddWaitFlag(cmd, &c.wait, "maximum wait; 0 checks once (default until the invoice expires)")
	cmd.Flags().DurationVar(&c.interval, "interval", 2*time.Second, "pause between two checks (default 2s, and a minute while the server reports changes)")
	cmd.Flags().Lookup("interval").DefValue = "0s"
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
	c.paced = cmd.Flags().Changed("interval")
	api, err := c.connect(cmd.Context())
	if err != nil {
		return err
	}
	c.server = api.server()
	err = c.await(cmd.Context(), api, args[0])
	if c.isEnd(err) {
		// The end of an invoice is data, and not a failure to get it.
		if c.last.Archived != nil && *c.last.Archived {
			fmt.Fprintln(c.app.Err, "Note: the invoice is archived.")
		}
		if err := output.One(p, invoiceView, *c.last); err != nil {
			return err
		}
	}
	return cli.DryRunIsDone(err)
}

// isEnd reports whether the result of a wait is about an invoice that was read.
func (c *invoiceWait) isEnd(err error) bool {
	if c.last == nil {
		return false
	}
	told, _ := errors.AsType[*output.Error](err)
	return err == nil || told != nil && slices.Contains(invoiceEnds, told.Code)
}

// invoiceEnds are the codes of [invoiceRecord.end], and of an invoice that is still open.
var invoiceEnds = []output.Code{output.Pending, output.InvoiceExpired, output.InvoiceInvalid, output.InvoiceUnderpaid, output.InvoicePaidLate, output.InvoiceInvalidPaid}

// await reads the invoice until it has the wanted status, or one that does not lead there,
// or the time has passed.
func (c *invoiceWait) await(parent context.Context, api invoiceAPI, id string) error {
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
	defer func() { status.Stop() }()
	var bell *doorbell.Bell
	if c.wait != 0 {
		bell = api.listen(ctx, id)
	}
	if bell != nil {
		defer bell.Close()
		ready, stop := context.WithTimeout(ctx, time.Second)
		bell.Ready(ready)
		stop()
	}
	for {
		if bell != nil {
			bell.Clear()
		}
		asked := c.app.Now()
		record, err := api.get(ctx, id)
		switch {
		case err == nil:
			c.away = nil
			c.showStatus(status, id, record, record.left(c.app.Now()))
			if over, err := record.end(c.until, c.server, c.app.Now()); over {
				status.Stop()
				status = nil
				if err == nil {
					record.tellSettled(c.app.Err)
				}
				return err
			}
		case ctx.Err() != nil:
			if c.last != nil && c.app.Now().Sub(asked) > c.interval {
				c.away = err // it has hung for longer than a check takes
			}
			return c.waitFailure(parent, id)
		case c.wait == 0 || !isTemporary(err):
			return err
		case c.wait < 0 && c.expired():
			c.away = err
			return c.waitFailure(parent, id)
		default:
			if c.away == nil {
				status.Say(c.app.Err, "The server did not respond, asking again: "+err.Error())
			}
			c.away = err
		}
		if c.wait == 0 {
			return c.stillPending(id)
		}
		if !c.pause(ctx, bell) {
			return c.waitFailure(parent, id)
		}
	}
}

// pause waits until the invoice is to be read again. It reports whether it is; if not, ctx
// has ended.
func (c *invoiceWait) pause(ctx context.Context, bell *doorbell.Bell) bool {
	var rings <-chan struct{}
	if bell != nil {
		rings = bell.Rings()
	}
	next := time.NewTimer(c.nextRead(ctx, bell))
	defer next.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-next.C:
	case <-rings:
	}
	return true
}

// nextRead returns how long to wait for the bell. No bell is trusted with the end: the
// invoice is also read when it expires, and once more before the wait is over.
func (c *invoiceWait) nextRead(ctx context.Context, bell *doorbell.Bell) time.Duration {
	if bell == nil || c.paced || c.away != nil {
		return c.interval
	}
	next := bell.Pause(c.interval)
	c.mu.Lock()
	if c.last != nil && c.last.Status == statusNew {
		next = min(next, c.left-c.app.Now().Sub(c.readAt))
	}
	c.mu.Unlock()
	if end, limited := ctx.Deadline(); limited {
		next = min(next, time.Until(end)-c.interval)
	}
	return max(next, c.interval)
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
	changed := c.last == nil || c.last.state() != r.state() || c.last.dueText() != r.dueText() && r.Status == statusNew
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
	line := "Waiting for " + id + ": " + c.last.state()
	if c.last.Status != statusNew {
		return line
	}
	if c.last.Due != nil {
		line += ", " + c.last.coinText(*c.last.Due) + " due"
	}
	return line + ", " + cli.ClockText(c.left-c.app.Now().Sub(c.readAt)) + " left"
}

// waitFailure is the failure at the end of a wait: a signal, or the time limit.
func (c *invoiceWait) waitFailure(parent context.Context, id string) error {
	if err := context.Cause(parent); err != nil {
		return err
	}
	return c.stillPending(id)
}

// stillPending is the failure for an invoice that is open, or was when it was read last.
// An invoice that was never read is not known to be open.
func (c *invoiceWait) stillPending(id string) error {
	again := "btcpayctl invoice wait " + id
	switch {
	case c.last == nil && c.away != nil:
		return c.away
	case c.last == nil:
		return &output.Error{Code: output.Timeout, Next: again,
			What: fmt.Sprintf("the server did not respond within --wait %s, so the state of invoice %s is not known", c.wait, id)}
	}
	state, why := c.last.Status, ""
	if c.last.Exception != exceptionNone {
		state += ", " + c.last.Exception
	}
	what := "invoice " + id + " is still pending (" + state + ")"
	switch {
	case c.away != nil:
		what += " as far as known: the server last responded at " + c.readAt.UTC().Format(time.RFC3339)
		why = c.away.Error()
	case c.last.Status == statusProcessing:
		why = "It is paid, and not confirmed yet."
	case c.last.hasMoney():
		why = c.last.paidText() + " was paid" + c.last.missingText() + "."
	}
	return &output.Error{Code: output.Pending, Err: c.away, What: what, Why: why, Next: again}
}

// isTemporary reports whether a failure may be temporary.
func isTemporary(err error) bool {
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.Status == 429 || answer.Status >= 500
	}
	network, ok := errors.AsType[*client.NetworkError](err)
	return ok && network.Kind != client.TLS && network.Kind != client.Cancelled
}
