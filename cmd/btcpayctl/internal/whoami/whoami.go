// Package whoami has the command that says which credential is in use, on which server, and
// what it is for.
package whoami

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// The kinds of credentials.
const (
	kindAPIKey = "api-key"
	kindBitID  = "bitid"
	kindLegacy = "legacy-key"
)

// identityRecord is the credential in use. What is not known is null.
type identityRecord struct {
	Server  string `json:"server"`
	Profile string `json:"profile"` // empty if the credential comes from the environment
	Kind    string `json:"kind"`
	ID      string `json:"id"` // key id or SIN; empty for a legacy key
	Source  string `json:"source"`

	Account *string `json:"account"` // e-mail address
	// Stores are those that the key is for; AllStores is set if it is for every store of the
	// account, and then Stores are those that it may list.
	Stores      []storeName             `json:"stores"`
	AllStores   bool                    `json:"allStores"`
	Permissions []greenfield.Permission `json:"permissions"` // null except for an API key
	// Open is the number of unfinished operations of this server and credential.
	Open int `json:"open"`
}

type storeName struct {
	ID   string  `json:"id"`
	Name *string `json:"name"`
}

func (s storeName) text() string {
	if s.Name == nil {
		return s.ID
	}
	return profile.StoreText(s.ID, *s.Name)
}

var identityView = output.View[identityRecord]{
	Columns: []output.Column[identityRecord]{
		{Title: "CREDENTIAL", Fit: output.FitNames, Value: identityRecord.credential},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r identityRecord) string { return r.Server }},
		{Title: "ACCOUNT", Value: func(r identityRecord) string {
			if r.Account == nil {
				return "-"
			}
			return *r.Account
		}},
		{Title: "STORES", Fit: output.FitNames, Value: identityRecord.stores},
		{Title: "PERMISSIONS", Fit: output.FitWords, Value: func(r identityRecord) string {
			if r.Kind != kindAPIKey {
				return "invoices and rates of the store"
			}
			return cli.ShortPermissions(r.Permissions)
		}},
		{Title: "OPEN", Value: func(r identityRecord) string { return fmt.Sprint(r.Open) }},
	},
	Name: func(r identityRecord) string { return r.ID },
}

func (r identityRecord) credential() string {
	words := map[string]string{kindAPIKey: "API key", kindBitID: "BitId key", kindLegacy: "legacy API key"}[r.Kind]
	source := r.Source
	if r.Profile != "" {
		source = "profile " + r.Profile
	}
	return strings.Join(strings.Fields(words+" "+r.ID), " ") + ", of " + source
}

func (r identityRecord) stores() string {
	var texts []string
	for _, s := range r.Stores {
		texts = append(texts, s.text())
	}
	list := strings.Join(texts, ", ")
	switch {
	case r.AllStores && list != "":
		return "all: " + list
	case r.AllStores:
		return "all"
	case list == "" && r.Kind == kindBitID:
		return cli.NotProven
	}
	return cli.Dash(list)
}

// New returns the command whoami.
func New(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:     "whoami",
		Aliases: []string{"status"},
		Short:   "Show the credential in use, its server, account and stores",
		GroupID: "other",
		Long: `Ask the server who you are: which credential a command would use now, where it comes
from, and on which server; the account and the stores that it is for, and what it may
do there. An API key is used if there is one, else the BitId key.

OPEN is the number of unfinished operations of this server and credential; "doctor"
lists them. The account is shown if the key may view its profile, and the names of
stores if it may view their settings.

Exit 4: there is no credential, or the server does not accept it. 2 or 5: --store names a
store that the credential is not for.`,
		Example: "  btcpayctl whoami\n  btcpayctl whoami --profile ci -o json --jq '.stores[].id'",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			record, err := identify(cmd.Context(), a, flags)
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			if record.Open, err = operations.CountOpen(cmd, a); err != nil {
				return err
			}
			return output.One(p, identityView, record)
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Needs(cmd)
	cli.Handles(cmd, cli.Everything)
	cli.Shows(cmd, identityView)
	return cmd
}

func identify(ctx context.Context, a *app.App, f app.Flags) (identityRecord, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return identityRecord{}, err
	}
	names, err := a.CredentialNames(s)
	switch {
	case err != nil:
		return identityRecord{}, err
	case names.Greenfield:
		return byAPIKey(ctx, a, f, s)
	case !names.FromEnvironment && names.SIN == "":
		return identityRecord{}, noCredential(s)
	}
	return byBitPay(ctx, a, f, s)
}

func noCredential(s app.Settings) error {
	e := &output.Error{Code: output.NoCredential, What: "there is no credential in use",
		Why: "No profile is in use, and no variable names a key.", Next: "btcpayctl pair client --profile shop --server https://btcpay.example.com\nor btcpayctl authorize --profile ci --server https://btcpay.example.com --store ID --for \"invoice create\""}
	if s.Name.Text != "" {
		e.Why = "Profile " + s.Name.Text + " has neither a BitId key nor an API key, and no variable names one."
		e.Next = "btcpayctl pair client --profile " + app.ShellWord(s.Name.Text)
	}
	return e
}

func byAPIKey(ctx context.Context, a *app.App, f app.Flags, s app.Settings) (identityRecord, error) {
	c, err := a.GreenfieldBy(ctx, f, s)
	if err != nil {
		return identityRecord{}, err
	}
	defer c.CloseIdleConnections()
	info, err := c.APIKeys.Current(ctx)
	if err != nil {
		return identityRecord{}, err
	}
	r := identityRecord{Server: c.URL, Kind: kindAPIKey, ID: c.KeyID, Source: c.Source, Stores: []storeName{}, Permissions: cli.OrEmpty(info.Permissions)}
	if c.Source == app.SourceProfile {
		r.Profile = c.Name.Text
	}
	if greenfield.Covered(info.Permissions, greenfield.CanViewProfile) {
		user, err := c.Users.Me(ctx)
		switch {
		case err == nil:
			r.Account = &user.Email
		case !isRefused(err):
			return r, err
		}
	}
	known := map[greenfield.StoreID]string{}
	stores, err := c.Stores.List(ctx)
	if err != nil && !isRefused(err) {
		return r, err
	}
	for _, store := range stores {
		known[store.ID] = store.Name
	}
	r.AllStores = slices.ContainsFunc(info.Permissions, func(p greenfield.Permission) bool {
		return p.Policy() == greenfield.Unrestricted || cli.Everywhere(p)
	})
	if r.AllStores {
		for _, store := range stores {
			r.Stores = append(r.Stores, storeName{string(store.ID), &store.Name})
		}
		return r, nil
	}
	ids := authorize.Grant{Granted: info.Permissions}.StoreIDs()
	for _, id := range ids {
		store := storeName{ID: string(id)}
		if name, ok := known[id]; ok {
			store.Name = &name
		}
		r.Stores = append(r.Stores, store)
	}
	if c.Store.Explicit() && !slices.Contains(ids, greenfield.StoreID(c.Store.Text)) {
		return r, &output.Error{Code: output.MissingPermission, What: fmt.Sprintf("%s names store %s, and the key %s is not for it", c.Store.Source, c.Store.Text, c.KeyID),
			Why: "The stores of its permissions: " + r.stores(), Next: "leave the store out, or use the profile of that store: btcpayctl profile list"}
	}
	return r, nil
}

// isRefused reports whether the key lacks the permission for a call.
func isRefused(err error) bool {
	_, refused := errors.AsType[*greenfield.PermissionError](err)
	return refused
}

func byBitPay(ctx context.Context, a *app.App, f app.Flags, s app.Settings) (identityRecord, error) {
	c, err := a.BitPayBy(ctx, f, s)
	if err != nil {
		return identityRecord{}, err
	}
	defer c.CloseIdleConnections()
	r := identityRecord{Server: c.URL, Kind: kindLegacy, Source: c.Source, Stores: []storeName{}}
	if c.Identity != nil {
		r.Kind, r.ID = kindBitID, c.Identity.SIN()
	}
	if c.Source == app.SourceProfile {
		r.Profile = c.Name.Text
	}
	if err := operations.CheckStore(ctx, a, c); err != nil {
		return r, err
	}
	serves, err := operations.Serves(ctx, a, c)
	switch {
	case err == nil:
		r.Stores = append(r.Stores, storeName{serves.ID, &serves.Name})
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	case !errors.Is(err, bitpay.ErrStoreUnknown) && !errors.Is(err, bitpay.ErrNoInvoice):
		return r, err
	}
	return r, nil
}
