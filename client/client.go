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

// A Credential authenticates the client's requests to the server.
type Credential interface {
	// Authorize sets headers on a request that is otherwise finished: its URL and Host
	// are final, and body holds exactly the bytes that will be sent, since a BitId
	// signature covers all of them. Authorize is called once for each request; if the
	// client repeats a GET, it sends the same headers again.
	Authorize(req *http.Request, body []byte) error
}

// A Client sends requests to one BTCPay Server. Several goroutines may use it at the same
// time.
type Client struct {
	server *url.URL
	settings
	// This is a transport and not an [http.Client], which follows redirects, sends
	// X-Signature and X-Identity to any host, and fails if it cannot read a Location
	// header.
	roundTripper http.RoundTripper
	own          *http.Transport // nil if the caller set a transport
	foreign      bool            // the caller's code is between this client and the network
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
	unsent     time.Duration // how long a request that was not sent is repeated
	tellUnsent func(Unsent)
}

// An Option changes how a [Client] reaches its server.
type Option func(*settings) error

// Defaults of [New].
const (
	DefaultTimeout = 30 * time.Second // for one attempt, the body of the response included
	DefaultRetries = 3
)

// New returns a client for the server at an address such as https://btcpay.example.com or
// https://example.com/btcpay. The client keeps the path prefix. New refuses plain http
// unless it stays on this machine (loopback) or inside Tor (.onion), or the caller gives
// [WithAllowHTTP]. New sends nothing.
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

// With returns a client with further options for the same server. It shares the
// connections of c unless an option changes how to connect.
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

// As returns a client with another credential on the same connections. It hides these
// secrets as [WithSecrets] does, in addition to those that c hides.
func (c *Client) As(credential Credential, secrets ...Secret) *Client {
	other := *c
	other.credential = credential
	other.secrets = slices.Concat(c.secrets, secrets)
	return &other
}

// Server returns the server's address with its path prefix and without a trailing slash.
func (c *Client) Server() string { return c.server.String() }

// CloseIdleConnections closes the connections that are kept open for later requests.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	} else if pool, ok := c.network.transport.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// URL returns the absolute address of a path on the server, written as the client sends
// it. It returns an error that wraps [ErrPath] if a segment is empty, "." or "..".
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
	query := escapeQuery(r.Query)
	if c.server.RawPath == "" && unreserved(escaped) {
		// Parsing the address would give the same, in ten times the time.
		target := *c.server
		target.Path += escaped
		target.RawQuery = query
		return &target, nil
	}
	address := c.server.String() + escaped
	if query != "" {
		address += "?" + query
	}
	return url.Parse(address)
}

// WithCredential sends this credential with every request that is not
// [Request.Anonymous].
func WithCredential(credential Credential) Option {
	return func(s *settings) error { s.credential = credential; return nil }
}

// WithTimeout limits the time of one attempt, from connecting to the last byte of the
// response. If it is 0, only the context's deadline applies.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) error {
		if timeout < 0 {
			return errors.New("the timeout is negative")
		}
		s.timeout = timeout
		return nil
	}
}

// WithTotalTimeout limits the time of a call, including its retries and the pauses
// between them. If it is 0, which is the default, only the context's deadline applies.
func WithTotalTimeout(timeout time.Duration) Option {
	return func(s *settings) error {
		if timeout < 0 {
			return errors.New("the total timeout is negative")
		}
		s.total = timeout
		return nil
	}
}

// WithRetries sets how often the client may repeat a GET after its first attempt.
func WithRetries(n int) Option {
	return func(s *settings) error {
		if n < 0 {
			return errors.New("the number of retries is negative")
		}
		s.retries = n
		return nil
	}
}

// WithAllowHTTP accepts an http address on any host. Anyone on the network path can then
// read and repeat every request.
func WithAllowHTTP() Option {
	return func(s *settings) error { s.network.allowHTTP = true; return nil }
}

// WithUserAgent sets the User-Agent header, such as shop/1.2. The default is btcpayctl
// with the version of this module.
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

// WithDialer connects with a function of the caller, for instance through a SOCKS5 proxy
// in front of Tor. The function gets the unresolved host name.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(s *settings) error { s.network.dialer = &dialer{dial}; return nil }
}

// WithDebug writes each request and its response to w: the names of all headers, the
// values of some, and the bodies unless [Request.Auth] is set. The secrets of
// [WithSecrets] are replaced.
func WithDebug(w io.Writer) Option {
	return func(s *settings) error { s.debug = &tracer{out: w}; return nil }
}

// WithSecrets replaces these texts in the output of [WithDebug], and in what errors
// repeat from a server's response, in any encoding. What the credential puts into the
// Authorization header is replaced there even without this option.
func WithSecrets(secrets ...Secret) Option {
	secrets = slices.Clone(secrets)
	return func(s *settings) error { s.secrets = slices.Concat(s.secrets, secrets); return nil }
}

// A DryRun is a request as it would have been sent, credential included. If the body
// holds a [SentSecret], the DryRun shows [redacted] instead.
type DryRun struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// ErrDryRun is returned by every call of a client that was made with [WithDryRun].
var ErrDryRun = errors.New("dry run: nothing was sent")

// WithDryRun passes each finished request to show instead of sending it; the call then
// returns [ErrDryRun].
func WithDryRun(show func(DryRun)) Option {
	return func(s *settings) error { s.dryRun = show; return nil }
}
