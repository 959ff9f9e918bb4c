package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestResumeRacesFinish takes operations up while they end: each call gets
// ErrBusy, ErrNotFound, or the operation after it was released, and nothing of
// the ledger's files shows.
func TestResumeRacesFinish(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	l, dir := open(t)
	for range rounds {
		o := begin(t, l, newInvoice())
		id := o.Record.ID
		var started, workers sync.WaitGroup
		for range 8 {
			started.Add(1)
			workers.Go(func() {
				for first := true; ; first = false {
					_, err := Resume[Invoice](t.Context(), l, id)
					if first {
						started.Done()
					}
					if errors.Is(err, ErrBusy) {
						continue
					}
					if !errors.Is(err, ErrNotFound) || err.Error() != ErrNotFound.Error() {
						t.Errorf("Resume of an operation that ends: %v", err)
					}
					return
				}
			})
		}
		started.Wait()
		if err := o.Finish(); err != nil {
			t.Error(err)
		}
		workers.Wait()
	}
	wantEmpty(t, dir)
}

// endAtOnce lets many take one operation up at once, and is an error where it does not end
// exactly once.
func endAtOnce(t *testing.T, l *Ledger, dir string) error {
	o, err := Begin(t.Context(), l, newInvoice())
	if err != nil {
		return err
	}
	id := o.Record.ID
	if err := o.Release(); err != nil {
		return err
	}
	var finished atomic.Int32
	var workers sync.WaitGroup
	failed := make(chan error, 40)
	for range 20 {
		workers.Go(func() {
			for {
				o, err := Resume[Invoice](t.Context(), l, id)
				switch {
				case errors.Is(err, ErrBusy):
					time.Sleep(time.Millisecond)
					continue
				case errors.Is(err, ErrNotFound):
					return
				case err != nil:
					failed <- err
					return
				}
				finished.Add(1)
				if err := o.Finish(); err != nil {
					failed <- err
				}
				return
			}
		})
	}
	workers.Wait()
	close(failed)
	for one := range failed {
		err = errors.Join(err, one)
	}
	if n := finished.Load(); n != 1 {
		err = errors.Join(err, fmt.Errorf("it ended %d times", n))
	}
	if left, readErr := os.ReadDir(dir); readErr != nil || len(left) > 0 {
		err = errors.Join(err, readErr, fmt.Errorf("left behind: %v", left))
	}
	return err
}

// TestOnce lets many take one operation up at once: one gets it at a time, and
// it ends once.
func TestOnce(t *testing.T) {
	l, dir := open(t)
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	for range rounds {
		if err := endAtOnce(t, l, dir); err != nil {
			t.Fatal(err)
		}
	}
}

// spinVariable makes a process of this test one that keeps a core busy, until its input
// ends.
const spinVariable = "LEDGER_TEST_SPIN"

func spin() {
	var turns atomic.Int64
	go func() {
		for {
			turns.Add(1)
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

// TestTortureOnce is TestOnce many times, beside processes that keep every core busy.
func TestTortureOnce(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	const rounds, busy = 10000, 4
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range busy {
		load := exec.CommandContext(t.Context(), self)
		load.Env = append(os.Environ(), spinVariable+"=1")
		input, err := load.StdinPipe()
		if err == nil {
			err = load.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { input.Close(); load.Wait() }()
	}
	l, dir := open(t)
	failed := 0
	for range rounds {
		if err := endAtOnce(t, l, dir); err != nil {
			failed++
			t.Error(err)
		}
	}
	t.Attr("figure", fmt.Sprintf("%d operations under load, each taken up by 20 at once, that did not end once | %d | = 0", rounds, failed))
}
