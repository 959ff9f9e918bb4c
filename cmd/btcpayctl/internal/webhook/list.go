package webhook

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func newList(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the webhooks of a store",
		Long: `List the webhooks of a store. The server does not show their secrets. This needs the
permission btcpay.store.webhooks.canmodifywebhooks, as all webhook commands do.`,
		Example: "  btcpayctl webhook list -o json --jq '.[] | select(.enabled | not) | .url'",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			t, err := connect(cmd.Context(), a, flags)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			defer t.CloseIdleConnections()
			list, err := t.Webhooks.List(cmd.Context(), t.store)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			records := make([]record, len(list))
			for i, w := range list {
				records[i] = recordOf(t.store, w)
			}
			return output.Each(p, view, records)
		},
	}
	declare(cmd, &flags)
	cli.Shows(cmd, view)
	return cmd
}

func newShow(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Show a webhook",
		Long:    "Show a webhook. Its secret is only shown when it is created or replaced.",
		Example: "  btcpayctl webhook show \"$id\" -o json",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			t, err := connect(cmd.Context(), a, flags)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			defer t.CloseIdleConnections()
			hook, err := t.get(cmd.Context(), greenfield.WebhookID(args[0]))
			if err != nil || flags.DryRun {
				return err
			}
			return output.One(p, view, recordOf(t.store, hook))
		},
	}
	declare(cmd, &flags)
	cli.Shows(cmd, view)
	return cmd
}

// declare adds the flags of commands that use webhooks of a server, and what they need.
func declare(cmd *cobra.Command, flags *app.Flags) {
	cli.AddServerFlags(cmd, flags)
	cli.Needs(cmd, greenfield.CanModifyWebhooks)
}
