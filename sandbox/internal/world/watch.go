package world

import (
	"container/heap"
	"errors"
	"slices"
	"time"
)

// agenda says when to look at which invoice again. An entry may be out of date; the invoice itself is asked.
type agenda []appointment

type appointment struct {
	at      time.Time
	invoice *Invoice
}

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(appointment)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// watch puts an invoice on the agenda, or takes it off.
func (st *State) watch(inv *Invoice) {
	if !inv.watched() {
		delete(st.watched, inv.ID)
		return
	}
	st.watched[inv.ID] = inv
	heap.Push(&st.agenda, appointment{inv.due(), inv})
}

// Tick lets everything happen that is due, what was due earlier first. It is called with the lock held: before and
// after each request, and when a timer says so.
func (s *World) Tick() {
	now := s.clock.now()
	st := s.State
	for len(st.agenda) > 0 && !st.agenda[0].at.After(now) {
		next := heap.Pop(&st.agenda).(appointment)
		if inv := next.invoice; inv.watched() && inv.due().Equal(next.at) {
			s.update(inv)
		}
	}
	s.deliveries.Tick(now)
}

// update moves one invoice on, with its notifications.
func (s *World) update(inv *Invoice) {
	inv.Fresh = false
	inv.live(s.clock.now(), s.State.Height, s.emitter(inv))
	s.State.watch(inv)
	s.State.Touch(inv.ID)
}

// updateAll looks at every invoice that may change, oldest first: a block was found.
func (s *World) updateAll() {
	var invoices []*Invoice
	for _, inv := range s.State.watched {
		invoices = append(invoices, inv)
	}
	slices.SortFunc(invoices, func(a, b *Invoice) int { return a.Number - b.Number })
	for _, inv := range invoices {
		s.update(inv)
	}
}

// watch waits for what is due next, and saves what comes of it, until the sandbox is closed.
func (s *World) watch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		s.Tick()
		wait := time.Hour
		if agenda := s.State.agenda; len(agenda) > 0 {
			wait = min(wait, agenda[0].at.Sub(s.clock.now()))
		}
		if retry := s.deliveries.Next(); !retry.IsZero() {
			wait = min(wait, retry.Sub(s.clock.now()))
		}
		s.Record()
		s.mu.Unlock()
		err := s.Commit()
		if s.log.full() {
			err = errors.Join(err, s.compact())
		}
		if err != nil { // a full disk, say: tried again, and at last by Close, which tells
			wait = min(wait, time.Second)
		}
		timer.Reset(max(wait, time.Millisecond))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.stop:
			return
		}
	}
}

// nudge makes the watch look again.
func (s *World) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
