package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// CheckStore refuses a store that is selected beside a key of another one. With a key
// the BitPay-compatible API takes the key's own store and ignores any that is named. A
// store that a flag or the environment names has to be proven; that of a profile may
// also be one that cannot be known yet, and [TellUnproven] says so.
func CheckStore(ctx context.Context, a *app.App, c *app.Connection) error {
	if c.Store.Text == "" || c.Source == "" {
		return nil
	}
	if c.DryRun {
		return checkStoreUnasked(a, c)
	}
	if !c.Store.Explicit() && c.Serving.Store == nil && c.Serving.Why != nil {
		return nil //nolint:nilerr // one look has to do
	}
	serves, err := Serves(ctx, a, c)
	switch {
	case serves != nil && serves.ID == c.Store.Text:
		return nil
	case serves != nil:
		return otherStore(c, serves)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, bitpay.ErrNotPaired), errors.Is(err, bitpay.ErrNotArrived):
		return err
	case !c.Store.Explicit():
		return nil
	case errors.Is(err, bitpay.ErrStoreUnknown):
		return unknownStore(c, err)
	}
	return err
}

// checkStoreUnasked is for a dry run, which asks no server.
func checkStoreUnasked(a *app.App, c *app.Connection) error {
	serves := c.Profile.Serves()
	if c.Source != app.SourceProfile {
		serves = nil
	}
	switch {
	case serves != nil && serves.ID != c.Store.Text:
		return otherStore(c, serves)
	case serves == nil && c.Store.Explicit():
		fmt.Fprintf(a.Err, "Before this request btcpayctl lists the invoices of the key: one of them must show that it serves store %s.\n", output.VisibleLine(c.Store.Text))
	}
	return nil
}

const ownStoreCounts = "With this key the server takes the key's own store and ignores any other."

// otherStore says that a key serves another store than the one that is selected.
func otherStore(c *app.Connection, serves *profile.ProvenStore) *output.Error {
	e := &output.Error{Code: output.Usage,
		What: fmt.Sprintf("%s names store %s, and the key in use is for store %s", c.Store.Source, c.Store.Text, serves),
		Why:  fmt.Sprintf("Invoice %s of the key shows it. %s Nothing was created.", serves.Invoice, ownStoreCounts),
		Next: "leave the store out, or use the profile of that store: btcpayctl profile list"}
	if c.Store.Source == app.SourceProfile {
		e.Code = output.BadInput
		e.What = fmt.Sprintf("profile %s is for store %s, and its key is for store %s", c.Name.Text, c.Store.Text, serves)
		e.Next = PairAgain(c, serves)
	}
	return e
}

// PairAgain are the ways out of a profile whose key was approved for another store than
// it is for.
func PairAgain(c *app.Connection, serves *profile.ProvenStore) string {
	page, err := c.TokensURL(bitpay.StoreID(serves.ID))
	if err != nil {
		page = "Access Tokens of that store"
	}
	whose := "the key"
	if c.Identity != nil {
		whose = c.Identity.SIN()
	}
	next := "revoke the token of " + whose + ": " + page + "\nthen btcpayctl pair client"
	if c.Source != app.SourceProfile {
		return next
	}
	return next + " --profile " + c.Name.Text + "\nor, if store " + serves.ID + " is meant: btcpayctl profile set " + c.Name.Text + " --store " + serves.ID
}

// unknownStore is the error that it is unknown whether a key serves the named store.
func unknownStore(c *app.Connection, why error) *output.Error {
	e := &output.Error{Code: output.Usage,
		What: fmt.Sprintf("%s names store %s, and it is not known which store the key serves", c.Store.Source, c.Store.Text),
		Why:  fmt.Sprintf("%s %s. Nothing was created.", ownStoreCounts, output.Sentence(why.Error())),
		Next: "leave the store out, and the first invoice that is created shows which store it is", Err: why}
	if c.Source == app.SourceProfile && c.Profile.Store != "" && c.Profile.Store != c.Store.Text {
		e.Next = "use the profile of that store: btcpayctl profile list"
	}
	return e
}
