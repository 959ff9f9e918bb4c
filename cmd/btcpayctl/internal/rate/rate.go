// Package rate has the commands for exchange rates.
package rate

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

type rateRecord struct {
	Pair string         `json:"pair"`
	Rate client.Decimal `json:"rate"`
	Name string         `json:"name"`
	// Store is the store whose rates these are: the one that was named, or the one that the
	// key was seen to serve; null if unknown. StoreName is null too then.
	Store     *string `json:"store"`
	StoreName *string `json:"storeName"`
}

// New returns the command rate.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("rate", "Read exchange rates", "other", "Read the exchange rates of a store's rate rules.")
	cmd.AddCommand(newRateGet(a))
	return cmd
}

func newRateGet(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "get [PAIR...]",
		Short: "Show the rates of the store's rules",
		Long: `Show the rates of the store's rules: for the named pairs, else for the store's default
pairs. If a flag, the environment or the profile names the store, no key is needed or
used; otherwise the rates are those of the key's own store, and an API key must be for
one store. Each rate names its store,
and says "not proven" if no invoice of the key shows it. If a pair has no rate, the
command fails and names it.`,
		Example: "  btcpayctl rate get BTC_USD BTC_EUR --store J8Rx6Z4dzx",
		Args:    cli.Arguments(0, 50),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			c, err := connectForRates(cmd.Context(), a, flags)
			if err != nil {
				return err
			}
			store, name := storeOfRates(cmd.Context(), a, c)
			rates, err := c.Rates.List(cmd.Context(), bitpay.RateOptions{Pairs: args, StoreID: bitpay.StoreID(c.Store.Text)})
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			return output.List(p, rateView, func(yield func(rateRecord, error) bool) {
				for _, r := range rates {
					if !yield(rateRecord{r.CurrencyPair, r.Rate, r.Name, store, name}, nil) {
						return
					}
				}
				if err := checkComplete(args, rates); err != nil {
					yield(rateRecord{}, err)
				}
			})
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Shows(cmd, rateView)
	return cmd
}

// checkComplete fails if a requested pair has no rate. The server omits such pairs without
// a word.
func checkComplete(pairs []string, rates []bitpay.Rate) error {
	missing := slices.DeleteFunc(slices.Clone(pairs), func(pair string) bool {
		return slices.ContainsFunc(rates, func(r bitpay.Rate) bool { return plainPair(r.CurrencyPair) == plainPair(pair) })
	})
	what := "the store has no rate for " + strings.Join(missing, ", ")
	switch {
	case len(pairs) == 0 && len(rates) == 0:
		what = "none of the store's default pairs has a rate"
	case len(missing) == 0:
		return nil
	}
	return &output.Error{Code: output.NotFound, What: what, Why: "No rule of the store defines it, or the source of the rate did not respond.",
		Next: "check the pair's spelling, such as BTC_USD\nor the store's rate rules, on the server's page Store Settings / Rates"}
}

// plainPair is a pair without the separator, which is optional and may be _ or -.
func plainPair(pair string) string {
	return strings.ToUpper(strings.NewReplacer("_", "", "-", "").Replace(pair))
}

// connectForRates signs only if no store is named: the server responds to a signed call
// with the rates of the key's own store, and to an unsigned one with those of the store
// named. An API key of the other API is not needed here: it is used only to learn its store.
func connectForRates(ctx context.Context, a *app.App, flags app.Flags) (*app.Connection, error) {
	s, err := a.Settings(flags, false)
	if err != nil {
		return nil, err
	}
	key, err := a.KeySource(s)
	if err != nil {
		return nil, err
	}
	apiKey, err := a.APIKeySource(s)
	if err != nil {
		return nil, err
	}
	// A key from the environment uses nothing of a profile.
	foreign := !s.Store.Explicit()
	switch {
	case apiKey.Explicit() && !key.Explicit() && foreign, apiKey.Text != "" && key.Text == "" && s.Store.Text == "":
		if s.Store, err = storeOfAPIKey(ctx, a, flags, s); err != nil {
			return nil, err
		}
	case s.Store.Text == "" || key.Explicit() && foreign:
		return a.BitPayBy(ctx, flags, s)
	}
	return a.Connect(flags, s, bitpay.Anonymous{StoreID: bitpay.StoreID(s.Store.Text)})
}

// storeOfAPIKey returns the only store of the API key in use.
func storeOfAPIKey(ctx context.Context, a *app.App, flags app.Flags, s app.Settings) (app.Value, error) {
	if flags.DryRun {
		return app.Value{}, &output.Error{Code: output.Usage, What: "no store is given, and --dry-run does not ask the server for the key's store", Next: "--store ID"}
	}
	c, err := a.GreenfieldBy(ctx, flags, s)
	if err != nil {
		return app.Value{}, err
	}
	defer c.CloseIdleConnections()
	store, err := c.StoreID(ctx)
	return app.Value{Text: store, Source: c.Source}, err
}

// storeOfRates returns the store whose rates are requested, if it is known. The name of a
// named store is known only if it is also the key's store.
func storeOfRates(ctx context.Context, a *app.App, c *app.Connection) (id, name *string) {
	if c.Store.Text != "" {
		if serves := c.Profile.Serves(); serves != nil && serves.ID == c.Store.Text && serves.Server == c.URL && serves.Name != "" {
			name = &serves.Name
		}
		return &c.Store.Text, name
	}
	if c.DryRun {
		return nil, nil
	}
	serves, err := operations.Serves(ctx, a, c)
	if err != nil {
		return nil, nil // rates do not wait for it
	}
	return &serves.ID, &serves.Name
}

var rateView = output.View[rateRecord]{
	Columns: []output.Column[rateRecord]{
		{Title: "PAIR", Value: func(r rateRecord) string { return r.Pair }},
		{Title: "RATE", Value: func(r rateRecord) string { return r.Rate.String() }},
		{Title: "NAME", Fit: output.FitWords, Value: func(r rateRecord) string { return r.Name }},
		{Title: "STORE", Fit: output.FitNames, Value: func(r rateRecord) string {
			switch {
			case r.Store == nil:
				return cli.NotProven
			case r.StoreName == nil:
				return *r.Store
			}
			return profile.StoreText(*r.Store, *r.StoreName)
		}},
	},
	Name: func(r rateRecord) string { return r.Pair },
}
