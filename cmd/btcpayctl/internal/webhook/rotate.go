package webhook

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func newRotateSecret(a *app.App) *cobra.Command {
	var flags app.Flags
	secret := newSecret{app: a}
	cmd := &cobra.Command{
		Use:   "rotate-secret ID",
		Short: "Replace the secret of a webhook",
		Long: `Replace the secret of a webhook. To lose no delivery:

  1. Make a new secret and give it to the receiver beside the old one.
  2. Run this command with --secret-file. The server signs new deliveries with the new
     secret from then on.
  3. Remove the old secret from the receiver after two hours, when the server no longer
     repeats earlier deliveries.

--output-file and --reveal generate the secret instead. Then the receiver refuses what is
delivered before it has the new secret, and the server gives up such deliveries;
"webhook replay" sends them again.`,
		Example: `  btcpayctl webhook rotate-secret "$id" --secret-file new.secret`,
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.CheckedPrinter(a, cmd, view, secret.sample())
			if err != nil {
				return err
			}
			if err := secret.check(); err != nil {
				return err
			}
			t, err := connect(cmd.Context(), a, flags)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			defer t.CloseIdleConnections()
			id := greenfield.WebhookID(args[0])
			hook, err := t.get(cmd.Context(), id)
			if err != nil || flags.DryRun {
				return err
			}
			text, err := secret.read(false)
			if err != nil {
				return err
			}
			if hook, err = rotate(cmd.Context(), a, t, hook, text, &secret); err != nil {
				return err
			}
			fmt.Fprintln(a.Err, "The server signs with the new secret from now on. Remove the old one from the receiver after two hours.")
			r, shown := secret.finish(recordOf(t.store, hook), text)
			return output.One(p, shown, r)
		},
	}
	secret.addFlags(cmd)
	declare(cmd, &flags)
	cli.Shows(cmd, view, revealedView)
	return cmd
}

func rotate(ctx context.Context, a *app.App, t *target, hook greenfield.Webhook, secret secretText, from *newSecret) (greenfield.Webhook, error) {
	request := hook.Request()
	request.Secret = secret.sent
	waiting, over := cli.AwaitAnswer(ctx, a, "the new secret")
	changed, err := t.Webhooks.Update(waiting, t.store, hook.ID, request)
	over()
	switch {
	case client.FateUnknown(err):
		e := &output.Error{Code: cli.LostCode(ctx), What: fmt.Sprintf("webhook %s may have the new secret: %s", hook.ID, cli.Explain(ctx, err).What),
			Why: "The receiver should accept both secrets until the same command has succeeded, with the new secret in FILE.", Next: "btcpayctl webhook rotate-secret " + string(hook.ID) + " --secret-file FILE", Err: err}
		if from.written {
			e.Next = "btcpayctl webhook rotate-secret " + string(hook.ID) + " --secret-file " + app.ShellWord(from.output)
		}
		return changed, e
	case err != nil:
		from.takeBack()
		return changed, t.explain(ctx, hook.ID, err)
	}
	a.Did(app.Effect{ID: string(hook.ID), What: "the secret of webhook " + string(hook.ID) + " was replaced", Look: "btcpayctl webhook show " + string(hook.ID)})
	return changed, made(request, changed)
}
