package webhook

import (
	"context"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// An ownWebhook is a webhook that a command created for itself. Its record is in the ledger
// as long as it exists.
type ownWebhook struct {
	app       *app.App
	target    *target
	operation *ledger.Operation[ledger.Webhook]
}

func (w *ownWebhook) id() greenfield.WebhookID {
	return greenfield.WebhookID(w.operation.Record.Webhook)
}

// newHeader is the header of a record about a webhook of the target.
func (t *target) newHeader(id string, kind ledger.Kind, flags app.Flags) ledger.Header {
	h := ledger.Header{ID: id, Kind: kind, Server: t.URL, AllowHTTP: flags.AllowHTTP, CAFile: t.CAFile.Text}
	if t.Source == app.SourceProfile {
		h.Profile = t.Name.Text
	}
	return h
}

// createOwn creates the webhook of a record, which is on disk before the request is sent.
// If the response is lost, the webhook is found by its URL. If it returns a webhook, it
// exists, also after an error.
func (t *target) createOwn(ctx context.Context, a *app.App, operation *ledger.Operation[ledger.Webhook], request greenfield.WebhookRequest) (*ownWebhook, error) {
	w := &ownWebhook{a, t, operation}
	request.URL = operation.Record.URL
	waiting, over := cli.AwaitAnswer(ctx, a, "the webhook")
	hook, err := t.Webhooks.Create(waiting, t.store, request)
	over()
	if client.FateUnknown(err) {
		insist, stop := a.Signals.Insist(ctx)
		defer stop()
		adopted, found := t.adopt(insist, request, nil)
		if !found {
			e := cli.Explain(ctx, err)
			return nil, &output.Error{Code: cli.LostCode(ctx), What: "the webhook may have been created: " + e.What,
				Why: "It has a record, and a later command deletes it.", Next: "btcpayctl doctor", Err: err}
		}
		hook, err = adopted, nil
	}
	if err != nil {
		return nil, err
	}
	fault.At("webhook-made")
	if err := operation.Advance(func(r *ledger.Webhook) { r.Webhook = string(hook.ID) }); err != nil {
		return w, err
	}
	return w, made(request, hook)
}

// end deletes the webhook. It does so also after a signal; a second one gives up.
func (w *ownWebhook) end(ctx context.Context) {
	insist, stop := w.app.Signals.Insist(ctx)
	defer stop()
	if err := operations.EndWebhook(insist, w.target.Client, w.operation); err != nil {
		_ = w.operation.Release()
		fmt.Fprintf(w.app.Err, "warning: the webhook %s is not deleted yet: %s. Next: %s\n", w.id(), output.VisibleLine(cli.Explain(insist, err).What), w.app.Hint("btcpayctl doctor"))
	}
}
