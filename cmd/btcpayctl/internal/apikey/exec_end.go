package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

const (
	// endWait is how long the end of a run waits until the server has revoked the key,
	// unless --retry is longer.
	endWait = 10 * time.Second
	// secondLook is the pause before an interrupted request is repeated. Another process is
	// started only after that.
	secondLook = 200 * time.Millisecond
)

// end makes sure that the key will be revoked, whatever happened before. A further signal
// ends the wait, but not the revocation.
func (c *apiKeyExec) end(ctx context.Context) {
	next, stop := c.app.Signals.UntilNextStop(ctx)
	defer stop()
	waiting, cancel := context.WithTimeout(next, max(endWait, c.flags.Retry))
	defer cancel()
	var err error
	if !c.isGone() {
		if err = c.askQuickly(waiting); operations.IsTemporary(err) && !timedOut(err) {
			pause(waiting, secondLook)
			err = c.askQuickly(waiting)
		}
	}
	if err == nil {
		c.close(ctx, c.operation)
		return
	}
	c.handOver(ctx, waiting, err)
}

// isGone reports whether the server confirmed that the key is revoked.
func (c *apiKeyExec) isGone() bool { return c.gone || c.watcher != nil && c.watcher.Gone }

func (c *apiKeyExec) askQuickly(ctx context.Context) error {
	asking, stop := context.WithTimeout(ctx, operations.QuickTimeout)
	defer stop()
	gone, lost, err := c.AskToRevoke(asking, c.operation.Record.Server, c.key, c.lost)
	c.lost = c.lost || lost
	if c.gone = gone; gone {
		return nil
	}
	return err
}

func timedOut(err error) bool {
	network, ok := errors.AsType[*client.NetworkError](err)
	return ok && network.Kind == client.Timeout
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// close ends the operation of a revoked key and deletes the key here.
func (c *apiKeyExec) close(ctx context.Context, operation *ledger.Operation[ledger.Key]) {
	ctx, stop := c.app.Signals.Insist(ctx)
	defer stop()
	defer operation.Release()
	label, id := operation.Record.Label, operation.Record.KeyID
	fault.At("exec-revoked")
	err := c.Forget(ctx, operation)
	c.reportRevoked(label)
	c.app.Undid(id)
	if err != nil {
		fmt.Fprintf(c.app.Err, "warning: %s is revoked, but not deleted here yet: %s\n  Next: %s\n", label, output.VisibleLine(err.Error()), c.app.Hint("btcpayctl doctor"))
	}
	c.watcher.Dismiss()
}

// reportRevoked reports once that the key is revoked, and why that was before its command
// ended.
func (c *apiKeyExec) reportRevoked(label string) {
	switch {
	case c.reportedRevoked:
	case c.deadline.IsOver(c.app.Now()):
		fmt.Fprintf(c.app.Err, "Revoked %s: its time limit has passed.\n", label)
	default:
		fmt.Fprintf(c.app.Err, "Revoked %s.\n", label)
	}
	c.reportedRevoked = true
}

// handOver leaves the key to a watcher, starting one if there is none, and waits a while
// until the key is revoked.
func (c *apiKeyExec) handOver(ctx, waiting context.Context, why error) {
	if !c.watcher.IsRunning() {
		var err error
		if c.watcher, err = operations.StartWatcher(c.app, operations.WatchFor(c.app, c.flags, c.operation.Record, c.key, operations.Deadline{})); err != nil {
			c.watcher = nil
			c.revokeWithoutWatcher(ctx, waiting, why)
			return
		}
	}
	r := c.operation.Record
	c.operation.Release() // so that the watcher can lock it
	line := operations.WatchOver
	if c.lost {
		line = operations.WatchLost
	}
	c.watcher.Send(line)
	for {
		select {
		case report, lives := <-c.watcher.Reports:
			c.watcher.ReadReport(report, lives)
			switch {
			case c.watcher.Gone:
				c.closeAfterWatcher(ctx, r)
				return
			case !lives:
				c.warnNotRevoked(r, why, "No process asks the server again: the watcher was killed.")
				return
			}
		case <-waiting.Done():
			until := c.app.Now().Add(watchBound)
			c.warnNotRevoked(r, why, fmt.Sprintf("Process %d asks the server again until the key is revoked, until %s at most.", c.watcher.Process, until.Local().Format("2006-01-02 15:04")))
			return
		}
	}
}

// closeAfterWatcher deletes here what the watcher could not delete.
func (c *apiKeyExec) closeAfterWatcher(ctx context.Context, r ledger.Key) {
	ctx, stop := c.app.Signals.Insist(ctx)
	defer stop()
	c.app.Undid(r.KeyID)
	c.reportRevoked(r.Label)
	err := c.EndTemporary(ctx, r.ID, operations.HoldWait, c.RevokeOnce)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		fmt.Fprintf(c.app.Err, "warning: %s is revoked, but not deleted here yet: %s\n  Next: %s\n", r.Label, output.VisibleLine(err.Error()), c.app.Hint("btcpayctl doctor"))
	}
}

// revokeWithoutWatcher repeats the request for as long as this process waits, because no
// watcher could be started.
func (c *apiKeyExec) revokeWithoutWatcher(ctx, waiting context.Context, why error) {
	for wait := secondLook; waiting.Err() == nil; wait *= 2 {
		pause(waiting, wait)
		err := c.askQuickly(waiting)
		if err == nil {
			c.close(ctx, c.operation)
			return
		}
		if waiting.Err() == nil {
			why = err
		}
	}
	r := c.operation.Record
	c.operation.Release()
	c.warnNotRevoked(r, why, "No process asks the server again.")
}

// warnNotRevoked reports in the log of the job that the key may still be active.
func (c *apiKeyExec) warnNotRevoked(r ledger.Key, why error, who string) {
	fmt.Fprintf(c.app.Err, "warning: %s is not revoked yet: %s\n  It is the key %s of %s. %s\n  Next: %s\n        or %s\n",
		r.Label, output.VisibleLine(why.Error()), r.KeyID, r.Server, who, c.app.Hint("btcpayctl apikey list --open"), c.app.Hint("btcpayctl doctor"))
}

// sweep revokes keys of earlier runs that were killed, or whose server was unreachable. A
// server that does not respond is asked only once.
func (c *apiKeyExec) sweep(ctx context.Context) {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, c.app) // "doctor" reports records that cannot be read
	var swept sweepResult
	for _, r := range open {
		if r.Kind != ledger.KindMint || !r.Mint.Temporary || !r.Ended && swept.isAway(r.Server) {
			continue
		}
		if r.KeyID == "" {
			swept.addLost(ctx, c.app, r)
			continue
		}
		other := c.Reaching(r.Header)
		err := other.EndTemporary(ctx, r.ID, 0, other.RevokeOnce)
		if !errors.Is(err, ledger.ErrBusy) && !errors.Is(err, ledger.ErrNotFound) {
			swept.add(r, err)
		}
	}
	swept.report(ctx, c.app)
}
