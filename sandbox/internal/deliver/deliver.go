// Package deliver sends messages to other servers, and retries those that were not accepted. Messages with the same
// key are sent one after another, in order; one that waits for a retry does not delay the others. A [Sender] says how a
// kind of messages is sent, how its responses are checked and how long the pauses are.
package deliver

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Delivery is a message until it is accepted or given up.
type Delivery struct {
	// Kind selects the [Sender].
	Kind string `json:",omitempty"`
	// Key orders deliveries: those with the same key do not overtake each other. In state files it has another name.
	Key   string `json:"InvoiceID"`
	URL   string
	Body  []byte
	Tries int       // so far
	Due   time.Time // of the next try

	underWay bool
	dropped  bool // it is not waited for any more
}

// Sender says how the deliveries of a kind are made.
type Sender struct {
	// Pauses are the times from when a try is due to when the next one is. There is one try more than pauses.
	Pauses []time.Duration
	// Request makes the request of a try. If it returns an error, the try failed.
	Request func(context.Context, *Delivery) (*http.Request, error)
	// Accepted reports whether the response ends the delivery. It need not read or close the body.
	Accepted func(*http.Response) bool
}

const (
	timeout = time.Minute // of a try
	most    = 8           // at once, each with another key
	longest = 64 << 10    // of a response, as far as it is read
)

// Queue tries deliveries when they are due.
type Queue struct {
	lock    sync.Locker // guards everything below, and belongs to the owner
	waiting *[]*Delivery
	senders map[string]Sender
	changed func()
	keys    map[string][]*Delivery // deliveries under way
	closed  bool

	client  *http.Client
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{}
	running sync.WaitGroup
}

// New returns a queue of the deliveries in waiting, which the owner keeps. The owner's lock must be held when a
// method other than Close is called, and the queue holds it while it changes a delivery and calls changed.
func New(lock sync.Locker, waiting *[]*Delivery, senders map[string]Sender, changed func()) *Queue {
	ctx, cancel := context.WithCancel(context.Background())
	return &Queue{
		lock:    lock,
		waiting: waiting,
		senders: senders,
		changed: changed,
		keys:    map[string][]*Delivery{},
		client:  &http.Client{Transport: &http.Transport{IdleConnTimeout: 10 * time.Second}, Timeout: timeout},
		ctx:     ctx,
		cancel:  cancel,
		slots:   make(chan struct{}, most),
	}
}

// Close aborts the tries that are under way, and waits for their end. They do not count.
func (q *Queue) Close() {
	q.lock.Lock()
	q.closed = true
	q.lock.Unlock()
	q.cancel()
	q.running.Wait()
	q.client.CloseIdleConnections()
}

// Add appends a delivery.
func (q *Queue) Add(d *Delivery) {
	*q.waiting = append(*q.waiting, d)
	q.changed()
}

// Forget drops what is under way: the owner has another list of deliveries now. A try that has begun ends, and does not count.
func (q *Queue) Forget() {
	for _, list := range q.keys {
		for _, d := range list {
			d.dropped = true
		}
	}
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

// Next is when the next try is due; zero if none is.
func (q *Queue) Next() time.Time {
	var next time.Time
	for _, d := range *q.waiting {
		if !d.underWay && (next.IsZero() || d.Due.Before(next)) {
			next = d.Due
		}
	}
	return next
}

// UnderWay counts the deliveries that are being tried, or wait for one with the same key that is.
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

// drain tries the deliveries under way of one key until there are none.
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
		d, accepted := q.keys[key][0], false
		if !d.dropped {
			q.lock.Unlock()
			accepted = q.try(d)
			q.lock.Lock()
		}
		q.keys[key] = q.keys[key][1:]
		if q.ctx.Err() == nil && !d.dropped {
			q.finish(d, accepted)
		}
	}
	delete(q.keys, key)
}

func (q *Queue) finish(d *Delivery, accepted bool) {
	d.underWay = false
	pauses := q.senders[d.Kind].Pauses
	if accepted || d.Tries >= len(pauses) {
		d.Tries++
		*q.waiting = slices.DeleteFunc(*q.waiting, func(other *Delivery) bool { return other == d })
	} else {
		d.Due = d.Due.Add(pauses[d.Tries])
		d.Tries++
	}
	q.changed()
}

func (q *Queue) try(d *Delivery) (accepted bool) {
	sender, known := q.senders[d.Kind]
	if !known {
		return false
	}
	request, err := sender.Request(q.ctx, d)
	if err != nil {
		return false
	}
	response, err := q.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	accepted = sender.Accepted(response)
	io.Copy(io.Discard, io.LimitReader(response.Body, longest))
	return accepted
}
