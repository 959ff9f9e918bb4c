package cli

import (
	"errors"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// AddServerFlags adds what every command takes that talks to a server, and declares that
// it does.
func AddServerFlags(cmd *cobra.Command, f *app.Flags) {
	TalksToServer(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.Server, "server", "", "`URL` of the BTCPay Server, including its root path")
	flags.StringVar(&f.Store, "store", "", "`id` of the store; with an API key also its exact name")
	flags.BoolVar(&f.DryRun, "dry-run", false, "print the request instead of sending it")
	AddReachFlags(cmd, f)
	AddProfileFlag(cmd, f)
}

// AddReachFlags adds how servers are reached, for commands that talk to the server of each
// key.
func AddReachFlags(cmd *cobra.Command, f *app.Flags) {
	flags := cmd.Flags()
	flags.DurationVar(&f.Timeout, "timeout", 0, "timeout per request (default 30s)")
	flags.BoolVar(&f.AllowHTTP, "allow-http", false, "allow http to an address that is neither loopback nor .onion")
	AddCAFileFlag(cmd, &f.CAFile, "PEM `file` of certificates to trust instead of the system's")
	flags.BoolVar(&f.Debug, "debug", false, "log each request and response to standard error, without secrets")
	Targets(cmd)
}

// AddCAFileFlag adds --ca-file. Its value is absolute, since it is kept: in profiles, in
// the ledger and in hints, which are used in other directories.
func AddCAFileFlag(cmd *cobra.Command, file *string, usage string) {
	cmd.Flags().Var((*pathValue)(file), "ca-file", usage)
}

// pathValue is the absolute path of a file.
type pathValue string

func (p *pathValue) String() string { return string(*p) }

func (p *pathValue) Set(text string) (err error) {
	// What is no text is refused later, with the byte that was given.
	if strings.TrimSpace(text) != "" && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		text, err = filepath.Abs(text)
	}
	*p = pathValue(text)
	return err
}

func (p *pathValue) Type() string { return "string" }

// AddRetryFlag adds --retry, for commands that make something and are run by scripts.
func AddRetryFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().DurationVar(&f.Retry, "retry", 0, "retry requests that could not be sent for this time, such as 60s (default no retry)")
}

// AddProfileFlag adds --profile.
func AddProfileFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().StringVar(&f.Profile, "profile", "", "`name` of the profile; takes precedence over environment variables")
	Targets(cmd)
}

// AddWaitFlag adds --wait. It is negative if it is not given, and then the
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
