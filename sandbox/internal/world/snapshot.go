package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Snapshot is all of a world's state, and the time that it was taken.
type Snapshot struct {
	At    time.Time
	State json.RawMessage
}

// Snapshot returns the state as it is now. The lock is held.
func (w *World) Snapshot() Snapshot { return Snapshot{w.Now(), w.State.withoutStart()} }

// Restore goes back to a snapshot, and to its time. What waits for other servers in the current state is not sent any more.
// The lock is held.
func (w *World) Restore(s Snapshot) error {
	st := NewState()
	if err := json.Unmarshal(s.State, st); err != nil { //nolint:musttag // as in the state file
		return fmt.Errorf("the snapshot is damaged: %w", err)
	}
	if st.Version != stateVersion {
		return fmt.Errorf("the snapshot has version %d, this program writes %d", st.Version, stateVersion)
	}
	if err := st.check(); err != nil {
		return fmt.Errorf("the snapshot is damaged: %w", err)
	}
	w.replace(st, s.At.Sub(w.clock.below()))
	return nil
}

// SetStart makes the current state the one that Reset goes back to. The lock is held, or the world not started.
func (w *World) SetStart() {
	w.State.Start = w.State.withoutStart()
}

// Reset goes back to the start, and to the time of the clock below. It reports whether the start is known: if not, which is so
// with state files of older programs, the state is empty. The lock is held.
func (w *World) Reset() (known bool, err error) {
	st := NewState()
	if w.State.Start != nil {
		if err := json.Unmarshal(w.State.Start, st); err != nil { //nolint:musttag // as in the state file
			return false, err
		}
		if err := st.check(); err != nil {
			return false, err
		}
	} else {
		st.FormKey = w.State.FormKey
	}
	w.replace(st, 0)
	return w.State.Start != nil, nil
}

// replace puts another state into the place of the current one. Others hold pointers to the state, so it stays where it is.
func (w *World) replace(st *State, ahead time.Duration) {
	was := w.State
	st.Started, st.Logged, st.Start, st.now = was.Started, was.Logged, was.Start, was.now
	st.index()
	*w.State = *st
	w.clock.ahead.Store(int64(ahead))
	random.GoTo(w.State.Drawn)
	w.deliveries.Forget()
	w.wakeWebhooks()
	w.State.replaced = true
	w.State.Change()
}

// withoutStart is the text of the state without the one that a reset goes back to.
func (st *State) withoutStart() json.RawMessage {
	st.Drawn = random.At()
	start := st.Start
	st.Start = nil // it is in the state file
	defer func() { st.Start = start }()
	return st.text()
}

// text is the state as the state file has it.
func (st *State) text() []byte {
	var b bytes.Buffer
	if err := st.write(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
