package authorize

import (
	"container/list"
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// maxGuests leaves half of 256 file descriptors, a usual limit, to the rest of the
	// program.
	maxGuests = 128
	// fewestGuests is how many connections are accepted even if the rest of the program
	// uses all file descriptors.
	fewestGuests = 4
	// firstLook is how long a new connection is protected from being dropped. A browser's
	// request arrives well within this time, and a flood of connections that send nothing
	// passes through at 30,000 per second.
	firstLook = 4 * time.Millisecond
	// lastLook is how long a dropped connection may still deliver data that has just
	// arrived.
	lastLook = 100 * time.Microsecond
)

// A room holds the open connections and always has a place for one more: it drops the one
// that has been silent longest. So a client that opens connections and sends nothing
// cannot keep a browser out.
type room struct {
	mu     sync.Mutex
	change *sync.Cond
	guests *list.List // of *guest, oldest first
	most   int        // limit of simultaneous guests
	closed bool
	all    sync.WaitGroup
}

type guest struct {
	conn net.Conn
	// The room may drop settled guests. It does not drop new guests, or guests whose
	// request is being handled.
	settled, leaving bool
}

func newRoom() *room {
	r := &room{guests: list.New(), most: maxGuests}
	r.change = sync.NewCond(&r.mu)
	return r
}

// enter waits for a place and then serves the connection.
func (r *room) enter(conn net.Conn, serve func(*guest)) {
	r.mu.Lock()
	for !r.closed && r.guests.Len() >= r.most {
		r.turnOut()
		r.change.Wait()
	}
	if r.closed {
		r.mu.Unlock()
		conn.Close()
		return
	}
	g := &guest{conn: conn}
	place := r.guests.PushBack(g)
	r.mu.Unlock()
	r.all.Go(func() {
		defer func() {
			conn.Close()
			r.mu.Lock()
			r.guests.Remove(place)
			r.mu.Unlock()
			r.change.Broadcast()
		}()
		serve(g)
	})
}

// turnOut asks the oldest connections that may be dropped to leave. It asks a quarter of
// the room at a time, since leaving takes a moment. A place becomes free only when the
// goroutine of a guest ends, since the file descriptor is in use until then.
func (r *room) turnOut() {
	leaving := 0
	for place := r.guests.Front(); place != nil && leaving < (r.most+3)/4; place = place.Next() {
		g := place.Value.(*guest)
		if g.settled && !g.leaving {
			g.leaving = true
			// The connection is not closed: a request that has just arrived would be
			// lost.
			g.conn.SetReadDeadline(time.Unix(1, 0))
		}
		if g.leaving {
			leaving++
		}
	}
}

// shrink lowers the limit when the program has no file descriptor left: the room then
// holds fewer guests than now.
func (r *room) shrink() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.most = max(fewestGuests, min(r.most, r.guests.Len()*3/4))
	r.turnOut()
}

// settle allows the room to drop the guest from now on. Unless that happens, the guest
// may read until the given time.
func (r *room) settle(g *guest, until time.Time) {
	r.mu.Lock()
	g.settled = true
	if !g.leaving {
		g.conn.SetReadDeadline(until)
	}
	r.mu.Unlock()
	r.change.Broadcast()
}

// hold prevents the room from dropping the guest.
func (r *room) hold(g *guest) {
	r.mu.Lock()
	g.settled = false
	r.mu.Unlock()
}

func (r *room) isLeaving(g *guest) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return g.leaving
}

// close drops all guests.
func (r *room) close() {
	r.mu.Lock()
	r.closed = true
	for place := r.guests.Front(); place != nil; place = place.Next() {
		place.Value.(*guest).conn.Close()
	}
	r.mu.Unlock()
	r.change.Broadcast()
}

// wait returns when all guests have left.
func (r *room) wait() { r.all.Wait() }

// acceptPause is the pause after a connection could not be accepted.
const acceptPause = 5 * time.Millisecond

// accept accepts connections until ctx ends. An error of a single connection does not end
// it.
func (l *Listener) accept(ctx context.Context, listener net.Listener) {
	for {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			l.room.enter(conn, l.serve)
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return
		default:
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				l.room.shrink()
			}
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
		}
	}
}
