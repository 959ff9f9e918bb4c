package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// watchedBy says which process goes on with the key of an operation whose command has
// ended, since when and until when. It is empty where none does.
func watchedBy(ctx context.Context, a *app.App, r ledger.Key) string {
	if r.Watch == nil {
		return ""
	}
	journal, err := a.Ledger()
	if err != nil {
		return ""
	}
	holder, ok := journal.Attending(ctx, r.ID)
	if !ok {
		return ""
	}
	return fmt.Sprintf("process %d has asked since %s, the last time at %s, and goes on until %s",
		holder.Process, clockTime(a, r.Watch.Since, toTheMinute), clockTime(a, r.Watch.Asked, toTheMinute), clockTime(a, r.Watch.Until, toTheMinute))
}

// busy says who is at an operation, and since when.
func (d *checker) busy(ctx context.Context, name string, r ledger.Key, err error) checkRecord {
	who := "another process is at it now"
	if at, ok := errors.AsType[*ledger.BusyError](err); ok && at.Process > 0 {
		who = fmt.Sprintf("process %d is at it, since %s", at.Process, clockTime(d.app, at.Since, toTheMinute))
	}
	switch by := watchedBy(ctx, d.app, r); {
	case by != "":
		return checkRecord{name, "failed", "the key " + r.Label + " is not revoked yet: " + r.Watch.Why + "; " + by, "later: btcpayctl doctor", output.Pending}
	case r.Mint.Temporary && r.Watch == nil:
		who += "; the key " + r.Label + " is revoked when its command ends"
	}
	return checkRecord{Check: name, Status: "ok", Detail: who}
}

// temporary revokes a key whose command has ended. A watcher may be at that as well; who
// asks first does not matter.
func (f *keyEnding) temporary(ctx context.Context) checkRecord {
	r := f.operation.Record
	err := f.endKey(ctx, f.operation)
	if err == nil {
		return f.done(ctx, "its command is gone; the key "+r.Label+" was revoked", nil)
	}
	told := f.notRevoked(ctx, "its command is gone; the key "+r.Label, err)
	if by := watchedBy(ctx, f.app, r); by != "" {
		told.Detail += "; " + by
	}
	return told
}
