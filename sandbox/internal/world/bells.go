package world

import "sync/atomic"

// A Bell is rung at each change of an invoice, for who waits for one at a socket. It does not say what changed.
type Bell struct {
	// Rung receives after the bell was rung.
	Rung    chan struct{}
	pending atomic.Int32
}

const (
	// mostBells is how many bells there can be at once. A real server has no such limit.
	mostBells = 1024
	// mostRings is how many rings of a bell wait for who listens. One says as much as many.
	mostRings = 16
)

func (b *Bell) ring() {
	if b.pending.Load() < mostRings {
		b.pending.Add(1)
	}
	select {
	case b.Rung <- struct{}{}:
	default:
	}
}

// Take returns how often the bell was rung since the last call.
func (b *Bell) Take() int { return int(b.pending.Swap(0)) }

// Bells are the bells of a world, by invoice. The world's lock guards them.
type Bells struct {
	of    map[string][]*Bell
	count int
}

// Full reports whether no bell can be hung. The lock is held.
func (b *Bells) Full() bool { return b.count >= mostBells }

// ring rings the bells of an invoice.
func (b *Bells) ring(id string) {
	for _, bell := range b.of[id] {
		bell.ring()
	}
}

// Moment is what an invoice is like when who will wait for its changes has seen it.
type Moment struct {
	id                string
	status, exception string
	payments          int
	hasAddress        bool
}

// Moment returns what the invoice is like. The lock is held.
func (inv *Invoice) Moment() Moment {
	return Moment{inv.ID, inv.Status, inv.Exception, len(inv.Payments), inv.Prompt != nil && inv.Prompt.Address != ""}
}

// Hang hangs a bell for an invoice as it was seen. It is rung at once if the invoice has changed since. The world waits
// for unhang when it is closed. There is no bell if the world is closed, or has too many.
func (w *World) Hang(seen Moment) (bell *Bell, unhang func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.Bells.Full() {
		return nil, nil
	}
	w.running.Add(1)
	bell = &Bell{Rung: make(chan struct{}, 1)}
	if w.Bells.of == nil {
		w.Bells.of = map[string][]*Bell{}
	}
	w.Bells.of[seen.id] = append(w.Bells.of[seen.id], bell)
	w.Bells.count++
	if inv := w.State.Invoices[seen.id]; inv != nil && inv.Moment() != seen {
		bell.ring()
	}
	return bell, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		defer w.running.Done()
		left := make([]*Bell, 0, len(w.Bells.of[seen.id]))
		for _, other := range w.Bells.of[seen.id] {
			if other != bell {
				left = append(left, other)
			}
		}
		if w.Bells.of[seen.id] = left; len(left) == 0 {
			delete(w.Bells.of, seen.id)
		}
		w.Bells.count--
	}
}
