package pair

import (
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
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

// tellStore prints which store the key is paired with.
func (p *plan) tellStore(begin string, serves *profile.ProvenStore) {
	if serves != nil {
		fmt.Fprintf(p.app.Err, "%s with store %s, as invoice %s shows.", begin, serves, serves.Invoice)
		return
	}
	c := p.key.Connection
	fmt.Fprintf(p.app.Err, "%s. %s.", begin, output.Sentence(p.key.Unproven()))
	if errors.Is(operations.WhyUnproven(c), bitpay.ErrNoInvoice) {
		fmt.Fprint(p.app.Err, " The first invoice that is created shows which store it is.")
	}
	if c.Store.Text != "" {
		fmt.Fprintf(p.app.Err, " Requested: store %s.", c.Store.Text)
	}
}

// nextInvoice is how to create an invoice with a key that was just paired. A store that
// is not proven is left to the profile: one that is named has to be proven.
func (p *plan) nextInvoice(serves *profile.ProvenStore) string {
	c := p.key.Connection
	next := "btcpayctl invoice create" + p.key.ProfileFlag() + " --amount 10 --currency USD"
	if p.key.ProfileName() == "" {
		next = "btcpayctl invoice create --server " + c.URL + " --amount 10 --currency USD"
	}
	next = p.app.Hint(next)
	if serves == nil && c.Store.Source == "--store" {
		next = strings.Replace(next, " --store "+app.ShellWord(c.Store.Text), "", 1)
	}
	return next
}
