package root

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
)

// beforeRun runs before every command.
func beforeRun(a *app.App) func(*cobra.Command, []string) error {
	open := nameOpenOperations(a)
	return func(cmd *cobra.Command, args []string) error {
		if err := cli.RefuseEmpty(cmd, args); err != nil {
			return err
		}
		if err := cli.RefuseTexts(cmd, args); err != nil {
			return err
		}
		if err := cli.RefuseColumns(cmd); err != nil {
			return err
		}
		if cli.IsServerCommand(cmd) {
			a.Signals.Begin()
		}
		a.Retarget = lineOf(cmd).hint
		operations.Sweep(a)
		return open(cmd, args)
	}
}
