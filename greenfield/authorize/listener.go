package authorize

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// ListenOptions choose the address on which [Listen] listens, and how it
// handles the key.
type ListenOptions struct {
	// Server is the address of the server whose consent page the user visits. It decides
	// between the names 127.0.0.1 and localhost: cookies do not depend on the port, so if
	// the listener had the server's own host name, the browser would send it the server's
	// session cookie.
	Server string
	// Host is the name under which the browser reaches the listener, if it differs: a
	// name, or name:port for a forwarded port. The listener still listens only on this
	// machine's loopback addresses.
	Host string
	// Port is the port to listen on; 0 takes any free one. Use a fixed port if the server
	// should offer the same key again, which it does only for exactly the same redirect
	// URL.
	Port int
	// Nonce is the nonce of an earlier listener, for the same purpose. If it is zero, the
	// listener generates a new one.
	Nonce client.Secret
	// Store is called with the received callback before the browser gets its response, so
	// that the key is saved before the browser reports success. Its context is not
	// cancelled. [Listener.Wait] returns its error. It may be nil.
	Store func(context.Context, Callback) error
}

// Listener waits for one POST with a key. The caller must close it.
type Listener struct {
	url, host string
	port      int
	nonce     client.Secret
	done      string // the path of the page that follows the POST
	store     func(context.Context, Callback) error
	ctx       context.Context // only for Store: keeps values, is never cancelled
	pageTime  time.Duration

	listeners []net.Listener
	room      *room
	refused   atomic.Int64
	// misdirected counts the refused requests that were valid except for the host.
	misdirected atomic.Int64

	mu       sync.Mutex
	stage    stage
	answered chan struct{} // closed when a browser got its response
	received Callback
	err      error

	shown    atomic.Bool // the browser requested the page
	stop     context.CancelFunc
	finished chan struct{}
}

type stage int

const (
	waiting stage = iota
	claimed       // a POST was accepted; it is being stored
	over          // no POST is accepted any more
)

var (
	// ErrClosed means that the listener was closed before a key came.
	ErrClosed = errors.New("the listener was closed before a key came")
	// ErrNonce is wrapped if a given nonce could be guessed or cannot be part of a URL.
	ErrNonce = errors.New("unusable nonce")
)

// nonceLength is the length of 128 bits in base64. noncePattern matches what servers
// leave unchanged in a redirect URL.
const nonceLength = 22

var noncePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

const (
	// pageTime is how long the listener waits for the browser to request the page after
	// the redirect to it.
	pageTime = 2 * time.Second

	// callbackPath must never change: servers offer an existing key again only for
	// exactly the same URL.
	callbackPath = "/callback/"
	donePath     = "/done/"
)

// Listen opens a listener for the POST with which a server's consent page
// delivers a key. It already listens when it returns, so [Listener.URL] can be
// used in a [Request]. It ends with ctx, with [Listener.Close], or by
// itself after a key came.
//
// It accepts only a POST to the exact path with the exact Host and one key in it. Every
// other request gets the same 404 and does not end the wait. The path contains a nonce of
// 128 bits. Only the nonce ties the POST to the request: the server sends no state, and
// Origin is null. The listener keeps and logs no headers.
//
// It returns a [*PortTakenError] if Port is taken.
func Listen(ctx context.Context, options ListenOptions) (*Listener, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	nonce, err := callbackNonce(options.Nonce)
	if err != nil {
		return nil, err
	}
	address, err := callbackAddress(options)
	if err != nil {
		return nil, err
	}
	listeners, err := bind(ctx, address.bind, options.Port)
	if err != nil {
		return nil, err
	}
	return newListener(ctx, options, nonce, address, listeners), nil
}

func newListener(ctx context.Context, options ListenOptions, nonce client.Secret, address address, listeners []net.Listener) *Listener {
	l := &Listener{
		host: address.host, nonce: nonce, done: donePath + rand.Text(), store: options.Store,
		ctx: context.WithoutCancel(ctx), pageTime: pageTime, listeners: listeners, room: newRoom(),
		answered: make(chan struct{}), finished: make(chan struct{}),
	}
	l.port = listeners[0].Addr().(*net.TCPAddr).Port
	// The server leaves out the default port, and the Host header does, too.
	if !address.hasPort && l.port != 80 {
		l.host = net.JoinHostPort(address.name, strconv.Itoa(l.port))
	}
	l.url = "http://" + l.host + l.path()
	var running context.Context
	running, l.stop = context.WithCancel(ctx)
	go l.run(running)
	return l
}

func callbackNonce(given client.Secret) (client.Secret, error) {
	text := given.Reveal()
	switch {
	case text == "":
		return client.NewSecret(rand.Text()), nil
	case len(text) < nonceLength:
		return client.Secret{}, fmt.Errorf("%w: it has %d characters, and needs %d so that it cannot be guessed", ErrNonce, len(text), nonceLength)
	case len(text) > 128 || !noncePattern().MatchString(text):
		return client.Secret{}, fmt.Errorf("%w: up to 128 letters, digits, - and _ pass through a redirect unchanged", ErrNonce)
	}
	return given, nil
}

func (l *Listener) path() string { return callbackPath + l.nonce.Reveal() }

// URL is the value for [Request.Redirect]. It contains the nonce: anyone who
// reads it can send their own key to the listener. So do not pass it in another process's
// arguments.
func (l *Listener) URL() string { return l.url }

// Port is the port on which the listener listens.
func (l *Listener) Port() int { return l.port }

// Nonce returns the nonce. With it and the same port, a later listener has the same URL.
func (l *Listener) Nonce() client.Secret { return l.nonce }

// Refused counts the requests that got a 404 so far.
func (l *Listener) Refused() int64 { return l.refused.Load() }

// Misdirected counts the refused POSTs that had the nonce but another host name. The
// usual cause is a proxy between the browser and the listener that changes the name. Set
// [ListenOptions.Host] to that name.
func (l *Listener) Misdirected() int64 { return l.misdirected.Load() }

// Done is closed when the listener has ended: all its connections are closed and its port
// is free. After a key came, that is when the browser has its page, or two seconds later.
// If the program exits earlier, the browser shows an error page.
func (l *Listener) Done() <-chan struct{} { return l.finished }

// Wait returns the first valid POST after it was stored and the browser got its response.
// If ctx ends before a key came, no POST is accepted any more, and Wait returns the error
// of ctx. If the listener was closed, it returns [ErrClosed]. If
// [ListenOptions.Store] failed, Wait returns its error together with the callback, so
// that the caller can revoke the key.
func (l *Listener) Wait(ctx context.Context) (Callback, error) {
	var cause error
	select {
	case <-l.answered:
	case <-ctx.Done():
		cause = context.Cause(ctx)
	case <-l.finished:
		cause = ErrClosed
	}
	l.mu.Lock()
	if l.stage == waiting {
		l.stage = over
	}
	lost := l.stage == over
	l.mu.Unlock()
	if lost {
		l.stop()
		return Callback{}, cause
	}
	// A key that is already being stored is not dropped, even if ctx has ended.
	<-l.answered
	return l.received, l.err
}

// Close ends the listener and returns when all its connections are closed. If a key is
// being stored, Close waits until it is stored.
func (l *Listener) Close() error {
	l.stop()
	<-l.finished
	return nil
}

// run serves until ctx ends, and then waits for everything that it started.
func (l *Listener) run(ctx context.Context) {
	defer close(l.finished)
	var doors sync.WaitGroup
	for _, listener := range l.listeners {
		doors.Go(func() { l.accept(ctx, listener) })
	}
	<-ctx.Done()
	l.mu.Lock()
	storing := l.stage == claimed
	if l.stage == waiting {
		l.stage = over
	}
	l.mu.Unlock()
	if storing {
		<-l.answered
	}
	l.room.close()
	for _, listener := range l.listeners {
		listener.Close()
	}
	doors.Wait()
	l.room.wait()
}

// claim reports whether the listener accepts this POST: it is the first valid one, and
// the wait has not ended.
func (l *Listener) claim() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != waiting {
		return false
	}
	l.stage = claimed
	return true
}

// keep stores the accepted callback and sends the response.
func (l *Listener) keep(g *guest, callback Callback) {
	l.received = callback
	if l.store != nil {
		l.err = l.store(l.ctx, callback)
	}
	if l.err == nil {
		l.write(g, seeOther(l.done))
		time.AfterFunc(l.pageTime, l.stop)
		close(l.answered)
		linger(g)
		return
	}
	l.write(g, notKept())
	close(l.answered)
	linger(g)
	l.stop()
}
