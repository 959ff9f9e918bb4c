// Package authorize has the command that gets an API key from a user through the server's
// consent page.
//
// A login goes by steps, each of which hands on what it made: [options] of the command
// line ▸ a plan (what is asked of which server, for which profile) ▸ a login (the plan's
// record in the journal, and the page) ▸ a listener or a prompt ▸ the key that came, stored
// as pending ▸ what the server proves of it ▸ the decision to keep it ▸ the profile's key.
package authorize

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// The options are what the command line says.
type options struct {
	reach app.Flags
	asks  cli.PermissionFlags

	appName, identifier, expectUser string
	strict, selective               bool

	// Answers in advance.
	yes, acceptBroader, besidePairing bool

	printURL, paste, noBrowser bool
	port                       uint16
	portChanged                bool
	callbackHost               string
	wait, hintAfter            time.Duration
}

const (
	defaultAuthorizeWait = 15 * time.Minute
	silence              = 20 * time.Second
)

// New returns the command authorize. tree has the commands that --for names.
func New(a *app.App, tree cli.Tree) *cobra.Command {
	o := options{hintAfter: silence}
	cmd := &cobra.Command{
		Use:   "authorize",
		Short: "Get an API key through the server's consent page",
		Long: `Open the server's consent page in the browser, receive the key that the user grants
on a local port, check its permissions, and store it for a profile. --for derives
the permissions from the commands that will be run.

The key is limited to the store that --store, the environment or the profile names,
or that the user picks with --selective-stores. Only --all-stores requests a key for
every store.

A key that the server does not know is not kept. If the key's permissions differ from
your request, btcpayctl asks before keeping it. --accept-broader keeps a key with more
permissions without asking. In a script the exit code is 5 otherwise: the key is not
kept, and it is revoked if it is new. A key for another store than --store is never
kept.

btcpayctl tries what the key can do now with calls that only read. A server grants
whatever a user consents to, and later refuses what the user's role in the store does
not allow: such a key is treated like one with other permissions than requested.

--expect-user accepts only a key of that user. It requests the permission to read the
profile; a key of another user is never kept.

Servers before 2.3.6 cannot limit a key to one store by its id. There, and if the
version is unknown, the user picks the store on the page.

If the profile has a BitId key, invoice commands would use the new API key instead.
btcpayctl asks first; a script needs --beside-pairing.

On a machine without a browser: --print-url prints the page's address, and --paste
reads the key that the page then shows, at a prompt or from one line of standard
input.

With --app-identifier the server offers the user the same key again at the next
login, for the same permissions. btcpayctl keeps the port and nonce for that.

A page that was opened or printed can be answered at any later time. The ledger keeps
it until its key arrives or you run "btcpayctl doctor --forget", and "btcpayctl apikey
list --open" lists it. Its key is labelled NAME/OPERATION; labels are unique. The same
command, run again, also listens for the earlier page.

Exit 0: stored. 4: the key does not work, or belongs to another user than
--expect-user. 5: other permissions than requested, or the user's role does not allow
them. 7: the server could not be reached to check the key; "btcpayctl doctor"
continues. 8: no response within --wait.`,
		Example: `  btcpayctl authorize --profile ci --server https://btcpay.example.com --store ID --for "invoice create,invoice get"
  btcpayctl authorize --server https://btcpay.example.com --store ID --for "invoice list" --print-url
  btcpayctl authorize --profile ci --store ID --for "invoice list" --paste < key.txt`,
		GroupID: "start",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.portChanged = cmd.Flags().Changed("port")
			return o.run(cmd, a)
		},
	}
	f := cmd.Flags()
	o.asks.Tree = tree
	o.asks.Add(cmd)
	f.StringVar(&o.appName, "app", "", "`name` for the page and the key's label, followed by /OPERATION (default btcpayctl/PROFILE)")
	f.StringVar(&o.identifier, "app-identifier", "", "`id` that makes the server offer the same key again")
	f.StringVar(&o.expectUser, "expect-user", "", "accept only a key of the user with this `email`")
	f.BoolVar(&o.strict, "strict", true, "the user must grant exactly what is requested; with =false the user can add more")
	f.BoolVar(&o.selective, "selective-stores", false, "the user picks one store; with --store it must be that one")
	cli.AddBesidePairingFlag(cmd, &o.besidePairing)
	f.BoolVar(&o.acceptBroader, "accept-broader", false, "keep a key with more permissions than requested, without asking")
	f.BoolVar(&o.printURL, "print-url", false, "print only the page's address; the page then shows the key")
	f.BoolVar(&o.paste, "paste", false, "read the key from a prompt or standard input instead of listening")
	f.BoolVar(&o.noBrowser, "no-browser", false, "print the address instead of opening the browser")
	f.Uint16Var(&o.port, "port", 0, "port to listen on; 0 picks a free one")
	f.StringVar(&o.callbackHost, "callback-host", "", "`name` or name:port at which the browser reaches this machine")
	f.BoolVar(&o.yes, "yes", false, "do not ask if the key matches the request")
	cli.AddWaitFlag(cmd, &o.wait, "maximum wait for the user (default 15m)")
	cli.AddServerFlags(cmd, &o.reach)
	cli.Handles(cmd, cli.Keys)
	cli.SetsUpProfile(cmd)
	cli.Shows(cmd, authorizeView, pageView)
	return cmd
}

// run finds all that can be wrong on this side before the user is asked.
func (o options) run(cmd *cobra.Command, a *app.App) error {
	printer, err := cli.Printer(a, cmd)
	if err != nil {
		return err
	}
	if !o.printURL {
		if err := output.Check(printer, authorizeView, authorizeRecord{Permissions: []greenfield.Permission{greenfield.Unrestricted}}); err != nil {
			return err
		}
	}
	if err := errors.Join(o.check(), o.checkExpectedUser()); err != nil {
		return err
	}
	ctx := cmd.Context()
	p, err := o.plan(ctx, a)
	if err != nil {
		return err
	}
	defer p.connection.CloseIdleConnections()
	switch {
	case o.printURL:
		return p.print(ctx, printer)
	case o.reach.DryRun:
		return p.show()
	case o.paste:
		return o.runPaste(ctx, p, printer)
	}
	return o.runListener(ctx, p, printer)
}

// check refuses what cannot go together, and fills in what is not given.
func (o *options) check() error {
	wrong := func(what, next string) error { return &output.Error{Code: output.Usage, What: what, Next: next} }
	switch {
	case o.printURL && o.paste:
		return wrong("--print-url and --paste contradict each other", "the same command with only --paste, which also prints the address")
	case (o.printURL || o.paste) && (o.portChanged || o.callbackHost != ""):
		return wrong("--port and --callback-host need a listener, and there is none with --print-url or --paste", "leave --port and --callback-host out")
	case (o.printURL || o.paste) && o.identifier != "":
		return wrong("--app-identifier needs a listener, and there is none with --print-url or --paste", "leave it out, or leave --print-url and --paste out")
	case o.selective && o.asks.AllStores:
		return wrong("--all-stores and --selective-stores contradict each other", "give one of them")
	case o.wait == 0:
		return wrong("--wait is 0, which leaves the user no time", "--wait 5m")
	}
	if o.wait < 0 {
		o.wait = defaultAuthorizeWait
	}
	return nil
}

// checkExpectedUser refuses what cannot be an account's address.
func (o *options) checkExpectedUser() error {
	o.expectUser = strings.TrimSpace(o.expectUser)
	name, host, found := strings.Cut(o.expectUser, "@")
	if o.expectUser == "" || found && name != "" && host != "" && !strings.ContainsAny(o.expectUser, " \t") {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("--expect-user is %.80q, which is not an e-mail address", o.expectUser),
		Why: "Nothing was sent.", Next: "--expect-user alice@example.com"}
}
