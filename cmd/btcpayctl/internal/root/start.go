package root

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// nameOpenOperations runs before every command that talks to a server: it removes expired
// pairings and names operations with an unknown outcome, on standard error. It does nothing
// if errors are JSON, and for commands that deal with open operations themselves. It takes
// the same time however many operations are open.
func nameOpenOperations(a *app.App) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		format, err := cmd.Flags().GetString("output")
		if err != nil {
			return err
		}
		if !cli.IsServerCommand(cmd) || output.IsJSON(format) || cli.DoesHandle(cmd, cli.Everything) {
			return nil
		}
		operations.Note(cmd, a)
		return nil
	}
}
