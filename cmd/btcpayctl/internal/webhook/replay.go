package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A replayedRecord is a delivery that the server made again.
type replayedRecord struct {
	deliveryRecord
	// Replays is the delivery that was repeated.
	Replays string `json:"replays"`
}

var replayedView = output.View[replayedRecord]{
	Columns: []output.Column[replayedRecord]{
		{Title: "REPLAYS", Fit: output.FitMiddle, Value: func(r replayedRecord) string { return r.Replays }},
		{Title: "ID", Fit: output.FitMiddle, Value: func(r replayedRecord) string { return r.ID }},
		{Title: "TYPE", Value: func(r replayedRecord) string { return r.typeText() }},
		{Title: "STATUS", Value: func(r replayedRecord) string { return r.Status }},
		{Title: "HTTP", Value: func(r replayedRecord) string { return httpText(r.HTTPStatus) }},
		{Title: "ERROR", Fit: output.FitWords, Value: func(r replayedRecord) string { return cli.Dash(r.Error) }},
	},
	Name: func(r replayedRecord) string { return r.ID },
}

type replayCommand struct {
	app   *app.App
	flags app.Flags
	wait  time.Duration
}

const (
	replayWait = 30 * time.Second
	replayLook = 200 * time.Millisecond
)

func newReplay(a *app.App) *cobra.Command {
	c := &replayCommand{app: a}
	cmd := &cobra.Command{
		Use:   "replay WEBHOOK DELIVERY...",
		Short: "Have the server send deliveries again",
		Long: `Have the server send deliveries again, one after another, and wait for the result of
each. A repeated delivery has a new id, the original id in originalDeliveryId, and the
time of the first one.

The server accepts this request also if it then sends nothing. So btcpayctl first
checks that the webhook is enabled and still wants the event.

Exit 8: the server has not sent it yet when --wait ends (30s by default), for example
because it is repeating an earlier delivery of the webhook. Exit 10: the receiver did
not accept it.`,
		Example: "  btcpayctl webhook replay \"$id\" \"$delivery\"\n  btcpayctl webhook replay \"$id\" $(btcpayctl webhook deliveries \"$id\" --failed -o name)",
		Args:    cli.Arguments(2, 1000),
		RunE:    c.run,
	}
	cli.AddWaitFlag(cmd, &c.wait, "how long to wait for the result of each, such as 1m; 0 does not wait (default 30s)")
	declare(cmd, &c.flags)
	cli.Shows(cmd, replayedView)
	return cmd
}

func (c *replayCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, replayedView, replayedRecord{})
	if err != nil {
		return err
	}
	if c.wait < 0 {
		c.wait = replayWait
	}
	t, err := connect(cmd.Context(), c.app, c.flags)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	defer t.CloseIdleConnections()
	id := greenfield.WebhookID(args[0])
	if c.flags.DryRun {
		_, err := t.Webhooks.Redeliver(cmd.Context(), t.store, id, greenfield.WebhookDeliveryID(args[1]))
		return cli.DryRunIsDone(err)
	}
	hook, err := t.get(cmd.Context(), id)
	if err != nil {
		return err
	}
	if !hook.Enabled {
		return &output.Error{Code: output.Refused, What: "webhook " + args[0] + " is disabled, so the server would send nothing", Why: "Nothing was requested.", Next: "btcpayctl webhook update " + args[0] + " --enable"}
	}
	var failed error
	err = output.List(p, replayedView, func(yield func(replayedRecord, error) bool) {
		for _, delivery := range args[1:] {
			r, err := c.replay(cmd.Context(), t, hook, greenfield.WebhookDeliveryID(delivery))
			if !yield(r, err) || err != nil {
				return
			}
			if failed == nil {
				failed = replayFailure(hook, r)
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// replay sends one delivery again and waits for its result.
func (c *replayCommand) replay(ctx context.Context, t *target, hook greenfield.Webhook, delivery greenfield.WebhookDeliveryID) (replayedRecord, error) {
	body, err := t.Webhooks.DeliveryRequest(ctx, t.store, hook.ID, delivery)
	if err != nil {
		return replayedRecord{}, c.unreadable(ctx, t, hook, delivery, err)
	}
	event, err := webhook.Parse(body)
	if err == nil && !wants(hook, event.Type) {
		return replayedRecord{}, &output.Error{Code: output.Refused, What: fmt.Sprintf("delivery %s is an event %s, which the webhook no longer delivers", delivery, event.Type),
			Why:  "The server would accept the request and send nothing. This delivery was not requested.",
			Next: "btcpayctl webhook update " + string(hook.ID) + eventFlags(append(slices.Clone(hook.AuthorizedEvents.SpecificEvents), string(event.Type)))}
	}
	waiting, over := cli.AwaitAnswer(ctx, c.app, "the delivery")
	again, err := t.Webhooks.Redeliver(waiting, t.store, hook.ID, delivery)
	over()
	if client.FateUnknown(err) {
		return replayedRecord{}, &output.Error{Code: cli.LostCode(ctx), What: fmt.Sprintf("delivery %s may have been sent again: %s", delivery, cli.Explain(ctx, err).What),
			Next: "btcpayctl webhook deliveries " + string(hook.ID) + " --limit 10", Err: err}
	}
	if err != nil {
		return replayedRecord{}, t.explain(ctx, hook.ID, err)
	}
	c.app.Did(app.Effect{ID: string(again), What: fmt.Sprintf("delivery %s was sent again as %s", delivery, again), Look: "btcpayctl webhook deliveries " + string(hook.ID)})
	r := replayedRecord{deliveryRecord{ID: string(again), Status: "pending"}, string(delivery)}
	if event.Type != "" { // a later server may send other events
		r.Event = new(eventRecordOf(event))
	}
	done, err := t.awaitDelivery(ctx, hook.ID, again, c.wait)
	switch {
	case err != nil:
		return r, err
	case done != nil:
		result := deliveryRecordOf(*done)
		result.Event, r.deliveryRecord = r.Event, result
	}
	return r, nil
}

// unreadable explains why what a delivery sent cannot be read.
func (c *replayCommand) unreadable(ctx context.Context, t *target, hook greenfield.Webhook, delivery greenfield.WebhookDeliveryID, err error) error {
	switch {
	case errors.Is(err, greenfield.ErrWebhookDeliveryPruned):
		return &output.Error{Code: output.Refused, Status: 409, What: fmt.Sprintf("the server no longer has what delivery %s sent", delivery),
			Why: "It keeps that for 60 days, and cannot repeat the delivery.", Next: "read the invoice instead: btcpayctl invoice list", Err: err}
	case errors.Is(err, greenfield.ErrWebhookDeliveryNotFound):
		return &output.Error{Code: output.NotFound, Status: 404, What: fmt.Sprintf("webhook %s has no delivery %s", hook.ID, delivery),
			Why: "A delivery is in the list after its first attempt, and as long as its webhook exists.", Next: "btcpayctl webhook deliveries " + string(hook.ID), Err: err}
	}
	return t.explain(ctx, hook.ID, err)
}

// wants reports whether a webhook delivers events of a type.
func wants(hook greenfield.Webhook, event webhook.Type) bool {
	return hook.AuthorizedEvents.Everything || slices.Contains(hook.AuthorizedEvents.SpecificEvents, string(event))
}

func eventFlags(names []string) string {
	var text strings.Builder
	for _, name := range names {
		text.WriteString(" --event " + app.ShellWord(name))
	}
	return text.String()
}

// awaitDelivery waits until a delivery was attempted. It returns nil if that takes longer.
func (t *target) awaitDelivery(ctx context.Context, id greenfield.WebhookID, delivery greenfield.WebhookDeliveryID, wait time.Duration) (*greenfield.WebhookDelivery, error) {
	end := time.Now().Add(wait)
	for {
		d, err := t.Webhooks.Delivery(ctx, t.store, id, delivery)
		switch {
		case err == nil:
			return &d, nil
		case !errors.Is(err, greenfield.ErrWebhookDeliveryNotFound):
			return nil, t.explain(ctx, id, err)
		case time.Now().After(end):
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(replayLook):
		}
	}
}

// replayFailure is the error of a delivery that was not accepted or not sent.
func replayFailure(hook greenfield.Webhook, r replayedRecord) error {
	next := "btcpayctl webhook deliveries " + string(hook.ID) + " --limit 10"
	switch r.Status {
	case "success":
		return nil
	case "pending":
		return &output.Error{Code: output.Pending, What: "the server has not sent the delivery " + r.ID + " yet",
			Why: "It may be repeating an earlier delivery of this webhook, which comes first.", Next: next}
	}
	return &output.Error{Code: output.DeliveryFailed, What: fmt.Sprintf("the receiver %s did not accept the delivery %s: %s", hook.URL, r.ID, r.Error), Next: next}
}
