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
	clock     *clock
	log       *stateLog // nil without a state file
	wake      chan struct{}
	stop      chan struct{}
	running   sync.WaitGroup

	// TieSeed seeds the order of invoices that were made in the same second. It is set before the start.
	TieSeed uint64

	mu          sync.Mutex // guards everything below
	State       *State
	closed      bool
	subscribers []func(*Invoice, Event)
	deliveries  *deliver.Queue
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
	if s.State.FormKey == nil {
		s.State.FormKey = random.Bytes(32)
	}
	return s, nil
}

// Start lets time pass. senders say how deliveries are made, by kind. Changes that were made before are written.
func (s *World) Start(senders map[string]deliver.Sender) error {
	if err := s.openLog(); err != nil {
		return err
	}
	s.deliveries = deliver.New(&s.mu, &s.State.Deliveries, senders, func() {
		s.State.Change()
		s.nudge()
	})
	s.running.Go(s.watch)
	return nil
}

// Close stops deliveries and timers, and writes the state file.
func (s *World) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	s.deliveries.Close()
	s.running.Wait()
	return s.closeLog()
}

// Act runs an action of control, and writes what it changes.
func (s *World) Act(do func() error) error {
	err := func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return errors.New("the sandbox is closed")
		}
		s.Tick()
		err := do()
		s.Settle()
		s.Record()
		return err
	}()
	return errors.Join(err, s.Commit())
}

// Settle lets happen what a request caused.
func (s *World) Settle() {
	if s.State.changed {
		s.Tick()
		s.nudge()
	}
}

// Lock locks the state, for reading too.
func (s *World) Lock() { s.mu.Lock() }

// Unlock unlocks the state.
func (s *World) Unlock() { s.mu.Unlock() }

// Now is the world's time, in UTC.
func (s *World) Now() time.Time { return s.clock.now() }

// Advance moves the clock forward, and lets happen what is due by then. The lock is held.
func (s *World) Advance(d time.Duration) {
	s.clock.advance(d)
	s.State.Change()
	s.Tick()
}

// Done is closed when the world is closed.
func (s *World) Done() <-chan struct{} { return s.stop }

// Deliver appends a delivery to the queue. The lock is held.
func (s *World) Deliver(d *deliver.Delivery) { s.deliveries.Add(d) }

// UnderWay counts the deliveries that are being tried, or wait for one that is. The lock is held.
func (s *World) UnderWay() int { return s.deliveries.UnderWay() }
