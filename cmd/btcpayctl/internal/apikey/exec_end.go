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
	// endWait is how long the end of a command waits until the server has revoked its
	// key, or --retry where that is longer.
	endWait = 10 * time.Second
	// secondLook is the pause before a question that a lost connection cut off is asked
	// again, before another process is started for that.
	secondLook = 200 * time.Millisecond
)

// end takes care that the key is revoked, whatever happened before. The next signal ends
// the waiting, not the care.
func (c *apiKeyExec) end(ctx context.Context) {
	next, stop := c.app.Signals.UntilNextStop(ctx)
	defer stop()
	waiting, cancel := context.WithTimeout(next, max(endWait, c.flags.Retry))
	defer cancel()
	var err error
	if !c.isGone() {
		if err = c.askQuickly(waiting); operations.MayPass(err) && !timedOut(err) {
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

// isGone reports whether the server has said that the key is gone.
func (c *apiKeyExec) isGone() bool { return c.gone || c.watcher != nil && c.watcher.Gone }

func (c *apiKeyExec) askQuickly(ctx context.Context) error {
	asking, stop := context.WithTimeout(ctx, operations.QuickQuestion)
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

// close ends the operation of a key that is gone, and deletes it here.
func (c *apiKeyExec) close(ctx context.Context, operation *ledger.Operation[ledger.Key]) {
	ctx, stop := c.app.Signals.Insist(ctx)
	defer stop()
	defer operation.Release()
	label, id := operation.Record.Label, operation.Record.KeyID
	fault.At("exec-revoked")
	err := c.Forget(ctx, operation)
	c.tellRevoked(label)
	c.app.Undid(id)
	if err != nil {
		fmt.Fprintf(c.app.Err, "warning: what is stored here of %s is not deleted yet: %s\n  Next: %s\n", label, output.VisibleLine(err.Error()), c.app.Hint("btcpayctl doctor"))
	}
	c.watcher.Dismiss()
}

// tellRevoked says once that the key is gone, and why it was before its command ended.
func (c *apiKeyExec) tellRevoked(label string) {
	switch {
	case c.toldGone:
	case c.over.IsOver(c.app.Now()):
		fmt.Fprintf(c.app.Err, "Revoked %s: its time is over.\n", label)
	default:
		fmt.Fprintf(c.app.Err, "Revoked %s.\n", label)
	}
	c.toldGone = true
}

// handOver leaves the key to a watcher, which is started where there is none, and waits
// for a while until the key is gone.
func (c *apiKeyExec) handOver(ctx, waiting context.Context, why error) {
	if !c.watcher.Lives() {
		var err error
		if c.watcher, err = operations.StartWatcher(c.app, operations.WatchFor(c.app, c.flags, c.operation.Record, c.key, operations.Deadline{})); err != nil {
			c.watcher = nil
			c.endAlone(ctx, waiting, why)
			return
		}
	}
	r := c.operation.Record
	c.operation.Release() // so that the watcher finds it free
	line := operations.WatchOver
	if c.lost {
		line = operations.WatchLost
	}
	c.watcher.Tell(line)
	for {
		select {
		case report, lives := <-c.watcher.Reports:
			c.watcher.Hear(report, lives)
			switch {
			case c.watcher.Gone:
				c.closeAfterWatcher(ctx, r)
				return
			case !lives:
				c.tellOpen(r, why, "Nobody asks the server again: the process that did was killed.")
				return
			}
		case <-waiting.Done():
			until := c.app.Now().Add(watchBound)
			c.tellOpen(r, why, fmt.Sprintf("Process %d asks the server again until it says that the key is gone, until %s at most.", c.watcher.Process, until.Local().Format("2006-01-02 15:04")))
			return
		}
	}
}

// closeAfterWatcher deletes here what the watcher could not.
func (c *apiKeyExec) closeAfterWatcher(ctx context.Context, r ledger.Key) {
	ctx, stop := c.app.Signals.Insist(ctx)
	defer stop()
	c.app.Undid(r.KeyID)
	c.tellRevoked(r.Label)
	err := c.EndTemporary(ctx, r.ID, operations.LettingGo, c.RevokeOnce)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		fmt.Fprintf(c.app.Err, "warning: what is stored here of %s is not deleted yet: %s\n  Next: %s\n", r.Label, output.VisibleLine(err.Error()), c.app.Hint("btcpayctl doctor"))
	}
}

// endAlone asks for as long as this process waits, where no other can be started.
func (c *apiKeyExec) endAlone(ctx, waiting context.Context, why error) {
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
	c.tellOpen(r, why, "Nobody asks the server again by itself.")
}

// tellOpen says in the log of the job what is not proven dead.
func (c *apiKeyExec) tellOpen(r ledger.Key, why error, who string) {
	fmt.Fprintf(c.app.Err, "warning: %s is not revoked yet: %s\n  It is the key %s of %s. %s\n  Next: %s\n        or %s\n",
		r.Label, output.VisibleLine(why.Error()), r.KeyID, r.Server, who, c.app.Hint("btcpayctl apikey list --open"), c.app.Hint("btcpayctl doctor"))
}

// sweep revokes the keys of earlier runs that were killed, or whose server was away. A
// server that does not answer is asked once.
func (c *apiKeyExec) sweep(ctx context.Context) {
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, c.app) // what cannot be read is told by "doctor"
	var swept sweeping
	for _, r := range open {
		if r.Kind != ledger.KindMint || !r.Mint.Temporary || !r.Ended && swept.isAway(r.Server) {
			continue
		}
		if r.KeyID == "" {
			swept.lost(ctx, c.app, r)
			continue
		}
		other := c.Reaching(r.Header)
		err := other.EndTemporary(ctx, r.ID, 0, other.RevokeOnce)
		if !errors.Is(err, ledger.ErrBusy) && !errors.Is(err, ledger.ErrNotFound) {
			swept.add(r, err)
		}
	}
	swept.tell(ctx, c.app)
}
