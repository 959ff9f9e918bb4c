package greenfield

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

// CallbackOptions say where [ListenCallback] listens.
type CallbackOptions struct {
	// Server is the address of the server that will be asked. It chooses
	// between the names 127.0.0.1 and localhost: cookies know no port, so on the
	// server's own name the browser would hand its session to the listener.
	Server string
	// Host is the name by which the browser reaches the listener, where that is
	// another: a name, or name:port for a forwarded port. The listener stays on
	// this machine's loopback addresses.
	Host string
	// Port is fixed where a server shall offer the same key again, which it does
	// for exactly the same redirect URL alone; 0 takes any free one.
	Port int
	// Nonce is that of an earlier listener, for the same purpose, and zero for a
	// new one.
	Nonce client.Secret
	// Store is called with what was received before the browser is answered, so
	// that a key is safe before anybody is told that it came. Its context is not
	// cancelled. Its error is that of [CallbackListener.Wait]. It may be nil.
	Store func(context.Context, Callback) error
}

// Callback is what a browser brought. It is a claim of whoever knew the
// address: what the key is worth is told by [Client.Prove].
type Callback struct {
	APIKey APIKey
	// UserID proves nothing: BTCPay Server 2.4.1 posts any key that its confirm
	// page was given, with the id of the key's owner, whoever presses the button.
	UserID string
	// Permissions are those that can be read as such.
	Permissions []Permission
}

// CallbackListener waits for one POST with a key. It has to be closed.
type CallbackListener struct {
	url, host string
	port      int
	nonce     client.Secret
	done      string // the path of the page afterwards
	store     func(context.Context, Callback) error
	ctx       context.Context // for Store alone: values without cancelling
	pageTime  time.Duration

	listeners []net.Listener
	room      *room
	refused   atomic.Int64
	// misdirected are those of the refused that had all but the host.
	misdirected atomic.Int64

	mu       sync.Mutex
	stage    stage
	answered chan struct{} // closed when a browser was answered
	received Callback
	err      error

	shown    atomic.Bool // the page was asked for
	stop     context.CancelFunc
	finished chan struct{}
}

type stage int

const (
	waiting stage = iota
	claimed       // a POST won; it is being stored and answered
	over          // nobody waits any more
)

var (
	// ErrCallbackClosed means the listener was closed before a key came.
	ErrCallbackClosed = errors.New("the listener was closed before a key came")
	// ErrNonce is wrapped where a given nonce could be guessed or cannot stand
	// in a URL.
	ErrNonce = errors.New("unusable nonce")
)

// nonceLength is that of 128 bits in base64, and noncePattern what servers
// leave as it is in a redirect URL.
const nonceLength = 22

var noncePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

const (
	// pageTime is how long the browser may take to ask for the page after it
	// has been answered.
	pageTime = 2 * time.Second

	// callbackPath stays the same for ever: servers offer an old key again only
	// for exactly the same URL.
	callbackPath = "/callback/"
	donePath     = "/done/"
)

// ListenCallback opens a listener for the POST by which a server's consent page
// hands over a key. It listens when it returns, so [CallbackListener.URL] can go
// into an [AuthorizeRequest]. It ends with ctx, with [CallbackListener.Close], or
// by itself after a key came.
//
// Only a POST to the exact path with the exact Host and one key in it counts.
// Everything else gets the same 404 and does not end the wait. The path holds a
// nonce of 128 bits, the only thing that ties the POST to the request: the
// server sends no state, and Origin is null. No header is kept or logged.
//
// It returns a [*PortTakenError] where Port is taken.
func ListenCallback(ctx context.Context, options CallbackOptions) (*CallbackListener, error) {
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

func newListener(ctx context.Context, options CallbackOptions, nonce client.Secret, address address, listeners []net.Listener) *CallbackListener {
	l := &CallbackListener{
		host: address.host, nonce: nonce, done: donePath + rand.Text(), store: options.Store,
		ctx: context.WithoutCancel(ctx), pageTime: pageTime, listeners: listeners, room: newRoom(),
		answered: make(chan struct{}), finished: make(chan struct{}),
	}
	l.port = listeners[0].Addr().(*net.TCPAddr).Port
	// The server leaves out the default port, and so does the Host header.
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
		return client.Secret{}, fmt.Errorf("%w: it has %d characters, %d are needed so that nobody can guess it", ErrNonce, len(text), nonceLength)
	case len(text) > 128 || !noncePattern().MatchString(text):
		return client.Secret{}, fmt.Errorf("%w: up to 128 letters, digits, - and _ pass through a redirect unchanged", ErrNonce)
	}
	return given, nil
}

func (l *CallbackListener) path() string { return callbackPath + l.nonce.Reveal() }

// URL is what goes into [AuthorizeRequest.Redirect]. It holds the nonce: whoever
// reads it can hand a key of their own to the listener, so it should not stand
// in another process's arguments.
func (l *CallbackListener) URL() string { return l.url }

// Port is the port that the listener has.
func (l *CallbackListener) Port() int { return l.port }

// Nonce makes the same URL again, with the same port.
func (l *CallbackListener) Nonce() client.Secret { return l.nonce }

// Refused counts the requests that were answered with 404 so far.
func (l *CallbackListener) Refused() int64 { return l.refused.Load() }

// Misdirected counts the posts among them that knew the nonce and came under
// another host name: a proxy between browser and listener changes it, and
// [CallbackOptions.Host] has to say the name.
func (l *CallbackListener) Misdirected() int64 { return l.misdirected.Load() }

// Done is closed when the listener has ended: all its connections are closed
// and its port is free. After a key came, that is when the browser has its page,
// or two seconds later. A program that ends before leaves the browser with an
// error page.
func (l *CallbackListener) Done() <-chan struct{} { return l.finished }

// Wait returns the first valid POST, after it was stored and its sender
// answered. When ctx ends before, no POST is accepted any more. The error is
// then that of ctx, else [ErrCallbackClosed], or that of
// [CallbackOptions.Store], which comes together with the callback, so that the
// key can be revoked.
func (l *CallbackListener) Wait(ctx context.Context) (Callback, error) {
	var cause error
	select {
	case <-l.answered:
	case <-ctx.Done():
		cause = context.Cause(ctx)
	case <-l.finished:
		cause = ErrCallbackClosed
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
	// A key that is on its way in is not dropped, whatever ctx says.
	<-l.answered
	return l.received, l.err
}

// Close ends the listener and returns when all is closed. A key that is being
// stored is stored first.
func (l *CallbackListener) Close() error {
	l.stop()
	<-l.finished
	return nil
}

// run serves until ctx ends, and then waits for everything it started.
func (l *CallbackListener) run(ctx context.Context) {
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

// claim makes one POST the winner.
func (l *CallbackListener) claim() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != waiting {
		return false
	}
	l.stage = claimed
	return true
}

// keep stores what the winner brought, and answers it.
func (l *CallbackListener) keep(g *guest, callback Callback) {
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
