package world

import (
	"bytes"
	"fmt"
)

// Lost returns what a program that is killed now would not have at its next start, although it was acknowledged; ""
// for nothing. It is for tests of worlds with a state file.
func (w *World) Lost() string {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.log.pending) > 0 || w.State.changed {
		return "" // for instance, a notification was accepted, which is written next
	}
	kept := &World{stateFile: w.stateFile, clock: newClock(nil), State: NewState()}
	if err := kept.loadState(); err != nil {
		return err.Error()
	}
	kept.State.Started, kept.State.Logged = w.State.Started, w.State.Logged
	w.State.Ahead = kept.State.Ahead
	was := w.State.parts()
	for i, now := range kept.State.parts() {
		if got, want := encodeState(now.value.Interface()), encodeState(was[i].value.Interface()); !bytes.Equal(got, want) {
			return now.name + ": " + string(want) + " is kept as " + string(got)
		}
	}
	for id, inv := range w.State.Invoices {
		if got, want := encodeState(kept.State.Invoices[id]), encodeState(inv); !bytes.Equal(got, want) {
			return "invoice: " + string(want) + " is kept as " + string(got)
		}
	}
	for id, p := range w.State.Payouts {
		if got, want := encodeState(kept.State.Payouts[id]), encodeState(p); !bytes.Equal(got, want) {
			return "payout: " + string(want) + " is kept as " + string(got)
		}
	}
	if got, want := len(kept.State.WebhookDeliveries), len(w.State.WebhookDeliveries); got != want {
		return fmt.Sprintf("%d deliveries are kept as %d", want, got)
	}
	for id, d := range w.State.WebhookDeliveries {
		if got, want := encodeState(kept.State.WebhookDeliveries[id]), encodeState(d); !bytes.Equal(got, want) {
			return "delivery: " + string(want) + " is kept as " + string(got)
		}
	}
	return ""
}
