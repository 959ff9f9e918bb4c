package client

import (
	"context"
	"net/http/httptrace"
	"sync"
)

type giveUpKey struct{}

// AwaitAnswer returns a context for calls whose answer must not be lost, such as one
// that makes a key. As long as such a call has no connection to the server, the end of
// ctx ends it, and nothing was sent. From then on its answer is awaited although ctx has
// ended, until giveUp ends or the client's timeout is over. Pauses between attempts, and
// calls that change nothing, end with ctx.
func AwaitAnswer(ctx, giveUp context.Context) context.Context {
	return context.WithValue(ctx, giveUpKey{}, giveUp)
}

// An awaiting keeps one attempt from being cancelled while its answer is on the way.
type awaiting struct {
	mu                 sync.Mutex
	connected, stopped bool
}

// detach gives the context of an attempt whose answer is awaited, and the ordinary one
// where that was not asked for.
func (a *awaiting) detach(ctx context.Context, x *exchange) (context.Context, func()) {
	giveUp, ok := ctx.Value(giveUpKey{}).(context.Context)
	if !ok || repeatable(x.Method) {
		return ctx, func() {}
	}
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !a.connected && ctx.Err() != nil {
			a.stopped = true
			cancel(contextError(ctx))
		}
	}
	asked := context.AfterFunc(ctx, stop)
	givenUp := context.AfterFunc(giveUp, func() { cancel(contextError(giveUp)) })
	own = httptrace.WithClientTrace(own, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		stop()
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.connected = !a.stopped; a.stopped {
			// The transport may prefer the connection to the end of the context.
			got.Conn.Close()
		}
	}})
	return own, func() {
		asked()
		givenUp()
		cancel(nil)
	}
}

// unsent reports whether the attempt was stopped before a byte of it could leave.
func (a *awaiting) unsent() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stopped
}
