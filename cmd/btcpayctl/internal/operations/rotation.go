package operations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// Replace makes the profiles that used the old key use the new one, which works, and
// revokes the old one. If the old one has to be revoked later, Replace schedules that and
// returns the time. Replace can be repeated after a kill.
func (h *KeyHolder) Replace(ctx context.Context, operation *ledger.Operation[ledger.Key], old greenfield.APIKey) (due time.Time, err error) {
	r := operation.Record
	users, err := ProfilesOfAPIKey(h.App, r.Rotate.OldKeyID)
	if err != nil {
		return due, err
	}
	for _, name := range users {
		err := h.App.UpdateProfile(ctx, name, func(p *profile.Profile) error {
			if p.APIKeyID == r.Rotate.OldKeyID {
				p.APIKeyID = r.KeyID
			}
			return nil
		})
		if err != nil {
			return due, err
		}
		h.App.Did(app.Effect{ID: "profile " + name + " uses", What: "profile " + name + " uses the key " + r.KeyID, Look: "btcpayctl apikey current --profile " + name})
	}
	fault.At("rotate-pinned")
	if h.App.Now().Before(r.Rotate.Due) {
		due, err := h.revokeLater(ctx, operation, old)
		if err != nil {
			return due, err
		}
		return due, operation.Finish()
	}
	if err := h.RevokeProven(ctx, r.Server, old); err != nil {
		e := cli.Explain(ctx, err)
		e.What = fmt.Sprintf("the new key %s is in use, and the old one %s could not be revoked: %s", r.KeyID, r.Rotate.OldKeyID, e.What)
		e.Why, e.Next = "The old one may still work.", "btcpayctl doctor"
		return due, errors.Join(e, operation.Release())
	}
	h.App.Did(app.Effect{ID: r.Rotate.OldKeyID, What: "the key " + r.Rotate.OldKeyID + " was revoked on " + r.Server, Look: "btcpayctl apikey list"})
	fault.At("rotate-revoked")
	if err := h.DeleteGone(ctx, r.Rotate.OldKeystore, r.Rotate.OldKeyID); err != nil {
		return due, err
	}
	return due, operation.Finish()
}

// revokeLater records that the old key of a rotation has to be revoked later, and starts
// the process that does it. A key that is scheduled already keeps its time.
func (h *KeyHolder) revokeLater(ctx context.Context, rotation *ledger.Operation[ledger.Key], old greenfield.APIKey) (time.Time, error) {
	r := rotation.Record
	scheduled, _ := Scheduled(h.App) // "doctor" reports records that cannot be read
	record := ledger.Key{
		Header:     ledger.Header{ID: NewOperationID(), Kind: ledger.KindRevoke, Profile: r.Target, Server: r.Server, AllowHTTP: r.AllowHTTP, CAFile: r.CAFile},
		KeyPayload: ledger.KeyPayload{KeyID: r.Rotate.OldKeyID, Keystore: r.Rotate.OldKeystore},
		Revoke:     ledger.RevokePayload{Due: r.Rotate.Due},
	}
	i := slices.IndexFunc(scheduled, func(s ledger.Key) bool { return s.KeyID == r.Rotate.OldKeyID && s.Server == r.Server })
	if i < 0 {
		operation, err := Begin(ctx, h.App, record)
		if err == nil {
			err = operation.Release()
		}
		if err != nil {
			return time.Time{}, err
		}
	} else {
		record = scheduled[i] // its process may have been killed
	}
	fault.At("rotate-scheduled")
	err := leaveToWatcher(h.App, h.Flags, record, old)
	if err != nil {
		fmt.Fprintf(h.App.Err, "warning: the process that revokes the old key cannot be started: %s\n  Next, after %s: %s\n", output.VisibleLine(err.Error()), cli.ClockTime(h.App, record.Revoke.Due, cli.ToTheSecond), h.App.Hint("btcpayctl doctor"))
	}
	h.App.Did(app.Effect{ID: r.Rotate.OldKeyID, What: "the key " + r.Rotate.OldKeyID + " is revoked at " + cli.ClockTime(h.App, record.Revoke.Due, cli.ToTheSecond), Look: "btcpayctl apikey list"})
	return record.Revoke.Due, nil
}

// leaveToWatcher starts a process that revokes an old key when it is due.
func leaveToWatcher(a *app.App, flags app.Flags, r ledger.Key, old greenfield.APIKey) error {
	told := WatchFor(a, flags, r, old, Deadline{})
	told.AllowHTTP, told.Due = told.AllowHTTP || flags.AllowHTTP, r.Revoke.Due
	w, err := StartWatcher(a, told)
	if err != nil {
		return err
	}
	return w.input.Close()
}

// RevokeDue revokes the old keys that are due, if no process did, and reports them.
func (h *KeyHolder) RevokeDue(ctx context.Context) {
	open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
	journal, err := h.App.Ledger()
	if err != nil {
		return
	}
	for _, r := range open {
		if r.Kind != ledger.KindRevoke || r.Revoke.Due.IsZero() {
			continue
		}
		operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
		if err != nil {
			continue // its own process revokes it, or did
		}
		end := &keyEnding{KeyHolder: *h.Reaching(r.Header), operation: operation, name: "the old key " + r.KeyID}
		switch found := end.finishRevoke(ctx); found.Status {
		case "ok":
			fmt.Fprintf(h.App.Err, "Revoked the old key %s: its time has passed.\n", r.KeyID)
		default:
			fmt.Fprintln(h.App.Err, "warning:", output.VisibleLine(found.Detail)+".")
		}
		operation.Release()
	}
}

// FinishRotation continues a rotation whose new key is known to work.
func (h *KeyHolder) FinishRotation(ctx context.Context, operation *ledger.Operation[ledger.Key]) (string, error) {
	r := operation.Record
	told := fmt.Sprintf("the new key %s is in use, and the old one %s was revoked", r.KeyID, r.Rotate.OldKeyID)
	old, err := h.App.LoadAPIKey(ctx, r.Rotate.OldKeystore, r.Rotate.OldKeyID)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		// It was revoked, and the rest was interrupted.
		err = h.DeleteGone(ctx, r.Rotate.OldKeystore, r.Rotate.OldKeyID)
		if err == nil {
			err = operation.Finish()
		}
	case err == nil:
		var due time.Time
		if due, err = h.Replace(ctx, operation, old); !due.IsZero() {
			told = fmt.Sprintf("the new key %s is in use, and the old one %s is revoked at %s", r.KeyID, r.Rotate.OldKeyID, cli.ClockTime(h.App, due, cli.ToTheSecond))
		}
	}
	return told, err
}

// scheduled reports the old keys that are revoked later.
func (d *Checker) scheduled() []cli.Check {
	open, err := Scheduled(d.App)
	if err != nil {
		return nil // reported with the other operations
	}
	var records []cli.Check
	for _, r := range open {
		records = append(records, cli.Check{Check: "old key " + r.KeyID, Status: "ok",
			Detail: fmt.Sprintf("it stays valid on %s until %s, and is revoked then", r.Server, cli.ClockTime(d.App, r.Revoke.Due, cli.ToTheSecond)), Next: "to revoke it now: btcpayctl apikey revoke " + r.KeyID})
	}
	return records
}
