package operations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// HandedKeys are the keys that were handed out and are not known to be revoked.
func HandedKeys(a *app.App) ([]ledger.Handed, error) {
	journal, err := a.Handed()
	if err != nil {
		return nil, err
	}
	records, unread := journal.Unfinished()
	return ledger.Of[ledger.Handed](records), unread
}

// ForgetHanded removes the note of a revoked key, if there is one.
func ForgetHanded(ctx context.Context, a *app.App, keyID string) (found bool, err error) {
	journal, err := a.Handed()
	if err != nil {
		return false, err
	}
	handed, unread := journal.Unfinished()
	for _, r := range ledger.Of[ledger.Handed](handed) {
		if r.KeyID != keyID {
			continue
		}
		operation, err := ledger.ResumeWithin[ledger.Handed](ctx, journal, r.ID, HoldWait)
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

// handedOut lists the keys that were handed out, so that they are not forgotten.
func (d *Checker) handedOut(ctx context.Context) []cli.Check {
	handed, err := HandedKeys(d.App)
	if err != nil {
		return []cli.Check{cli.FailedCheck(ctx, "handed-out keys", err)}
	}
	var records []cli.Check
	for _, r := range handed {
		where := "printed"
		if r.File != "" {
			where = "written to " + r.File
		}
		records = append(records, cli.Check{Check: "handed-out key " + r.KeyID, Status: "ok",
			Detail: fmt.Sprintf("%s of %s, made %s, was %s", r.Label, r.Server, r.Created.UTC().Format(time.RFC3339), where),
			Next:   "when you no longer need it: btcpayctl apikey revoke " + r.KeyID})
	}
	return records
}
