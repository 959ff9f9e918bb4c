package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const invoicesCheck = "invoices"

func withoutInvoices(why, next string) cli.Check {
	return cli.Check{Check: invoicesCheck, Status: "skipped", Detail: why, Next: next}
}

// invoices reports whether "invoice create" would work now. It creates none.
func (d *doctor) invoices(ctx context.Context) cli.Check {
	if d.settings.Server.Text == "" || d.Flags.DryRun {
		return withoutInvoices("", "")
	}
	has, err := d.App.HasAPIKey(d.settings)
	if err != nil {
		return withoutInvoices("the key cannot be used", "")
	}
	if has {
		return d.invoicesOfAPIKey(ctx)
	}
	connection, err := d.App.BitPay(ctx, d.Flags)
	switch e, _ := errors.AsType[*output.Error](err); {
	case e != nil && e.Code == output.NoCredential, err == nil && connection.Source == "":
		return withoutInvoices("no key is given", "btcpayctl pair client\nor btcpayctl authorize --store ID --for \"invoice create\"")
	case err != nil:
		return withoutInvoices("the key cannot be used", "")
	}
	defer connection.CloseIdleConnections()
	if err := operations.CheckStore(ctx, d.App, connection); err != nil {
		return cli.FailedCheck(ctx, invoicesCheck, err)
	}
	return reportInvoices(readiness.Store{BitPay: connection.Client}.Check(ctx))
}

func (d *doctor) invoicesOfAPIKey(ctx context.Context) cli.Check {
	connection, err := d.App.Greenfield(ctx, d.Flags)
	if err != nil {
		return withoutInvoices("the API key cannot be used", "")
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(ctx)
	if err != nil {
		return withoutInvoices("the API key cannot be used", "")
	}
	store := connection.Store.Text
	if store == "" {
		store = app.SingleStore(info.Permissions)
	}
	if store == "" {
		return withoutInvoices("no store is given", "--store ID")
	}
	create := greenfield.CanCreateInvoice.ForStore(greenfield.StoreID(store))
	if !slices.ContainsFunc(info.Permissions, func(p greenfield.Permission) bool { return p.Covers(create) }) {
		return withoutInvoices("the API key may not create invoices in store "+store, "btcpayctl authorize --store "+app.ShellWord(store)+" --for \"invoice create\"")
	}
	public, err := d.App.Connect(d.Flags, connection.Settings, bitpay.Anonymous{StoreID: bitpay.StoreID(store)})
	if err != nil {
		return cli.FailedCheck(ctx, invoicesCheck, err)
	}
	defer public.CloseIdleConnections()
	return reportInvoices(readiness.Store{Greenfield: connection.Client, BitPay: public.Client, ID: store}.Check(ctx))
}

func reportInvoices(r readiness.Report) cli.Check {
	all := r.All()
	switch {
	case len(r.Causes) > 0:
		return cli.Check{Check: invoicesCheck, Status: "failed", Detail: "\"invoice create\" would fail: " + texts(all), Next: all[0].Next(), Code: r.Causes[0].Code()}
	case len(r.Likely) > 0:
		return cli.Check{Check: invoicesCheck, Status: "warning", Detail: "\"invoice create\" would probably fail: " + texts(all), Next: all[0].Next()}
	}
	var seen []string
	if len(r.Methods) > 0 {
		seen = append(seen, "by "+strings.Join(r.Methods, ", "))
	}
	if r.Rate != "" {
		seen = append(seen, "with a rate for "+r.Rate)
	}
	check := cli.Check{Check: invoicesCheck, Status: "ok", Detail: strings.Join(append([]string{"\"invoice create\" would work"}, seen...), ", ")}
	if r.Archived {
		check.Detail += "; the store is archived"
		check.Warn()
		check.Next = "unarchive the store in its settings, if it is in use"
	}
	if len(r.Unseen) > 0 {
		check.Detail += "; not checked: " + strings.Join(r.Unseen, ", ")
		check.Status = "warning"
		check.Next = "use a key that may view the store's settings"
	}
	return check
}

func texts(causes []readiness.Cause) string {
	var all []string
	for _, c := range causes {
		all = append(all, c.Text())
	}
	return strings.Join(all, "; ")
}
