package world

import "bytes"

// Lost returns what a program that is killed now would not have at its next start, although it was acknowledged; ""
// for nothing. It is for tests of worlds with a state file.
func (s *World) Lost() string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log.pending) > 0 || s.State.changed {
		return "" // for instance, a notification was accepted, which is written next
	}
	kept := &World{stateFile: s.stateFile, clock: newClock(nil), State: NewState()}
	if err := kept.loadState(); err != nil {
		return err.Error()
	}
	kept.State.Started, kept.State.Logged = s.State.Started, s.State.Logged
	s.State.Ahead = kept.State.Ahead
	was := s.State.parts()
	for i, now := range kept.State.parts() {
		if got, want := encodeState(now.value.Interface()), encodeState(was[i].value.Interface()); !bytes.Equal(got, want) {
			return now.name + ": " + string(want) + " is kept as " + string(got)
		}
	}
	for id, inv := range s.State.Invoices {
		if got, want := encodeState(kept.State.Invoices[id]), encodeState(inv); !bytes.Equal(got, want) {
			return "invoice: " + string(want) + " is kept as " + string(got)
		}
	}
	return ""
}
