// Package deliver sends messages to other servers, and sends those again that were not taken. Messages of one key go one
// after another, in their order; one that waits for another try holds nothing back. What a message is, how it is sent, how
// its response is judged and how long the pauses are is up to its [Way].
package deliver

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Delivery is a message until it is taken or given up.
type Delivery struct {
	// Kind names its way.
	Kind string `json:",omitempty"`
	// Key is what it shares with the deliveries that it does not overtake. State files have had it under another name.
	Key   string `json:"InvoiceID"`
	URL   string
	Body  []byte
	Tries int       // so far
	Due   time.Time // of the next try

	underWay bool
}

// Way is how the deliveries of a kind go.
type Way struct {
	// Pauses are the times from each try's being due to the next one's. There is one try more than pauses.
	Pauses []time.Duration
	// Request makes the request of a try; with an error the try has failed.
	Request func(context.Context, *Delivery) (*http.Request, error)
	// Taken reports whether the response ends the delivery. It need not read or close the body.
	Taken func(*http.Response) bool
}

const (
	timeout = time.Minute // of a try
	most    = 8           // at once, each of another key
	longest = 64 << 10    // of what is read of a response
)

// Queue tries deliveries when they are due.
type Queue struct {
	lock    sync.Locker // guards all below, and is the owner's
	waiting *[]*Delivery
	ways    map[string]Way
	changed func()
	keys    map[string][]*Delivery // those under way
	closed  bool

	client  *http.Client
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{}
	running sync.WaitGroup
}

// New makes a queue of the deliveries in waiting, which the owner keeps. The owner's lock is held by whoever calls a
// method other than Close, and by the queue while it changes a delivery and calls changed.
func New(lock sync.Locker, waiting *[]*Delivery, ways map[string]Way, changed func()) *Queue {
	ctx, cancel := context.WithCancel(context.Background())
	return &Queue{
		lock:    lock,
		waiting: waiting,
		ways:    ways,
		changed: changed,
		keys:    map[string][]*Delivery{},
		client:  &http.Client{Transport: &http.Transport{IdleConnTimeout: 10 * time.Second}, Timeout: timeout},
		ctx:     ctx,
		cancel:  cancel,
		slots:   make(chan struct{}, most),
	}
}

// Close ends the tries that are under way, and waits for their end. They count as not made.
func (q *Queue) Close() {
	q.lock.Lock()
	q.closed = true
	q.lock.Unlock()
	q.cancel()
	q.running.Wait()
	q.client.CloseIdleConnections()
}

// Add puts a delivery behind the others.
func (q *Queue) Add(d *Delivery) {
	*q.waiting = append(*q.waiting, d)
	q.changed()
}

// Tick starts the tries that are due.
func (q *Queue) Tick(now time.Time) {
	if q.closed {
		return
	}
	for _, d := range *q.waiting {
		if !d.underWay && !d.Due.After(now) {
			q.start(d)
		}
	}
}

// Next is when the next try is due; zero if none waits.
func (q *Queue) Next() time.Time {
	var next time.Time
	for _, d := range *q.waiting {
		if !d.underWay && (next.IsZero() || d.Due.Before(next)) {
			next = d.Due
		}
	}
	return next
}

// UnderWay counts the deliveries that are being tried, or wait for one of their key that is.
func (q *Queue) UnderWay() int {
	n := 0
	for _, d := range *q.waiting {
		if d.underWay {
			n++
		}
	}
	return n
}

func (q *Queue) start(d *Delivery) {
	d.underWay = true
	q.keys[d.Key] = append(q.keys[d.Key], d)
	if len(q.keys[d.Key]) == 1 {
		q.running.Go(func() { q.drain(d.Key) })
	}
}

// drain tries what is under way of one key, until that is empty.
func (q *Queue) drain(key string) {
	select {
	case q.slots <- struct{}{}:
		defer func() { <-q.slots }()
	case <-q.ctx.Done():
		return
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	for len(q.keys[key]) > 0 && q.ctx.Err() == nil {
		d := q.keys[key][0]
		q.lock.Unlock()
		taken := q.try(d)
		q.lock.Lock()
		q.keys[key] = q.keys[key][1:]
		if q.ctx.Err() == nil {
			q.finish(d, taken)
		}
	}
	delete(q.keys, key)
}

func (q *Queue) finish(d *Delivery, taken bool) {
	d.underWay = false
	pauses := q.ways[d.Kind].Pauses
	if taken || d.Tries >= len(pauses) {
		d.Tries++
		*q.waiting = slices.DeleteFunc(*q.waiting, func(other *Delivery) bool { return other == d })
	} else {
		d.Due = d.Due.Add(pauses[d.Tries])
		d.Tries++
	}
	q.changed()
}

func (q *Queue) try(d *Delivery) (taken bool) {
	way, known := q.ways[d.Kind]
	if !known {
		return false
	}
	request, err := way.Request(q.ctx, d)
	if err != nil {
		return false
	}
	response, err := q.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	taken = way.Taken(response)
	io.Copy(io.Discard, io.LimitReader(response.Body, longest))
	return taken
}
