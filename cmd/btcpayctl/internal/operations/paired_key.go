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

// A PairedKey is a BitId key that is paired, or is to be.
type PairedKey struct {
	App        *app.App
	Connection *app.Connection
}

// ProvenStore learns which store the key was approved for, and refuses another than the
// one that is wanted. It returns none, and no error, where that cannot be known yet.
func (k *PairedKey) ProvenStore(ctx context.Context) (*profile.ProvenStore, error) {
	c := k.Connection
	serves, err := Serves(ctx, k.App, c)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, nil //nolint:nilerr // it is kept, see unproven
	case c.Store.Text == "" || c.Store.Text == serves.ID:
		return serves, nil
	}
	return serves, k.otherStore(serves)
}

// otherStore says that a person approved the key for another store than was asked for.
func (k *PairedKey) otherStore(serves *profile.ProvenStore) *output.Error {
	c := k.Connection
	says := c.Store.Source + " names"
	if !c.Store.Explicit() {
		says = "profile " + c.Name.Text + " says"
	}
	return &output.Error{Code: output.WrongStore,
		What: fmt.Sprintf("the key %s is paired with store %s, and %s store %s", c.Identity.SIN(), serves, says, c.Store.Text),
		Why:  fmt.Sprintf("Invoice %s shows it: whoever approved the key chose that store on the page.", serves.Invoice),
		Next: PairAgain(c, serves)}
}

// Unproven says why the store of a paired key is not known.
func (k *PairedKey) Unproven() string {
	why := WhyUnproven(k.Connection)
	if errors.Is(why, bitpay.ErrNoInvoice) {
		return "the store is not proven yet: it has no invoice"
	}
	return "the store is not proven: " + output.VisibleLine(why.Error())
}

// Taken explains a code that was approved for another key.
func (k *PairedKey) Taken(r ledger.Pair) *output.Error {
	c := k.Connection
	page := c.URL + "/stores/STORE/tokens, of the store that approved it"
	if r.Store != "" {
		if address, err := c.TokensURL(r.Store); err == nil {
			page = address
		}
	}
	label := "without a label"
	if r.Label != "" {
		label = fmt.Sprintf("labelled %q", r.Label)
	}
	return &output.Error{Code: output.PairingTaken, What: "the code " + r.Code + " was approved, but not for this key",
		Why: strings.TrimSpace(fmt.Sprintf("Somebody who knew the code put a key of their own in its place. The token %s is theirs, and lets them make and read invoices there. "+
			"This key, %s, is not paired.", label, r.SIN)),
		Next: "revoke that token: " + page + "\nthen btcpayctl pair client" + k.ProfileFlag()}
}

// ProfileName is the profile that the key comes from, empty if it is the environment.
func (k *PairedKey) ProfileName() string {
	c := k.Connection
	if k.App.FromProfile(c.Settings) && c.Profile.SIN == c.Identity.SIN() {
		return c.Name.Text
	}
	return "" // the key comes from the environment
}

// ProfileFlag is what a next command needs to use the same profile.
func (k *PairedKey) ProfileFlag() string {
	if name := k.ProfileName(); name != "" {
		return " --profile " + name
	}
	return ""
}
