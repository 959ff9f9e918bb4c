package webhook

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

type forwardCommand struct {
	app        *app.App
	flags      app.Flags
	to         string
	events     chosenEvents
	secretFile string
	as         string
	interval   time.Duration
	keep       bool
	wait       time.Duration
}

// The forms of what is forwarded.
const (
	asBTCPay   = "btcpay"
	asStandard = "standard"
)

const defaultInterval = 2 * time.Second

func newForward(a *app.App) *cobra.Command {
	c := &forwardCommand{app: a}
	cmd := &cobra.Command{
		Use:   "forward --to URL",
		Short: "Forward the events of a server that cannot reach this machine",
		Long: `Forward the events of a store to an address such as http://localhost:3000/hook, from a
server that cannot reach this machine, until Ctrl-C. No relay is involved: btcpayctl
creates a webhook of its own that leads nowhere, reads the list of its deliveries every
--interval, and posts each one byte for byte, with the signature that the server makes.

Each event is forwarded once, and those of an invoice in their order. A receiver that
fails is asked again, after 1 to 30 seconds. What was forwarded is recorded by its id on
disk: after a kill, the same command continues and forwards what happened in between. An
event is forwarded twice only if the program is killed between the receiver's response
and that record; its deliveryId is then the same.

Ctrl-C deletes the webhook, unless the receiver has not accepted everything yet, or
--keep is given. The server keeps what it sent for 60 days.

The secret for the receiver is in --secret-file, which is created if it does not exist;
without it, in a file that btcpayctl names. --as standard signs with the three headers of
Standard Webhooks instead, for libraries that verify those.

On a terminal the events are a list: enter shows headers and body, r sends one again, e
edits it in $EDITOR and sends it with a new signature, s saves its body and a curl line,
/ filters, q ends. What you send that way is marked. -o prints lines instead.`,
		Example: `  btcpayctl webhook forward --to http://localhost:3000/hook --secret-file hook.secret
  btcpayctl webhook forward --to http://localhost:3000/hook --as standard --event InvoiceSettled`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	cmd.Flags().StringVar(&c.to, "to", "", "`address` to forward to")
	c.events.addFlags(cmd, "`event` to forward, such as InvoiceSettled; may be repeated (default every event)")
	cmd.Flags().StringVar(&c.secretFile, "secret-file", "", "`file` with the secret; created if it does not exist")
	cmd.Flags().StringVar(&c.as, "as", asBTCPay, "`form` of the signature: btcpay or standard")
	cmd.Flags().DurationVar(&c.interval, "interval", defaultInterval, "how often to ask the server")
	cmd.Flags().BoolVar(&c.keep, "keep", false, "keep the webhook at the end, so that the same command later continues")
	cli.AddWaitFlag(cmd, &c.wait, "how long to forward, such as 10m (default until Ctrl-C)")
	declare(cmd, &c.flags)
	cli.Handles(cmd, cli.Webhooks)
	cli.Shows(cmd, forwardView)
	return cmd
}

func (c *forwardCommand) check() error {
	if c.to == "" {
		return &output.Error{Code: output.Usage, What: "no address to forward to is given", Why: "Nothing was sent.", Next: "--to http://localhost:3000/hook"}
	}
	if err := checkURL("--to", c.to); err != nil {
		return err
	}
	if c.as != asBTCPay && c.as != asStandard {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--as does not know %.40q", c.as), Why: "Nothing was sent.", Next: "--as btcpay, or --as standard"}
	}
	if c.secretFile != "" && c.secretFile != "-" {
		file, err := filepath.Abs(c.secretFile) // it is kept for hints, which are used in other directories
		if err != nil {
			return err
		}
		c.secretFile = file
	}
	if c.interval < 100*time.Millisecond {
		return &output.Error{Code: output.Usage, What: "--interval is shorter than 100ms", Why: "Each time is a request to the server. Nothing was sent.", Next: "--interval 2s"}
	}
	return c.events.check()
}

func (c *forwardCommand) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, forwardView, forwardedRecord{eventRecord: eventRecord{Type: "-"}})
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	ctx := cmd.Context()
	t, err := connect(ctx, c.app, c.flags)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	defer t.CloseIdleConnections()
	if c.flags.DryRun {
		_, err := t.Webhooks.Create(ctx, t.store, c.request(deadURL("ID")))
		return cli.DryRunIsDone(err)
	}
	operations.EndInterruptedListens(ctx, c.app, t.GreenfieldConnection, t.store)
	f, err := c.prepare(ctx, t)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.app.Err, "Forwarding events of store %s to %s, up to %s after they happen. The secret is in %s. Ctrl-C ends it.\n",
		t.store, output.VisibleLine(c.to), c.interval, output.VisibleLine(shownFile(f.secretFile)))
	if c.wait >= 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, c.wait, errWaited)
		defer stop()
	}
	err = c.report(ctx, cmd, f, p)
	c.finish(cmd.Context(), f, err)
	return err
}

// report forwards, and shows what is forwarded: as a list with keys on a terminal.
func (c *forwardCommand) report(ctx context.Context, cmd *cobra.Command, f *forwarder, p *output.Printer) error {
	if wantsScreen(cmd, c.app) {
		d, closeIt, err := openDisplay(ctx, c.app)
		if err != nil {
			return err
		}
		defer closeIt()
		if d != nil {
			f.notes = make(chan string)
			return f.run(ctx, func(working context.Context, over <-chan struct{}) error { return f.show(working, d, over) })
		}
	}
	return f.run(ctx, func(_ context.Context, over <-chan struct{}) error { return f.print(p, over) })
}

// request describes the webhook: the server never repeats a delivery that leads nowhere.
func (c *forwardCommand) request(url string) greenfield.WebhookRequest {
	events := greenfield.WebhookEvents{Everything: len(c.events.names) == 0, SpecificEvents: cli.OrEmpty(c.events.names)}
	return greenfield.WebhookRequest{URL: url, Enabled: new(true), AutomaticRedelivery: new(false), AuthorizedEvents: &events}
}

// deadURL is an address to which a server can connect at once, and always in vain: a port of
// its own machine on which nothing listens (recording 22-webhooks).
func deadURL(id string) string { return "http://127.0.0.1:1/btcpayctl-forward-" + id }

// finish deletes the webhook, unless something is left to forward.
func (c *forwardCommand) finish(ctx context.Context, f *forwarder, err error) {
	insist, stop := c.app.Signals.Insist(ctx)
	defer stop()
	again := c.app.Hint(operations.ForwardCommand(f.own.operation.Record))
	left, known := f.left(insist)
	switch {
	case c.keep:
		_ = f.own.operation.Advance(func(r *ledger.Webhook) { r.Kept = true })
		_ = f.own.operation.Release()
		fmt.Fprintf(c.app.Err, "The webhook %s remains, and collects events. Next: %s\n", f.own.id(), again)
	case f.gone:
		_ = f.own.operation.Finish()
		operations.RemoveForward(c.app, f.own.operation.Record.ID)
	case left > 0 || !known || err != nil:
		_ = f.own.operation.Release()
		what := "It is not known whether every event was forwarded"
		if left > 0 {
			what = fmt.Sprintf("%s not forwarded yet", eventCount(left, "event is", "events are"))
		}
		fmt.Fprintf(c.app.Err, "%s, so the webhook %s remains. Next: %s\n", what, f.own.id(), again+"\n"+"or "+c.app.Hint("btcpayctl webhook delete "+string(f.own.id())))
	default:
		f.own.end(ctx)
		operations.RemoveForward(c.app, f.own.operation.Record.ID)
	}
}

func eventCount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// prepare finds the webhook of an interrupted forwarding to the same address, or creates one.
func (c *forwardCommand) prepare(ctx context.Context, t *target) (*forwarder, error) {
	operation, err := c.resume(ctx, t)
	if err != nil {
		return nil, err
	}
	resumed := operation != nil
	if !resumed {
		id := operations.NewOperationID()
		operation, err = operations.Begin(ctx, c.app, ledger.Webhook{
			Header:         t.newHeader(id, ledger.KindForward, c.flags),
			WebhookPayload: ledger.WebhookPayload{Store: string(t.store), URL: deadURL(id), To: c.to, SecretFile: c.secretFile, As: c.as, Events: c.events.names},
		})
		if err != nil {
			return nil, err
		}
	}
	f, err := c.begin(ctx, t, operation)
	if err != nil {
		if operation.Record.Webhook == "" && !isUnknown(err) {
			_ = operation.Finish()
		} else {
			_ = operation.Release()
		}
		return nil, err
	}
	f.resumed = resumed
	return f, nil
}

func (c *forwardCommand) begin(ctx context.Context, t *target, operation *ledger.Operation[ledger.Webhook]) (*forwarder, error) {
	data, err := c.app.DataDir()
	if err != nil {
		return nil, err
	}
	f := &forwarder{app: c.app, target: t, to: c.to, interval: c.interval, state: filepath.Join(data, operations.ForwardsFolder, operation.Record.ID)}
	sign, err := c.signer(f, operation.Record.ID)
	if err != nil {
		return nil, err
	}
	request := c.request(operation.Record.URL)
	request.Secret = sign.sent
	f.sign = sign
	if f.own, err = c.webhook(ctx, t, operation, request); err != nil {
		if f.own != nil {
			f.own.end(ctx)
		}
		return nil, err
	}
	if f.handled, err = webhook.File(f.state); err != nil {
		return nil, &output.Error{Code: output.Failed, What: "what was forwarded cannot be recorded", Why: err.Error(), Next: "free disk space or fix the permissions of " + f.state, Err: err}
	}
	_ = f.handled.Prune(c.app.Now().Add(-keptFor)) // old records only cost space
	f.prepare(ctx)
	return f, nil
}

// keptFor is longer than a server keeps what it sent.
const keptFor = 61 * 24 * time.Hour

// resume takes up the record of a forwarding to the same address, if there is one.
func (c *forwardCommand) resume(ctx context.Context, t *target) (*ledger.Operation[ledger.Webhook], error) {
	journal, err := c.app.Ledger()
	if err != nil {
		return nil, err
	}
	open, _ := operations.UnfinishedOf[ledger.Webhook](ctx, c.app) // "doctor" reports records that cannot be read
	at := slices.IndexFunc(open, func(r ledger.Webhook) bool {
		return r.Kind == ledger.KindForward && r.Server == t.URL && r.Store == string(t.store) && r.To == c.to
	})
	if at < 0 {
		return nil, nil
	}
	operation, err := ledger.ResumeWithin[ledger.Webhook](ctx, journal, open[at].ID, operations.HoldWait)
	if err != nil {
		return nil, busyForward(c.to, err)
	}
	return operation, nil
}

// webhook makes the webhook of a record as requested.
func (c *forwardCommand) webhook(ctx context.Context, t *target, operation *ledger.Operation[ledger.Webhook], request greenfield.WebhookRequest) (*ownWebhook, error) {
	same, err := t.withURL(ctx, request.URL)
	if err != nil {
		return nil, err
	}
	if len(same) == 0 {
		if operation.Record.Webhook != "" {
			fmt.Fprintf(c.app.Err, "The webhook %s was deleted on the server. btcpayctl creates another one; events that happened in between are not forwarded.\n", operation.Record.Webhook)
		}
		return t.createOwn(ctx, c.app, operation, request)
	}
	hook, err := t.Webhooks.Update(ctx, t.store, same[0].ID, request)
	if err != nil {
		return nil, err
	}
	err = operation.Advance(func(r *ledger.Webhook) {
		r.Webhook, r.Kept, r.SecretFile, r.As, r.Events = string(hook.ID), false, c.secretFile, c.as, c.events.names
	})
	return &ownWebhook{c.app, t, operation}, err
}
