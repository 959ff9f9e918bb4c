package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// WatchedBy says which process is revoking the key of a command that has ended, since when
// and until when. It is empty if no process is.
func WatchedBy(ctx context.Context, a *app.App, r ledger.Key) string {
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
	return fmt.Sprintf("process %d has asked since %s, the last time at %s, and continues until %s",
		holder.Process, cli.ClockTime(a, r.Watch.Since, cli.ToTheMinute), cli.ClockTime(a, r.Watch.Asked, cli.ToTheMinute), cli.ClockTime(a, r.Watch.Until, cli.ToTheMinute))
}

// heldBy says which process holds an operation, and since when.
func (d *Checker) heldBy(ctx context.Context, name string, r ledger.Key, err error) cli.Check {
	who := "another process is working on it"
	if at, ok := errors.AsType[*ledger.BusyError](err); ok && at.Process > 0 {
		who = fmt.Sprintf("process %d has been working on it since %s", at.Process, cli.ClockTime(d.App, at.Since, cli.ToTheMinute))
	}
	switch by := WatchedBy(ctx, d.App, r); {
	case by != "":
		return cli.Check{Check: name, Status: "failed", Detail: "the key " + r.Label + " is not revoked yet: " + r.Watch.Why + "; " + by, Next: "later: btcpayctl doctor", Code: output.Pending}
	case r.Mint.Temporary && r.Watch == nil:
		who += "; the key " + r.Label + " is revoked when its command ends"
	}
	return cli.Check{Check: name, Status: "ok", Detail: who}
}

// temporary revokes a key whose command has ended. A watcher may be revoking it as well;
// the order does not matter.
func (f *keyEnding) temporary(ctx context.Context) cli.Check {
	r := f.operation.Record
	err := f.EndKey(ctx, f.operation)
	if err == nil {
		return f.result(ctx, "its command has ended; the key "+r.Label+" was revoked", nil)
	}
	told := f.notRevoked(ctx, "its command has ended; the key "+r.Label, err)
	if by := WatchedBy(ctx, f.App, r); by != "" {
		told.Detail += "; " + by
	}
	return told
}
