package client

import (
	"context"
	"net/http/httptrace"
	"sync"
)

type giveUpKey struct{}

// AwaitAnswer returns a context for calls whose response must not be lost, such as a call
// that creates a key. If ctx ends before such a call has a connection to the server, the
// call ends and nothing was sent. Once it has a connection, the client waits for the
// response even if ctx has ended, until giveUp ends or the client's timeout is over.
// Pauses between attempts, and calls that change nothing, end with ctx.
func AwaitAnswer(ctx, giveUp context.Context) context.Context {
	return context.WithValue(ctx, giveUpKey{}, giveUp)
}

// An awaiting keeps one attempt from being cancelled while the client waits for its
// response.
type awaiting struct {
	mu                 sync.Mutex
	connected, stopped bool
}

// detach returns the context for an attempt whose response the client waits for, and the
// function that releases it. It returns ctx unchanged if the caller did not use
// [AwaitAnswer] or if the request changes nothing.
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
			// The transport may use the connection although the context has ended.
			got.Conn.Close()
		}
	}})
	return own, func() {
		asked()
		givenUp()
		cancel(nil)
	}
}

// unsent reports whether the attempt was stopped before it could send a byte.
func (a *awaiting) unsent() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stopped
}
