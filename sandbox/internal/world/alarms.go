package world

import (
	"container/heap"
	"time"
)

// alarms say what else than invoices time changes. Each has a name, and setting one again moves it, so that a thing that
// is changed often has one alarm.
type alarms struct {
	byName map[string]*alarm
	queue  alarmQueue
}

type alarm struct {
	name string
	at   time.Time
	ring func(*World)
	slot int // in the queue
}

// set lets ring be called at a time, or soon if that has passed.
func (a *alarms) set(name string, at time.Time, ring func(*World)) {
	if old := a.byName[name]; old != nil {
		old.at, old.ring = at, ring
		heap.Fix(&a.queue, old.slot)
		return
	}
	if a.byName == nil {
		a.byName = map[string]*alarm{}
	}
	one := &alarm{name: name, at: at, ring: ring}
	a.byName[name] = one
	heap.Push(&a.queue, one)
}

// clear removes an alarm, if there is one of that name.
func (a *alarms) clear(name string) {
	if old := a.byName[name]; old != nil {
		delete(a.byName, name)
		heap.Remove(&a.queue, old.slot)
	}
}

// next returns when the first alarm is due; false if there is none.
func (a *alarms) next() (time.Time, bool) {
	if len(a.queue) == 0 {
		return time.Time{}, false
	}
	return a.queue[0].at, true
}

// pop removes the first alarm and returns what it does.
func (a *alarms) pop() func(*World) {
	first := heap.Pop(&a.queue).(*alarm)
	delete(a.byName, first.name)
	return first.ring
}

type alarmQueue []*alarm

func (q alarmQueue) Len() int           { return len(q) }
func (q alarmQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q alarmQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].slot, q[j].slot = i, j
}

func (q *alarmQueue) Push(x any) {
	one := x.(*alarm)
	one.slot = len(*q)
	*q = append(*q, one)
}

func (q *alarmQueue) Pop() any {
	last := (*q)[len(*q)-1]
	(*q)[len(*q)-1] = nil
	*q = (*q)[:len(*q)-1]
	return last
}
