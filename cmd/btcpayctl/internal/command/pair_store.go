package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// refuseTwoStores refuses to pair a profile's key with another store than the profile's:
// a profile has one.
func refuseTwoStores(a *app.App, s app.Settings) error {
	own := s.Profile.Store
	if !a.OwnKey(s) || own == "" || !s.Store.Explicit() || own == s.Store.Text {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("profile %s is for store %s, and %s names store %s", s.Name.Text, own, s.Store.Source, s.Store.Text),
		Why:  "A profile has one store. Nothing was sent.",
		Next: "the same command with --profile ANOTHER\nor btcpayctl profile set " + s.Name.Text + " --store " + s.Store.Text}
}

// A pairedKey is a BitId key that is paired, or is to be.
type pairedKey struct {
	app *app.App
	*app.Connection
}

// provenStore learns which store the key was approved for, and refuses another than the
// one that is wanted. It returns none, and no error, where that cannot be known yet.
func (c *pairedKey) provenStore(ctx context.Context) (*profile.ProvenStore, error) {
	serves, err := c.app.Serves(ctx, c.Connection)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, nil //nolint:nilerr // it is kept, see unproven
	case c.Store.Text == "" || c.Store.Text == serves.ID:
		return serves, nil
	}
	return serves, c.otherStore(serves)
}

// otherStore says that a person approved the key for another store than was asked for.
func (c *pairedKey) otherStore(serves *profile.ProvenStore) *output.Error {
	says := c.Store.Source + " names"
	if !c.Store.Explicit() {
		says = "profile " + c.Name.Text + " says"
	}
	return &output.Error{Code: output.WrongStore,
		What: fmt.Sprintf("the key %s is paired with store %s, and %s store %s", c.Identity.SIN(), serves, says, c.Store.Text),
		Why:  fmt.Sprintf("Invoice %s shows it: whoever approved the key chose that store on the page.", serves.Invoice),
		Next: c.app.PairAgain(c.Connection, serves)}
}

// unproven says why the store of a paired key is not known.
func (c *pairedKey) unproven() string {
	why := c.app.WhyUnproven(c.Connection)
	if errors.Is(why, bitpay.ErrNoInvoice) {
		return "the store is not proven yet: it has no invoice"
	}
	return "the store is not proven: " + output.VisibleLine(why.Error())
}

// tellStore says which store a key is paired with.
func (c *pairing) tellStore(begin string, serves *profile.ProvenStore) {
	if serves != nil {
		fmt.Fprintf(c.app.Err, "%s with store %s, as invoice %s shows.", begin, serves, serves.Invoice)
		return
	}
	fmt.Fprintf(c.app.Err, "%s. %s.", begin, output.Sentence(c.unproven()))
	if errors.Is(c.app.WhyUnproven(c.Connection), bitpay.ErrNoInvoice) {
		fmt.Fprint(c.app.Err, " The first one that is created shows which store it is.")
	}
	if c.Store.Text != "" {
		fmt.Fprintf(c.app.Err, " Asked for: store %s.", c.Store.Text)
	}
}

// nextInvoice is how to create an invoice with a key that was just paired. A store that
// is not proven is left to the profile: one that is named has to be proven.
func (c *pairing) nextInvoice(serves *profile.ProvenStore) string {
	next := "btcpayctl invoice create" + c.profileFlag() + " --amount 10 --currency USD"
	if c.profileName() == "" {
		next = "btcpayctl invoice create --server " + c.URL + " --amount 10 --currency USD"
	}
	next = c.app.Hint(next)
	if serves == nil && c.Store.Source == "--store" {
		next = strings.Replace(next, " --store "+app.ShellWord(c.Store.Text), "", 1)
	}
	return next
}
