package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Credential proves to the server who is calling.
type Credential interface {
	// Authorize sets headers on a request that is otherwise finished: its URL
	// and Host are final, and body holds exactly the bytes that will be sent,
	// since a BitId signature covers both. It is called once a request; a GET that
	// is repeated takes the same headers along.
	Authorize(req *http.Request, body []byte) error
}

// A Client is one connection to one BTCPay Server. It may be used by several
// goroutines.
type Client struct {
	server *url.URL
	settings
	// A transport and no [http.Client], which follows redirects, takes X-Signature
	// and X-Identity along to any host, and fails on a Location that it cannot read.
	roundTripper http.RoundTripper
	own          *http.Transport // nil where the caller has one
	foreign      bool            // code of the caller's lies between this one and the wire
}

type settings struct {
	credential Credential
	timeout    time.Duration
	retries    int
	userAgent  string
	network    network
	debug      *tracer
	secrets    []Secret
	dryRun     func(DryRun)
	total      time.Duration
	header     http.Header
	middleware []func(http.RoundTripper) http.RoundTripper
	observers  []func(Exchange)
	unsent     time.Duration // how long a request that was not sent is tried again
	tellUnsent func(Unsent)
}

// An Option changes how a [Client] reaches its server.
type Option func(*settings) error

// Defaults of [New].
const (
	DefaultTimeout = 30 * time.Second // one exchange, body included
	DefaultRetries = 3
)

// New makes a client for the server at an address such as
// https://btcpay.example.com or https://example.com/btcpay; a path prefix is
// kept. Plain http is refused unless it stays on this machine (loopback) or inside
// Tor (.onion), or [WithAllowHTTP] is given. Nothing is sent yet.
func New(server string, options ...Option) (*Client, error) {
	c := &Client{settings: settings{timeout: DefaultTimeout, retries: DefaultRetries, userAgent: defaultUserAgent()}}
	if err := c.apply(options); err != nil {
		return nil, err
	}
	var err error
	if c.server, err = parseServer(server, c.network.allowHTTP); err != nil {
		return nil, err
	}
	if err = c.connect(); err != nil {
		return nil, err
	}
	c.wrap()
	return c, nil
}

func (c *Client) apply(options []Option) error {
	for _, option := range options {
		if err := option(&c.settings); err != nil {
			return err
		}
	}
	return nil
}

// With returns a client with further options for the same server. The
// connections are shared unless an option says how to connect.
func (c *Client) With(options ...Option) (*Client, error) {
	other := &Client{server: c.server, settings: c.settings, own: c.own}
	if err := other.apply(options); err != nil {
		return nil, err
	}
	if other.network != c.network {
		if err := other.connect(); err != nil {
			return nil, err
		}
	}
	other.wrap()
	return other, nil
}

// As returns a client with another credential on the same connections. The secrets are
// hidden as by [WithSecrets], beside those that c hides.
func (c *Client) As(credential Credential, secrets ...Secret) *Client {
	other := *c
	other.credential = credential
	other.secrets = slices.Concat(c.secrets, secrets)
	return &other
}

// Server returns the server's address with its path prefix and without a
// trailing slash.
func (c *Client) Server() string { return c.server.String() }

// CloseIdleConnections closes connections that are kept for the next request.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	} else if pool, ok := c.network.transport.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// URL returns the absolute address of a path on the server, written as it
// would be sent. It wraps [ErrPath] where a segment is empty, "." or "..".
func (c *Client) URL(path []string, query url.Values) (string, error) {
	target, err := c.target(Request{Path: path, Query: query})
	if err != nil {
		return "", err
	}
	return target.String(), nil
}

func (c *Client) target(r Request) (*url.URL, error) {
	escaped, err := escapePath(r.Path)
	if err != nil {
		return nil, err
	}
	address := c.server.String() + escaped
	if len(r.Query) > 0 {
		address += "?" + escapeQuery(r.Query)
	}
	return url.Parse(address)
}

// WithCredential sends this credential with every request that is not
// [Request.Anonymous].
func WithCredential(credential Credential) Option {
	return func(s *settings) error { s.credential = credential; return nil }
}

// WithTimeout bounds one attempt from the first byte sent to the last byte
// read. 0 leaves only the context's deadline.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) error {
		if timeout < 0 {
			return errors.New("the timeout is negative")
		}
		s.timeout = timeout
		return nil
	}
}

// WithTotalTimeout bounds a call with its retries and the pauses between them. 0, the
// default, leaves only the context's deadline.
func WithTotalTimeout(timeout time.Duration) Option {
	return func(s *settings) error {
		if timeout < 0 {
			return errors.New("the total timeout is negative")
		}
		s.total = timeout
		return nil
	}
}

// WithRetries sets how often a GET is repeated after its first attempt.
func WithRetries(n int) Option {
	return func(s *settings) error {
		if n < 0 {
			return errors.New("the number of retries is negative")
		}
		s.retries = n
		return nil
	}
}

// WithAllowHTTP accepts an http address on any host. Everyone on the way can
// then read and repeat every request.
func WithAllowHTTP() Option {
	return func(s *settings) error { s.network.allowHTTP = true; return nil }
}

// WithUserAgent sets the User-Agent header, such as shop/1.2. Without it, it is
// btcpayctl with the version of this module.
func WithUserAgent(agent string) Option {
	return func(s *settings) error {
		if strings.ContainsFunc(agent, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("the user agent %.80q has a character that no header may have", agent)
		}
		s.userAgent = agent
		return nil
	}
}

const modulePath = "github.com/btcpayctl/btcpayctl"

var defaultUserAgent = sync.OnceValue(func() string {
	version := "devel"
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range append(build.Deps, &build.Main) {
			if module.Path == modulePath && module.Version != "" {
				version = strings.Trim(module.Version, "()")
			}
		}
	}
	return "btcpayctl/" + version
})

// WithDialer connects through a function of the caller's, for instance to a SOCKS5
// proxy in front of Tor. The function gets the host name unresolved.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(s *settings) error { s.network.dialer = &dialer{dial}; return nil }
}

// WithDebug writes each exchange to w: an allow-list of headers, and bodies
// other than those of [Request.Auth], with the secrets of [WithSecrets]
// replaced.
func WithDebug(w io.Writer) Option {
	return func(s *settings) error { s.debug = &tracer{out: w}; return nil }
}

// WithSecrets replaces these texts in the output of [WithDebug] and in what
// errors repeat of a server's answer, whatever their encoding. What the credential
// puts into the Authorization header is replaced there without it.
func WithSecrets(secrets ...Secret) Option {
	secrets = slices.Clone(secrets)
	return func(s *settings) error { s.secrets = slices.Concat(s.secrets, secrets); return nil }
}

// A DryRun is a request as it would have been sent, credential included. Where the body
// holds a [SentSecret], it has [redacted] in its place.
type DryRun struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// ErrDryRun is returned by every call of a client made [WithDryRun].
var ErrDryRun = errors.New("dry run: nothing was sent")

// WithDryRun hands each finished request to show in place of sending it; the
// call then returns [ErrDryRun].
func WithDryRun(show func(DryRun)) Option {
	return func(s *settings) error { s.dryRun = show; return nil }
}
