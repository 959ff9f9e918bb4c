package operations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// mostTries bounds how many new invoices are asked for their store. One of 0 has no
// checkout page, and the next one may have.
const mostTries = 5

// Serves learns which store the key of a connection serves: by what was proven of a
// token that the key still has, else by an invoice of it. The error says why it cannot
// be known, and wraps [bitpay.ErrStoreUnknown] where asking again is of no use.
func Serves(ctx context.Context, a *app.App, c *app.Connection) (*profile.ProvenStore, error) {
	s := &c.Serving
	if s.Store != nil {
		return s.Store, nil
	}
	if s.Looked {
		return nil, s.Why
	}
	look, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	if err := readTokens(look, a, c); err != nil {
		s.Why = err
		return nil, err
	}
	if s.Store != nil {
		return s.Store, nil
	}
	store, err := c.OwnStore(look)
	if err != nil {
		if errors.Is(err, bitpay.ErrStoreUnknown) {
			s.Looked = true
			forgetProven(ctx, a, c)
		}
		s.Why = plainAnswer(err)
		return nil, s.Why
	}
	learn(ctx, a, c, store)
	return s.Store, nil
}

// readTokens asks for the tokens of a BitId key, and takes what was proven of one of
// them for known. Other keys have none: a legacy key belongs to one store.
func readTokens(ctx context.Context, a *app.App, c *app.Connection) error {
	s := &c.Serving
	if c.Identity == nil || s.Tokens != nil {
		return nil
	}
	tokens, err := c.Tokens(ctx)
	if err != nil {
		return plainAnswer(err)
	}
	if len(tokens) == 0 {
		if err := Arrives(ctx, c); err != nil {
			return err
		}
		forgetProven(ctx, a, c)
		return bitpay.ErrNotPaired
	}
	s.Tokens = profile.TokenDigests(tokens)
	config, err := a.ReadConfig()
	if err != nil {
		return err
	}
	for _, p := range config.Profiles {
		proven := p.Serves()
		if proven == nil || p.SIN != c.Identity.SIN() || proven.Server != c.URL {
			continue
		}
		s.Before = proven
		if proven.HoldsFor(s.Tokens) {
			s.Store = proven
			break
		}
	}
	return nil
}

// Arrives returns [bitpay.ErrNotArrived] if a proxy removes the credential of a connection:
// every key then seems to be unpaired.
func Arrives(ctx context.Context, c *app.Connection) error {
	if arrival, err := c.Arrival(ctx); err == nil && !arrival.Credential {
		return bitpay.ErrNotArrived
	}
	return nil
}

// plainAnswer removes the meaning "not paired" from the response to a read. A proxy may
// withhold tokens and lists with the 403 that means it elsewhere; only an empty list of
// tokens shows it.
func plainAnswer(err error) error {
	if answer, ok := errors.AsType[*client.Error](err); ok && errors.Is(err, bitpay.ErrNotPaired) {
		return answer
	}
	return err
}

// learn takes what an invoice shows for known, and writes it into the profiles that
// have the key. Where that fails it is looked up again by the next command.
func learn(ctx context.Context, a *app.App, c *app.Connection, store bitpay.Store) {
	s := &c.Serving
	if c.Identity == nil {
		s.Store = profile.ProvenFor(store, "", c.URL, "")
		return
	}
	token := ""
	if len(s.Tokens) > 0 {
		token = s.Tokens[0]
	}
	s.Store = profile.ProvenFor(store, c.Identity.SIN(), c.URL, token)
	if token != "" {
		_ = updateProven(ctx, a, c, s.Store)
	}
}

// forgetProven takes away what was proven of tokens that the key has no longer.
func forgetProven(ctx context.Context, a *app.App, c *app.Connection) {
	if c.Identity != nil {
		_ = updateProven(ctx, a, c, nil)
	}
}

// errSame ends an update that would change nothing.
var errSame = errors.New("nothing is to be changed")

// lockPatience is how long another process may hold the configuration, which is written
// again by the next command.
const lockPatience = 5 * time.Second

func updateProven(ctx context.Context, a *app.App, c *app.Connection, proven *profile.ProvenStore) error {
	file, err := a.Config()
	if err != nil {
		return err
	}
	change := func(config *profile.Config) error {
		changed := false
		for name, p := range config.Profiles {
			if p.SIN != c.Identity.SIN() || !p.IsOn(c.URL) {
				continue
			}
			same := p.Proven == proven || p.Proven != nil && proven != nil && *p.Proven == *proven
			if p.Proven = proven; !same {
				changed = true
				config.Profiles[name] = p
			}
		}
		if !changed {
			return errSame
		}
		return nil
	}
	// Mostly there is nothing to do, and then no lock is needed.
	if config, err := file.Read(); err != nil || errors.Is(change(&config), errSame) {
		return err
	}
	// What is known should be kept, even if a signal ends the command.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockPatience)
	defer cancel()
	if err := file.Update(ctx, change); !errors.Is(err, errSame) {
		return err
	}
	return nil
}

// ReadyToCreate is [CheckStore] before an invoice is created. It also reads the
// tokens of a profile's key, so that what the first invoice shows can be kept.
func ReadyToCreate(ctx context.Context, a *app.App, c *app.Connection) error {
	if err := CheckStore(ctx, a, c); err != nil {
		return err
	}
	if c.Source != app.SourceProfile || c.DryRun || c.Serving.Store != nil || c.Serving.Why != nil {
		return nil
	}
	look, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	if err := readTokens(look, a, c); errors.Is(err, bitpay.ErrNotPaired) || errors.Is(err, bitpay.ErrNotArrived) {
		return err
	}
	return nil // what else fails does not stop a sale
}

// ProveBy learns the store of a key from an invoice that was just created, or found.
// It asks once, if the store is not known yet and something depends on it. other is the
// store if it is not the one that was selected.
func ProveBy(ctx context.Context, a *app.App, c *app.Connection, invoice string) (other *profile.ProvenStore) {
	s := &c.Serving
	if s.Store == nil {
		if c.Source == "" || c.DryRun || s.Tries >= mostTries || c.Source != app.SourceProfile && c.Store.Text == "" {
			return nil
		}
		s.Tries++
		look, cancel := context.WithTimeout(ctx, c.Patience)
		defer cancel()
		status, err := c.Invoices.CheckoutStatus(look, bitpay.InvoiceID(invoice))
		if err != nil {
			s.Why = err
			if !errors.Is(err, bitpay.ErrNoCheckout) {
				s.Tries = mostTries // it may have taken its time
			}
			TellUnproven(a, c)
			return nil
		}
		learn(ctx, a, c, bitpay.Store{ID: status.StoreID, Name: status.StoreName, InvoiceID: bitpay.InvoiceID(invoice)})
		if c.Store.Text == "" || c.Store.Text == s.Store.ID {
			tellProven(a, c)
		}
	}
	if c.Store.Text == "" || c.Store.Text == s.Store.ID {
		return nil
	}
	return s.Store
}

// tellProven prints what an invoice showed, if that is new.
func tellProven(a *app.App, c *app.Connection) {
	s := &c.Serving
	switch {
	case s.Before == nil:
		fmt.Fprintf(a.Err, "Note: the key serves store %s, as invoice %s shows.\n", s.Store, s.Store.Invoice)
	case s.Before.ID != s.Store.ID:
		fmt.Fprintf(a.Err, "Note: the key serves store %s now, as invoice %s shows. It served store %s before.\n", s.Store, s.Store.Invoice, s.Before)
	}
}

// TellUnproven says once that a profile's store is believed only. Where there is no
// invoice nothing is shown that could be another store's.
func TellUnproven(a *app.App, c *app.Connection) {
	s := &c.Serving
	if s.Store != nil || s.Told || c.Store.Text == "" || c.Source == "" || s.Why == nil || errors.Is(s.Why, bitpay.ErrNoInvoice) {
		return
	}
	s.Told = true
	fmt.Fprintf(a.Err, "Note: whether the key serves store %s, as %s says, is not proven: %s.\n", c.Store.Text, sourceOfStore(c), output.VisibleLine(s.Why.Error()))
}

// IsUnprovable reports whether [Serves] failed because nothing shows the store yet, though
// the server accepts the key.
func IsUnprovable(err error) bool { return errors.Is(err, bitpay.ErrStoreUnknown) }

// WhyUnproven is why the store of a key is not known, nil if it is.
func WhyUnproven(c *app.Connection) error {
	if c.Serving.Store != nil {
		return nil
	}
	return c.Serving.Why
}

func sourceOfStore(c *app.Connection) string {
	if c.Store.Source == app.SourceProfile {
		return "profile " + c.Name.Text
	}
	return c.Store.Source
}
