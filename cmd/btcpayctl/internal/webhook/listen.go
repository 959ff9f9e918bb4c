package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type listenCommand struct {
	app       *app.App
	flags     app.Flags
	events    chosenEvents
	address   string
	publicURL string
	once      string
	wait      time.Duration
}

func newListen(a *app.App) *cobra.Command {
	c := &listenCommand{app: a}
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Print the events of a store as they happen",
		Long: `Print the events of a store as they happen, until Ctrl-C. btcpayctl creates a webhook of
its own with a random secret, verifies each delivery, and deletes the webhook at the
end. If it is killed, the next "webhook listen" or "doctor" deletes the webhook.

The server has to reach this machine. --listen is the address to receive on, by default
a free port of 127.0.0.1, which only a server on this machine reaches. --public-url is
the URL under which the server reaches that address, for example through a proxy or a
tunnel. For a server that cannot reach this machine: btcpayctl webhook forward

--once ends after the first event of a type, for CI. Exit 8: it did not happen within
--wait.`,
		Example: `  btcpayctl webhook listen
  btcpayctl webhook listen --listen 0.0.0.0:8080 --public-url https://hooks.example.com -o jsonl
  btcpayctl webhook listen --once InvoiceSettled --wait 10m -o json --jq .invoiceId`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	c.events.addFlags(cmd, "`event` to receive, such as InvoiceSettled; may be repeated (default every event)")
	cmd.Flags().StringVar(&c.address, "listen", "127.0.0.1:0", "`address` to receive on, such as 0.0.0.0:8080; port 0 is a free one")
	cmd.Flags().StringVar(&c.publicURL, "public-url", "", "`address` under which the server reaches --listen (default http:// and that address)")
	cmd.Flags().StringVar(&c.once, "once", "", "end after the first `event` of this type")
	cli.AddWaitFlag(cmd, &c.wait, "how long to receive, such as 10m (default until Ctrl-C)")
	declare(cmd, &c.flags)
	cli.Handles(cmd, cli.Webhooks)
	cli.Shows(cmd, liveView)
	return cmd
}

// receivedRecord is an event that arrived, with its body.
type receivedRecord struct {
	eventRecord
	// Body is the event as the server sent it.
	Body rawJSON `json:"body"`
}

// A rawJSON is a JSON value that is printed as it arrived.
type rawJSON []byte

// MarshalJSON returns the value.
func (r rawJSON) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

var liveView = output.View[receivedRecord]{
	Columns: []output.Column[receivedRecord]{
		{Title: "TIME", Value: func(r receivedRecord) string { return timeText(r.Time) }, Least: len(time.RFC3339) - 5},
		{Title: "TYPE", Value: func(r receivedRecord) string { return r.Type }, Least: typeWidth},
		{Title: "INVOICE", Fit: output.FitMiddle, Value: func(r receivedRecord) string { return cli.Dash(r.InvoiceID) }, Least: idWidth},
		{Title: "ORDER", Fit: output.FitWords, Value: func(r receivedRecord) string { return cli.Dash(r.OrderID) }},
	},
	Name: func(r receivedRecord) string { return r.Type },
}

// Widths of columns in tables that are printed while events happen.
const (
	typeWidth = 26
	idWidth   = 22
)

func (c *listenCommand) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, liveView, receivedRecord{eventRecord: eventRecord{Type: "-", InvoiceID: "-"}})
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
	if c.publicURL == "" && !isLocal(t.URL) {
		return &output.Error{Code: output.Usage, What: "the server " + t.URL + " cannot reach " + c.address + " of this machine", Why: "Nothing was sent.",
			Next: "--listen 0.0.0.0:8080 --public-url https://ADDRESS, if there is an address that reaches this machine\nor btcpayctl webhook forward --to http://localhost:3000/hook"}
	}
	secret, err := randomSecret(c.app)
	if err != nil {
		return err
	}
	receiver, err := newListener(ctx, c.address, secret.sign)
	if err != nil {
		return &output.Error{Code: output.Usage, What: "btcpayctl cannot receive on " + c.address, Why: err.Error() + ". Nothing was sent.", Next: "another --listen", Err: err}
	}
	defer receiver.close()
	if c.flags.DryRun {
		_, err := t.Webhooks.Create(ctx, t.store, c.request(receiver, secret, "ID"))
		return cli.DryRunIsDone(err)
	}
	operations.EndInterruptedListens(ctx, c.app, t.GreenfieldConnection, t.store)
	id := operations.NewOperationID()
	request := c.request(receiver, secret, id)
	operation, err := operations.Begin(ctx, c.app, ledger.Webhook{
		Header:         t.newHeader(id, ledger.KindListen, c.flags),
		WebhookPayload: ledger.WebhookPayload{Store: string(t.store), URL: request.URL},
	})
	if err != nil {
		return err
	}
	fault.At("webhook-recorded")
	receiver.serve(pathOf(id))
	own, err := t.createOwn(ctx, c.app, operation, request)
	if own == nil {
		c.notCreated(operation, err)
		return err
	}
	defer own.end(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.app.Err, "Receiving events of store %s at %s. Ctrl-C ends it and deletes the webhook.\n", t.store, output.VisibleLine(request.URL))
	return c.print(ctx, p, t, own, receiver)
}

// notCreated ends the operation of a webhook that the server has refused.
func (c *listenCommand) notCreated(operation *ledger.Operation[ledger.Webhook], err error) {
	if e, ok := errors.AsType[*output.Error](err); ok && (e.Code == output.UnknownOutcome || e.Code.BySignal()) {
		_ = operation.Release()
		return
	}
	_ = operation.Finish()
}

func (c *listenCommand) check() error {
	if err := c.events.check(); err != nil {
		return err
	}
	if c.once != "" {
		if err := checkEvent("--once", c.once, c.events.allowUnknown); err != nil {
			return err
		}
		if len(c.events.names) > 0 && !slices.Contains(c.events.names, c.once) {
			return &output.Error{Code: output.Usage, What: "--once waits for " + c.once + ", which --event leaves out", Why: "Nothing was sent.", Next: "--event " + c.once + ", or leave --event out"}
		}
	}
	if c.publicURL != "" {
		if err := checkURL("--public-url", c.publicURL); err != nil {
			return err
		}
		if strings.ContainsAny(c.publicURL, "?#") {
			return &output.Error{Code: output.Usage, What: "--public-url has a query or a fragment", Why: "btcpayctl adds a path to it. Nothing was sent.", Next: "--public-url https://hooks.example.com"}
		}
	}
	if _, _, err := net.SplitHostPort(c.address); err != nil {
		return &output.Error{Code: output.Usage, What: "--listen: " + err.Error(), Why: "Nothing was sent.", Next: "--listen 0.0.0.0:8080", Err: err}
	}
	return nil
}

// pathOf is the path that deliveries for an operation come to.
func pathOf(id string) string { return "/btcpayctl-" + id }

func (c *listenCommand) request(l *listener, secret secretText, id string) greenfield.WebhookRequest {
	base := c.publicURL
	if base == "" {
		base = "http://" + l.address()
	}
	events := greenfield.WebhookEvents{Everything: len(c.events.names) == 0, SpecificEvents: cli.OrEmpty(c.events.names)}
	return greenfield.WebhookRequest{URL: strings.TrimSuffix(base, "/") + pathOf(id), Enabled: new(true), AutomaticRedelivery: new(true), AuthorizedEvents: &events, Secret: secret.sent}
}

// errWaited ends the wait of a command.
var errWaited = errors.New("the wait is over")

// print prints what arrives.
func (c *listenCommand) print(ctx context.Context, p *output.Printer, t *target, own *ownWebhook, l *listener) error {
	waiting := ctx
	if c.wait >= 0 {
		var stop context.CancelFunc
		waiting, stop = context.WithTimeoutCause(ctx, c.wait, errWaited)
		defer stop()
	}
	reported, end := context.WithCancel(waiting)
	over := make(chan struct{})
	go func() {
		defer close(over)
		reportFailures(reported, c.app, t, own.id())
	}()
	defer func() { end(); <-over }()
	happened := false
	err := output.Live(p, liveView, func(yield func(receivedRecord, error) bool) {
		for {
			select {
			case r := <-l.arrived:
				happened = c.once != "" && r.Type == c.once
				if (c.once == "" || happened) && !yield(r, nil) || happened {
					return
				}
			case <-waiting.Done():
				return
			}
		}
	})
	switch {
	case err != nil || happened:
		return err
	case c.once == "":
		return nil // Ctrl-C, or the end of the wait, is how it ends
	case !errors.Is(context.Cause(waiting), errWaited):
		return context.Cause(ctx)
	}
	return &output.Error{Code: output.Pending, What: "no event " + c.once + " within " + c.wait.String(), Next: "btcpayctl invoice list"}
}

// failureLook is how often the list of deliveries is read, for those that failed.
var failureLook = 5 * time.Second

// reportFailures reports deliveries that the server could not make: only it knows that it
// cannot reach this machine.
func reportFailures(ctx context.Context, a *app.App, t *target, id greenfield.WebhookID) {
	const most = 3
	seen := map[greenfield.WebhookDeliveryID]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(failureLook):
		}
		list, err := t.Webhooks.Deliveries(ctx, t.store, id, greenfield.WebhookDeliveriesOptions{Count: 20})
		if err != nil {
			continue
		}
		for _, d := range list {
			if d.Status == greenfield.WebhookDeliverySuccess || seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			if len(seen) <= most {
				fmt.Fprintf(a.Err, "Note: the server could not deliver an event: %s. Next: %s\n", output.VisibleLine(d.ErrorMessage),
					"check that --public-url leads from the server to --listen")
			}
		}
	}
}
