package operations

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// pairingLifetime is that of a pairing code on every known server.
const pairingLifetime = 15 * time.Minute

// NewOperationID is the id of a new operation. It also serves as the order id
// of an invoice that has none.
func NewOperationID() string { return rand.Text() }

// Begin writes an operation into the ledger. Call it before the first request.
func Begin[R ledger.Record](ctx context.Context, a *app.App, r R) (*ledger.Operation[R], error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	operation, err := ledger.Begin(ctx, journal, r)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, JournalFault(a, err)
	}
	return operation, nil
}

// JournalFault is the error for a record that cannot be written before a request is sent.
func JournalFault(a *app.App, err error) *output.Error {
	if _, none := a.DataDir(); none != nil {
		e := &output.Error{Code: output.Failed, What: "the journal of operations has no place", Err: none}
		if why, ok := errors.AsType[*output.Error](none); ok {
			e.Code, e.Why, e.Next = why.Code, why.Why, why.Next
		}
		e.Why += " Without a journal, a lost response could lead to the same request twice. Nothing was sent."
		return e
	}
	e := &output.Error{Code: output.Failed, What: "the journal of operations cannot be written", Why: err.Error() + ". Nothing was sent.",
		Next: "free disk space or fix the permissions there, and run the same command", Err: err}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		e.Next = "export XDG_DATA_HOME=/path/to/a/directory\nor fix the permissions there, and run the same command"
	}
	return e
}

// Scheduled returns the revocations of old keys that are not due yet. Until then they
// are not open operations.
func Scheduled(a *app.App) ([]ledger.Key, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return slices.DeleteFunc(ledger.Of[ledger.Key](records), func(k ledger.Key) bool { return !k.Waits(a.Now()) }), unread
}

// Unfinished returns the operations with an unknown outcome, without those of
// [Scheduled]. It removes expired pairings.
func Unfinished(ctx context.Context, a *app.App) ([]ledger.Entry, error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return endExpired(ctx, a, journal, records), unread
}

// UnfinishedOf returns the records of one kind among those of [Unfinished].
func UnfinishedOf[R ledger.Record](ctx context.Context, a *app.App) ([]R, error) {
	open, unread := Unfinished(ctx, a)
	return ledger.Of[R](open), unread
}

// LookUnfinished is like [Unfinished] in a time that does not grow with the number of
// operations: of many it returns a few, and reports that there are more.
func LookUnfinished(ctx context.Context, a *app.App) (open []ledger.Entry, more bool, err error) {
	journal, err := a.Ledger()
	if err != nil {
		return nil, false, err
	}
	records, more, unread := journal.Look()
	return endExpired(ctx, a, journal, records), more, unread
}

// endExpired leaves out the operations that wait for their time, and ends expired pairings.
func endExpired(ctx context.Context, a *app.App, journal *ledger.Ledger, records []ledger.Entry) []ledger.Entry {
	out := map[string]bool{}
	for _, k := range ledger.Of[ledger.Key](records) {
		out[k.ID] = k.Waits(a.Now())
	}
	for _, p := range ledger.Of[ledger.Pair](records) {
		if !expired(p, a.Now()) {
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

// expired reports whether the code of a pairing has expired. A consent page does not
// expire: a user may press Authorize on it days later.
func expired(p ledger.Pair, now time.Time) bool { return now.After(PairingEnd(p)) }

// PairingEnd is when the code of a pairing expires, by this machine's clock.
func PairingEnd(p ledger.Pair) time.Time {
	if p.Expires.IsZero() {
		return p.Created.Add(pairingLifetime)
	}
	return p.Expires
}
