package sandbox

import (
	"errors"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// World is what a sandbox knows, and what happens in it: time passes, payments come, blocks are found. It is kept in the
// state file, if there is one.
type World struct {
	stateFile string // empty: memory only
	clock     *clock
	log       *stateLog // nil without a state file
	wake      chan struct{}
	stop      chan struct{}
	running   sync.WaitGroup

	mu          sync.Mutex // guards all below
	state       *state
	closed      bool
	subscribers []func(*invoice, event)
	deliveries  *deliver.Queue
}

// newWorld reads the state file, if one is wanted and there. The world stands still until its start.
func newWorld(stateFile string, now func() time.Time) (*World, error) {
	s := &World{
		stateFile: stateFile,
		clock:     newClock(now),
		wake:      make(chan struct{}, 1),
		stop:      make(chan struct{}),
		state:     newState(),
	}
	if err := s.loadState(); err != nil {
		return nil, err
	}
	if s.state.FormKey == nil {
		s.state.FormKey = random.Bytes(32)
	}
	return s, nil
}

// start lets time pass, with the ways of what is delivered, by kind. What was changed before is kept now.
func (s *World) start(ways map[string]deliver.Way) error {
	if err := s.openLog(); err != nil {
		return err
	}
	s.deliveries = deliver.New(&s.mu, &s.state.Deliveries, ways, func() {
		s.state.change()
		s.nudge()
	})
	s.running.Go(s.watch)
	return nil
}

// shut ends deliveries and timers, and writes the state file.
func (s *World) shut() error {
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

// act does what a control asks for, and keeps what comes of it.
func (s *World) act(do func() error) error {
	err := func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return errors.New("the sandbox is closed")
		}
		s.tick()
		err := do()
		s.settle()
		s.record()
		return err
	}()
	return errors.Join(err, s.commit())
}

// settle lets happen what a request brought about.
func (s *World) settle() {
	if s.state.changed {
		s.tick()
		s.nudge()
	}
}

// lock is for whoever reads or changes the state.
func (s *World) lock() { s.mu.Lock() }

// unlock ends what lock began.
func (s *World) unlock() { s.mu.Unlock() }

// now is the time in the world, in UTC.
func (s *World) now() time.Time { return s.clock.now() }

// advance moves the clock on, and lets happen what is due by then. The lock is held.
func (s *World) advance(d time.Duration) {
	s.clock.advance(d)
	s.state.change()
	s.tick()
}

// done is closed when the world is.
func (s *World) done() <-chan struct{} { return s.stop }

// deliver puts a delivery behind the others. The lock is held.
func (s *World) deliver(d *deliver.Delivery) { s.deliveries.Add(d) }

// underWay counts the deliveries that are being tried, or wait for one that is. The lock is held.
func (s *World) underWay() int { return s.deliveries.UnderWay() }
