package operations

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// ForwardsFolder is the folder in [app.App.DataDir] with what "webhook forward" has
// forwarded, by the ids of operations, and with the secrets that it generated.
const ForwardsFolder = "forwards"

// The ends of the names of generated secrets.
const (
	ForwardSecret         = ".secret"
	ForwardStandardSecret = ".whsec"
)

// RemoveForward removes what was recorded of a forwarding that has ended.
func RemoveForward(a *app.App, id string) {
	data, err := a.DataDir()
	if err != nil {
		return
	}
	state := filepath.Join(data, ForwardsFolder, id)
	_ = os.RemoveAll(state) // what remains only costs space
	for _, ext := range []string{ForwardSecret, ForwardStandardSecret} {
		_ = os.Remove(state + ext)
	}
}

// EndWebhook deletes the webhook of an operation, if the server has it, and ends the
// operation. It finds a webhook whose creation had an unknown outcome by its URL.
func EndWebhook(ctx context.Context, c *greenfield.Client, operation *ledger.Operation[ledger.Webhook]) error {
	r := operation.Record
	store := greenfield.StoreID(r.Store)
	list, err := c.Webhooks.List(ctx, store)
	if err != nil {
		return err
	}
	for _, hook := range list {
		if string(hook.ID) != r.Webhook && hook.URL != r.URL {
			continue
		}
		err := c.Webhooks.Delete(ctx, store, hook.ID)
		if err != nil && !errors.Is(err, greenfield.ErrWebhookNotFound) {
			return err
		}
	}
	return operation.Finish()
}

// EndInterruptedListens deletes the webhooks that interrupted commands left on a server. A
// failure is reported, and does not stop other work.
func EndInterruptedListens(ctx context.Context, a *app.App, c *app.GreenfieldConnection, store greenfield.StoreID) {
	journal, err := a.Ledger()
	if err != nil {
		return
	}
	open, _ := UnfinishedOf[ledger.Webhook](ctx, a) // "doctor" reports records that cannot be read
	for _, r := range open {
		if r.Kind != ledger.KindListen || r.Server != c.URL || r.Store != string(store) {
			continue
		}
		operation, err := ledger.Resume[ledger.Webhook](ctx, journal, r.ID)
		if err != nil {
			continue // another process receives its deliveries, or has ended it
		}
		if err := EndWebhook(ctx, c.Client, operation); err != nil {
			operation.Release()
			fmt.Fprintf(a.Err, "warning: the webhook of an interrupted command is not deleted yet: %s\n", output.VisibleLine(cli.Explain(ctx, err).What))
			continue
		}
		fmt.Fprintf(a.Err, "Deleted the webhook of a command that was interrupted at %s.\n", r.Updated.Local().Format("2006-01-02 15:04"))
	}
}

// ForgetWebhook ends the operation of a webhook that was deleted.
func ForgetWebhook(ctx context.Context, a *app.App, server, webhook string) {
	journal, err := a.Ledger()
	if err != nil {
		return
	}
	open, _ := UnfinishedOf[ledger.Webhook](ctx, a)
	for _, r := range open {
		if r.Server != server || r.Webhook != webhook {
			continue
		}
		if operation, err := ledger.Resume[ledger.Webhook](ctx, journal, r.ID); err == nil {
			_ = operation.Finish() // "doctor" ends it otherwise
			RemoveForward(a, r.ID)
		}
	}
}

// ForwardCommand is the command that continues a forwarding.
func ForwardCommand(r ledger.Webhook) string {
	var next strings.Builder
	next.WriteString("btcpayctl webhook forward")
	if r.Profile != "" {
		next.WriteString(" --profile " + app.ShellWord(r.Profile)) // first, as hints expect it
	}
	next.WriteString(" --to " + app.ShellWord(r.To))
	if r.SecretFile != "" {
		next.WriteString(" --secret-file " + app.ShellWord(r.SecretFile))
	}
	if r.As == "standard" {
		next.WriteString(" --as standard")
	}
	for _, event := range r.Events {
		next.WriteString(" --event " + app.ShellWord(event))
	}
	return next.String()
}

// webhookOperation deletes the webhook of an interrupted "webhook listen". That of "webhook
// forward" remains, since the same command continues with it.
func (d *Checker) webhookOperation(ctx context.Context, r ledger.Webhook) cli.Check {
	remove := "btcpayctl webhook delete " + r.Webhook
	if r.Webhook == "" {
		remove = "btcpayctl webhook list\nthen btcpayctl webhook delete ID"
	}
	switch {
	case !IsAbandoned(ctx, d.App, r.ID):
		return atWork(r.Header)
	case r.Kind == ledger.KindForward:
		what := "was interrupted, and its webhook still collects events"
		if r.Kept {
			what = "has ended, and its webhook still collects events, as --keep requested"
		}
		return warning(r.Header, "the forwarding to "+r.To+" "+what, ForwardCommand(r)+"\nor "+remove)
	case d.Flags.DryRun:
		return warning(r.Header, "a webhook of an interrupted command is not deleted", "btcpayctl doctor")
	}
	journal, err := d.App.Ledger()
	if err != nil {
		return cli.FailedCheck(ctx, nameOf(r.Header), err)
	}
	operation, err := ledger.Resume[ledger.Webhook](ctx, journal, r.ID)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return atWork(r.Header)
	case errors.Is(err, ledger.ErrNotFound):
		return cli.Check{Check: nameOf(r.Header), Status: "ok", Detail: "finished since"}
	case err != nil:
		return cli.FailedCheck(ctx, nameOf(r.Header), err)
	}
	defer operation.Release()
	connection, err := d.connectTo(ctx, r.Header)
	if err == nil {
		defer connection.CloseIdleConnections()
		err = EndWebhook(ctx, connection.Client, operation)
	}
	if err != nil {
		e := cli.Explain(ctx, err)
		return warning(r.Header, "a webhook of an interrupted command is not deleted yet: "+e.What, remove)
	}
	return cli.Check{Check: nameOf(r.Header), Status: "ok", Detail: "the webhook of an interrupted command is deleted"}
}

// connectTo connects with the API key of a record's profile, or with the one in use, to the
// server of the record.
func (d *Checker) connectTo(ctx context.Context, r ledger.Header) (*app.GreenfieldConnection, error) {
	flags := d.Reaching(r).Flags
	if flags.Profile == "" {
		flags.Profile = r.Profile
	}
	connection, err := d.App.Greenfield(ctx, flags)
	if err != nil {
		return nil, err
	}
	if connection.URL != r.Server {
		connection.CloseIdleConnections()
		return nil, fmt.Errorf("it is on %s, and the key in use is for %s", r.Server, connection.URL)
	}
	return connection, nil
}

// noteWebhooks names webhooks that an interrupted "webhook listen" left on the server.
func noteWebhooks(n startNotes) {
	if cli.DoesHandle(n.cmd, cli.Webhooks) {
		return
	}
	left := slices.DeleteFunc(ledger.Of[ledger.Webhook](n.open), func(r ledger.Webhook) bool {
		return r.Kind != ledger.KindListen || !IsAbandoned(n.ctx(), n.app, r.ID)
	})
	if len(left) > 0 {
		n.print(countOf(len(left), n.more, "webhook of an interrupted command is", "webhooks of interrupted commands are")+" still on the server", "btcpayctl doctor")
	}
}
