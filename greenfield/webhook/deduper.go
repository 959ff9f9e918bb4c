package webhook

import (
	"context"
	"sync"
)

// A Key says which event a delivery brings, and what it has to wait for.
type Key struct {
	// Event is the same in all deliveries of one event: [Event.OriginalDeliveryID].
	Event string
	// Order is the same in all events that have to be handled one after another: those of
	// one invoice. All deliveries of an event have the same Order.
	Order string
}

// KeyOf returns the key of an event.
func KeyOf(e Event) Key {
	if e.InvoiceID == "" {
		return Key{Event: e.OriginalDeliveryID, Order: "delivery " + e.OriginalDeliveryID}
	}
	return Key{Event: e.OriginalDeliveryID, Order: "invoice " + e.InvoiceID}
}

// A Deduper remembers which events were handled, and keeps deliveries of one invoice
// apart. [Memory] and [FileDeduper] are Dedupers. Calls may be concurrent.
type Deduper interface {
	// Begin waits until no claim with the same [Key.Order] is held, in the order of the
	// calls if they are made by one process. It returns an error if ctx ends first.
	Begin(ctx context.Context, key Key) (Claim, error)
}

// A Claim is the right to handle an event.
type Claim interface {
	// Handled reports whether the event was handled before.
	Handled() bool
	// Done records that the event was handled. After it returned nil, no later claim of
	// the event is unhandled.
	Done() error
	// Release ends the claim. An event that is not Done can be claimed again.
	Release()
}

// DefaultMemory is how many events a [Memory] remembers if its Limit is 0.
const DefaultMemory = 100_000

// Memory is a [Deduper] for one process. It forgets all events when the process ends, so
// that an event whose response was lost is then handled again. The zero value is ready for
// use.
type Memory struct {
	// Limit is how many events are remembered; the oldest are forgotten first. 0 is
	// [DefaultMemory].
	Limit int

	order queues
	mu    sync.Mutex
	known map[string]struct{}
	// oldest is where the next id is written in ids when they are Limit.
	ids    []string
	oldest int
}

// Begin implements [Deduper].
func (m *Memory) Begin(ctx context.Context, key Key) (Claim, error) {
	if err := m.order.enter(ctx, key.Order); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, handled := m.known[key.Event]
	return &memoryClaim{memory: m, key: key, handled: handled}, nil
}

func (m *Memory) add(event string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.known[event]; ok {
		return
	}
	if m.known == nil {
		m.known = map[string]struct{}{}
	}
	m.known[event] = struct{}{}
	limit := m.Limit
	if limit <= 0 {
		limit = DefaultMemory
	}
	if len(m.ids) < limit {
		m.ids = append(m.ids, event)
		return
	}
	delete(m.known, m.ids[m.oldest])
	m.ids[m.oldest] = event
	m.oldest = (m.oldest + 1) % len(m.ids)
}

type memoryClaim struct {
	memory  *Memory
	key     Key
	handled bool
	release sync.Once
}

func (c *memoryClaim) Handled() bool { return c.handled }

func (c *memoryClaim) Done() error {
	c.memory.add(c.key.Event)
	return nil
}

func (c *memoryClaim) Release() { c.release.Do(func() { c.memory.order.leave(c.key.Order) }) }
