// Package doorbell reports when an invoice may have changed, so that a program reads it
// then and not every two seconds.
//
// The server has a public web socket for each invoice, which the checkout page uses. It
// needs no credential and says only that something happened, so it replaces no read: a
// program reads the invoice when the bell rings, and also from time to time, since a
// firewall may close the socket to the server, and the server does not report the end of
// every invoice.
//
//	bell := doorbell.Listen(ctx, gf.WithoutCredential(), gf.Address(), id)
//	defer bell.Close()
//	bell.Ready(ctx)
//	for {
//		bell.Clear()
//		invoice, err := gf.Invoices.Get(ctx, store, id)
//		...
//		select {
//		case <-bell.Rings():
//		case <-time.After(bell.Pause(2 * time.Second)):
//		}
//	}
//
// All servers since 1.13.5 that were recorded have the socket. The package links
// github.com/coder/websocket, which other packages of this module do not.
package doorbell

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/btcpayctl/btcpayctl/client"
)

const (
	// The server sends "ping" about every 25 seconds. A connection without a message for
	// longer than this is dead.
	silence     = 70 * time.Second
	openTimeout = 10 * time.Second
	firstPause  = time.Second
	lastPause   = time.Minute
	// largestMessage is in bytes. The server's messages have one to four.
	largestMessage = 512

	// A change makes several messages, often within milliseconds.
	settling = 100 * time.Millisecond
)

// A Bell rings when its invoice may have changed. Several goroutines may use it.
type Bell struct {
	http    *http.Client
	address string
	path    string
	stop    context.CancelFunc
	ended   chan struct{}
	tried   chan struct{} // closed after the first attempt to connect
	rings   chan struct{}
	open    atomic.Bool
	mu      sync.Mutex
	why     error
}

// Listen starts to listen for changes of an invoice, and returns at once. httpClient is
// [client.Client.WithoutCredential], or that of package bitpay or greenfield; server is the
// server's address. The Bell connects again whenever the connection is lost, until ctx ends
// or [Bell.Close] is called. It uses one connection to the server.
//
// Listen fails only if the id or the address cannot be one.
func Listen(ctx context.Context, httpClient *http.Client, server string, id client.InvoiceID) (*Bell, error) {
	segment, err := id.PathSegment()
	if err != nil {
		return nil, err
	}
	address, err := url.JoinPath(server, "i", segment, "status", "ws")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	b := &Bell{
		http: httpClient, address: address, path: "/i/" + segment + "/status/ws", stop: stop,
		ended: make(chan struct{}), tried: make(chan struct{}), rings: make(chan struct{}, 1),
	}
	go b.run(ctx)
	return b, nil
}

// Close ends the connection and waits until it has ended.
func (b *Bell) Close() {
	b.stop()
	<-b.ended
}

// Ready waits until the first attempt to connect has succeeded or failed, or ctx has ended.
// A change after a successful Ready is not missed.
func (b *Bell) Ready(ctx context.Context) {
	select {
	case <-b.tried:
	case <-ctx.Done():
	}
}

// Rings returns the channel that receives a value if the invoice may have changed since
// the last [Bell.Clear]: the server said so, or the connection was made or lost meanwhile.
// Further changes before the value is received add no second value.
func (b *Bell) Rings() <-chan struct{} { return b.rings }

// Clear forgets that the bell has rung. Call it before each read of the invoice.
func (b *Bell) Clear() {
	select {
	case <-b.rings:
	default:
	}
}

// Connected reports whether the server has accepted the connection and still holds it.
// Without it, only reads of the invoice show what has changed.
func (b *Bell) Connected() bool { return b.open.Load() }

// Err returns why there is no connection now. It is nil if there is one, or before the
// first attempt has ended. A [*client.Error] with status 404 means that the invoice is final,
// or that the server does not know it.
func (b *Bell) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why
}

// Pause returns how long to wait for a ring before the invoice is read anyway: polling
// without a connection, and a minute with one, since the server does not ring for every
// change.
func (b *Bell) Pause(polling time.Duration) time.Duration {
	if b.Connected() {
		return max(polling, time.Minute)
	}
	return polling
}

func (b *Bell) ring() {
	select {
	case b.rings <- struct{}{}:
	default:
	}
}

func (b *Bell) run(ctx context.Context) {
	defer close(b.ended)
	first := sync.OnceFunc(func() { close(b.tried) })
	defer first()
	pause := firstPause
	for {
		conn, err := b.connect(ctx)
		if err == nil {
			b.connected(nil)
			began := time.Now()
			first()
			err = b.listen(ctx, conn)
			if time.Since(began) > lastPause {
				pause = firstPause
			}
		}
		b.connected(err)
		first()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// connected notes a new state of the connection, and rings if it differs: a change may have
// been missed without a connection.
func (b *Bell) connected(why error) {
	b.mu.Lock()
	b.why = why
	b.mu.Unlock()
	if b.open.Swap(why == nil) != (why == nil) {
		b.ring()
	}
}

func (b *Bell) connect(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, b.address, &websocket.DialOptions{HTTPClient: b.http}) //nolint:bodyclose // the library closes it
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, &client.Error{Method: http.MethodGet, Path: b.path, Status: response.StatusCode}
		}
		return nil, err
	}
	conn.SetReadLimit(largestMessage)
	return conn, nil
}

// listen reads messages until the connection ends.
func (b *Bell) listen(ctx context.Context, conn *websocket.Conn) error {
	defer conn.CloseNow()
	var waiting atomic.Bool
	for {
		kind, err := b.read(ctx, conn)
		if err != nil {
			return err
		}
		// A text is a sign of life, and each change is a binary message.
		if kind == websocket.MessageBinary && !waiting.Swap(true) {
			time.AfterFunc(settling, func() {
				waiting.Store(false)
				b.ring()
			})
		}
	}
}

func (b *Bell) read(ctx context.Context, conn *websocket.Conn) (websocket.MessageType, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, silence, errSilence)
	defer cancel()
	kind, _, err := conn.Read(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errSilence) {
		return 0, errSilence
	}
	return kind, err
}

var errSilence = errors.New("the server sent nothing for " + silence.String())
