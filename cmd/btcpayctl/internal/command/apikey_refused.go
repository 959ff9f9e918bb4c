package command

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// whyRefused is [greenfield.Client.WhyRefused] with another key of the account,
// where one is at hand.
func (h *keyHolder) whyRefused(ctx context.Context, c *app.GreenfieldConnection, refused error) error {
	if !slices.ContainsFunc([]error{greenfield.ErrUnknownKey, greenfield.ErrUnauthenticated, greenfield.ErrRevokedOrLocked},
		func(meaning error) bool { return errors.Is(refused, meaning) }) {
		return refused
	}
	witness := h.witness(ctx, c.URL, c.KeyID)
	if witness == nil {
		return c.WhyRefused(ctx, refused, nil)
	}
	defer witness.CloseIdleConnections()
	return c.WhyRefused(ctx, refused, witness.Client)
}

// witness connects with another key of the account that a key belongs to: the key
// that made it, or one that it made. It is nil where the ledger knows of none, or
// where that key is not at hand.
func (h *keyHolder) witness(ctx context.Context, server, id string) *app.GreenfieldConnection {
	open, _ := h.app.Unfinished(ctx) // what cannot be read is told by "doctor"
	for _, r := range open {
		other := ""
		switch {
		case r.Server != server:
		case r.KeyID == id:
			other = h.makerOf(r)
		case r.OldKeyID == id && r.MintedBy == id:
			other = r.KeyID // it made its successor
		}
		if other == "" || other == id {
			continue
		}
		key, err := h.keyAtHand(ctx, server, other)
		if err != nil {
			continue
		}
		if connection, err := h.connect(server, key); err == nil {
			return connection
		}
	}
	return nil
}

// makerOf is the key that made a record's key for its own account. Records of
// versions that did not note it tell the profile, by the label; only "exec" never
// made a key for another account.
func (h *keyHolder) makerOf(r ledger.Record) string {
	if r.MintedBy != "" || !r.Temporary || r.Profile == "" || !strings.HasPrefix(r.Label, "btcpayctl/"+r.Profile+"/") {
		return r.MintedBy
	}
	config, err := h.app.ReadConfig()
	if err != nil {
		return ""
	}
	if p := config.Profiles[r.Profile]; p.Server == r.Server {
		return p.APIKeyID
	}
	return ""
}

var errNotAtHand = errors.New("the key is not at hand")

// keyAtHand is a key of a server that is stored here, or in the environment.
func (h *keyHolder) keyAtHand(ctx context.Context, server, id string) (greenfield.APIKey, error) {
	index, err := h.app.Index()
	if err != nil {
		return greenfield.APIKey{}, err
	}
	entries, err := index.List(ctx)
	if err == nil {
		entries, err = withProfiles(h.app, entries)
	}
	if err != nil {
		return greenfield.APIKey{}, err
	}
	stored := slices.IndexFunc(entries, func(e keystore.Entry) bool { return e.Name == app.APIKeyName(id) && e.Server == server })
	if stored >= 0 {
		return h.app.LoadAPIKey(ctx, entries[stored].Keystore, id)
	}
	given, err := h.app.Greenfield(ctx, app.Flags{Server: server, AllowHTTP: h.flags.AllowHTTP, CAFile: h.flags.CAFile})
	if err != nil {
		return greenfield.APIKey{}, err
	}
	given.CloseIdleConnections()
	if given.KeyID != id {
		return greenfield.APIKey{}, errNotAtHand
	}
	return given.Key, nil
}

// afterRefusal is what a person does about a key of an operation that could not be
// revoked.
func afterRefusal(err error, r ledger.Record) string {
	switch {
	case errors.Is(err, greenfield.ErrRevokedOrLocked), errors.Is(err, greenfield.ErrOtherServer):
		return "look at the page Account / API Keys of " + r.Server + ", delete it there if it is there, then: btcpayctl doctor --forget " + r.ID
	case errors.Is(err, greenfield.ErrUserDisabled):
		return "wait five minutes, or ask the server's administrator\nthen btcpayctl doctor"
	case errors.Is(err, greenfield.ErrNotArrived), errors.Is(err, greenfield.ErrLoginPage):
		return "ask the server's operator to let the Authorization header through\nthen btcpayctl doctor"
	case errors.Is(err, greenfield.ErrNotServer), errors.Is(err, greenfield.ErrUnauthenticated), errors.Is(err, greenfield.ErrNoAPI):
		return "check that BTCPay Server answers at " + r.Server + "\nthen btcpayctl doctor"
	}
	return "later: btcpayctl doctor"
}

// notRevoked tells of a revocation that the server was asked for and did not
// confirm. The operation stays open, as the key may still work.
func (h *keyHolder) notRevoked(ctx context.Context, operation *ledger.Operation, err error) error {
	r := operation.Record
	e := *explain(ctx, err)
	e.What = "the key " + r.KeyID + " was not revoked: " + e.What
	if e.Code.Exit() == output.Usage.Exit() {
		return errors.Join(&e, operation.Finish()) // nothing was sent
	}
	e.Why, e.Next = "It may still work. It stays in the keystore.", afterRefusal(err, r)
	if r.Keystore == "" {
		e.Why = "It may still work."
		if mayPass(err) {
			e.Next = "the same command again, later"
		}
	}
	return errors.Join(&e, operation.Release())
}
