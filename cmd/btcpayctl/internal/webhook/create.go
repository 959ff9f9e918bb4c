package webhook

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type createCommand struct {
	app          *app.App
	flags        app.Flags
	url          string
	events       chosenEvents
	disabled     bool
	noRedelivery bool
	duplicate    bool
	secret       newSecret
}

func newCreate(a *app.App) *cobra.Command {
	c := &createCommand{app: a, secret: newSecret{app: a}}
	cmd := &cobra.Command{
		Use:   "create --url URL",
		Short: "Create a webhook",
		Long: `Create a webhook. The server then posts the events of the store to the URL, signed with
the secret: every event, or those that --event names.

The secret comes from --secret-file or BTCPAYCTL_WEBHOOK_SECRET. Otherwise it is
generated, and written to the new file of --output-file or printed by --reveal.

btcpayctl refuses URLs and names of events that the server would accept and never use,
and a second webhook for the same URL, which would receive each event twice
(--duplicate creates it). If the response is lost, btcpayctl looks for the webhook by
its URL; it is never created twice.

For a receiver on this machine that the server cannot reach: btcpayctl webhook forward`,
		Example: `  btcpayctl webhook create --url https://shop.example.com/btcpay/webhook --output-file webhook.secret
  btcpayctl webhook create --url https://shop.example.com/hook --event InvoiceSettled --event InvoiceInvalid --secret-file hook.secret`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	cmd.Flags().StringVar(&c.url, "url", "", "`address` that receives the events")
	c.events.addFlags(cmd, "`event` to deliver, such as InvoiceSettled; may be repeated (default every event)")
	cmd.Flags().BoolVar(&c.disabled, "disabled", false, "do not deliver anything yet")
	cmd.Flags().BoolVar(&c.noRedelivery, "no-redelivery", false, "do not repeat failed deliveries automatically")
	cmd.Flags().BoolVar(&c.duplicate, "duplicate", false, "create the webhook even if another one has the same URL")
	c.secret.addFlags(cmd)
	declare(cmd, &c.flags)
	cli.Shows(cmd, view, revealedView)
	return cmd
}

func (c *createCommand) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, view, c.secret.sample())
	if err != nil {
		return err
	}
	request, err := c.request()
	if err != nil {
		return err
	}
	t, err := connect(cmd.Context(), c.app, c.flags)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	defer t.CloseIdleConnections()
	var before []greenfield.Webhook
	if !c.flags.DryRun {
		if before, err = c.others(cmd.Context(), t); err != nil {
			return err
		}
	}
	secret, err := c.secret.read(c.flags.DryRun)
	if err != nil {
		return err
	}
	request.Secret = secret.sent
	hook, err := c.create(cmd.Context(), t, request, before)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	c.app.Did(app.Effect{ID: string(hook.ID), What: "webhook " + string(hook.ID) + " was created", Look: "btcpayctl webhook show " + string(hook.ID)})
	if err := made(request, hook); err != nil {
		return err
	}
	noteUnreachable(c.app, t.URL, c.url)
	r, shown := c.secret.finish(recordOf(t.store, hook), secret)
	return output.One(p, shown, r)
}

// request checks the flags before anything is sent.
func (c *createCommand) request() (greenfield.WebhookRequest, error) {
	if c.url == "" {
		return greenfield.WebhookRequest{}, &output.Error{Code: output.Usage, What: "no URL is given", Why: "Nothing was sent.", Next: "--url https://shop.example.com/btcpay/webhook"}
	}
	if err := checkURL("--url", c.url); err != nil {
		return greenfield.WebhookRequest{}, err
	}
	if err := c.events.check(); err != nil {
		return greenfield.WebhookRequest{}, err
	}
	if err := c.secret.check(); err != nil {
		return greenfield.WebhookRequest{}, err
	}
	events := greenfield.WebhookEvents{Everything: len(c.events.names) == 0, SpecificEvents: cli.OrEmpty(c.events.names)}
	return greenfield.WebhookRequest{URL: c.url, Enabled: new(!c.disabled), AutomaticRedelivery: new(!c.noRedelivery), AuthorizedEvents: &events}, nil
}

// others returns the webhooks that have the URL, which is an error unless that was
// requested.
func (c *createCommand) others(ctx context.Context, t *target) ([]greenfield.Webhook, error) {
	same, err := t.withURL(ctx, c.url)
	if err != nil || len(same) == 0 || c.duplicate {
		return same, err
	}
	return nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("webhook %s already has this URL", same[0].ID),
		Why:  "The receiver would get each event twice, with different ids. Nothing was created.",
		Next: "btcpayctl webhook show " + string(same[0].ID) + "\nor --duplicate, to create another one"}
}

// withURL returns the webhooks that have a URL.
func (t *target) withURL(ctx context.Context, url string) ([]greenfield.Webhook, error) {
	list, err := t.Webhooks.List(ctx, t.store)
	return slices.DeleteFunc(list, func(w greenfield.Webhook) bool { return w.URL != url }), err
}

// create creates the webhook once. before are those that had its URL.
func (c *createCommand) create(ctx context.Context, t *target, request greenfield.WebhookRequest, before []greenfield.Webhook) (greenfield.Webhook, error) {
	waiting, over := cli.AwaitAnswer(ctx, c.app, "the webhook")
	hook, err := t.Webhooks.Create(waiting, t.store, request)
	over()
	switch {
	case err == nil:
		return hook, nil
	case !client.FateUnknown(err):
		c.secret.takeBack()
		return hook, err
	}
	insist, stop := c.app.Signals.Insist(ctx)
	defer stop()
	hook, found := t.adopt(insist, request, before)
	if found {
		return hook, nil
	}
	e := &output.Error{Code: cli.LostCode(ctx), What: "the webhook for " + c.url + " may have been created: " + cli.Explain(ctx, err).What,
		Why: "It was not found afterwards, and was not requested again.", Next: "btcpayctl webhook list", Err: err}
	if c.secret.written {
		e.Why += " Its secret is in " + c.secret.output + "."
	}
	return hook, e
}

// adopt looks for the webhook of a request whose response was lost, and makes it have what
// was requested.
func (t *target) adopt(ctx context.Context, request greenfield.WebhookRequest, before []greenfield.Webhook) (greenfield.Webhook, bool) {
	after, err := t.withURL(ctx, request.URL)
	if err != nil {
		return greenfield.Webhook{}, false
	}
	after = slices.DeleteFunc(after, func(w greenfield.Webhook) bool {
		return slices.ContainsFunc(before, func(earlier greenfield.Webhook) bool { return earlier.ID == w.ID })
	})
	if len(after) != 1 {
		return greenfield.Webhook{}, false
	}
	hook, err := t.Webhooks.Update(ctx, t.store, after[0].ID, request)
	return hook, err == nil
}
