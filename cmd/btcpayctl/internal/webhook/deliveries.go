package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A deliveryRecord is a delivery as commands print it.
type deliveryRecord struct {
	ID string `json:"id"`
	// Status is success, refused (the response was not 2xx) or failed (there was none); the
	// server's own word if it is another one.
	Status     string     `json:"status"`
	HTTPStatus *int       `json:"httpStatus"`
	Error      string     `json:"error"`
	Time       *time.Time `json:"time"`
	SentAt     *time.Time `json:"sentAt"` // null on servers before 2.3.4

	// Event is null unless it was read.
	Event *eventRecord `json:"event"`
	// Pruned is set if the server no longer has what was sent.
	Pruned bool `json:"pruned"`
}

var statusWords = map[greenfield.WebhookDeliveryStatus]string{
	greenfield.WebhookDeliverySuccess: "success", greenfield.WebhookDeliveryHTTPError: "refused", greenfield.WebhookDeliveryFailed: "failed",
}

func deliveryRecordOf(d greenfield.WebhookDelivery) deliveryRecord {
	status := statusWords[d.Status]
	if status == "" {
		status = string(d.Status)
	}
	return deliveryRecord{ID: string(d.ID), Status: status, HTTPStatus: d.HTTPCode, Error: d.ErrorMessage, Time: timeOf(d.Timestamp), SentAt: timeOf(d.DeliveryTime)}
}

// timeOf is nil for a time that the server did not send.
func timeOf(t client.UnixSeconds) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func (r deliveryRecord) typeText() string {
	switch {
	case r.Pruned:
		return "(pruned)"
	case r.Event == nil:
		return "-"
	}
	return cli.Dash(r.Event.Type)
}

var deliveryView = output.View[deliveryRecord]{
	Columns: []output.Column[deliveryRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r deliveryRecord) string { return r.ID }},
		{Title: "TIME", Value: func(r deliveryRecord) string { return timeText(r.Time) }},
		{Title: "STATUS", Value: func(r deliveryRecord) string { return cli.Dash(r.Status) }},
		{Title: "HTTP", Value: func(r deliveryRecord) string { return httpText(r.HTTPStatus) }},
		{Title: "TYPE", Value: deliveryRecord.typeText},
		{Title: "ERROR", Fit: output.FitWords, Value: func(r deliveryRecord) string { return cli.Dash(r.Error) }},
	},
	Name: func(r deliveryRecord) string { return r.ID },
}

func timeText(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

func httpText(status *int) string {
	if status == nil {
		return "-"
	}
	return strconv.Itoa(*status)
}

type deliveriesCommand struct {
	app    *app.App
	flags  app.Flags
	limit  int
	failed bool
	events bool
	body   string
}

func newDeliveries(a *app.App) *cobra.Command {
	c := &deliveriesCommand{app: a}
	cmd := &cobra.Command{
		Use:   "deliveries WEBHOOK",
		Short: "List what a webhook delivered",
		Long: `List the deliveries of a webhook, newest first: every attempt is one. The server keeps
what it sent for 60 days, and the list as long as the webhook exists.

Status: success (the receiver responded 2xx), refused (another status) or failed (no
response). --events also reads what each delivery sent, in one request for each.

--body prints the body of one delivery, byte for byte as it was sent and signed.`,
		Example: `  btcpayctl webhook deliveries "$id" --failed --events
  btcpayctl webhook deliveries "$id" --body "$delivery" > body.json`,
		Args: cli.Arguments(1, 1),
		RunE: c.run,
	}
	cmd.Flags().IntVar(&c.limit, "limit", 0, "list at most this many, the newest ones (default all)")
	cmd.Flags().BoolVar(&c.failed, "failed", false, "list only deliveries that did not succeed")
	cmd.Flags().BoolVar(&c.events, "events", false, "also read the event of each delivery")
	cmd.Flags().StringVar(&c.body, "body", "", "print the body of the delivery with this `id`, and nothing else")
	for _, other := range []string{"limit", "failed", "events"} {
		cmd.MarkFlagsMutuallyExclusive("body", other)
	}
	declare(cmd, &c.flags)
	cli.Shows(cmd, deliveryView)
	return cmd
}

func (c *deliveriesCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.Printer(c.app, cmd)
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("limit") && c.limit < 1 {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--limit is %d, and has to be at least 1", c.limit), Why: "Nothing was sent.", Next: "--limit 10, or leave it out for all"}
	}
	t, err := connect(cmd.Context(), c.app, c.flags)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	defer t.CloseIdleConnections()
	id := greenfield.WebhookID(args[0])
	if c.body != "" {
		return c.printBody(cmd.Context(), t, id)
	}
	options := greenfield.WebhookDeliveriesOptions{Count: c.limit}
	if c.failed {
		options.Count = 0 // the limit counts failed ones
	}
	list, err := t.Webhooks.Deliveries(cmd.Context(), t.store, id, options)
	if err == nil && len(list) == 0 && !c.flags.DryRun {
		_, err = t.Webhooks.Get(cmd.Context(), t.store, id) // a webhook that was deleted has an empty list
	}
	if err != nil {
		return t.explain(cmd.Context(), id, err)
	}
	if c.failed {
		list = slices.DeleteFunc(list, func(d greenfield.WebhookDelivery) bool { return d.Status == greenfield.WebhookDeliverySuccess })
	}
	if c.limit > 0 && len(list) > c.limit {
		list = list[:c.limit]
	}
	return output.List(p, deliveryView, func(yield func(deliveryRecord, error) bool) {
		for _, d := range list {
			r := deliveryRecordOf(d)
			var err error
			if c.events {
				err = t.readEvent(cmd.Context(), id, &r)
			}
			if !yield(r, err) {
				return
			}
		}
	})
}

// readEvent adds what a delivery sent to its record.
func (t *target) readEvent(ctx context.Context, id greenfield.WebhookID, r *deliveryRecord) error {
	body, err := t.Webhooks.DeliveryRequest(ctx, t.store, id, greenfield.WebhookDeliveryID(r.ID))
	switch {
	case errors.Is(err, greenfield.ErrWebhookDeliveryPruned):
		r.Pruned = true
		return nil
	case err != nil:
		return t.explain(ctx, id, err)
	}
	event, err := webhook.Parse(body)
	if err != nil {
		return nil //nolint:nilerr // a later server may send other events: their fields stay empty
	}
	r.Event = new(eventRecordOf(event))
	return nil
}

// printBody prints the body of a delivery. A terminal gets it in a form that is safe there.
func (c *deliveriesCommand) printBody(ctx context.Context, t *target, id greenfield.WebhookID) error {
	body, err := t.Webhooks.DeliveryRequest(ctx, t.store, id, greenfield.WebhookDeliveryID(c.body))
	if err != nil {
		return t.explain(ctx, id, err)
	}
	if c.app.IsTerminal(c.app.Out) {
		body = []byte(output.Visible(string(body)) + "\n")
	}
	if _, err := c.app.Out.Write(body); err != nil {
		return &output.Error{Code: output.Failed, What: "standard output cannot be written: " + err.Error(), Err: err}
	}
	return nil
}
