package world

import (
	"container/heap"
	"errors"
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

// watch adds an invoice to the agenda, unless it is there for the same time.
func (st *State) watch(inv *Invoice) {
	if due := inv.due(); inv.watched() && !inv.onAgenda.Equal(due) {
		inv.onAgenda = due
		heap.Push(&st.agenda, appointment{due, inv})
	}
}

// Tick makes everything happen that is due, earliest first. It is called with the lock held: before and after each
// request, and by a timer.
func (w *World) Tick() {
	now := w.clock.now()
	st := w.State
	for {
		alarm, set := st.alarms.next()
		if set && !alarm.After(now) && (len(st.agenda) == 0 || alarm.Before(st.agenda[0].at)) {
			st.alarms.pop()(w)
			continue
		}
		if len(st.agenda) == 0 || st.agenda[0].at.After(now) {
			break
		}
		next := heap.Pop(&st.agenda).(appointment)
		if next.invoice.onAgenda.Equal(next.at) {
			next.invoice.onAgenda = time.Time{}
		}
		if inv := next.invoice; inv.watched() && inv.due().Equal(next.at) {
			w.update(inv)
		}
	}
	w.deliveries.Tick(now)
	w.pruneWebhooks(now)
	w.webhooks.Tick(now)
}

// update changes one invoice as time and blocks require, and emits its events.
func (w *World) update(inv *Invoice) {
	inv.Fresh = false
	status, exception, price := inv.Status, inv.Exception, inv.Price
	inv.progress(w.clock.now(), w.State.Height, w.emitter(inv))
	if inv.Status != status || inv.Exception != exception { // besides the events
		w.Bells.ring(inv.ID)
	}
	if inv.TopUp && price.Sign() == 0 && inv.Price.Sign() != 0 {
		w.State.searched(inv, inv.Price.Text())
	}
	w.State.watch(inv)
	w.State.Touch(inv.ID)
}

// watch waits for what is due next, and saves what changes, until the sandbox is closed.
func (w *World) watch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		w.mu.Lock()
		w.Tick()
		wait := time.Hour
		if agenda := w.State.agenda; len(agenda) > 0 {
			wait = min(wait, agenda[0].at.Sub(w.clock.now()))
		}
		if alarm, set := w.State.alarms.next(); set {
			wait = min(wait, alarm.Sub(w.clock.now()))
		}
		for _, retry := range []time.Time{w.deliveries.Next(), w.webhooks.Next()} {
			if !retry.IsZero() {
				wait = min(wait, retry.Sub(w.clock.now()))
			}
		}
		w.Record()
		w.mu.Unlock()
		err := w.Commit()
		if w.log.full() {
			err = errors.Join(err, w.compact())
		}
		if err != nil { // for instance, the disk is full: tried again, and finally by Close, which returns the error
			wait = min(wait, time.Second)
		}
		timer.Reset(max(wait, time.Millisecond))
		select {
		case <-timer.C:
		case <-w.wake:
		case <-w.stop:
			return
		}
	}
}

// nudge makes the watch check again what is due next.
func (w *World) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
