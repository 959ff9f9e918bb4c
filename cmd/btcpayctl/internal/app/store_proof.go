package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A serving is what is known of the store that a connection's key serves.
type serving struct {
	store *profile.ProvenStore // nil while it is not proven
	// before is what was proven of the key earlier, which may be about a token that
	// it has no longer.
	before *profile.ProvenStore
	// tokens are the digests of the key's tokens, read before anything that is taken
	// for a proof: a token that was revoked never comes back, so a proof is at worst
	// kept for a token that is gone.
	tokens []string
	why    error // why it is not proven
	looked bool  // the invoices were looked at
	tries  int   // invoices that were created and asked for their store
	told   bool
}

// mostTries bounds how many new invoices are asked for their store. One of 0 has no
// checkout page, and the next one may have.
const mostTries = 5

// Proven is the store that the key of a connection was seen to serve in this run, nil
// where that is not known.
func (c *Connection) Proven() *profile.ProvenStore { return c.serving.store }

// Serves learns which store the key of a connection serves: by what was proven of a
// token that the key still has, else by an invoice of it. The error says why it cannot
// be known, and wraps [bitpay.ErrStoreUnknown] where asking again is of no use.
func (a *App) Serves(ctx context.Context, c *Connection) (*profile.ProvenStore, error) {
	s := &c.serving
	if s.store != nil {
		return s.store, nil
	}
	if s.looked {
		return nil, s.why
	}
	look, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	if err := a.readTokens(look, c); err != nil {
		s.why = err
		return nil, err
	}
	if s.store != nil {
		return s.store, nil
	}
	store, err := c.OwnStore(look)
	if err != nil {
		if errors.Is(err, bitpay.ErrStoreUnknown) {
			s.looked = true
			a.forgetProven(ctx, c)
		}
		s.why = plainAnswer(err)
		return nil, s.why
	}
	a.learn(ctx, c, store)
	return s.store, nil
}

// readTokens asks for the tokens of a BitId key, and takes what was proven of one of
// them for known. Other keys have none: a legacy key is one store's as it stands.
func (a *App) readTokens(ctx context.Context, c *Connection) error {
	s := &c.serving
	if c.Identity == nil || s.tokens != nil {
		return nil
	}
	tokens, err := c.Tokens(ctx)
	if err != nil {
		return plainAnswer(err)
	}
	if len(tokens) == 0 {
		a.forgetProven(ctx, c)
		return bitpay.ErrNotPaired
	}
	s.tokens = profile.TokenDigests(tokens)
	config, err := a.ReadConfig()
	if err != nil {
		return err
	}
	for _, p := range config.Profiles {
		proven := p.Serves()
		if proven == nil || p.SIN != c.Identity.SIN() || proven.Server != c.URL {
			continue
		}
		s.before = proven
		if proven.HoldsFor(s.tokens) {
			s.store = proven
			break
		}
	}
	return nil
}

// plainAnswer is the answer to a look alone. A proxy may keep tokens and lists back by
// the 403 that means "not paired" elsewhere; the list of tokens, which is empty then,
// is what tells that.
func plainAnswer(err error) error {
	if answer, ok := errors.AsType[*client.Error](err); ok && errors.Is(err, bitpay.ErrNotPaired) {
		return answer
	}
	return err
}

// learn takes what an invoice shows for known, and writes it into the profiles that
// have the key. Where that fails it is looked up again by the next command.
func (a *App) learn(ctx context.Context, c *Connection, store bitpay.Store) {
	s := &c.serving
	if c.Identity == nil {
		s.store = profile.ProvenFor(store, "", c.URL, "")
		return
	}
	token := ""
	if len(s.tokens) > 0 {
		token = s.tokens[0]
	}
	s.store = profile.ProvenFor(store, c.Identity.SIN(), c.URL, token)
	if token != "" {
		_ = a.updateProven(ctx, c, s.store)
	}
}

// forgetProven takes away what was proven of tokens that the key has no longer.
func (a *App) forgetProven(ctx context.Context, c *Connection) {
	if c.Identity != nil {
		_ = a.updateProven(ctx, c, nil)
	}
}

// errSame ends an update that would change nothing.
var errSame = errors.New("nothing is to be changed")

// lockPatience is how long another process may hold the configuration, which is written
// again by the next command.
const lockPatience = 5 * time.Second

func (a *App) updateProven(ctx context.Context, c *Connection, proven *profile.ProvenStore) error {
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
	// What is known should be kept, also where a signal ends the command.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockPatience)
	defer cancel()
	if err := file.Update(ctx, change); !errors.Is(err, errSame) {
		return err
	}
	return nil
}

// ReadyToCreate is [App.CheckStore] before an invoice is created. It also reads the
// tokens of a profile's key, so that what the first invoice shows can be kept.
func (a *App) ReadyToCreate(ctx context.Context, c *Connection) error {
	if err := a.CheckStore(ctx, c); err != nil {
		return err
	}
	if c.Source != sourceProfile || c.DryRun || c.serving.store != nil || c.serving.why != nil {
		return nil
	}
	look, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	if err := a.readTokens(look, c); errors.Is(err, bitpay.ErrNotPaired) {
		return err
	}
	return nil // what else fails does not stop a sale
}

// ProveBy learns the store of a key from an invoice that was just created, or found.
// It asks once, where the store is not known yet and where something depends on it.
// Other returns the store where it is not the one that was selected.
func (a *App) ProveBy(ctx context.Context, c *Connection, invoice string) (other *profile.ProvenStore) {
	s := &c.serving
	if s.store == nil {
		if c.Source == "" || c.DryRun || s.tries >= mostTries || c.Source != sourceProfile && c.Store.Text == "" {
			return nil
		}
		s.tries++
		look, cancel := context.WithTimeout(ctx, c.patience)
		defer cancel()
		status, err := c.Invoices.CheckoutStatus(look, invoice)
		if err != nil {
			s.why = err
			if !errors.Is(err, bitpay.ErrNoCheckout) {
				s.tries = mostTries // it may have taken its time
			}
			a.TellUnproven(c)
			return nil
		}
		a.learn(ctx, c, bitpay.Store{ID: status.StoreID, Name: status.StoreName, InvoiceID: invoice})
		if c.Store.Text == "" || c.Store.Text == s.store.ID {
			a.tellProven(c)
		}
	}
	if c.Store.Text == "" || c.Store.Text == s.store.ID {
		return nil
	}
	return s.store
}

// tellProven says what an invoice showed, where that is news.
func (a *App) tellProven(c *Connection) {
	s := &c.serving
	switch {
	case s.before == nil:
		fmt.Fprintf(a.Err, "Note: the key serves store %s, as invoice %s shows.\n", s.store, s.store.Invoice)
	case s.before.ID != s.store.ID:
		fmt.Fprintf(a.Err, "Note: the key serves store %s now, as invoice %s shows. It served store %s before.\n", s.store, s.store.Invoice, s.before)
	}
}

// TellUnproven says once that a profile's store is believed only. Where there is no
// invoice nothing is shown that could be another store's.
func (a *App) TellUnproven(c *Connection) {
	s := &c.serving
	if s.store != nil || s.told || c.Store.Text == "" || c.Source == "" || s.why == nil || errors.Is(s.why, bitpay.ErrNoInvoice) {
		return
	}
	s.told = true
	fmt.Fprintf(a.Err, "Note: whether the key serves store %s, as %s says, is not proven: %s.\n", c.Store.Text, sourceOfStore(c), output.VisibleLine(s.why.Error()))
}

// WhyUnproven is why the store of a key is not known, nil where it is.
func (a *App) WhyUnproven(c *Connection) error {
	if c.serving.store != nil {
		return nil
	}
	return c.serving.why
}

func sourceOfStore(c *Connection) string {
	if c.Store.Source == sourceProfile {
		return "profile " + c.Name.Text
	}
	return c.Store.Source
}
