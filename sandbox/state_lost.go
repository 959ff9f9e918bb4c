package sandbox

import "bytes"

// lost says what a program that was killed now would not know at its next start, though it was answered; empty for
// nothing. It is for tests, of worlds with a state file.
func (s *World) lost() string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log.pending) > 0 || s.state.changed {
		return "" // a notification was taken, say, which is written next
	}
	kept := &World{stateFile: s.stateFile, clock: newClock(nil), state: newState()}
	if err := kept.loadState(); err != nil {
		return err.Error()
	}
	kept.state.Started, kept.state.Logged = s.state.Started, s.state.Logged
	s.state.Ahead = kept.state.Ahead
	was := s.state.parts()
	for i, now := range kept.state.parts() {
		if got, want := encodeState(now.value.Interface()), encodeState(was[i].value.Interface()); !bytes.Equal(got, want) {
			return now.name + ": " + string(want) + " is kept as " + string(got)
		}
	}
	for id, inv := range s.state.Invoices {
		if got, want := encodeState(kept.state.Invoices[id]), encodeState(inv); !bytes.Equal(got, want) {
			return "invoice: " + string(want) + " is kept as " + string(got)
		}
	}
	return ""
}
