package webhook

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type updateCommand struct {
	app                      *app.App
	flags                    app.Flags
	url                      string
	events                   chosenEvents
	allEvents                bool
	enable, disable          bool
	redelivery, noRedelivery bool
}

func newUpdate(a *app.App) *cobra.Command {
	c := &updateCommand{app: a}
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change a webhook",
		Long: `Change a webhook. What no flag names stays as it is: btcpayctl reads the webhook first,
since the server resets everything that a request leaves out. The secret stays; see
"webhook rotate-secret".

--event replaces the list of events. Deliveries that the server is still trying keep
the URL that the webhook had.`,
		Example: `  btcpayctl webhook update "$id" --event InvoiceSettled --event InvoiceInvalid
  btcpayctl webhook update "$id" --disable`,
		Args: cli.Arguments(1, 1),
		RunE: c.run,
	}
	cmd.Flags().StringVar(&c.url, "url", "", "`address` that receives the events")
	c.events.addFlags(cmd, "`event` to deliver, such as InvoiceSettled; may be repeated")
	cmd.Flags().BoolVar(&c.allEvents, "all-events", false, "deliver every event")
	cmd.Flags().BoolVar(&c.enable, "enable", false, "deliver events")
	cmd.Flags().BoolVar(&c.disable, "disable", false, "deliver nothing")
	cmd.Flags().BoolVar(&c.redelivery, "redelivery", false, "repeat failed deliveries automatically")
	cmd.Flags().BoolVar(&c.noRedelivery, "no-redelivery", false, "do not repeat failed deliveries automatically")
	cmd.MarkFlagsMutuallyExclusive("event", "all-events")
	cmd.MarkFlagsMutuallyExclusive("enable", "disable")
	cmd.MarkFlagsMutuallyExclusive("redelivery", "no-redelivery")
	declare(cmd, &c.flags)
	cli.Shows(cmd, view)
	return cmd
}

func (c *updateCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, view, record{Events: []string{}})
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	t, err := connect(cmd.Context(), c.app, c.flags)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	defer t.CloseIdleConnections()
	id := greenfield.WebhookID(args[0])
	hook, err := t.get(cmd.Context(), id)
	if err != nil || c.flags.DryRun {
		return err
	}
	request := hook.Request()
	c.change(&request)
	hook, err = update(cmd.Context(), c.app, t, id, request)
	if err != nil {
		return err
	}
	if c.url != "" {
		noteUnreachable(c.app, t.URL, c.url)
	}
	return output.One(p, view, recordOf(t.store, hook))
}

func (c *updateCommand) check() error {
	if c.url != "" {
		if err := checkURL("--url", c.url); err != nil {
			return err
		}
	}
	if err := c.events.check(); err != nil {
		return err
	}
	if c.url == "" && len(c.events.names) == 0 && !c.allEvents && !c.enable && !c.disable && !c.redelivery && !c.noRedelivery {
		return &output.Error{Code: output.Usage, What: "nothing to change is given", Why: "Nothing was sent.", Next: "btcpayctl webhook update --help"}
	}
	return nil
}

func (c *updateCommand) change(r *greenfield.WebhookRequest) {
	if c.url != "" {
		r.URL = c.url
	}
	switch {
	case c.allEvents:
		r.AuthorizedEvents = &greenfield.WebhookEvents{Everything: true, SpecificEvents: []string{}}
	case len(c.events.names) > 0:
		r.AuthorizedEvents = &greenfield.WebhookEvents{SpecificEvents: c.events.names}
	}
	if c.enable || c.disable {
		r.Enabled = &c.enable
	}
	if c.redelivery || c.noRedelivery {
		r.AutomaticRedelivery = &c.redelivery
	}
}

// update changes a webhook and compares the result with the request. A change can be
// repeated, so a lost response only makes it unknown whether it was made.
func update(ctx context.Context, a *app.App, t *target, id greenfield.WebhookID, request greenfield.WebhookRequest) (greenfield.Webhook, error) {
	waiting, over := cli.AwaitAnswer(ctx, a, "the webhook")
	hook, err := t.Webhooks.Update(waiting, t.store, id, request)
	over()
	if client.FateUnknown(err) {
		return hook, &output.Error{Code: cli.LostCode(ctx), What: "webhook " + string(id) + " may have been changed: " + cli.Explain(ctx, err).What,
			Why: "The same command can be repeated.", Next: "btcpayctl webhook show " + string(id), Err: err}
	}
	if err != nil {
		return hook, t.explain(ctx, id, err)
	}
	a.Did(app.Effect{ID: string(id), What: "webhook " + string(id) + " was changed", Look: "btcpayctl webhook show " + string(id)})
	return hook, made(request, hook)
}

type deletedRecord struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Deleted bool   `json:"deleted"`
}

var deletedView = output.View[deletedRecord]{
	Columns: []output.Column[deletedRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r deletedRecord) string { return r.ID }},
		{Title: "DELETED", Value: func(r deletedRecord) string { return cli.YesNo(r.Deleted) }},
		{Title: "URL", Fit: output.FitMiddle, Value: func(r deletedRecord) string { return r.URL }},
	},
	Name: func(r deletedRecord) string { return r.ID },
}

func newDelete(a *app.App) *cobra.Command {
	var flags app.Flags
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete ID",
		Short: "Delete a webhook and its list of deliveries",
		Long: `Delete a webhook. The server delivers nothing more to it, and its list of deliveries is
lost: "webhook update --disable" keeps both. On a terminal btcpayctl asks first; a
script needs --yes.`,
		Example: "  btcpayctl webhook delete \"$id\" --yes",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.CheckedPrinter(a, cmd, deletedView, deletedRecord{})
			if err != nil {
				return err
			}
			t, err := connect(cmd.Context(), a, flags)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			defer t.CloseIdleConnections()
			id := greenfield.WebhookID(args[0])
			if flags.DryRun {
				return cli.DryRunIsDone(t.Webhooks.Delete(cmd.Context(), t.store, id))
			}
			hook, err := t.get(cmd.Context(), id)
			if err != nil {
				return err
			}
			if err := cli.Confirm(cmd.Context(), a, yes, "Delete the webhook "+args[0]+" to "+hook.URL+" and its list of deliveries?"); err != nil {
				return err
			}
			waiting, over := cli.AwaitAnswer(cmd.Context(), a, "the webhook")
			err = t.Webhooks.Delete(waiting, t.store, id)
			over()
			if client.FateUnknown(err) {
				return &output.Error{Code: cli.LostCode(cmd.Context()), What: "webhook " + args[0] + " may have been deleted: " + cli.Explain(cmd.Context(), err).What, Next: "btcpayctl webhook list", Err: err}
			}
			if err != nil {
				return t.explain(cmd.Context(), id, err)
			}
			a.Did(app.Effect{ID: args[0], What: "webhook " + args[0] + " was deleted", Look: "btcpayctl webhook list"})
			operations.ForgetWebhook(cmd.Context(), a, t.URL, args[0])
			return output.One(p, deletedView, deletedRecord{args[0], hook.URL, true})
		},
	}
	cli.AddYesFlag(cmd, &yes)
	declare(cmd, &flags)
	cli.Shows(cmd, deletedView)
	return cmd
}
