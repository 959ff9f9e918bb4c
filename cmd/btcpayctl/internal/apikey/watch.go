package apikey

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const (
	// watchBound is how long a watcher keeps asking. After that, the key stays in the
	// ledger.
	watchBound = 7 * 24 * time.Hour
	// The pause between two requests grows from the first to the second, up to a fifth of
	// the time that the server has been unreachable.
	firstWatchPause = time.Second
	mostWatchPause  = 5 * time.Minute
	// clockLook is how often the clocks are compared, in case the machine was suspended.
	clockLook = 5 * time.Second
	// mostClosings is how often closing the operation of a revoked key is tried.
	mostClosings = 20
	// lastQuestion is the time limit of the last request, after the watcher was asked to
	// stop.
	lastQuestion = 10 * time.Second
)

func newAPIKeyWatch(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:    "watch",
		Short:  "Watch over the key of an exec, or over the old one of a rotation (started by them)",
		Hidden: true,
		Args:   cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A closed terminal must not keep the key from being revoked.
			signal.Ignore(syscall.SIGHUP)
			w, lines, err := readWatch(a)
			if err != nil {
				return err
			}
			return w.run(cmd.Context(), lines)
		},
	}
}

// A keyWatcher is the state of a watcher process and the key that it revokes.
type keyWatcher struct {
	operations.KeyHolder
	operations.Watch
	key      greenfield.APIKey
	deadline operations.Deadline
	journal  *ledger.Ledger

	attendance *ledger.Attendance // nil if the ledger has no lock for it

	commandEnded bool // the command has ended or was killed
	since        time.Time
	lost         bool // the server may have processed a request to revoke the key
	gone         bool // the server confirmed that the key is revoked
	pause        time.Duration

	closings int // see tooMany
}

func readWatch(a *app.App) (*keyWatcher, <-chan string, error) {
	a.Signals.Begin() // the command relies on this process from now on
	input := bufio.NewReader(a.In)
	text, err := input.ReadBytes('\n')
	if err != nil {
		return nil, nil, &output.Error{Code: output.Usage, What: "this command is started by btcpayctl apikey exec and rotate", Next: "btcpayctl apikey exec --help"}
	}
	w := &keyWatcher{pause: firstWatchPause}
	if err := json.Unmarshal(text, &w.Watch); err != nil {
		return nil, nil, err
	}
	if w.key, err = greenfield.NewAPIKey(client.NewSecret(w.Key)); err != nil {
		return nil, nil, err
	}
	if w.journal, err = a.Ledger(); err != nil {
		return nil, nil, err
	}
	w.KeyHolder = operations.KeyHolder{App: a, Flags: app.Flags{AllowHTTP: w.AllowHTTP, CAFile: w.CAFile, Timeout: w.Timeout}, Alone: true}
	if !w.Until.IsZero() {
		w.deadline = operations.Deadline{Wall: w.Until, Begun: a.Now(), Span: w.Left}
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for {
			line, err := input.ReadString('\n')
			if err != nil {
				return
			}
			lines <- strings.TrimSpace(line)
		}
	}()
	return w, lines, nil
}

// run ends when the key is revoked and its operation closed, or when the watcher's time has
// passed. While the command runs, only the command can end it: without a watcher, the key
// would have no time limit.
func (w *keyWatcher) run(ctx context.Context, lines <-chan string) error {
	// Another process may be checking for a watcher. Revoking the key is more important
	// than being seen.
	w.attendance, _ = w.journal.Attend(context.WithoutCancel(ctx), w.Operation, operations.HoldWait)
	defer func() { w.attendance.Release() }()
	giveBack := func() {}
	if w.Due.IsZero() {
		_, giveBack = w.App.Signals.Take()
	} else if err := w.awaitDue(ctx); err != nil || w.attendance.IsClosed() {
		return err
	} else {
		w.commandEnded, w.since, lines = true, w.App.Now(), nil
	}
	for {
		var wake <-chan time.Time
		if wait, ok := w.wait(); ok {
			wake = time.After(wait)
		}
		select {
		case line, ok := <-lines:
			if line == operations.WatchDone {
				return nil
			}
			if !ok {
				lines = nil
			}
			if !w.commandEnded {
				giveBack()
				w.commandEnded, w.since, w.lost = true, w.App.Now(), w.lost || line == operations.WatchLost
				fault.At("watch-left")
			}
		case <-wake:
		case <-w.stopped(ctx):
			return w.askLast(ctx)
		}
		switch {
		case w.commandEnded:
			if w.askAndClose(ctx) {
				return nil
			}
			if w.expired() {
				return nil
			}
		case !w.gone && w.deadline.IsOver(w.App.Now()):
			w.report(w.ask(ctx))
		}
	}
}

// awaitDue waits until the key is due, or another run has closed its operation. A signal
// ends the wait, since the key is in the ledger.
func (w *keyWatcher) awaitDue(ctx context.Context) error {
	for left := w.Due.Sub(w.App.Now()); left > 0 && !w.attendance.IsClosed(); left = w.Due.Sub(w.App.Now()) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(left, clockLook)):
		}
	}
	return nil
}

// stopped returns the channel that asks this process to stop, once its command has ended.
func (w *keyWatcher) stopped(ctx context.Context) <-chan struct{} {
	if !w.commandEnded {
		return nil
	}
	return ctx.Done()
}

// wait returns the time until the next step, if there is one.
func (w *keyWatcher) wait() (time.Duration, bool) {
	now := w.App.Now()
	switch {
	case w.commandEnded, w.deadline.IsOver(now) && !w.gone:
		pause := w.pause
		w.pause = min(w.pause+w.pause/5, mostWatchPause)
		return pause*3/4 + rand.N(pause/2), true
	case w.deadline.IsSet() && !w.gone:
		return min(w.deadline.Left(now), clockLook), true
	}
	return 0, false
}

// ask asks the server once to revoke the key, with the key itself.
func (w *keyWatcher) ask(ctx context.Context) error {
	gone, lost, err := w.AskToRevoke(ctx, w.Server, w.key, w.lost)
	w.lost = w.lost || lost
	if gone {
		w.gone = true
		return nil
	}
	return err
}

// report sends a report to the command, if it still runs.
func (w *keyWatcher) report(err error) {
	if err == nil {
		fmt.Fprintln(w.App.Out, operations.ReportGone)
		return
	}
	fmt.Fprintln(w.App.Out, operations.ReportAway+output.VisibleLine(err.Error()))
}

// askAndClose asks once, and closes the operation if the key is revoked. It holds the
// operation only meanwhile, so that another run or doctor can ask as well. It reports
// whether nothing is left to do.
func (w *keyWatcher) askAndClose(ctx context.Context) bool {
	operation, busy := ledger.ResumeWithin[ledger.Key](ctx, w.journal, w.Operation, operations.HoldWait)
	closed := w.attendance.IsClosed()
	w.lost = w.lost || closed || w.attendance == nil && errors.Is(busy, ledger.ErrNotFound)
	asking, stop := ctx, context.CancelFunc(func() {})
	if closed {
		// The process that closed the operation knew that the key is revoked, or the user
		// said so.
		asking, stop = context.WithTimeout(ctx, lastQuestion)
	}
	defer stop()
	var err error
	if !w.gone {
		// The holder of the operation may hang, and a job may have removed its directories,
		// so the server is asked even if the operation cannot be locked.
		err = w.ask(asking)
	}
	switch {
	case closed:
		w.report(nil)
		return true
	case busy != nil && !errors.Is(busy, ledger.ErrBusy):
		w.report(err)
		return w.gone
	case busy != nil:
		return w.gone && w.tooMany()
	}
	fault.At("watch-asked")
	if !w.gone {
		w.note(operation, err)
		w.report(err)
		return false
	}
	done := w.close(ctx, operation)
	w.report(nil)
	return done || w.tooMany()
}

// tooMany counts the failed attempts to close the operation of a revoked key, and reports
// whether they are too many.
func (w *keyWatcher) tooMany() bool {
	w.closings++
	return w.closings > mostClosings
}

// note records the result of a request. If the disk is full, the key is revoked all the
// same.
func (w *keyWatcher) note(operation *ledger.Operation[ledger.Key], asked error) {
	defer operation.Release()
	_ = operation.Advance(func(r *ledger.Key) {
		r.Watch = &ledger.Watch{Since: w.since.UTC(), Until: w.since.Add(watchBound).UTC(), Asked: w.App.Now().UTC(), Why: reasonText(asked)}
	})
}

// close ends the operation of a revoked key, and reports whether it did. It deletes the key
// here if that takes no credential; otherwise the next run does.
func (w *keyWatcher) close(ctx context.Context, operation *ledger.Operation[ledger.Key]) bool {
	defer operation.Release()
	if err := operation.Advance(func(r *ledger.Key) { r.Ended, r.Watch = true, nil }); err != nil {
		return false
	}
	fault.At("watch-gone")
	if operation.Record.Keystore != fileKeystore {
		return true
	}
	return w.Forget(ctx, operation) == nil
}

// fileKeystore deletes an entry without unlocking the keystore.
const fileKeystore = "file"

// expired reports whether the watcher's time has passed on either clock; the machine may
// have been suspended.
func (w *keyWatcher) expired() bool {
	now := w.App.Now()
	return now.Sub(w.since) >= watchBound && now.Round(0).Sub(w.since.Round(0)) >= watchBound
}

// askLast asks once more after the watcher was asked to stop. If that fails, the key stays
// in the ledger for the next run.
func (w *keyWatcher) askLast(ctx context.Context) error {
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), lastQuestion)
	defer stop()
	w.askAndClose(last)
	return context.Cause(ctx)
}

// reasonText says in one line why a key is not known to be revoked.
func reasonText(err error) string {
	if err == nil {
		return ""
	}
	return output.VisibleLine(err.Error())
}
