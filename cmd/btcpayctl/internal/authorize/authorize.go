// Package authorize has the command that gets an API key from a person, by the server's
// consent page.
package authorize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// An authorization is one run of "authorize".
type authorization struct {
	app   *app.App
	flags app.Flags
	asks  cli.PermissionFlags

	appName, identifier, expectUser              string
	strict, selective, acceptBroader             bool
	besidePairing                                bool
	printURL, paste, yes, noBrowser, portChanged bool
	port                                         uint16
	bound                                        int // the port that was listened on, 0 for none
	callbackHost                                 string
	wait, hintAfter                              time.Duration

	printer    *output.Printer
	connection *app.GreenfieldConnection // without a credential
	profile    string
	request    greenfield.AuthorizeRequest
	page       string
	id         string // of the operation
	operation  *ledger.Operation[ledger.Key]
	earlier    []*ledger.Operation[ledger.Key] // logins whose pages lead to the same port and nonce
	pasted     bool
	dialogue   *terminal.Dialogue
	verdict    string // the beginning of the line that says where the key is
}

const (
	defaultAuthorizeWait = 15 * time.Minute
	silence              = 20 * time.Second
)

// New returns the command authorize. tree has the commands that --for names.
func New(a *app.App, tree cli.Tree) *cobra.Command {
	c := &authorization{app: a, hintAfter: silence}
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
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c.portChanged = cmd.Flags().Changed("port")
			if err := c.prepare(cmd); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, c.dialogue.Close()) }()
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	c.asks.Tree = tree
	c.asks.Add(cmd)
	f.StringVar(&c.appName, "app", "", "`name` for the page and the key's label, followed by /OPERATION (default btcpayctl/PROFILE)")
	f.StringVar(&c.identifier, "app-identifier", "", "`id` that makes the server offer the same key again")
	f.StringVar(&c.expectUser, "expect-user", "", "accept only a key of the user with this `email`")
	f.BoolVar(&c.strict, "strict", true, "the user must grant exactly what is requested; with =false the user can add more")
	f.BoolVar(&c.selective, "selective-stores", false, "the user picks one store; with --store it must be that one")
	cli.AddBesidePairingFlag(cmd, &c.besidePairing)
	f.BoolVar(&c.acceptBroader, "accept-broader", false, "keep a key with more permissions than requested, without asking")
	f.BoolVar(&c.printURL, "print-url", false, "print only the page's address; the page then shows the key")
	f.BoolVar(&c.paste, "paste", false, "read the key from a prompt or standard input instead of listening")
	f.BoolVar(&c.noBrowser, "no-browser", false, "print the address instead of opening the browser")
	f.Uint16Var(&c.port, "port", 0, "port to listen on; 0 picks a free one")
	f.StringVar(&c.callbackHost, "callback-host", "", "`name` or name:port at which the browser reaches this machine")
	f.BoolVar(&c.yes, "yes", false, "do not ask if the key matches the request")
	cli.AddWaitFlag(cmd, &c.wait, "maximum wait for the user (default 15m)")
	cli.AddServerFlags(cmd, &c.flags)
	cli.Handles(cmd, cli.Keys)
	return cmd
}

// prepare finds all that can be wrong on this side, before anybody is asked.
func (c *authorization) prepare(cmd *cobra.Command) error {
	var err error
	if c.printer, err = cli.Printer(c.app, cmd); err != nil {
		return err
	}
	if !c.printURL {
		if err := output.Check(c.printer, authorizeView, authorizeRecord{Permissions: []greenfield.Permission{greenfield.Unrestricted}}); err != nil {
			return err
		}
	}
	if err := errors.Join(c.checkFlags(), c.checkExpectedUser()); err != nil {
		return err
	}
	s, err := c.app.Settings(c.flags, true)
	if err != nil {
		return err
	}
	if !c.printURL {
		if err := s.OwnServer(); err != nil {
			return err
		}
	}
	if c.connection, err = c.app.ConnectGreenfield(c.flags, s, nil, ""); err != nil {
		return err
	}
	c.flags.CAFile = s.CAFile.Text
	if err := c.makeRequest(cmd.Context(), s); err != nil {
		return err
	}
	c.profile = s.Name.Text
	if c.profile == "" && !c.printURL && !c.flags.DryRun {
		c.profile = cli.DefaultProfile
		return c.offerProfile(cmd.Context(), s)
	}
	return c.checkPairing(cmd.Context(), s)
}

func (c *authorization) checkFlags() error {
	wrong := func(what, next string) error { return &output.Error{Code: output.Usage, What: what, Next: next} }
	switch {
	case c.printURL && c.paste:
		return wrong("--print-url prints and ends, so --paste has no place beside it", "the same command with --paste alone, which prints the address too")
	case (c.printURL || c.paste) && (c.portChanged || c.callbackHost != ""):
		return wrong("there is no listener whose port or host could be chosen", "leave --port and --callback-host out")
	case (c.printURL || c.paste) && c.identifier != "":
		return wrong("--app-identifier counts only together with a listener", "leave it out, or leave --print-url and --paste out")
	case c.selective && c.asks.AllStores:
		return wrong("--all-stores says every store, and --selective-stores lets the person pick one", "give one of them")
	case c.wait == 0:
		return wrong("--wait is 0, and a person needs some time", "--wait 5m")
	}
	if c.wait < 0 {
		c.wait = defaultAuthorizeWait
	}
	return nil
}

// makeRequest works out what is asked for, and warns where the outcome may
// surprise. The redirect is not known yet.
func (c *authorization) makeRequest(ctx context.Context, s app.Settings) error {
	permissions, err := c.asks.Permissions(s.Store, c.selective)
	if e, ok := errors.AsType[*output.Error](err); ok && e.What == cli.NoStoreSaid {
		e.Next += "\nor --selective-stores, and the person picks one"
	}
	if err != nil {
		return cli.WithLeftStore(err, s)
	}
	if own, asked := s.Profile.Store, app.SingleStore(permissions); !c.printURL && s.Profile.SIN != "" && own != "" && asked != "" && asked != own {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s has a BitId key for store %s, and the key would be for store %s", s.Name.Text, own, asked),
			Why: "A profile is for one store. Nothing was sent.", Next: "the same command with --profile ANOTHER"}
	}
	if own, asked := s.Profile.Store, app.SingleStore(permissions); !c.printURL && s.Store.Source == "profile" && asked != "" && asked != own {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for store %s, and --permission names store %s", s.Name.Text, own, asked),
			Why: "Nothing was sent.", Next: "the same command with --profile ANOTHER\nor with --store " + app.ShellWord(asked) + ", which becomes the profile's store"}
	}
	scoped := func(p greenfield.Permission) bool { return p.Scope() != "" }
	named := slices.ContainsFunc(permissions, scoped)
	if named && slices.ContainsFunc(permissions, cli.Everywhere) {
		return &output.Error{Code: output.Usage, What: "one page cannot ask for one store and for every store", Why: "The server would take the store for every permission. Nothing was sent.",
			Next: "leave --all-stores out, with --store ID\nor run the command twice, for two profiles"}
	}
	if len(permissions) == 0 {
		return &output.Error{Code: output.Usage, What: "nothing says what the key is for",
			Next: "--for \"invoice create,invoice get\", or --permission btcpay.store.canviewinvoices"}
	}
	if c.expectUser != "" && !greenfield.Covered(permissions, greenfield.CanViewProfile) {
		permissions = append(permissions, greenfield.CanViewProfile)
	}
	if c.appName == "" {
		c.appName = strings.TrimSuffix("btcpayctl/"+s.Name.Text, "/")
	}
	c.id = operations.NewOperationID()
	c.request = greenfield.AuthorizeRequest{
		Permissions: permissions, ApplicationName: operations.PageLabel(c.appName, c.id), SelectiveStores: c.selective || named || s.Store.Text != "" && !c.asks.AllStores,
		AllowUnknown: c.asks.AllowUnknown,
	}
	if !c.strict {
		c.request.Strict = new(false)
	}
	c.request.Known = c.serversOwn(ctx, permissions)
	if c.identifier == "" {
		c.identifier = s.Profile.AppIdentifier
	}
	if c.printURL || c.paste {
		c.identifier = ""
	}
	if err := c.request.Validate(); err != nil {
		return cli.UsageOf(err)
	}
	for _, w := range c.request.Warnings() {
		if w.Code != greenfield.WarnOneStore || s.Store.Text == "" {
			fmt.Fprintln(c.app.Err, "Note:", output.VisibleLine(w.Text)+".")
		}
	}
	c.fitServer(ctx)
	return nil
}

// serversOwn is the server's list of permissions, where one is asked for that is
// not in this program's and a key is at hand that may read the list.
func (c *authorization) serversOwn(ctx context.Context, asked []greenfield.Permission) []greenfield.PermissionInfo {
	known := true
	for _, p := range asked {
		known = known && p.Known()
	}
	if known || c.asks.AllowUnknown || c.flags.DryRun {
		return nil
	}
	connection, err := c.app.Greenfield(ctx, c.flags)
	if err != nil {
		return nil
	}
	defer connection.CloseIdleConnections()
	list, err := connection.Permissions.List(ctx)
	if err != nil {
		return nil
	}
	return list
}

// offerProfile asks whether a profile may be written for a first use without
// one.
func (c *authorization) offerProfile(ctx context.Context, s app.Settings) error {
	if c.yes {
		return nil
	}
	next := "the same command with --profile ci"
	if !c.app.CanAsk() {
		return &output.Error{Code: output.Usage, What: "there is no profile to keep the key in", Next: next}
	}
	sure, err := c.app.Confirm(ctx, fmt.Sprintf("Keep the key with this server as profile %q (keystore %s)?", cli.DefaultProfile, s.Keystore.Text), true)
	if err == nil && !sure {
		err = &output.Error{Code: output.Usage, What: "nothing was done", Next: next}
	}
	return err
}

func (c *authorization) run(ctx context.Context) error {
	defer c.connection.CloseIdleConnections()
	if c.paste && !c.flags.DryRun {
		if err := c.takePrinted(ctx); err != nil {
			return err
		}
		defer func() {
			if c.operation != nil {
				c.operation.Release() // what is not finished by then stays open
			}
		}()
	}
	if c.printURL || c.paste || c.flags.DryRun {
		var err error
		if c.page, err = c.connection.AuthorizeURL(c.request); err != nil {
			return cli.UsageOf(err)
		}
	}
	switch {
	case c.printURL:
		return c.printPage(ctx)
	case c.flags.DryRun:
		fmt.Fprintf(c.app.Err, "The page would be, with a redirect to this machine:\n\n  %s\n\nNothing was sent.\n", output.VisibleLine(c.page))
		return nil
	}
	// Nobody is asked for a key that then cannot be stored.
	if err := operations.ProbeKeystore(ctx, c.app, c.connection.Keystore.Text); err != nil {
		return err
	}
	if c.app.CanAsk() {
		var err error
		if c.dialogue, err = terminal.OpenDialogue(c.app.Err); err != nil {
			return err
		}
	}
	if c.paste {
		return c.runPaste(ctx)
	}
	return c.runListener(ctx)
}

type pageRecord struct {
	URL string `json:"url"`
}

// printPage writes the page down, like one that is opened: who opens it makes a key.
func (c *authorization) printPage(ctx context.Context) error {
	if !c.flags.DryRun {
		if err := c.begin(ctx); err != nil {
			return err
		}
	}
	err := output.One(c.printer, output.View[pageRecord]{
		Columns: []output.Column[pageRecord]{{Title: "URL", Value: func(r pageRecord) string { return r.URL }}},
		Name:    func(r pageRecord) string { return r.URL },
	}, pageRecord{c.page})
	switch {
	case c.operation == nil:
	case err != nil:
		return errors.Join(err, c.operation.Finish()) // nobody was shown the page
	default:
		err = c.operation.Release()
	}
	if err == nil {
		fmt.Fprint(c.app.Err, c.pickText(), c.labelAdvice())
		fmt.Fprintln(c.app.Err, "The page shows the key once it is authorised.\nNext: the same command with --paste in place of --print-url")
	}
	return err
}

// begin writes the operation down. The person is asked after that.
func (c *authorization) begin(ctx context.Context) error {
	if c.operation != nil {
		return nil
	}
	target := c.profile
	if c.printURL && c.connection.Name.Source != "--profile" {
		target = "" // any profile may take the key
	}
	var err error
	c.operation, err = operations.Begin(ctx, c.app, ledger.Key{
		Header: ledger.Header{ID: c.id, Kind: ledger.KindAuthorize, Profile: c.profile, Server: c.connection.URL, Label: c.request.ApplicationName,
			AllowHTTP: c.flags.AllowHTTP, CAFile: c.flags.CAFile},
		KeyPayload: ledger.KeyPayload{Target: target, Store: c.connection.Store.Text, Permissions: cli.Texts(c.request.Permissions), Keystore: c.connection.Keystore.Text,
			BesidePairing: c.besidePairing},
		Authorize: ledger.AuthorizePayload{Page: c.page, Printed: c.printURL, PickStore: c.request.StoreID, ExpectUser: c.expectUser},
	})
	return err
}
