package command

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// addServerFlags adds what every command takes that talks to a server.
func addServerFlags(cmd *cobra.Command, f *app.Flags) {
	flags := cmd.Flags()
	flags.StringVar(&f.Server, "server", "", "`URL` of BTCPay Server, with its path prefix")
	flags.StringVar(&f.Store, "store", "", "`id` of the store")
	flags.DurationVar(&f.Timeout, "timeout", 0, "bound of one exchange (default 30s)")
	flags.BoolVar(&f.AllowHTTP, "allow-http", false, "accept an http address that is neither loopback nor .onion")
	flags.StringVar(&f.CAFile, "ca-file", "", "PEM `file` of the certificates to trust in place of the system's")
	flags.BoolVar(&f.Debug, "debug", false, "show each exchange on standard error, without secrets")
	flags.BoolVar(&f.DryRun, "dry-run", false, "show the request in place of sending it")
	addProfileFlag(cmd, f)
}

func addProfileFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().StringVar(&f.Profile, "profile", "", "`name` of the profile; its key is used even where the environment has one")
}

// group makes a command that only holds others.
func group(name, short, id, long string) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Long:    long,
		GroupID: id,
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}
