package operations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A Readdressing gives the records of a profile's keys the new address of their server:
// open operations, notes of handed-out keys, and batches, also finished ones, by which a
// file is recognised. It holds all of them from the first look until it is closed, so that
// no other process works on one of them in between.
type Readdressing struct {
	from, to string
	held     []*ledger.Held
	works    []*ledger.Work
	release  []func()
}

// HoldRecords locks the records of a profile on a server. It fails if another process works
// on one of them, and then holds none.
func HoldRecords(ctx context.Context, a *app.App, name string, p profile.Profile, from, to string) (r *Readdressing, err error) {
	if r = (&Readdressing{from: from, to: to}); from == to {
		return r, nil
	}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	journal, err := a.Ledger()
	if err != nil {
		return r, err
	}
	handed, err := a.Handed()
	if err != nil {
		return r, err
	}
	for _, l := range []*ledger.Ledger{journal, handed} {
		records, err := l.Unfinished()
		if err != nil {
			return r, err
		}
		for _, e := range records {
			if !isOn(e.Server, from) || !recordIsOf(e, name, p) {
				continue
			}
			if by := watcherOf(ctx, a, e); by != "" {
				return r, inUse("the key "+e.Label+" is not revoked yet; "+by, nil)
			}
			held, err := l.Hold(ctx, e.ID, HoldWait)
			switch {
			case errors.Is(err, ledger.ErrNotFound):
				continue // it has ended since
			case errors.Is(err, ledger.ErrBusy):
				return r, inUse("another process works on operation "+e.ID, err)
			case err != nil:
				return r, err
			}
			r.held = append(r.held, held)
		}
	}
	return r, r.holdBatches(ctx, a, name, p)
}

func (r *Readdressing) holdBatches(ctx context.Context, a *app.App, name string, p profile.Profile) error {
	batches, err := a.Batches()
	if err != nil {
		return err
	}
	all, err := batches.All()
	if err != nil {
		return err
	}
	for _, b := range all {
		if !isOn(b.Server, r.from) || !issuerIsOf(b.Header, b.Issuer, name, p) {
			continue
		}
		work, err := batches.Open(b.ID)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		r.works = append(r.works, work)
		if !work.Attend(ctx) {
			return inUse("another process works on batch "+b.ID, nil)
		}
		release, err := work.Hold(ctx)
		if err != nil {
			return err
		}
		r.release = append(r.release, release)
	}
	return nil
}

func inUse(what string, err error) *output.Error {
	return &output.Error{Code: output.Pending, What: what, Why: "Nothing was changed.", Next: "wait for it, and run the same command", Err: err}
}

func watcherOf(ctx context.Context, a *app.App, e ledger.Entry) string {
	for _, k := range ledger.Of[ledger.Key]([]ledger.Entry{e}) {
		return WatchedBy(ctx, a, k)
	}
	return ""
}

// isOn reports whether a record's server has an address. A record of an older version may
// have it as the user typed it.
func isOn(server, address string) bool {
	normal, err := client.Address(server, true)
	return server == address || err == nil && normal == address
}

// recordIsOf reports whether a record is about a key of the profile.
func recordIsOf(e ledger.Entry, name string, p profile.Profile) bool {
	entries := []ledger.Entry{e}
	for _, r := range ledger.Of[ledger.Pair](entries) {
		return p.SIN != "" && r.SIN == p.SIN
	}
	for _, r := range ledger.Of[ledger.Invoice](entries) {
		return issuerIsOf(r.Header, r.Issuer, name, p)
	}
	for _, r := range ledger.Of[ledger.Key](entries) {
		return r.Profile == name || r.Target == name || p.APIKeyID != "" && r.KeyID == p.APIKeyID
	}
	return e.Profile == name
}

func issuerIsOf(h ledger.Header, by ledger.Issuer, name string, p profile.Profile) bool {
	return p.SIN != "" && by.SIN == p.SIN || p.APIKeyID != "" && by.KeyID == p.APIKeyID || by.SIN == "" && by.KeyID == "" && h.Profile == name
}

// Write gives the records the new address, and returns how many there were. If it fails,
// some have it: the same command again does the rest. A pairing of a key that is paired at
// neither address ends: its code is one of the old address.
func (r *Readdressing) Write(paired bool) (count int, err error) {
	for _, held := range r.held {
		if held.Entry.Kind == ledger.KindPair && !paired {
			if err := held.Finish(); err != nil {
				return 0, err
			}
			continue
		}
		if err := r.writeOne(held); err != nil {
			return 0, err
		}
		count++
	}
	for _, work := range r.works {
		if err := work.Change(nil, func(b *ledger.Batch) { b.Server = r.to }); err != nil {
			return 0, err
		}
		count++
	}
	return count, nil
}

// writeOne also changes the address of a consent page that is still open.
func (r *Readdressing) writeOne(held *ledger.Held) error {
	operation, err := ledger.As[ledger.Key](held)
	if err != nil {
		return held.Advance(func(h *ledger.Header) { h.Server = r.to })
	}
	return operation.Advance(func(k *ledger.Key) {
		k.Server = r.to
		if rest, ok := strings.CutPrefix(k.Authorize.Page, r.from+"/"); ok {
			k.Authorize.Page = r.to + "/" + rest
		}
	})
}

// Close releases the records.
func (r *Readdressing) Close() error {
	var err error
	for _, held := range r.held {
		err = errors.Join(err, held.Release())
	}
	for _, release := range r.release {
		release()
	}
	for _, work := range r.works {
		work.Close()
	}
	r.held, r.release, r.works = nil, nil, nil
	return err
}

// RecordsText says how many records got the new address.
func RecordsText(count int) string {
	if count == 1 {
		return "1 record of the ledger has the new address as well."
	}
	return fmt.Sprintf("%d records of the ledger have the new address as well.", count)
}
