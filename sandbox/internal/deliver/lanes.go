package deliver

import (
	"container/heap"
	"context"
	"crypto/tls"
	"iter"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Attempt is one try of a message.
type Attempt struct {
	URL    string
	Header http.Header
	Body   []byte
	// Done takes what came of it. It runs with the owner's lock held.
	Done func(Outcome)
}

// Outcome is what came of an attempt.
type Outcome struct {
	// Status is that of the response; 0 if none came as a whole.
	Status int
	// Err says why none came, in the words of the platform that the server runs on.
	Err string
	// Took is how long the attempt took, by the machine's clock.
	Took time.Duration
}

// Lanes tries messages that keep their order. Those of a lane are tried one after another, and one that waits for its
// next try holds back those behind it. The owner keeps the messages: Lanes knows only which lane it has to ask next, and
// when, so that a message that waits costs nothing here.
type Lanes struct {
	lock    sync.Locker // guards everything below, and belongs to the owner
	next    func(lane string) (*Attempt, time.Time)
	changed func()
	agenda  agenda
	due     map[string]time.Time // of the lanes in the agenda
	ready   []string             // to be asked, in order
	active  map[string]bool      // ready, or with a try under way
	workers int
	closed  bool

	transport *http.Transport
	loopback  *http.Transport // does not verify certificates
	timeout   time.Duration
	ctx       context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

const (
	mostLanes   = 32                // tried at once
	laneTimeout = 100 * time.Second // of a try, with the whole response
)

// NewLanes returns lanes whose messages the owner keeps. next returns the attempt that is due on a lane, or else when
// the next one is, zero for never. It runs with the lock held, which must also be held when a method other than Close is
// called. changed is called, with the lock held, after each attempt.
func NewLanes(lock sync.Locker, next func(lane string) (*Attempt, time.Time), changed func()) *Lanes {
	ctx, cancel := context.WithCancel(context.Background())
	return &Lanes{
		lock:      lock,
		next:      next,
		changed:   changed,
		due:       map[string]time.Time{},
		active:    map[string]bool{},
		transport: newTransport(false),
		loopback:  newTransport(true),
		timeout:   laneTimeout,
		ctx:       ctx,
		cancel:    cancel,
	}
}

// newTransport returns a transport that sends what the server's client sends, and nothing that only Go's adds.
func newTransport(anyCertificate bool) *http.Transport {
	return &http.Transport{
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        10 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: anyCertificate},        //nolint:gosec // as the server does on loopback
	}
}

// Close aborts the tries that are under way, and waits for their end. They do not count.
func (l *Lanes) Close() {
	l.lock.Lock()
	l.closed = true
	l.lock.Unlock()
	l.cancel()
	l.running.Wait()
	l.transport.CloseIdleConnections()
	l.loopback.CloseIdleConnections()
}

// Wake has a lane asked for its next attempt at a time. A lane that is being tried is asked again anyway.
func (l *Lanes) Wake(lane string, at time.Time) {
	if l.active[lane] {
		return
	}
	if due, waits := l.due[lane]; waits && !at.Before(due) {
		return
	}
	l.due[lane] = at
	heap.Push(&l.agenda, appointment{at, lane})
}

// Tick starts the lanes that are due.
func (l *Lanes) Tick(now time.Time) {
	if l.closed {
		return
	}
	for len(l.agenda) > 0 && !l.agenda[0].at.After(now) {
		a := heap.Pop(&l.agenda).(appointment)
		if due, waits := l.due[a.lane]; !waits || !due.Equal(a.at) {
			continue // it was moved forward
		}
		delete(l.due, a.lane)
		l.active[a.lane] = true
		l.ready = append(l.ready, a.lane)
	}
	for l.workers < min(mostLanes, len(l.active)) {
		l.workers++
		l.running.Go(l.work)
	}
}

// Next is when the next lane is due; zero if none is.
func (l *Lanes) Next() time.Time {
	if len(l.agenda) == 0 {
		return time.Time{}
	}
	return l.agenda[0].at
}

// Active returns the lanes that are being tried, or will be at once.
func (l *Lanes) Active() iter.Seq[string] { return maps.Keys(l.active) }

// work tries lanes while any is ready. Each gives way to the others after a try.
func (l *Lanes) work() {
	l.lock.Lock()
	defer l.lock.Unlock()
	for len(l.ready) > 0 && !l.closed {
		lane := l.ready[0]
		l.ready = l.ready[1:]
		attempt, at := l.next(lane)
		if attempt == nil {
			delete(l.active, lane)
			if !at.IsZero() {
				l.Wake(lane, at)
			}
			l.changed()
			continue
		}
		l.lock.Unlock()
		start := time.Now()
		outcome := l.try(attempt)
		outcome.Took = time.Since(start)
		l.lock.Lock()
		if l.ctx.Err() == nil {
			attempt.Done(outcome)
			l.ready = append(l.ready, lane)
			l.changed()
		}
	}
	l.workers--
}

// agenda holds when which lane is to be asked. An entry may be outdated.
type agenda []appointment

type appointment struct {
	at   time.Time
	lane string
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
