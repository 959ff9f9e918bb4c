// Package sandbox has the command that runs the sandbox, and those that act on it as an
// owner, a buyer, the network and the clock.
package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
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
	// ControlToken controls a sandbox from other machines.
	ControlToken string `json:"controlToken,omitempty"`
	// CAFile has the certificate of the authority of a sandbox with TLS.
	CAFile string `json:"caFile,omitempty"`
}

type sandboxCommand struct {
	app     *app.App
	host    string
	port    uint16
	list    bool
	options sandbox.Options
}

// New returns the command sandbox.
func New(a *app.App) *cobra.Command {
	c := &sandboxCommand{app: a}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a double of BTCPay Server on this machine",
		Long: `Run a double of BTCPay Server ` + sandbox.Version + ` on a loopback address until Ctrl-C: its
BitPay-compatible API, its web pages, expiring invoices, payments and blocks.

It starts with an account, a store with a wallet, a fixed rate and an API key, and
prints them. --empty starts like a fresh installation. The money is imaginary. State is
lost at the end unless --state names a file; then everything that was acknowledged is
kept, even if the program is killed, in the file and a log beside it. Anyone who can
reach the sandbox can do anything with it: use no real secrets.

A container cannot reach the loopback address of another one: --host listens on another
address, such as 0.0.0.0. Requests from other machines can then use the server. They
control it only with a token, which is printed, or taken from $BTCPAYCTL_SANDBOX_TOKEN.

With --seed, ids, keys, passwords and tokens are the same at each start, as long as the
same requests come in the same order. They can be guessed then.

With --record, what clients ask and what is answered is written into a file at the end,
which "sandbox replay" plays. It has no keys and passwords of clients, but all else that
they send. Requests of pages are left out.

--tls serves https, with certificates of an authority of its own. The file with the
authority's certificate is printed: with --state it is FILE.ca.pem and is used again,
otherwise it is removed at the end.

--emulate behaves like another release for keys, pairing, login and consent: any since
1.13, such as 2.0.8, 2.3.5 or 2.4.2. A series such as 2.0 means the release of it that
was recorded: 1.13.5, 2.0.8, 2.3.9 and 2.4.1. Releases after 2.4.1 follow their
announcements. "newer" has all of their changes: keys are stored as hashes and revoked
by id, and Basic is closed to accounts older than five minutes that have not allowed it.
The account that the sandbox starts with has allowed it.

Operations of the Greenfield API that the sandbox does not have answer 501 with the code
not-in-sandbox. --list prints all operations, and which of them it has.

The subcommands act as the store's owner, a buyer, the network and the clock, from
another terminal or a script.`,
		Example: `  btcpayctl sandbox --port 8080
  export BTCPAYCTL_SERVER=http://127.0.0.1:8080        # in another terminal
  btcpayctl pair client --profile try &
  btcpayctl sandbox approve --profile try; wait
  id=$(btcpayctl invoice create --amount 5 --currency USD -o name)
  btcpayctl sandbox pay "$id" && btcpayctl sandbox mine
  btcpayctl invoice wait "$id"`,
		GroupID: "start",
		Args:    cli.Arguments(0, 0),
		RunE:    c.run,
	}
	cmd.Flags().StringVar(&c.host, "host", "127.0.0.1", "`address` to listen on, such as 0.0.0.0 in a container")
	cmd.Flags().Uint16Var(&c.port, "port", 0, "port to listen on; 0 picks a free one")
	cmd.Flags().BoolVar(&c.options.TLS, "tls", false, "serve https, with an authority of its own")
	cmd.Flags().StringVar(&c.options.RootPath, "root-path", "", "root `path` of the server, such as /btcpay")
	cmd.Flags().StringVar(&c.options.StateFile, "state", "", "keep the state in this `file`")
	cmd.Flags().Uint64Var(&c.options.Seed, "seed", 0, "`number` from 1, with which ids, keys and tokens are the same at each start")
	cmd.Flags().StringVar(&c.options.RecordDir, "record", "", "write what clients ask into this `directory`, as a recording to replay")
	cmd.Flags().BoolVar(&c.options.Empty, "empty", false, "start without an account, like a fresh installation")
	cmd.Flags().BoolVar(&c.options.DisableRegistration, "disable-registration", false, "only an administrator can create further accounts")
	cmd.Flags().StringVar(&c.options.Emulate, "emulate", "", "`release` to answer as: a version since 1.13, such as 2.0.8 or 2.3, or \"newer\" (default "+sandbox.Version+")")
	cmd.Flags().BoolVar(&c.list, "list", false, "print the operations of the Greenfield API, and which of them the sandbox has, and start nothing")
	refuseBeside(cmd, "list", "host", "port", "tls", "seed", "record", "root-path", "state", "empty", "disable-registration", "emulate")
	cmd.AddCommand(newSandboxApprove(a), newSandboxPaste(a), newSandboxCode(a), newSandboxConsent(a), newSandboxPay(a), newSandboxReplace(a), newSandboxMine(a), newSandboxClock(a), newSandboxFault(a),
		newSandboxReset(a), newSandboxSnapshot(a), newSandboxReplay(a), newSandboxRequests(a))
	cli.Shows(cmd, sandboxView)
	return cmd
}

func (c *sandboxCommand) run(cmd *cobra.Command, _ []string) error {
	if c.list {
		return printOperations(c.app, cmd)
	}
	p, err := c.printer(cmd)
	if err != nil {
		return err
	}
	if _, err := sandbox.EmulatedVersion(c.options.Emulate); err != nil {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--emulate does not know the release %.40q", c.options.Emulate), Why: "It takes a version since 1.13, or \"newer\". Nothing was started.", Next: "--emulate 2.0, --emulate 2.3.9, or --emulate newer", Err: err}
	}
	if cmd.Flags().Changed("seed") && c.options.Seed == 0 {
		return &output.Error{Code: output.Usage, What: "--seed must be 1 or more", Why: "Nothing was started.", Next: "--seed 1, or leave --seed out"}
	}
	if err := c.chooseToken(); err != nil {
		return err
	}
	c.app.Signals.Begin() // before it is said to be ready
	server, err := sandbox.Start(cmd.Context(), net.JoinHostPort(strings.Trim(c.host, "[]"), strconv.Itoa(int(c.port))), c.options)
	if err != nil {
		return &output.Error{Code: output.Failed, What: "the sandbox cannot start", Why: err.Error(), Next: "another --host, --port or --state file", Err: err}
	}
	defer server.Close() // which may be called twice
	caFile, removeCA, err := keepCA(server)
	if err != nil {
		return err
	}
	defer removeCA()
	s := server.Seed
	record := sandboxRecord{server.URL, s.Email, s.Password, s.StoreID, s.StoreName, s.APIKey, c.options.ControlToken, caFile}
	if err := output.One(p, sandboxView, record); err != nil {
		return err
	}
	if format, err := cmd.Flags().GetString("output"); err == nil && (format == "" || format == "table") {
		fmt.Fprint(c.app.Err, record.lines())
	}
	fmt.Fprintln(c.app.Err, "Ctrl-C stops it.")
	<-cmd.Context().Done()
	if err := server.Close(); err != nil {
		return &output.Error{Code: output.Failed, What: "the sandbox failed", Why: err.Error(), Err: err}
	}
	return nil
}

// chooseToken takes or makes the token of a sandbox that does not listen on loopback.
func (c *sandboxCommand) chooseToken() error {
	token, err := c.app.Variable(app.SandboxTokenVariable)
	if err != nil {
		return err
	}
	c.options.ControlToken = token.Text
	if token.Text == "" && !loopback(strings.Trim(c.host, "[]")) {
		c.options.ControlToken = rand.Text()
	}
	if len(c.options.ControlToken) < 16 && c.options.ControlToken != "" {
		return &output.Error{Code: output.Usage, What: app.SandboxTokenVariable + " must have 16 characters or more", Why: "Nothing was started.", Next: "unset " + app.SandboxTokenVariable}
	}
	return nil
}

// lines are those that give another shell what the sandbox has, as "demo" prints them.
func (r sandboxRecord) lines() string {
	var b strings.Builder
	b.WriteString("For commands in another terminal:\n\n")
	for _, v := range [][2]string{
		{"BTCPAYCTL_SERVER", r.URL}, {"BTCPAYCTL_STORE", r.StoreID}, {"BTCPAYCTL_API_KEY", r.APIKey}, {app.SandboxTokenVariable, r.ControlToken}, {"BTCPAYCTL_CA_FILE", r.CAFile},
	} {
		if v[1] != "" {
			fmt.Fprintf(&b, "  export %s=%s\n", v[0], app.ShellWord(v[1]))
		}
	}
	if r.CAFile != "" {
		fmt.Fprintf(&b, "\nor, in a command: --ca-file %s\n", app.ShellWord(r.CAFile))
	}
	b.WriteString("\n")
	return b.String()
}

// keepCA returns the file with the certificate of the sandbox's authority, and what removes it at the end.
func keepCA(server *sandbox.Server) (path string, remove func(), err error) {
	switch {
	case server.CA == nil:
		return "", func() {}, nil
	case server.CAFile != "":
		path, err = filepath.Abs(server.CAFile)
		return path, func() {}, err
	}
	file, err := os.CreateTemp("", "btcpayctl-sandbox-ca-*.pem")
	if err == nil {
		_, err = file.Write(server.CA)
		err = errors.Join(err, file.Chmod(0o644), file.Close())
	}
	if err != nil {
		return "", nil, &output.Error{Code: output.Failed, What: "the certificate of the sandbox's authority cannot be written", Why: err.Error(), Next: "another --state file, beside which it is kept", Err: err}
	}
	return file.Name(), func() { os.Remove(file.Name()) }, nil
}

// printer writes the JSON document on one line, so that a program that reads one line knows
// when the sandbox is ready.
func (c *sandboxCommand) printer(cmd *cobra.Command) (*output.Printer, error) {
	p, err := cli.Printer(c.app, cmd)
	format, formatErr := cmd.Flags().GetString("output")
	query, queryErr := cmd.Flags().GetString("jq")
	if err = errors.Join(err, formatErr, queryErr); err == nil && format == "json" && query == "" {
		return output.NewPrinter(c.app.Out, "jsonl", "")
	}
	return p, err
}

var sandboxView = output.View[sandboxRecord]{
	Columns: []output.Column[sandboxRecord]{
		{Title: "URL", Fit: output.FitBelow, Value: func(r sandboxRecord) string { return r.URL }},
		{Title: "EMAIL", Value: func(r sandboxRecord) string { return r.Email }},
		{Title: "PASSWORD", Value: func(r sandboxRecord) string { return r.Password }},
		{Title: "STORE", Fit: output.FitWords, Value: func(r sandboxRecord) string { return r.StoreID }},
		{Title: "API KEY", Fit: output.FitBelow, Value: func(r sandboxRecord) string { return r.APIKey }},
	},
	Name: func(r sandboxRecord) string { return r.URL },
}
