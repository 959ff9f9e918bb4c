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
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A plan is which key is to be paired, on which server.
type plan struct {
	app     *app.App
	printer *output.Printer
	key     operations.PairedKey
	label   string
	isNew   bool // the key was made by this run
	dryRun  bool
	// before is the profile before this run wrote the server into it, nil if it did not.
	before *profile.Profile
}

// plan connects, with a key that is there or one that is made now. All that can be wrong
// on this side is found before anything is made; check looks at the flags that only one
// command has.
func (o options) plan(cmd *cobra.Command, a *app.App, check func(*app.Connection) error) (*plan, error) {
	if o.interval < 100*time.Millisecond {
		return nil, &output.Error{Code: output.Usage, What: "--interval is less than 100ms", Next: "--interval 2s"}
	}
	if o.label == "" {
		host, _ := os.Hostname()
		o.label = strings.TrimSpace("btcpayctl " + host)
	}
	printer, err := cli.Printer(a, cmd)
	if err != nil {
		return nil, err
	}
	s, err := a.Settings(o.reach, true)
	if err != nil {
		return nil, err
	}
	if err := refuseTwoStores(a, s); err != nil {
		return nil, err
	}
	plain, err := a.Connect(o.reach, s, nil)
	if err != nil {
		return nil, err
	}
	if s.Store.Text != "" {
		if _, err := plain.AccessTokensURL(bitpay.StoreID(s.Store.Text)); err != nil {
			return nil, err
		}
	}
	if err := check(plain); err != nil {
		return nil, err
	}
	if err := output.Check(printer, pairView, pairRecord{}); err != nil {
		return nil, err
	}
	id, source, isNew, err := o.identity(cmd.Context(), a, &s)
	if err != nil {
		return nil, err
	}
	connection, err := a.ConnectAs(o.reach, s, id, source)
	if err != nil {
		return nil, err
	}
	p := &plan{app: a, printer: printer, key: operations.PairedKey{App: a, Connection: connection}, label: o.label, isNew: isNew, dryRun: o.reach.DryRun}
	return p, p.remember(cmd.Context(), false)
}

// identity is the key in use, or a new one for a profile that has none.
func (o options) identity(ctx context.Context, a *app.App, s *app.Settings) (id *bitpay.Identity, source string, isNew bool, err error) {
	id, source, err = a.PairingIdentity(ctx, *s)
	if e, ok := errors.AsType[*output.Error](err); !ok || e.Code != output.NoCredential {
		return id, source, false, err
	}
	if o.reach.DryRun {
		return nil, "", false, &output.Error{Code: output.NoCredential, What: "there is no key yet, and --dry-run creates none", Next: "btcpayctl key generate", Err: err}
	}
	if s.Name.Text == "" {
		if err := o.offerProfile(ctx, a, s); err != nil {
			return nil, "", false, err
		}
	}
	if err := s.OwnServer(); err != nil {
		return nil, "", false, err
	}
	stored, err := operations.StoreKey(ctx, a, *s, bitpay.Generate())
	if err != nil {
		return nil, "", false, err
	}
	s.Profile.SIN = stored.SIN()
	fmt.Fprintf(a.Err, "Made a key and stored it in keystore %s for profile %s. One key serves one store.\n%s\n", s.Keystore.Text, s.Name.Text, a.CurrentNote())
	return stored, app.SourceProfile, true, nil
}

// offerProfile asks before a profile is made for a first use without one.
func (o options) offerProfile(ctx context.Context, a *app.App, s *app.Settings) error {
	next := "the same command with --profile shop"
	flags := o.reach
	flags.Profile = cli.DefaultProfile
	named, err := a.Settings(flags, true)
	if err != nil {
		return err
	}
	if named.Profile.SIN != "" {
		return &output.Error{Code: output.NoCredential, What: "no profile is in use, and profile " + cli.DefaultProfile + " has a key already",
			Next: "the same command with --profile " + cli.DefaultProfile + ", or with --profile shop for a new key"}
	}
	if !o.yes && !a.CanAsk() {
		return &output.Error{Code: output.NoCredential, What: "there is no BitId key, and no profile to store a new one in",
			Why: "No key was made and nothing was sent.", Next: next + "\nor with --yes, which creates one called " + cli.DefaultProfile}
	}
	if !o.yes {
		sure, err := a.Confirm(ctx, fmt.Sprintf("Make a key, and keep it with this server as profile %q (keystore %s)?", cli.DefaultProfile, named.Keystore.Text), true)
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

// checkPaired reports whether the key is paired, and prints it then. A new code would be
// of no use: the server lists the old token before the code is approved.
func (p *plan) checkPaired(ctx context.Context) (bool, error) {
	if p.isNew || p.dryRun {
		return false, nil
	}
	c := p.key.Connection
	tokens, err := c.Tokens(ctx)
	if err != nil || len(tokens) == 0 {
		return false, err
	}
	if err := operations.FinishPairings(ctx, p.app, c.URL, c.Identity.SIN()); err != nil {
		return true, err
	}
	serves, err := p.key.ProvenStore(ctx)
	if err != nil {
		return true, err
	}
	if err := p.remember(ctx, true); err != nil {
		return true, err
	}
	p.tellStore("The key is paired already", serves)
	fmt.Fprintln(p.app.Err, " One key serves one store. Another store needs another profile.")
	return true, p.print(serves)
}
