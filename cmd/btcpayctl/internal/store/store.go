// Package store has the commands for stores.
package store

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type storeRecord struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Website         string `json:"website"`
	DefaultCurrency string `json:"defaultCurrency"`
	Archived        bool   `json:"archived"`
	// Spans are in seconds.
	InvoiceExpiration    int64  `json:"invoiceExpirationSeconds"`
	MonitoringExpiration int64  `json:"monitoringExpirationSeconds"`
	SpeedPolicy          string `json:"speedPolicy"`
	AnyoneCanCreate      bool   `json:"anyoneCanCreateInvoice"`
}

func fromStore(s greenfield.Store) storeRecord {
	return storeRecord{ID: string(s.ID), Name: s.Name, Website: s.Website, DefaultCurrency: s.DefaultCurrency, Archived: s.Archived,
		InvoiceExpiration: int64(s.InvoiceExpiration), MonitoringExpiration: int64(s.MonitoringExpiration),
		SpeedPolicy: string(s.SpeedPolicy), AnyoneCanCreate: s.AnyoneCanCreateInvoice}
}

var storeView = output.View[storeRecord]{
	Columns: []output.Column[storeRecord]{
		{Title: "ID", Fit: output.FitMiddle, Value: func(r storeRecord) string { return r.ID }},
		{Title: "NAME", Fit: output.FitWords, Value: func(r storeRecord) string { return r.Name }},
		{Title: "CURRENCY", Value: func(r storeRecord) string { return cli.Dash(r.DefaultCurrency) }},
		{Title: "ARCHIVED", Value: func(r storeRecord) string { return cli.YesNo(r.Archived) }},
		{Title: "WEBSITE", Fit: output.FitMiddle, Spare: true, Value: func(r storeRecord) string { return cli.Dash(r.Website) }},
	},
	Name: func(r storeRecord) string { return r.ID },
}

// New returns the command store.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("store", "Read stores", "other", "Read the stores that an API key can access. These commands use the Greenfield API.")
	cmd.AddCommand(newStoreList(a), newStoreShow(a))
	return cmd
}

func newStoreList(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the stores that the key can access",
		Long: `List the stores that the API key can access. This needs the permission
btcpay.store.canviewstoresettings, for every store or for some.`,
		Example: "  btcpayctl store list -o name",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			c, err := a.Greenfield(cmd.Context(), flags)
			if err != nil {
				return err
			}
			stores, err := c.Stores.List(cmd.Context())
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			if len(stores) == 0 {
				if err := operations.HiddenStores(cmd.Context(), c); err != nil {
					return err
				}
			}
			return output.List(p, storeView, func(yield func(storeRecord, error) bool) {
				for _, s := range stores {
					if !yield(fromStore(s), nil) {
						return
					}
				}
			})
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Needs(cmd, greenfield.CanViewStoreSettings)
	cli.Shows(cmd, storeView)
	return cmd
}

func newStoreShow(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "show [ID]",
		Short: "Show the named store, or the key's store",
		Long: `Show the store with this id or exact name, or the store that --store, the environment,
the profile or the key names. This needs the permission
btcpay.store.canviewstoresettings.`,
		Example: "  btcpayctl store show -o json --jq .defaultCurrency",
		Args:    cli.Arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				flags.Store = args[0]
			}
			c, err := a.Greenfield(cmd.Context(), flags)
			if err != nil {
				return err
			}
			id, err := c.StoreID(cmd.Context())
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			store, err := c.Stores.Get(cmd.Context(), greenfield.StoreID(id))
			if denied, ok := errors.AsType[*greenfield.PermissionError](err); ok {
				return operations.NoStore(cmd.Context(), c, id, denied)
			}
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			return output.One(p, storeView, fromStore(store))
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Needs(cmd, greenfield.CanViewStoreSettings)
	cli.Shows(cmd, storeView)
	return cmd
}
