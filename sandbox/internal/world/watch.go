package world

import (
	"container/heap"
	"errors"
	"slices"
	"time"
)

// agenda holds when which invoice is to be checked again. An entry may be outdated; the invoice itself is asked.
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

// watch adds an invoice to the agenda, or removes it.
func (st *State) watch(inv *Invoice) {
	if !inv.watched() {
		delete(st.watched, inv.ID)
		return
	}
	st.watched[inv.ID] = inv
	heap.Push(&st.agenda, appointment{inv.due(), inv})
}

// Tick makes everything happen that is due, earliest first. It is called with the lock held: before and after each
// request, and by a timer.
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

// update changes one invoice as time and blocks require, and emits its events.
func (s *World) update(inv *Invoice) {
	inv.Fresh = false
	inv.progress(s.clock.now(), s.State.Height, s.emitter(inv))
	s.State.watch(inv)
	s.State.Touch(inv.ID)
}

// updateAll updates every invoice that may change, oldest first, after a block was found.
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

// watch waits for what is due next, and saves what changes, until the sandbox is closed.
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
		if err != nil { // for instance, the disk is full: tried again, and finally by Close, which returns the error
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

// nudge makes the watch check again what is due next.
func (s *World) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
