package apikey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

type apiKeyCreate struct {
	app         *app.App
	flags       app.Flags
	asks        cli.PermissionFlags
	basic, user string

	saveAs, file  string
	besidePairing bool
	reveal, yes   bool

	printer *output.Printer
	*minting
}

func newAPIKeyCreate(a *app.App, tree cli.Tree) *cobra.Command {
	c := &apiKeyCreate{app: a}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key with limited permissions",
		Long: `Make an API key, using a key that can make keys or an account's password. The new
key is stored in the keystore. --save-as makes a profile use it, --output-file writes
it to a new file instead, and --reveal prints it instead. Otherwise the output has
its id, label and permissions, never the key.

The key is limited to the store that --store, the environment or the profile names
(the profile of --save-as first). A key for every store needs --all-stores, or
--permission unrestricted, which always means every store.

--basic is for the first key of an account. The password is read from a prompt, the
file in BTCPAYCTL_PASSWORD_FILE, or a line of standard input. The server accepts
about five such requests a minute. After five wrong passwords it locks the account,
with all its keys, for five minutes. Since 2.4.2 it refuses passwords of accounts with
a second factor, and of accounts older than five minutes whose owner has not allowed
Basic authentication; "authorize --permission unrestricted" works there.

If the response is lost, the key is not requested again: the exit code is 8, and the
label to look for on the server's page is printed. If a signal arrives while the key
is being made, btcpayctl waits for the response, revokes the key and exits with 128
plus the signal. After a second signal it does not wait.`,
		Example: `  btcpayctl apikey create --profile admin --for "invoice create,invoice get" --store ID --save-as shop
  btcpayctl apikey create --server https://btcpay.example.com --basic admin@example.com --permission unrestricted --save-as admin`,
		Args: cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd)
		},
	}
	f := cmd.Flags()
	c.asks.Tree = tree
	c.asks.Add(cmd)
	f.StringVar(&c.basic, "basic", "", "`email` of the account; asks for its password")
	f.StringVar(&c.user, "for-user", "", "`user` the key is for, by e-mail address or id; administrators only")
	f.StringVar(&c.saveAs, "save-as", "", "`profile` to use the new key in")
	cli.AddBesidePairingFlag(cmd, &c.besidePairing)
	f.StringVar(&c.file, "output-file", "", "write the key to this new `file` instead of the keystore")
	f.BoolVar(&c.reveal, "reveal", false, "print the key instead of storing it")
	f.BoolVar(&c.yes, "yes", false, "with --reveal, print the key even if standard output is not a terminal")
	cli.AddRetryFlag(cmd, &c.flags)
	cli.AddServerFlags(cmd, &c.flags)
	cli.Needs(cmd, greenfield.Unrestricted)
	cli.Shows(cmd, apiKeyView, revealedView)
	return cmd
}

func (c *apiKeyCreate) run(cmd *cobra.Command) error {
	var err error
	sample := sampleAPIKey()
	if sample.File = c.file; c.reveal {
		sample.Key = "-"
	}
	if c.printer, err = cli.CheckedPrinter(c.app, cmd, apiKeyView, sample); err != nil {
		return err
	}
	if err := c.checkFlags(); err != nil {
		return err
	}
	by, err := connectMinter(cmd, c.app, c.flags, c.basic)
	if err != nil {
		return err
	}
	defer by.CloseIdleConnections()
	if by.Store, err = c.chooseStore(by.Store); err != nil {
		return err
	}
	permissions, err := c.asks.Permissions(by.Store, false)
	if err == nil {
		err = c.fitsTarget(app.SingleStore(permissions))
	}
	if err != nil {
		return cli.WithLeftStore(err, by.Settings)
	}
	c.flags.CAFile = by.CAFile.Text
	c.minting = &minting{KeyHolder: operations.KeyHolder{App: c.app, Flags: c.flags}, by: by, permissions: permissions, user: c.user}
	if err := c.validate(cmd.Context(), c.asks.AllowUnknown); err != nil {
		return err
	}
	if err := c.choosePlace(); err != nil {
		return err
	}
	if c.saveAs != "" {
		if err := c.app.CheckProfiles(); err != nil {
			return err
		}
	}
	err = c.mint(cmd.Context(), ledger.Key{Header: ledger.Header{Kind: ledger.KindMint}, KeyPayload: ledger.KeyPayload{Target: c.saveAs, BesidePairing: c.besidePairing}})
	if err != nil {
		return cli.DryRunIsDone(cannotMint(cmd.Context(), err, by, "--profile"))
	}
	defer c.operation.Release()
	if err := c.verify(cmd.Context()); err != nil {
		return err
	}
	// The key works, so a signal that arrives now no longer revokes it.
	ctx, stop := c.app.Signals.Insist(cmd.Context())
	defer stop()
	return c.deliver(ctx)
}

func (c *apiKeyCreate) checkFlags() error {
	places := 0
	for _, chosen := range []bool{c.saveAs != "", c.file != "", c.reveal} {
		if chosen {
			places++
		}
	}
	switch {
	case places > 1:
		return &output.Error{Code: output.Usage, What: "--save-as, --output-file and --reveal exclude each other", Next: "give one of them"}
	case c.reveal && !c.yes && !c.app.IsTerminal(c.app.Out):
		return &output.Error{Code: output.Usage, What: "standard output is not a terminal, and a key printed there may be logged",
			Next: "--output-file key.txt, or --reveal --yes to print it all the same"}
	}
	return nil
}

// chooseStore returns the store that the key is for: that of the command line, else that of
// the profile that will use the key, else that of the profile that makes it.
func (c *apiKeyCreate) chooseStore(named app.Value) (app.Value, error) {
	if c.saveAs == "" || named.Explicit() {
		return named, nil
	}
	own, err := c.targetStore()
	if err != nil || own == "" {
		return named, err
	}
	return app.Value{Text: own, Source: "profile"}, nil
}

func (c *apiKeyCreate) targetStore() (string, error) {
	config, err := c.app.ReadConfig()
	return config.Profiles[c.saveAs].Store, err
}

// fitsTarget refuses a key for another store than that of the profile that will use it.
func (c *apiKeyCreate) fitsTarget(store string) error {
	own, err := c.targetStore()
	if err != nil || own == "" || store == "" || own == store {
		return err
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for store %s, and the key would be for store %s", c.saveAs, own, store),
		Why: "Nothing was sent.", Next: "--save-as ANOTHER\nor leave --store out"}
}

// connectMinter connects with the credential that makes keys.
func connectMinter(cmd *cobra.Command, a *app.App, flags app.Flags, basic string) (*app.GreenfieldConnection, error) {
	if basic != "" {
		return connectByPassword(cmd.Context(), a, flags, basic)
	}
	return a.Greenfield(cmd.Context(), flags)
}

// choosePlace checks that the key can be stored or written before it is made.
func (c *apiKeyCreate) choosePlace() error {
	switch {
	case c.reveal:
		c.store = func(greenfield.APIKey) error { return nil } // it is printed at the end
	case c.file != "":
		c.store = func(key greenfield.APIKey) error { return cli.WriteSecret(c.file, key.Secret()) }
		c.unstore = func() error { return os.Remove(c.file) }
		c.minting.file = c.file
		return freePath(c.file)
	case c.saveAs == "":
		c.minting.keystore = c.by.Keystore.Text
	default:
		s, err := c.app.Settings(app.Flags{Profile: c.saveAs}, true)
		if err != nil {
			return err
		}
		c.minting.keystore = s.Keystore.Text
		if s.Profile.APIKeyID != "" {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s has an API key: %s", c.saveAs, s.Profile.APIKeyID),
				Next: "btcpayctl apikey rotate --profile " + c.saveAs + "\nor --save-as ANOTHER"}
		}
		if !c.besidePairing {
			if e := cli.Outranks("--save-as", c.saveAs, s.Profile); e != nil {
				return e
			}
		}
		if s.Profile.Server != "" && s.Profile.Server != c.by.URL {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for %s, and the key will be for %s", c.saveAs, s.Profile.Server, c.by.URL),
				Next: "--save-as ANOTHER"}
		}
	}
	return nil
}

// deliver stores, writes or prints the key, and ends the operation.
func (c *apiKeyCreate) deliver(ctx context.Context) error {
	record, view := c.record(), apiKeyView
	next := "When you no longer need it:\nNext: btcpayctl apikey revoke " + record.ID
	switch {
	case c.saveAs != "":
		store := app.SingleStore(c.info.Permissions)
		pin := operations.Pin{Keystore: c.minting.keystore, Server: c.by.URL, Store: store, ID: record.ID, BesidePairing: c.besidePairing, CAFile: c.by.GivenCAFile()}
		if _, err := operations.PinAPIKey(ctx, c.app, c.saveAs, pin); err != nil {
			return err
		}
		record.Profiles = []string{c.saveAs}
		next = "Stored in keystore " + record.Keystore + " for profile " + c.saveAs + ".\n" + c.app.CurrentNote() + "Next: btcpayctl apikey current --profile " + c.saveAs
	case c.file != "":
		record.File = c.file
		next = "The key is in " + c.file + ", readable only by you.\nNext: export BTCPAYCTL_SERVER=" + c.by.URL + " BTCPAYCTL_API_KEY_FILE=" + c.file
	case c.reveal:
		record.Key, view = c.key.Secret().Reveal(), revealedView
		next = "It is not stored here. Its label is " + record.Label + "."
		c.maskInLog()
	default:
		next = "Stored in keystore " + record.Keystore + ". No profile uses it.\n" + next
	}
	if c.file != "" || c.reveal {
		if err := c.noteHanded(ctx); err != nil {
			fmt.Fprintln(c.app.Err, "warning: the key cannot be recorded as handed out:", output.VisibleLine(err.Error()))
		}
	}
	fault.At("mint-pinned")
	if !c.reveal {
		// The key has been stored or written, even if printing the record fails.
		if err := c.operation.Finish(); err != nil {
			return err
		}
	}
	fmt.Fprintln(c.app.Err, output.Visible(c.app.Hint(next)))
	err := output.One(c.printer, view, record)
	if !c.reveal {
		return err
	}
	if err != nil {
		told := c.GiveUp(ctx, c.operation, c.key, err)
		if lasting, _ := c.app.Effects(); len(lasting) == 0 { // it was revoked
			_, forgotten := operations.ForgetHanded(ctx, c.app, app.KeyID(c.key))
			told = errors.Join(told, forgotten)
		}
		return errors.Join(told, err)
	}
	return c.operation.Finish()
}

// maskInLog makes a GitHub runner replace the key in its log from now on.
func (c *apiKeyCreate) maskInLog() {
	if c.app.Getenv("GITHUB_ACTIONS") != "" {
		io.WriteString(c.app.Err, "::add-mask::"+strings.TrimSpace(c.key.Secret().Reveal())+"\n")
	}
}

// freePath refuses an output file that cannot be created, before a key is made for it.
func freePath(name string) error {
	refuse := func(why error) error {
		return &output.Error{Code: output.BadInput, What: "the key cannot be written to " + name, Why: why.Error() + ". Nothing was sent.", Next: "choose a new file in a directory where you can create files", Err: why}
	}
	if err := durable.CheckNamed(name); err != nil {
		return refuse(err)
	}
	return nil
}
