package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// AddServerFlags adds what every command takes that talks to a server, and declares that
// it does.
func AddServerFlags(cmd *cobra.Command, f *app.Flags) {
	TalksToServer(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.Server, "server", "", "`URL` of BTCPay Server, with its path prefix")
	flags.StringVar(&f.Store, "store", "", "`id` of the store")
	flags.DurationVar(&f.Timeout, "timeout", 0, "bound of one exchange (default 30s)")
	flags.BoolVar(&f.AllowHTTP, "allow-http", false, "accept an http address that is neither loopback nor .onion")
	flags.StringVar(&f.CAFile, "ca-file", "", "PEM `file` of the certificates to trust in place of the system's")
	flags.BoolVar(&f.Debug, "debug", false, "show each exchange on standard error, without secrets")
	flags.BoolVar(&f.DryRun, "dry-run", false, "show the request in place of sending it")
	AddProfileFlag(cmd, f)
}

// AddRetryFlag adds --retry, for commands that make something and are run by scripts.
func AddRetryFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().DurationVar(&f.Retry, "retry", 0, "how long a call is tried again that was surely not sent, such as 60s (default not at all)")
}

// AddProfileFlag adds --profile.
func AddProfileFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().StringVar(&f.Profile, "profile", "", "`name` of the profile; its key is used even where the environment has one")
	Targets(cmd)
}

// AddWaitFlag adds --wait. It is negative where it is not given, and then the
// command has an end of its own.
func AddWaitFlag(cmd *cobra.Command, wait *time.Duration, usage string) {
	*wait = -1
	cmd.Flags().Var((*waitValue)(wait), "wait", usage)
	allowZero(cmd, "wait")
}

// waitValue shows no default in the help, since that is no span of time.
type waitValue time.Duration

func (w *waitValue) String() string {
	if *w < 0 {
		return ""
	}
	return time.Duration(*w).String()
}

func (w *waitValue) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = errors.New("it is negative")
	}
	*w = waitValue(d)
	return err
}

func (w *waitValue) Type() string { return "duration" }
