// Package webhook has the commands for webhooks: those of a store, and those that receive
// deliveries on this machine.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A record is a webhook as commands print it.
type record struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Enabled bool   `json:"enabled"`
	// Everything is set if every event is delivered; otherwise those of Events are.
	Everything          bool     `json:"everything"`
	Events              []string `json:"events"`
	AutomaticRedelivery bool     `json:"automaticRedelivery"`
	StoreID             string   `json:"storeId"`
	// SecretFile is the file that a new secret was written to, and Secret the secret itself
	// if it has to be printed.
	SecretFile string `json:"secretFile,omitempty"`
	Secret     string `json:"secret,omitempty"`
}

func recordOf(store greenfield.StoreID, w greenfield.Webhook) record {
	return record{
		ID: string(w.ID), URL: w.URL, Enabled: w.Enabled, Everything: w.AuthorizedEvents.Everything,
		Events: cli.OrEmpty(w.AuthorizedEvents.SpecificEvents), AutomaticRedelivery: w.AutomaticRedelivery, StoreID: string(store),
	}
}

func (r record) eventsText() string {
	switch {
	case r.Everything:
		return "all"
	case len(r.Events) == 0:
		return "none"
	}
	return strings.Join(r.Events, ", ")
}

var view = output.View[record]{
	Columns: []output.Column[record]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r record) string { return r.ID }},
		{Title: "ENABLED", Value: func(r record) string { return cli.YesNo(r.Enabled) }},
		{Title: "REDELIVERY", Spare: true, Value: func(r record) string { return cli.YesNo(r.AutomaticRedelivery) }},
		{Title: "EVENTS", Fit: output.FitWords, Value: record.eventsText},
		{Title: "URL", Fit: output.FitMiddle, Value: func(r record) string { return r.URL }},
	},
	Name: func(r record) string { return r.ID },
}

// revealedView prints the secret itself.
var revealedView = output.View[record]{
	Columns: []output.Column[record]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r record) string { return r.ID }},
		{Title: "URL", Fit: output.FitMiddle, Value: func(r record) string { return r.URL }},
		{Title: "SECRET", Fit: output.FitBelow, Value: func(r record) string { return r.Secret }},
	},
	Name: func(r record) string { return r.Secret },
}

// New returns the command webhook.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("webhook", "Create webhooks, and receive their events", "other", `Create, change and delete the webhooks of a store, look at what they delivered, and
verify deliveries. A webhook is an address to which the server posts what happens in
the store, such as a paid invoice. These commands use the Greenfield API.`)
	cmd.AddCommand(newCreate(a), newList(a), newShow(a), newUpdate(a), newDelete(a), newDeliveries(a), newReplay(a), newRotateSecret(a), newVerify(a), newListen(a), newForward(a), newTrigger(a))
	return cmd
}

// A target is a connection and the store whose webhooks a command is about.
type target struct {
	*app.GreenfieldConnection
	store greenfield.StoreID
}

func connect(ctx context.Context, a *app.App, flags app.Flags) (*target, error) {
	c, err := a.Greenfield(ctx, flags)
	if err != nil {
		return nil, err
	}
	store, err := c.StoreID(ctx)
	if err != nil {
		c.CloseIdleConnections()
		return nil, err
	}
	return &target{c, greenfield.StoreID(store)}, nil
}

// explain gives the 403 for a webhook its meaning. Servers since 2.4 send it for an unknown
// id too. If the key can list the store's webhooks, the id is unknown.
func (t *target) explain(ctx context.Context, id greenfield.WebhookID, err error) error {
	denied, ok := errors.AsType[*greenfield.PermissionError](err)
	if !ok {
		return cli.DryRunIsDone(err)
	}
	if _, listErr := t.Webhooks.List(ctx, t.store); listErr == nil {
		return &output.Error{Code: output.NotFound, Status: 403, Err: err, What: fmt.Sprintf("store %s has no webhook %s", t.store, id),
			Why: "The key may read the store's webhooks, so the id is wrong or of another store.", Next: "btcpayctl webhook list"}
	}
	return denied
}

// get reads a webhook.
func (t *target) get(ctx context.Context, id greenfield.WebhookID) (greenfield.Webhook, error) {
	hook, err := t.Webhooks.Get(ctx, t.store, id)
	return hook, t.explain(ctx, id, err)
}

// made compares a webhook with the request for it.
func made(asked greenfield.WebhookRequest, got greenfield.Webhook) error {
	var e client.DifferentError
	flag := func(name string, asked *bool, got bool) {
		if asked != nil {
			e.Text(name, fmt.Sprint(*asked), fmt.Sprint(got))
		}
	}
	e.Text("url", asked.URL, got.URL)
	flag("enabled", asked.Enabled, got.Enabled)
	flag("automaticRedelivery", asked.AutomaticRedelivery, got.AutomaticRedelivery)
	if events := asked.AuthorizedEvents; events != nil {
		flag("everything", &events.Everything, got.AuthorizedEvents.Everything)
		e.Text("events", strings.Join(events.SpecificEvents, ", "), strings.Join(got.AuthorizedEvents.SpecificEvents, ", "))
	}
	if err := e.Result(); err != nil {
		return &output.Error{Code: output.MadeOtherwise, What: "webhook " + string(got.ID) + " is not as requested: " + err.Error(),
			Next: "btcpayctl webhook show " + string(got.ID) + "\nor btcpayctl webhook delete " + string(got.ID), Err: err}
	}
	return nil
}
