// Package keystore has the commands for keystores.
package keystore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// New returns the command keystore.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("keystore", "Show, test, move and back up keystores", "start",
		`Show, test, move and back up the keystores that hold private keys and API keys: the
desktop's keyring, files encrypted with age, a docker credential helper, or OpenBao and
Vault. The first key that a profile stores pins its keystore; from then on only
"keystore move" and "keystore restore" change it.`)
	cmd.AddCommand(newKeystoreStatus(a), newKeystoreTest(a), newKeystoreMove(a), newKeystoreBackup(a), newKeystoreRestore(a), newKeystoreLock(a))
	return cmd
}

func addWhoseStoreFlag(cmd *cobra.Command, f *app.Flags) {
	cmd.Flags().StringVar(&f.Profile, "profile", "", "use the keystore of the profile with this `name`")
}

// keystoreRecord describes a keystore. Reading it asks the user nothing.
type keystoreRecord struct {
	Keystore string `json:"keystore"`
	// State is ready, new, locked, denied, damaged or unavailable.
	State  string `json:"state"`
	InUse  bool   `json:"inUse"`
	Source string `json:"source"` // of the choice, if it is in use
	// Secrets are those that index and profiles say are in it. Unlisted are those that it
	// holds but nothing names, null if the keystore cannot list them.
	Secrets  int      `json:"secrets"`
	Unlisted *int     `json:"unlisted"`
	Profiles []string `json:"profiles"`
	Detail   string   `json:"detail"`
	Next     string   `json:"next"`

	code output.Code // of a failure
}

var keystoreView = output.View[keystoreRecord]{
	Columns: []output.Column[keystoreRecord]{
		{Title: "KEYSTORE", Fit: output.FitMiddle, Value: func(r keystoreRecord) string { return r.Keystore }},
		{Title: "STATE", Value: func(r keystoreRecord) string { return r.State }},
		{Title: "SECRETS", Value: func(r keystoreRecord) string { return fmt.Sprint(r.Secrets) }},
		{Title: "PROFILES", Fit: output.FitWords, Value: func(r keystoreRecord) string { return cli.Dash(strings.Join(r.Profiles, ",")) }},
		{Title: "CHOSEN BY", Fit: output.FitWords, Spare: true, Value: func(r keystoreRecord) string { return cli.Dash(r.Source) }},
		{Title: "DETAIL", Fit: output.FitWords, Value: func(r keystoreRecord) string { return cli.Dash(r.Detail) }},
		{Title: "NEXT", Fit: output.FitBelow, Value: func(r keystoreRecord) string { return cli.Dash(r.Next) }},
	},
	Name: func(r keystoreRecord) string { return r.Keystore },
}

func newKeystoreStatus(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the keystores that hold secrets, without unlocking any",
		Long: `Show the keystore in use and all others that hold a key. No secret is read and no
passphrase is requested. The states are

  ready        secrets can be read now
  new          nothing was stored yet; the first key creates the keystore
  locked       a passphrase, an identity file or the desktop's prompt unlocks it
  denied       the permissions of a file, or the server, forbid access
  damaged      one of its files was changed or truncated
  unavailable  it does not exist, or does not respond

The report is on standard output, also if a keystore cannot be used. The exit code is
9 if that is the one in use.`,
		Example: "  btcpayctl keystore status\n  btcpayctl keystore status -o json --jq '.[] | select(.inUse) | .state'",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			records, err := keystoreRecords(cmd.Context(), a, flags)
			if err != nil {
				return err
			}
			if err := output.Each(p, keystoreView, records); err != nil {
				return err
			}
			for _, r := range records {
				if r.InUse && r.code != "" {
					return &output.Error{Code: r.code, What: "keystore " + r.Keystore + ", which is in use, is " + r.State, Why: r.Detail, Next: r.Next}
				}
			}
			return nil
		},
	}
	addWhoseStoreFlag(cmd, &flags)
	cli.Shows(cmd, keystoreView)
	return cmd
}

// keystoreRecords are the keystore in use, and then the others by name.
func keystoreRecords(ctx context.Context, a *app.App, flags app.Flags) ([]keystoreRecord, error) {
	s, err := a.Settings(flags, false)
	if err != nil {
		return nil, err
	}
	holdings, err := operations.Holdings(ctx, a)
	if err != nil {
		return nil, err
	}
	open, err := operations.UnfinishedOf[ledger.Move](ctx, a)
	if err != nil {
		return nil, err
	}
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	cut := operations.InterruptedMoves(ctx, a, open)
	specs := KnownStores(config, holdings, cut)
	inUse := s.Keystore
	specs = slices.DeleteFunc(specs, func(spec string) bool { return spec == inUse.Text })
	records := []keystoreRecord{}
	for _, spec := range append([]string{inUse.Text}, specs...) {
		r, err := stateOf(ctx, a, spec, config, holdings)
		if err != nil {
			return nil, err
		}
		if spec == inUse.Text {
			r.InUse, r.Source = true, inUse.Source
			if inUse.Source == "profile" {
				r.Source = "profile " + s.Name.Text
			}
		}
		for _, move := range cut {
			if move.OldKeystore == spec {
				r.Detail, r.Next = strings.TrimPrefix(r.Detail+"; a move to "+move.Keystore+" was interrupted", "; "), operations.MoveCommand(move)
			}
		}
		records = append(records, r)
	}
	return records, nil
}

// KnownStores are the keystores that the index, a profile or an interrupted move names.
func KnownStores(config profile.Config, holdings []operations.SecretRef, cut []ledger.Move) []string {
	var specs []string
	for _, h := range holdings {
		specs = append(specs, h.Keystore)
	}
	for _, p := range config.Profiles {
		specs = append(specs, p.Keystore)
	}
	for _, r := range cut {
		specs = append(specs, r.OldKeystore)
	}
	slices.Sort(specs)
	return slices.DeleteFunc(slices.Compact(specs), func(spec string) bool { return spec == "" })
}

func stateOf(ctx context.Context, a *app.App, spec string, config profile.Config, holdings []operations.SecretRef) (keystoreRecord, error) {
	r := keystoreRecord{Keystore: spec, State: "ready", Profiles: []string{}}
	for name, p := range config.Profiles {
		if p.Keystore == spec {
			r.Profiles = append(r.Profiles, name)
		}
	}
	slices.Sort(r.Profiles)
	for _, h := range holdings {
		if h.Keystore == spec {
			r.Secrets++
		}
	}
	store, err := a.OpenKeystore(spec)
	var state keystore.State
	if err == nil {
		state, err = storeState(ctx, store)
	}
	if err == nil && !strings.HasPrefix(spec, cli.HelperPrefix) {
		r.Unlisted, err = unlisted(ctx, a, store, spec, holdings)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return r, err
	case err != nil:
		e := cli.Explain(ctx, err)
		r.State, r.Detail, r.Next, r.code = stateWord(err), e.What, e.Next, e.Code
		return r, nil
	case state.New:
		r.State = "new"
	case state.Locked:
		r.State = "locked"
	}
	r.Detail = state.Detail
	if r.Unlisted != nil && *r.Unlisted > 0 {
		r.Detail += fmt.Sprintf("; %d secrets are not in the index", *r.Unlisted)
		r.Next = "btcpayctl keystore test " + app.ShellWord(spec) + " --adopt"
	}
	return r, nil
}

func storeState(ctx context.Context, store keystore.Store) (keystore.State, error) {
	if stater, ok := store.(keystore.Stater); ok {
		return stater.State(ctx)
	}
	return keystore.State{}, nil
}

// unlisted counts the secrets of a keystore that neither index nor profile names, for
// example after the index was lost. It is nil if the keystore cannot list its secrets.
func unlisted(ctx context.Context, a *app.App, store keystore.Store, spec string, holdings []operations.SecretRef) (*int, error) {
	if _, ok := store.(keystore.Lister); !ok {
		return nil, nil
	}
	held, err := operations.HeldIn(ctx, a, spec, holdings)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, h := range held {
		if !h.Indexed && len(h.Profiles) == 0 {
			n++
		}
	}
	return &n, nil
}

func stateWord(err error) string {
	for _, known := range []struct {
		err  error
		word string
	}{
		{keystore.ErrLocked, "locked"}, {keystore.ErrPassphrase, "locked"}, {keystore.ErrDismissed, "locked"},
		{keystore.ErrDenied, "denied"}, {keystore.ErrDamaged, "damaged"}, {keystore.ErrVersion, "damaged"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return "unavailable"
}
