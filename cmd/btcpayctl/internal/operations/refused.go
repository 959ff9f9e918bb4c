package operations

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// isGone is the only function that decides from the server's response to a key's own
// revocation whether the key is revoked. If the key is not known to be revoked, the error
// says why. A key is revoked if
//
//   - the server revoked it now;
//   - the server does not know it, which [KeyHolder.WhyRefused] verifies;
//   - a server before 2.3.5 refuses it without a reason, and this program asked for the
//     revocation a moment ago: the response was lost, or another process asked.
func (h *KeyHolder) isGone(ctx context.Context, c *app.GreenfieldConnection, answer error, lost bool) (bool, error) {
	err := h.WhyRefused(ctx, c, answer)
	switch {
	case err == nil, errors.Is(err, greenfield.ErrUnknownKey):
		return true, nil
	case errors.Is(err, greenfield.ErrRevokedOrLocked) && (lost || h.endedElsewhere(ctx, c.KeyID)):
		return true, nil
	}
	return false, err
}

// endedElsewhere reports whether another process revokes the same key, and waits for that
// process to finish.
func (h *KeyHolder) endedElsewhere(ctx context.Context, id string) bool {
	seen := false
	for deadline := time.Now().Add(HoldWait); ; {
		open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
		same := slices.DeleteFunc(open, func(r ledger.Key) bool { return r.KeyID != id })
		if slices.ContainsFunc(same, func(r ledger.Key) bool { return r.Ended }) {
			return true
		}
		atWork := slices.DeleteFunc(same, func(r ledger.Key) bool { return IsAbandoned(ctx, h.App, r.ID) })
		// One of them is this process's own.
		if len(atWork) < 2 || time.Now().After(deadline) {
			return seen && h.IsEndedElsewhere(ctx, id)
		}
		seen = true
		select {
		case <-ctx.Done():
			return false
		case <-time.After(endedLook):
		}
	}
}

// RevokeLoaded is [KeyHolder.Revoke] for a key that was read from the keystore: if it is no
// longer there, another process has revoked it.
func (h *KeyHolder) RevokeLoaded(ctx context.Context, server string, key greenfield.APIKey) error {
	err := h.Revoke(ctx, server, key)
	if errors.Is(err, greenfield.ErrRevokedOrLocked) && h.IsEndedElsewhere(ctx, app.KeyID(key)) {
		return nil
	}
	return err
}

// RevokeProven is [KeyHolder.Revoke] that also asks with the key: a server that still
// accepts it has not revoked it, whatever it confirmed.
func (h *KeyHolder) RevokeProven(ctx context.Context, server string, key greenfield.APIKey) error {
	err := h.Revoke(ctx, server, key)
	if err == nil && h.stillWorks(ctx, server, key) {
		err = errStillWorks
	}
	return err
}

var errStillWorks = errors.New("the server reported that it was revoked, and still accepts it")

// stillWorks reports whether a server accepts a key whose revocation it has confirmed. If
// the server cannot be asked, its confirmation counts.
func (h *KeyHolder) stillWorks(ctx context.Context, server string, key greenfield.APIKey) bool {
	ctx, stop := context.WithTimeout(ctx, QuickTimeout)
	defer stop()
	connection, err := h.withoutRetry().Connect(server, key)
	if err != nil {
		return false
	}
	defer connection.CloseIdleConnections()
	_, err = connection.APIKeys.Current(ctx)
	return err == nil
}

// endedLook is how often another process's operation is checked.
const endedLook = 20 * time.Millisecond

// WhyRefused is [greenfield.Client.WhyRefused] with another key of the account, if one is
// available.
func (h *KeyHolder) WhyRefused(ctx context.Context, c *app.GreenfieldConnection, refused error) error {
	if !slices.ContainsFunc([]error{greenfield.ErrUnknownKey, greenfield.ErrUnauthenticated, greenfield.ErrRevokedOrLocked},
		func(meaning error) bool { return errors.Is(refused, meaning) }) {
		return refused
	}
	var witness *app.GreenfieldConnection
	if !h.Alone {
		witness = h.witness(ctx, c.URL, c.KeyID)
	}
	if witness == nil {
		return c.WhyRefused(ctx, refused, nil)
	}
	defer witness.CloseIdleConnections()
	return c.WhyRefused(ctx, refused, witness.Client)
}

// WhyRefusedInUse is [greenfield.Client.WhyRefused] for the credential that the command
// uses. Errors that a command has explained itself stay as they are.
func WhyRefusedInUse(ctx context.Context, a *app.App, err error) error {
	c := a.InUse()
	if _, explained := errors.AsType[*output.Error](err); explained || c == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, greenfield.ErrUnauthenticated) {
		return err
	}
	return c.WhyRefused(ctx, err, nil)
}

// witness connects with another key of the same account: the key that made this one, or a
// key that it made. It returns nil if the ledger names none, or that key is not available.
func (h *KeyHolder) witness(ctx context.Context, server, id string) *app.GreenfieldConnection {
	open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
	for _, r := range open {
		other := ""
		switch {
		case r.Server != server:
		case r.KeyID == id:
			other = h.makerOf(r)
		case r.Rotate.OldKeyID == id && r.MintedBy == id:
			other = r.KeyID // it made its successor
		}
		if other == "" || other == id {
			continue
		}
		key, err := h.availableKey(ctx, server, other)
		if err != nil {
			continue
		}
		if connection, err := h.Connect(server, key); err == nil {
			return connection
		}
	}
	return nil
}

// makerOf is the key that made a record's key for its own account. Records of versions that
// did not store it name the profile, in the label; only "exec" never made a key for another
// account.
func (h *KeyHolder) makerOf(r ledger.Key) string {
	if r.MintedBy != "" || !r.Mint.Temporary || r.Profile == "" || !strings.HasPrefix(r.Label, "btcpayctl/"+r.Profile+"/") {
		return r.MintedBy
	}
	config, err := h.App.ReadConfig()
	if err != nil {
		return ""
	}
	if p := config.Profiles[r.Profile]; p.Server == r.Server {
		return p.APIKeyID
	}
	return ""
}

var errNotAtHand = errors.New("the key is not available")

// availableKey reads a key of a server from the keystore or the environment.
func (h *KeyHolder) availableKey(ctx context.Context, server, id string) (greenfield.APIKey, error) {
	entries, err := h.App.IndexEntries(ctx)
	if err == nil {
		entries, err = WithProfiles(h.App, entries)
	}
	if err != nil {
		return greenfield.APIKey{}, err
	}
	stored := slices.IndexFunc(entries, func(e keystore.Entry) bool { return e.Name == app.APIKeyName(id) && e.Server == server })
	if stored >= 0 {
		return h.App.LoadAPIKey(ctx, entries[stored].Keystore, id)
	}
	given, err := h.App.Greenfield(ctx, app.Flags{Server: server, AllowHTTP: h.Flags.AllowHTTP, CAFile: h.Flags.CAFile})
	if err != nil {
		return greenfield.APIKey{}, err
	}
	given.CloseIdleConnections()
	if given.KeyID != id {
		return greenfield.APIKey{}, errNotAtHand
	}
	return given.Key, nil
}

// AfterRefusal is the next step for the user if the key of an operation could not be
// revoked.
func AfterRefusal(err error, r ledger.Key) string {
	switch {
	case errors.Is(err, greenfield.ErrRevokedOrLocked), errors.Is(err, greenfield.ErrOtherServer):
		return "look at the page Account / API Keys of " + r.Server + ", delete the key there if it exists, then: btcpayctl doctor --forget " + r.ID
	case errors.Is(err, greenfield.ErrUserDisabled):
		return "wait five minutes, or ask the server's administrator\nthen btcpayctl doctor"
	case errors.Is(err, greenfield.ErrNotArrived), errors.Is(err, greenfield.ErrLoginPage):
		return "ask the server's operator to let the Authorization header through\nthen btcpayctl doctor"
	case errors.Is(err, greenfield.ErrNotServer), errors.Is(err, greenfield.ErrUnauthenticated), errors.Is(err, greenfield.ErrNoAPI):
		return "check that BTCPay Server responds at " + r.Server + "\nthen btcpayctl doctor"
	}
	return "later: btcpayctl doctor"
}

// NotRevoked is the error for a revocation that the server did not confirm. The operation
// stays open, because the key may still work.
func (h *KeyHolder) NotRevoked(ctx context.Context, operation *ledger.Operation[ledger.Key], err error) error {
	r := operation.Record
	e := *cli.Explain(ctx, err)
	e.What = "the key " + r.KeyID + " was not revoked: " + e.What
	if e.Code.Exit() == output.Usage.Exit() {
		return errors.Join(&e, operation.Finish()) // nothing was sent
	}
	e.Why, e.Next = "It may still work. It stays in the keystore.", AfterRefusal(err, r)
	if r.Keystore == "" {
		e.Why = "It may still work."
		if IsTemporary(err) {
			e.Next = "the same command again, later"
		}
	}
	return errors.Join(&e, operation.Release())
}

// IsEndedElsewhere reports whether another process has revoked, or is revoking, a key that
// was listed here a moment ago.
func (h *KeyHolder) IsEndedElsewhere(ctx context.Context, id string) bool {
	open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
	if slices.ContainsFunc(open, func(r ledger.Key) bool { return r.KeyID == id && r.Ended }) {
		return true
	}
	known, err := h.isKnown(ctx, id)
	if err != nil || known {
		return false
	}
	users, err := ProfilesOfAPIKey(h.App, id)
	return err == nil && len(users) == 0
}

// CloseOthers ends the other operations about a revoked key. It reports whether another
// process holds one of them: that process deletes the key here.
func (h *KeyHolder) CloseOthers(ctx context.Context, own ledger.Key) (held bool, err error) {
	open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
	scheduled, _ := Scheduled(h.App)
	journal, err := h.App.Ledger()
	if err != nil {
		return false, err
	}
	for _, r := range slices.Concat(open, scheduled) {
		if r.KeyID != own.KeyID || r.ID == own.ID {
			continue
		}
		operation, err := ledger.ResumeWithin[ledger.Key](ctx, journal, r.ID, HoldWait)
		switch {
		case errors.Is(err, ledger.ErrBusy):
			held = held || r.Keystore != ""
			continue
		case errors.Is(err, ledger.ErrNotFound):
			continue
		case err == nil:
			err = h.CloseOperation(ctx, operation)
		}
		if err != nil {
			return held, err
		}
	}
	return held, nil
}

// WithProfiles adds the keys that a profile names but the index does not, for example after
// the index was lost.
func WithProfiles(a *app.App, entries []keystore.Entry) ([]keystore.Entry, error) {
	config, err := a.ReadConfig()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
		p := config.Profiles[name]
		known := func(e keystore.Entry) bool { return e.Name == app.APIKeyName(p.APIKeyID) }
		if p.APIKeyID != "" && !slices.ContainsFunc(entries, known) {
			entries = append(entries, keystore.Entry{Name: app.APIKeyName(p.APIKeyID), Keystore: p.Keystore, Server: p.Server})
		}
	}
	return entries, nil
}
