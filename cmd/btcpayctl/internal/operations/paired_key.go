package operations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A PairedKey is a BitId key that is paired, or will be.
type PairedKey struct {
	App        *app.App
	Connection *app.Connection
}

// ProvenStore finds out which store the key was approved for, and refuses another store
// than the selected one. It returns none, and no error, if the store cannot be known yet.
func (k *PairedKey) ProvenStore(ctx context.Context) (*profile.ProvenStore, error) {
	c := k.Connection
	serves, err := Serves(ctx, k.App, c)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, nil //nolint:nilerr // the error is stored, see unproven
	case c.Store.Text == "" || c.Store.Text == serves.ID:
		return serves, nil
	}
	return serves, k.otherStore(serves)
}

// otherStore is the error that the key was approved for another store than requested.
func (k *PairedKey) otherStore(serves *profile.ProvenStore) *output.Error {
	c := k.Connection
	says := c.Store.Source + " names"
	if !c.Store.Explicit() {
		says = "profile " + c.Name.Text + " says"
	}
	return &output.Error{Code: output.WrongStore,
		What: fmt.Sprintf("the key %s is paired with store %s, but %s store %s", c.Identity.SIN(), serves, says, c.Store.Text),
		Why:  fmt.Sprintf("Invoice %s shows it: the owner who approved the key chose that store on the page.", serves.Invoice),
		Next: PairAgain(c, serves)}
}

// Unproven says why the store of a paired key is unknown.
func (k *PairedKey) Unproven() string {
	why := WhyUnproven(k.Connection)
	if errors.Is(why, bitpay.ErrNoInvoice) {
		return "the store is not proven yet: it has no invoice"
	}
	return "the store is not proven: " + output.VisibleLine(why.Error())
}

// Taken is the error for a code that was approved for another key.
func (k *PairedKey) Taken(r ledger.Pair) *output.Error {
	c := k.Connection
	page := c.URL + "/stores/STORE/tokens, of the store that approved it"
	if r.Store != "" {
		if address, err := c.TokensURL(bitpay.StoreID(r.Store)); err == nil {
			page = address
		}
	}
	label := "without a label"
	if r.Label != "" {
		label = fmt.Sprintf("labelled %q", r.Label)
	}
	return &output.Error{Code: output.PairingTaken, What: "the code " + r.Code + " was approved, but not for this key",
		Why: strings.TrimSpace(fmt.Sprintf("Another person who knew the code used it with their own key. The token %s belongs to that key, which can create and read invoices in that store. "+
			"This key, %s, is not paired.", label, r.SIN)),
		Next: "revoke that token: " + page + "\nthen btcpayctl pair client" + k.ProfileFlag()}
}

// ProfileName is the profile that the key comes from, empty for the environment.
func (k *PairedKey) ProfileName() string {
	c := k.Connection
	if k.App.FromProfile(c.Settings) && c.Profile.SIN == c.Identity.SIN() {
		return c.Name.Text
	}
	return "" // the key comes from the environment
}

// ProfileFlag is the flag with which a next command uses the same profile.
func (k *PairedKey) ProfileFlag() string {
	if name := k.ProfileName(); name != "" {
		return " --profile " + name
	}
	return ""
}
