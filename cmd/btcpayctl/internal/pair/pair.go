// Package pair has the commands that pair a BitId key with a store.
package pair

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

type pairRecord struct {
	Profile string `json:"profile"`
	Server  string `json:"server"`
	SIN     string `json:"sin"`
	Paired  bool   `json:"paired"`
	// Store is the one that the key was seen to serve, null where that is not known.
	Store *profile.ProvenStore `json:"provenStore"`
}

var pairView = output.View[pairRecord]{
	Columns: []output.Column[pairRecord]{
		{Title: "PROFILE", Value: func(r pairRecord) string { return cli.Dash(r.Profile) }},
		{Title: "SERVER", Value: func(r pairRecord) string { return r.Server }},
		{Title: "SIN", Value: func(r pairRecord) string { return r.SIN }},
		{Title: "PAIRED", Value: func(r pairRecord) string { return cli.YesNo(r.Paired) }},
		{Title: "SERVES", Value: func(r pairRecord) string { return cli.ShopText(r.Store) }},
	},
	Name: func(r pairRecord) string { return r.SIN },
}

// New returns the command pair.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("pair", "Pair a BitId key with a store", "start",
		`Pair a BitId key with a store. With "client", btcpayctl requests a code and the store's
owner approves it. With "server", the owner pastes the public key on the store's Access
Tokens page, or creates a code there that btcpayctl claims.`)
	cmd.AddCommand(newPairClient(a), newPairServer(a), newPairStatus(a))
	return cmd
}

// A pairing is one run of "pair client" or "pair server".
type pairing struct {
	operations.PairedKey
	flags    app.Flags
	label    string
	wait     time.Duration
	interval time.Duration
	yes      bool

	printer   *output.Printer
	fresh     bool // the key was made by this run
	operation *ledger.Operation[ledger.Pair]
	status    *output.Status
}

func (c *pairing) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.label, "label", "", "`name` of the key on the Access Tokens page (default btcpayctl and the host name)")
	cli.AddWaitFlag(cmd, &c.wait, "maximum wait for the approval; 0 checks once (default until the code expires)")
	f.DurationVar(&c.interval, "interval", 2*time.Second, "pause between two checks")
	f.BoolVar(&c.yes, "yes", false, "create a profile called default if there is none, without asking")
	cli.AddRetryFlag(cmd, &c.flags)
	cli.AddServerFlags(cmd, &c.flags)
}

// prepare connects, with a key that is there or one that is made now. All that
// can be wrong on this side is found before anything is made; check looks at
// what a command alone knows of.
func (c *pairing) prepare(cmd *cobra.Command, check func(*app.Connection) error) error {
	if c.interval < 100*time.Millisecond {
		return &output.Error{Code: output.Usage, What: "--interval is less than 100ms", Next: "--interval 2s"}
	}
	if c.label == "" {
		host, _ := os.Hostname()
		c.label = strings.TrimSpace("btcpayctl " + host)
	}
	var err error
	if c.printer, err = cli.Printer(c.App, cmd); err != nil {
		return err
	}
	s, err := c.App.Settings(c.flags, true)
	if err != nil {
		return err
	}
	if err := refuseTwoStores(c.App, s); err != nil {
		return err
	}
	plain, err := c.App.Connect(c.flags, s, nil)
	if err != nil {
		return err
	}
	if s.Store.Text != "" {
		if _, err := plain.AccessTokensURL(s.Store.Text); err != nil {
			return err
		}
	}
	if err := check(plain); err != nil {
		return err
	}
	if err := output.Check(c.printer, pairView, pairRecord{}); err != nil {
		return err
	}
	id, source, err := c.identity(cmd.Context(), &s)
	if err != nil {
		return err
	}
	c.Connection, err = c.App.ConnectAs(c.flags, s, id, source)
	if err != nil {
		return err
	}
	return c.remember(cmd.Context(), false)
}

// identity is the key in use, or a new one for a profile that has none.
func (c *pairing) identity(ctx context.Context, s *app.Settings) (id *bitpay.Identity, source string, err error) {
	id, source, err = c.App.PairingIdentity(ctx, *s)
	if e, ok := errors.AsType[*output.Error](err); !ok || e.Code != output.NoCredential {
		return id, source, err
	}
	if c.flags.DryRun {
		return nil, "", &output.Error{Code: output.NoCredential, What: "there is no key yet, and --dry-run makes none", Next: "btcpayctl key generate", Err: err}
	}
	if s.Name.Text == "" {
		if err := c.offerProfile(ctx, s); err != nil {
			return nil, "", err
		}
	}
	if err := s.OwnServer(); err != nil {
		return nil, "", err
	}
	stored, err := operations.StoreKey(ctx, c.App, *s, bitpay.Generate())
	if err != nil {
		return nil, "", err
	}
	s.Profile.SIN, c.fresh = stored.SIN(), true
	fmt.Fprintf(c.App.Err, "Made a key and stored it in keystore %s for profile %s. One key serves one store.\n\n", s.Keystore.Text, s.Name.Text)
	return stored, "profile", nil
}

// offerProfile asks whether a profile may be written for a first use without
// one.
func (c *pairing) offerProfile(ctx context.Context, s *app.Settings) error {
	next := "the same command with --profile shop"
	flags := c.flags
	flags.Profile = cli.DefaultProfile
	named, err := c.App.Settings(flags, true)
	if err != nil {
		return err
	}
	if named.Profile.SIN != "" {
		return &output.Error{Code: output.NoCredential, What: "no profile is in use, and profile " + cli.DefaultProfile + " has a key already",
			Next: "the same command with --profile " + cli.DefaultProfile + ", or with --profile shop for a new key"}
	}
	if !c.yes && !c.App.CanAsk() {
		return &output.Error{Code: output.NoCredential, What: "there is no BitId key, and no profile to keep a new one in",
			Why: "No key was made and nothing was sent.", Next: next + "\nor with --yes, which makes one called " + cli.DefaultProfile}
	}
	if !c.yes {
		sure, err := c.App.Confirm(ctx, fmt.Sprintf("Make a key, and keep it with this server as profile %q (keystore %s)?", cli.DefaultProfile, named.Keystore.Text), true)
		if err == nil && !sure {
			err = &output.Error{Code: output.NoCredential, What: "nothing was done", Next: next}
		}
		if err != nil {
			return err
		}
	}
	*s = named
	return nil
}

// already tells whether the key is paired, and prints that. A new code would
// lead nowhere: the server lists the old token before anyone approves it.
func (c *pairing) already(ctx context.Context) (bool, error) {
	if c.fresh || c.flags.DryRun {
		return false, nil
	}
	tokens, err := c.Tokens(ctx)
	if err != nil || len(tokens) == 0 {
		return false, err
	}
	if err := operations.FinishPairings(ctx, c.App, c.URL, c.Identity.SIN()); err != nil {
		return true, err
	}
	serves, err := c.ProvenStore(ctx)
	if err != nil {
		return true, err
	}
	if err := c.remember(ctx, true); err != nil {
		return true, err
	}
	c.tellStore("The key is paired already", serves)
	fmt.Fprintln(c.App.Err, " One key serves one store. Another store needs another profile.")
	return true, c.print(serves)
}

// begin writes the operation down. The server may be asked after that.
func (c *pairing) begin(ctx context.Context, code string) error {
	if c.flags.DryRun {
		return nil
	}
	if err := c.remember(ctx, true); err != nil {
		return err
	}
	var err error
	c.operation, err = operations.Begin(ctx, c.App, ledger.Pair{
		Header:      ledger.Header{ID: operations.NewOperationID(), Kind: ledger.KindPair, Profile: c.ProfileName(), Server: c.URL, Label: c.label},
		PairPayload: ledger.PairPayload{Store: c.Store.Text, SIN: c.Identity.SIN(), Code: code},
	})
	return err
}

// answered writes down what the server gave, or ends an operation that came to
// nothing.
func (c *pairing) answered(p bitpay.Pairing, err error) error {
	if c.operation == nil {
		return cli.DryRunIsDone(err)
	}
	switch {
	case err == nil:
		c.App.Did(app.Effect{ID: p.Code, What: "the pairing code " + p.Code + " is for the key " + c.Identity.SIN(), Look: "btcpayctl pair status" + c.ProfileFlag()})
		err := c.operation.Advance(func(r *ledger.Pair) {
			r.Code, r.Expires = p.Code, c.App.Now().Add(p.Left()).UTC()
		})
		if err != nil {
			err = &output.Error{Code: output.Failed, What: "the journal of operations cannot be written", Why: err.Error() + ". The code " + p.Code + " stays unused.",
				Next: "free space or mend the rights there, and run the same command", Err: err}
		}
		return err
	case client.FateUnknown(err):
		// The code may have been claimed: only the signed list tells.
		return errors.Join(err, c.operation.Release())
	}
	return errors.Join(err, c.operation.Finish())
}

func (c *pairing) print(serves *profile.ProvenStore) error {
	return output.One(c.printer, pairView, pairRecord{c.ProfileName(), c.URL, c.Identity.SIN(), true, serves})
}
