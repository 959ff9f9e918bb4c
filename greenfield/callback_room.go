package greenfield

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
	// maxGuests leaves half of 256 file descriptors, a usual limit, to the rest
	// of the program.
	maxGuests = 128
	// fewestGuests are let in even where the rest of the program has all file
	// descriptors.
	fewestGuests = 4
	// firstLook is how long a new connection is safe from being dropped. What a
	// browser sends has long arrived by then, and a flood of connections that
	// send nothing passes through at 30,000 a second.
	firstLook = 4 * time.Millisecond
	// lastLook is for what arrived just before a connection is dropped.
	lastLook = 100 * time.Microsecond
)

// A room holds the open connections and always has a place for one more: it
// turns out the one that has been silent longest. So somebody who opens
// connections and sends nothing cannot keep a browser out.
type room struct {
	mu     sync.Mutex
	change *sync.Cond
	guests *list.List // of *guest, oldest first
	most   int        // that may be in at once
	closed bool
	all    sync.WaitGroup
}

type guest struct {
	conn net.Conn
	// settled guests may be turned out; new ones and those whose request is
	// being answered may not.
	settled, leaving bool
}

func newRoom() *room {
	r := &room{guests: list.New(), most: maxGuests}
	r.change = sync.NewCond(&r.mu)
	return r
}

// enter waits for a place and serves the connection in it.
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

// turnOut asks the oldest connections that may be dropped to leave, a quarter of
// the room at a time, since leaving takes a moment. A place is free when its
// goroutine has ended, since the file descriptor lives as long.
func (r *room) turnOut() {
	leaving := 0
	for place := r.guests.Front(); place != nil && leaving < (r.most+3)/4; place = place.Next() {
		g := place.Value.(*guest)
		if g.settled && !g.leaving {
			g.leaving = true
			// Not closed: a request that has just arrived would be lost.
			g.conn.SetReadDeadline(time.Unix(1, 0))
		}
		if g.leaving {
			leaving++
		}
	}
}

// shrink is for when the program has no file descriptor left: fewer guests than
// there are now have to do.
func (r *room) shrink() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.most = max(fewestGuests, min(r.most, r.guests.Len()*3/4))
	r.turnOut()
}

// settle lets the guest be turned out from now on, and read until a time if
// that does not happen.
func (r *room) settle(g *guest, until time.Time) {
	r.mu.Lock()
	g.settled = true
	if !g.leaving {
		g.conn.SetReadDeadline(until)
	}
	r.mu.Unlock()
	r.change.Broadcast()
}

// hold keeps the guest from being turned out.
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

// close turns everybody out.
func (r *room) close() {
	r.mu.Lock()
	r.closed = true
	for place := r.guests.Front(); place != nil; place = place.Next() {
		place.Value.(*guest).conn.Close()
	}
	r.mu.Unlock()
	r.change.Broadcast()
}

// wait returns when all have gone.
func (r *room) wait() { r.all.Wait() }

// acceptPause is for when connections cannot be accepted.
const acceptPause = 5 * time.Millisecond

// accept takes connections until ctx ends. No error of a single one ends it.
func (l *CallbackListener) accept(ctx context.Context, listener net.Listener) {
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
