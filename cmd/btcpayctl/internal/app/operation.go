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
func (a *App) Begin(ctx context.Context, r ledger.Record) (*ledger.Operation, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	operation, err := journal.Begin(ctx, r)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &output.Error{Code: output.Failed, What: "the journal of operations cannot be written", Why: err.Error() + ". Nothing was sent.",
			Next: "free space or mend the rights there, and run the same command", Err: err}
	}
	return operation, nil
}

// over reports whether an operation cannot come to anything any more: a pairing
// whose code has expired. A consent page has no such end: a person may press
// Authorize on it days later.
func (a *App) over(r ledger.Record) bool {
	return r.Kind == ledger.Pair && a.Now().After(PairingEnd(r))
}

// Scheduled returns the revocations of old keys whose time has not come. They are no
// open operations until then.
func (a *App) Scheduled() ([]ledger.Record, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return slices.DeleteFunc(records, func(r ledger.Record) bool { return !r.Waits(a.Now()) }), unread
}

// Unfinished returns the operations whose end nobody has seen, but for those of
// [App.Scheduled]. Those that are over are removed.
func (a *App) Unfinished(ctx context.Context) ([]ledger.Record, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	var open []ledger.Record
	for _, r := range records {
		if r.Waits(a.Now()) {
			continue
		}
		if a.over(r) {
			operation, err := journal.Resume(ctx, r.ID)
			if err == nil {
				err = operation.Finish()
			}
			if err == nil || errors.Is(err, ledger.ErrNotFound) {
				continue
			}
		}
		open = append(open, r)
	}
	return open, unread
}

// PairingEnd is when the code of a pairing is good for nothing any more, by
// this machine's clock.
func PairingEnd(r ledger.Record) time.Time {
	if r.Expires.IsZero() {
		return r.Created.Add(pairingLifetime)
	}
	return r.Expires
}
