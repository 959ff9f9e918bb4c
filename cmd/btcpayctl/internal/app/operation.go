package app

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// pairingLifetime is that of a pairing code on every known server.
const pairingLifetime = 15 * time.Minute

// NewOperationID is the id of a new operation. It also serves as the order id
// of an invoice that has none.
func NewOperationID() string { return rand.Text() }

// Begin writes an operation into the ledger before the server is asked for
// anything.
func Begin[R ledger.Record](ctx context.Context, a *App, r R) (*ledger.Operation[R], error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	operation, err := ledger.Begin(ctx, journal, r)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &output.Error{Code: output.Failed, What: "the journal of operations cannot be written", Why: err.Error() + ". Nothing was sent.",
			Next: "free space or mend the rights there, and run the same command", Err: err}
	}
	return operation, nil
}

// Scheduled returns the revocations of old keys whose time has not come. They are no
// open operations until then.
func (a *App) Scheduled() ([]ledger.Key, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return slices.DeleteFunc(ledger.Of[ledger.Key](records), func(k ledger.Key) bool { return !k.Waits(a.Now()) }), unread
}

// Unfinished returns the operations whose end nobody has seen, but for those of
// [App.Scheduled]. Those that are over are removed.
func (a *App) Unfinished(ctx context.Context) ([]ledger.Entry, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return a.endOver(ctx, journal, records), unread
}

// UnfinishedOf returns the records of one sort among those of [App.Unfinished].
func UnfinishedOf[R ledger.Record](ctx context.Context, a *App) ([]R, error) {
	open, unread := a.Unfinished(ctx)
	return ledger.Of[R](open), unread
}

// LookUnfinished is like [App.Unfinished] in a time that does not grow with the number of
// operations: of many it returns a few, and reports that there are more.
func (a *App) LookUnfinished(ctx context.Context) (open []ledger.Entry, more bool, err error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, false, err
	}
	records, more, unread := journal.Look()
	return a.endOver(ctx, journal, records), more, unread
}

// endOver leaves out the operations that wait for their time, and ends those that are over.
func (a *App) endOver(ctx context.Context, journal *ledger.Ledger, records []ledger.Entry) []ledger.Entry {
	out := map[string]bool{}
	for _, k := range ledger.Of[ledger.Key](records) {
		out[k.ID] = k.Waits(a.Now())
	}
	for _, p := range ledger.Of[ledger.Pair](records) {
		if !a.over(p) {
			continue
		}
		held, err := journal.Hold(ctx, p.ID, 0)
		if err == nil {
			err = held.Finish()
		}
		out[p.ID] = err == nil || errors.Is(err, ledger.ErrNotFound)
	}
	return slices.DeleteFunc(records, func(e ledger.Entry) bool { return out[e.ID] })
}

// over reports whether a pairing cannot come to anything any more, since its code has
// expired. A consent page has no such end: a person may press Authorize on it days later.
func (a *App) over(p ledger.Pair) bool { return a.Now().After(PairingEnd(p)) }

// PairingEnd is when the code of a pairing is good for nothing any more, by
// this machine's clock.
func PairingEnd(p ledger.Pair) time.Time {
	if p.Expires.IsZero() {
		return p.Created.Add(pairingLifetime)
	}
	return p.Expires
}
