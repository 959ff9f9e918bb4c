package command

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// before is what every command does first.
func before(a *app.App) func(*cobra.Command, []string) error {
	open := nameOpenOperations(a)
	return func(cmd *cobra.Command, args []string) error {
		if err := refuseEmpty(cmd, args); err != nil {
			return err
		}
		if err := refuseTexts(cmd, args); err != nil {
			return err
		}
		a.Retarget = lineOf(cmd).hint
		a.SweepLeftovers()
		return open(cmd, args)
	}
}
