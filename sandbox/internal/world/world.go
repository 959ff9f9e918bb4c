// Package world is the state of a sandbox and the rules by which it changes: users, stores, keys, permissions,
// invoices and their life, payments, blocks and the clock. It emits each event of an invoice once, and keeps its
// state in a file with a log. It knows no route: requests and responses are the business of the packages above it.
package world

import (
	"errors"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// World is a sandbox's state and what changes it: time passes, payments arrive, blocks are found. It is kept in the
// state file, if there is one.
type World struct {
	stateFile string // empty: memory only
	loaded    bool   // there was a state file
	clock     *clock
	log       *stateLog // nil without a state file
	wake      chan struct{}
	stop      chan struct{}
	running   sync.WaitGroup

	// TieSeed seeds the order of invoices that were made in the same second. It is set before the start.
	TieSeed uint64

	mu           sync.Mutex // guards everything below
	State        *State
	closed       bool
	subscribers  []func(Happening)
	Bells        Bells
	deliveries   *deliver.Queue
	webhooks     *deliver.Lanes
	webhookRules WebhookRules
	changes      uint64
	nextChange   chan struct{} // closed with the next change; nil if no reader waits
}

// Open reads the state file, if one is given and exists. Time does not pass in the world until [World.Start].
func Open(stateFile string, now func() time.Time) (*World, error) {
	s := &World{
		stateFile: stateFile,
		clock:     newClock(now),
		wake:      make(chan struct{}, 1),
		stop:      make(chan struct{}),
		State:     NewState(),
	}
	if err := s.loadState(); err != nil {
		return nil, err
	}
	s.State.now = s.Now
	if s.State.FormKey == nil {
		s.State.FormKey = random.Bytes(32)
	}
	return s, nil
}

// Loaded reports whether the state comes from a state file.
func (w *World) Loaded() bool { return w.loaded }

// Start lets time pass. senders say how deliveries are made, by kind. Changes that were made before are written.
func (w *World) Start(senders map[string]deliver.Sender) error {
	if err := w.openLog(); err != nil {
		return err
	}
	w.deliveries = deliver.New(&w.mu, &w.State.Deliveries, senders, func() {
		w.State.Change()
		w.nudge()
	})
	w.webhooks = deliver.NewLanes(&w.mu, w.nextWebhookAttempt, w.nudge)
	w.wakeWebhooks()
	w.running.Go(w.watch)
	return nil
}

// Close stops deliveries and timers, and writes the state file.
func (w *World) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.mu.Unlock()
	close(w.stop)
	w.deliveries.Close()
	w.webhooks.Close()
	w.running.Wait()
	return w.closeLog()
}

// Act runs an action of control, and writes what it changes.
func (w *World) Act(do func() error) error {
	err := func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.closed {
			return errors.New("the sandbox is closed")
		}
		w.Tick()
		err := do()
		w.Settle()
		w.Record()
		return err
	}()
	return errors.Join(err, w.Commit())
}

// Settle lets happen what a request caused.
func (w *World) Settle() {
	if w.State.changed {
		w.Tick()
		w.nudge()
	}
}

// Lock locks the state, for reading too.
func (w *World) Lock() { w.mu.Lock() }

// Unlock unlocks the state.
func (w *World) Unlock() { w.mu.Unlock() }

// Now is the world's time, in UTC.
func (w *World) Now() time.Time { return w.clock.now() }

// Advance moves the clock forward, and lets happen what is due by then. The lock is held.
func (w *World) Advance(d time.Duration) {
	w.clock.advance(d)
	w.State.Change()
	w.Tick()
}

// Done is closed when the world is closed.
func (w *World) Done() <-chan struct{} { return w.stop }

// Deliver appends a delivery to the queue. The lock is held.
func (w *World) Deliver(d *deliver.Delivery) { w.deliveries.Add(d) }

// UnderWay counts the deliveries that are being tried, or wait for one that is. The lock is held.
func (w *World) UnderWay() int { return w.deliveries.UnderWay() + w.webhooksUnderWay() }
