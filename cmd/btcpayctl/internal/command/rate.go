package command

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type rateRecord struct {
	Pair string         `json:"pair"`
	Rate client.Decimal `json:"rate"`
	Name string         `json:"name"`
}

func newRate(a *app.App) *cobra.Command {
	cmd := group("rate", "Read exchange rates", "other", "Read exchange rates by a store's rate rules.")
	cmd.AddCommand(newRateGet(a))
	return cmd
}

func newRateGet(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "get [PAIR...]",
		Short: "Show rates by the store's rules",
		Long: `Show rates by the store's rules: of the pairs named, else of the store's default
pairs. No key is needed where --store names the store. The server leaves out
pairs it has no rate for.`,
		Example: "  btcpayctl rate get BTC_USD BTC_EUR --store J8Rx6Z4dzx",
		Args:    arguments(0, 50),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := printer(a, cmd)
			if err != nil {
				return err
			}
			c, err := a.BitPay(cmd.Context(), flags)
			if err != nil {
				return err
			}
			rates, err := c.Rates.List(cmd.Context(), bitpay.RateOptions{Pairs: args, StoreID: c.Store.Text})
			if err != nil {
				return dryRunIsDone(err)
			}
			return output.List(p, rateView, func(yield func(rateRecord, error) bool) {
				for _, r := range rates {
					if !yield(rateRecord{r.CurrencyPair, r.Rate, r.Name}, nil) {
						return
					}
				}
			})
		},
	}
	addServerFlags(cmd, &flags)
	return cmd
}

var rateView = output.View[rateRecord]{
	Columns: []output.Column[rateRecord]{
		{Title: "PAIR", Value: func(r rateRecord) string { return r.Pair }},
		{Title: "RATE", Value: func(r rateRecord) string { return r.Rate.String() }},
		{Title: "NAME", Value: func(r rateRecord) string { return r.Name }},
	},
	Name: func(r rateRecord) string { return r.Pair },
}
