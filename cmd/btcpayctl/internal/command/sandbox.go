package command

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

type sandboxRecord struct {
	URL       string `json:"url"`
	Email     string `json:"email,omitempty"`
	Password  string `json:"password,omitempty"`
	StoreID   string `json:"storeId,omitempty"`
	StoreName string `json:"storeName,omitempty"`
	APIKey    string `json:"apiKey,omitempty"`
}

type sandboxCommand struct {
	app     *app.App
	port    uint16
	options sandbox.Options
}

func newSandbox(a *app.App) *cobra.Command {
	c := &sandboxCommand{app: a}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a BTCPay Server double on this machine",
		Long: `Run a double of BTCPay Server ` + sandbox.Version + ` on a loopback address until Ctrl-C: its
BitPay-compatible API, the pages people click, invoices that expire, payments and
blocks.

It starts with an account, a store with a wallet, a fixed rate and an API key,
and prints them. --empty starts as a freshly installed server does. The money is
imaginary; nothing is kept unless --state names a file. Whoever can reach it may
do anything with it: give it no secret of value.

--emulate 2.0 takes on what is known of BTCPay Server 2.0: the consent page that has
a store picked behind the one that is named, among others.

The commands below it play the people around it, from another terminal or a
script: the store's owner, a buyer, the network and the clock.`,
		Example: `  btcpayctl sandbox --port 8080
  export BTCPAYCTL_SERVER=http://127.0.0.1:8080        # in another terminal
  btcpayctl pair client --profile try &
  btcpayctl sandbox approve --profile try; wait
  id=$(btcpayctl invoice create --amount 5 --currency USD -o name)
  btcpayctl sandbox pay "$id" && btcpayctl sandbox mine
  btcpayctl invoice wait "$id"`,
		GroupID: "start",
		Args:    arguments(0, 0),
		RunE:    c.run,
	}
	cmd.Flags().Uint16Var(&c.port, "port", 0, "port to listen on; 0 takes a free one")
	cmd.Flags().StringVar(&c.options.RootPath, "root-path", "", "`path` that everything lives under, such as /btcpay")
	cmd.Flags().StringVar(&c.options.StateFile, "state", "", "`file` that keeps the state from one start to the next")
	cmd.Flags().BoolVar(&c.options.Empty, "empty", false, "start without any account, as a fresh installation")
	cmd.Flags().BoolVar(&c.options.DisableRegistration, "disable-registration", false, "only an administrator makes further accounts")
	cmd.Flags().StringVar(&c.options.Emulate, "emulate", "", "`release` whose older behaviour is taken on: "+strings.Join(sandbox.Releases(), " or ")+" (default the newest)")
	cmd.AddCommand(newSandboxApprove(a), newSandboxPaste(a), newSandboxCode(a), newSandboxConsent(a), newSandboxPay(a), newSandboxMine(a), newSandboxClock(a))
	return cmd
}

func (c *sandboxCommand) run(cmd *cobra.Command, _ []string) error {
	p, err := c.printer(cmd)
	if err != nil {
		return err
	}
	if r := c.options.Emulate; r != "" && !slices.Contains(sandbox.Releases(), r) {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--emulate knows no release %.40q", r), Why: "Nothing was started.", Next: "--emulate " + strings.Join(sandbox.Releases(), ", or --emulate ")}
	}
	server, err := sandbox.Start(cmd.Context(), net.JoinHostPort("127.0.0.1", strconv.Itoa(int(c.port))), c.options)
	if err != nil {
		return &output.Error{Code: output.Failed, What: "the sandbox cannot start", Why: err.Error(), Next: "another --port or another --state file", Err: err}
	}
	s := server.Seed
	record := sandboxRecord{server.URL, s.Email, s.Password, s.StoreID, s.StoreName, s.APIKey}
	if err := output.One(p, sandboxView, record); err != nil {
		server.Close()
		return err
	}
	fmt.Fprintln(c.app.Err, "Ctrl-C stops it.")
	<-cmd.Context().Done()
	if err := server.Close(); err != nil {
		return &output.Error{Code: output.Failed, What: "the sandbox stopped with a fault", Why: err.Error(), Err: err}
	}
	return nil
}

// printer writes the JSON document on one line, so that a program which reads
// a line knows that the sandbox is ready.
func (c *sandboxCommand) printer(cmd *cobra.Command) (*output.Printer, error) {
	p, err := printer(c.app, cmd)
	format, formatErr := cmd.Flags().GetString("output")
	query, queryErr := cmd.Flags().GetString("jq")
	if err = errors.Join(err, formatErr, queryErr); err == nil && format == "json" && query == "" {
		return output.NewPrinter(c.app.Out, "jsonl", "")
	}
	return p, err
}

var sandboxView = output.View[sandboxRecord]{
	Columns: []output.Column[sandboxRecord]{
		{Title: "URL", Value: func(r sandboxRecord) string { return r.URL }},
		{Title: "EMAIL", Value: func(r sandboxRecord) string { return r.Email }},
		{Title: "PASSWORD", Value: func(r sandboxRecord) string { return r.Password }},
		{Title: "STORE", Value: func(r sandboxRecord) string { return r.StoreID }},
		{Title: "API KEY", Value: func(r sandboxRecord) string { return r.APIKey }},
	},
	Name: func(r sandboxRecord) string { return r.URL },
}
