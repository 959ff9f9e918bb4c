package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// handedKeys are the keys that were handed out and are not known to be gone.
func handedKeys(a *app.App) ([]ledger.Handed, error) {
	journal, err := a.Handed()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return ledger.Of[ledger.Handed](records), unread
}

// forgetHanded ends the note of a key that is gone, if there is one.
func forgetHanded(ctx context.Context, a *app.App, keyID string) (found bool, err error) {
	journal, err := a.Handed()
	if err != nil {
		return false, err
	}
	handed, unread := journal.Unfinished()
	for _, r := range ledger.Of[ledger.Handed](handed) {
		if r.KeyID != keyID {
			continue
		}
		operation, err := ledger.ResumeWithin[ledger.Handed](ctx, journal, r.ID, lettingGo)
		if errors.Is(err, ledger.ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		return true, operation.Finish()
	}
	return false, unread
}

// handedOut names the keys that were handed out, so that they are not forgotten.
func (d *checker) handedOut(ctx context.Context) []checkRecord {
	handed, err := handedKeys(d.app)
	if err != nil {
		return []checkRecord{failure(ctx, "handed-out keys", err)}
	}
	var records []checkRecord
	for _, r := range handed {
		where := "printed"
		if r.File != "" {
			where = "written to " + r.File
		}
		records = append(records, checkRecord{Check: "handed-out key " + r.KeyID, Status: "ok",
			Detail: fmt.Sprintf("%s of %s, made %s, was %s", r.Label, r.Server, r.Created.UTC().Format(time.RFC3339), where),
			Next:   "once it is not needed any more: btcpayctl apikey revoke " + r.KeyID})
	}
	return records
}
