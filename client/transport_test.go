package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// through is a transport that is a function.
type through func(*http.Request) (*http.Response, error)

func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answered(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
}

func TestTransport(t *testing.T) {
	var seen *http.Request
	c := connect(t, "https://btcpay.example.com/btcpay", client.WithCredential(key("hunter1")), client.WithTransport(through(func(r *http.Request) (*http.Response, error) {
		seen = r
		return answered(200, `{"a":1}`), nil
	})))
	got, err := client.Call[map[string]int](t.Context(), c, client.Request{Method: "POST", Path: []string{"things"}, Body: map[string]int{"b": 2}})
	if err != nil || got["a"] != 1 || seen.URL.String() != "https://btcpay.example.com/btcpay/things" || seen.Header.Get("X-Signature") != "hunter1" || seen.GetBody != nil {
		t.Errorf("got %v, %v of %v", got, err, seen)
	}
	c.CloseIdleConnections()
}

// Of a transport that tells nothing the worst is expected, and of one that tells what
// happened just that.
func TestTransportAndFate(t *testing.T) {
	silent := through(func(*http.Request) (*http.Response, error) { return nil, errors.New("no more credits") })
	refused := &http.Transport{}
	t.Cleanup(refused.CloseIdleConnections)
	pass := func(next http.RoundTripper) http.RoundTripper { return next }
	lose := func(http.RoundTripper) http.RoundTripper { return silent }
	for name, test := range map[string]struct {
		server  string
		options []client.Option
		unknown bool
	}{
		"silent":             {"http://127.0.0.1:1", []client.Option{client.WithTransport(silent)}, true},
		"refused":            {"http://127.0.0.1:1", []client.Option{client.WithTransport(refused)}, false},
		"refused behind":     {"http://127.0.0.1:1", []client.Option{client.WithMiddleware(pass)}, false},
		"lost in the middle": {"http://127.0.0.1:1", []client.Option{client.WithMiddleware(lose)}, true},
	} {
		c := connect(t, test.server, append(test.options, client.WithRetries(0))...)
		_, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"things"}})
		if _, ok := errors.AsType[*client.NetworkError](err); !ok || client.FateUnknown(err) != test.unknown {
			t.Errorf("%s: got %v, unknown %t", name, err, client.FateUnknown(err))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Do(ended, client.Request{Method: "POST", Path: []string{"things"}}); !errors.Is(err, context.Canceled) || client.FateUnknown(err) {
			t.Errorf("%s, cancelled before: got %v", name, err)
		}
		if _, err := c.Do(t.Context(), get); client.FateUnknown(err) {
			t.Errorf("%s: a GET changes nothing: %v", name, err)
		}
	}
}

func TestMiddleware(t *testing.T) {
	var order []string
	wrap := func(name string) client.Option {
		return client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return through(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		})
	}
	asked := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		io.WriteString(w, "{}")
	}, wrap("outer"), wrap("inner"))
	if _, err := c.Do(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "outer inner outer inner" {
		t.Errorf("the steps ran as %s", got)
	}
	// A client that was made from another one has its own steps.
	order = nil
	other, err := c.With(wrap("added"))
	if err != nil {
		t.Fatal(err)
	}
	other.Do(t.Context(), get)
	c.Do(t.Context(), get)
	if got := strings.Join(order, " "); got != "outer inner added outer inner" {
		t.Errorf("the steps ran as %s", got)
	}
}

func TestBadInputConnection(t *testing.T) {
	pool, certificate := x509.NewCertPool(), tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: new(ecdsa.PrivateKey)}
	transport := client.WithTransport(through(nil))
	for name, options := range map[string][]client.Option{
		"no transport":              {client.WithTransport(nil)},
		"a transport and a proxy":   {transport, client.WithProxy("http://proxy:1")},
		"a transport and CAs":       {client.WithCAs(pool), transport},
		"no middleware":             {client.WithMiddleware(nil)},
		"no observer":               {client.WithObserver(nil)},
		"no TLS configuration":      {client.WithTLSConfig(nil)},
		"TLS 1.1":                   {client.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS11})},
		"at most TLS 1.1":           {client.WithTLSConfig(&tls.Config{MaxVersion: tls.VersionTLS11})},
		"TLS without a check":       {client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true})},
		"no CAs":                    {client.WithCAs(nil)},
		"CAs twice":                 {client.WithCAs(pool), client.WithCAFile("ca.pem")},
		"CAs in the configuration":  {client.WithCAs(pool), client.WithTLSConfig(&tls.Config{RootCAs: pool})},
		"no client certificate":     {client.WithClientCertificate(tls.Certificate{})},
		"a certificate, no key":     {client.WithClientCertificate(tls.Certificate{Certificate: [][]byte{{1}}})},
		"a header of a credential":  {client.WithHeader("x-signature", "a")},
		"Authorization":             {client.WithHeader("AUTHORIZATION", "a")},
		"a header of the transport": {client.WithHeader("host", "a")},
		"an idempotency key":        {client.WithHeader("idempotency-key", "a")},
		"another idempotency key":   {client.WithHeader("X-Idempotency-Key", "a")},
		"a header with a blank":     {client.WithHeader("X A", "a")},
		"a header without a name":   {client.WithHeader("", "a")},
		"a value with a line end":   {client.WithHeader("X-A", "a\r\nX-B: c")},
		"a negative total time":     {client.WithTotalTimeout(-1)},
	} {
		if _, err := client.New("https://btcpay.example.com", options...); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := client.New("http://127.0.0.1", client.WithClientCertificate(certificate)); !errors.Is(err, client.ErrServer) {
		t.Errorf("a client certificate for plain http: %v", err)
	}
}

func TestHeader(t *testing.T) {
	var got http.Header
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; io.WriteString(w, "{}") },
		client.WithHeader("cf-access-client-id", "a"), client.WithHeader("CF-Access-Client-Id", "b"), client.WithCredential(key("k")))
	if _, err := c.Do(t.Context(), get); err != nil || len(got["Cf-Access-Client-Id"]) != 1 || got.Get("CF-Access-Client-Id") != "b" || got.Get("X-Signature") != "k" {
		t.Errorf("got %v, %v", got, err)
	}
	other, err := c.With(client.WithHeader("X-Other", "1"))
	if err != nil {
		t.Fatal(err)
	}
	other.Do(t.Context(), get)
	if got.Get("X-Other") != "1" || got.Get("CF-Access-Client-Id") != "b" {
		t.Errorf("got %v", got)
	}
	if c.Do(t.Context(), get); got.Get("X-Other") != "" {
		t.Error("an option of one client reached another")
	}
}

// clientCertificate is a certificate that a server can check with the pool.
func clientCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, pool
}

func TestClientCertificate(t *testing.T) {
	certificate, pool := clientCertificate(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	if _, err := connect(t, server.URL, client.WithCAs(trusted), client.WithClientCertificate(certificate)).Do(t.Context(), get); err != nil {
		t.Error(err)
	}
	_, err := connect(t, server.URL, client.WithCAs(trusted)).Do(t.Context(), get)
	wantKind(t, err, client.TLS, "certificate required")
	// The configuration of the caller's is copied, and its own check holds beside a pin.
	config := &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{certificate}}
	c := connect(t, server.URL, client.WithTLSConfig(config))
	config.Certificates = nil
	if _, err := c.Do(t.Context(), get); err != nil {
		t.Error(err)
	}
	strict := &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{certificate}, VerifyConnection: func(tls.ConnectionState) error { return errors.New("not on Sundays") }}
	if _, err := connect(t, server.URL, client.WithTLSConfig(strict)).Do(t.Context(), get); err == nil || !strings.Contains(err.Error(), "Sundays") {
		t.Errorf("got %v", err)
	}
}

// A call ends in time although each attempt and each pause would be short enough.
func TestTotalTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		busy := through(func(*http.Request) (*http.Response, error) {
			attempts++
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"20"}}, Body: http.NoBody}, nil
		})
		const limit = 50 * time.Second
		c := connect(t, "https://btcpay.example.com", client.WithTransport(busy), client.WithRetries(100), client.WithTotalTimeout(limit))
		start := time.Now()
		_, err := c.Do(t.Context(), get)
		if took := time.Since(start); took != limit || attempts != 3 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the call's time limit") {
			t.Errorf("got %v after %v and %d attempts", err, took, attempts)
		}
		if answer, ok := errors.AsType[*client.Error](err); !ok || answer.Status != 503 {
			t.Errorf("the last answer is not told: %v", err)
		}
		// One call has a shorter time.
		start = time.Now()
		if c.Do(t.Context(), get, client.CallTotalTimeout(time.Second)); time.Since(start) != time.Second {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}

// A call whose answer is awaited ends in time, too.
func TestTotalTimeoutOfAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := through(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c := connect(t, "https://btcpay.example.com", client.WithTransport(never), client.WithTotalTimeout(time.Minute), client.WithTimeout(0))
		start := time.Now()
		_, err := c.Do(client.AwaitAnswer(t.Context(), context.Background()), client.Request{Method: "POST", Path: []string{"things"}})
		wantKind(t, err, client.Timeout, "timed out")
		if took := time.Since(start); took != time.Minute || !client.FateUnknown(err) {
			t.Errorf("got %v after %v", err, took)
		}
	})
}

func TestObserver(t *testing.T) {
	var seen []client.Exchange
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked++; {
		case asked == 1:
			w.WriteHeader(http.StatusBadGateway)
		case r.Method == "POST":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		default:
			io.WriteString(w, `{"a":1}`)
		}
	}, client.WithObserver(func(e client.Exchange) { seen = append(seen, e) }), client.WithCredential(key("hunter1")))
	c.Do(t.Context(), client.Request{Operation: "things.Get", Method: "GET", Path: []string{"things"}})
	c.Do(t.Context(), client.Request{Operation: "things.Create", Method: "POST", Path: []string{"things"}, Body: map[string]int{"b": 2}})
	gone := connect(t, "http://127.0.0.1:1", client.WithRetries(0), client.WithObserver(func(e client.Exchange) { seen = append(seen, e) }))
	gone.Do(t.Context(), get)
	want := []client.Exchange{
		{Operation: "things.Get", Method: "GET", Attempt: 1, Status: 502, Error: client.KindStatus},
		{Operation: "things.Get", Method: "GET", Attempt: 2, Status: 200, Received: 7},
		{Operation: "things.Create", Method: "POST", Attempt: 1, Status: 302, Sent: 7, Error: client.KindRedirect},
		{Method: "GET", Attempt: 1, Error: client.Refused},
	}
	if len(seen) != len(want) {
		t.Fatalf("got %+v", seen)
	}
	for i, got := range seen {
		if got.Start.IsZero() || got.Duration <= 0 {
			t.Errorf("%+v has no time", got)
		}
		if got.Start, got.Duration = (time.Time{}), 0; got != want[i] {
			t.Errorf("got %+v, want %+v", got, want[i])
		}
	}
}

// Any number of credentials share the connections of one client.
func TestTenantsShareConnections(t *testing.T) {
	var mu sync.Mutex
	keys := map[string]bool{}
	accepted := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys[r.Header.Get("X-Identity")] = true
		io.WriteString(w, "{}")
	}))
	listener := server.Listener
	server.Listener = &counting{Listener: listener, accepted: &accepted, mu: &mu}
	server.Start()
	t.Cleanup(server.Close)
	conn := connect(t, server.URL)
	const tenants, atOnce = 400, 8
	var running sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		running.Go(func() {
			for i := range next {
				own := conn.As(key(strings.Repeat("t", i+1)))
				for range 2 {
					if _, err := own.Do(t.Context(), get); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range tenants {
		next <- i
	}
	close(next)
	running.Wait()
	if len(keys) != tenants || accepted > 20 {
		t.Errorf("%d credentials arrived by %d connections, want at most 20", len(keys), accepted)
	}
}

// counting counts the connections that are accepted.
type counting struct {
	net.Listener
	mu       *sync.Mutex
	accepted *int
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		*c.accepted++
	}
	return conn, err
}

func TestCallOptions(t *testing.T) {
	var got *http.Request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("X-Rows", "7")
		io.WriteString(w, `{"a":1}`)
	}, client.WithCredential(key("own")), client.WithHeader("X-A", "1"))
	request := client.Request{Method: "GET", Path: []string{"things"}, Query: url.Values{"q": {"1"}}}
	var response client.Response
	answer, err := client.Call[map[string]int](t.Context(), c, request,
		client.CallHeader("X-B", "2"), client.CallQuery("q", "2"), client.CallQuery("new", "a b"), client.CallCredential(key("other")), client.Capture(&response))
	if err != nil || answer["a"] != 1 || got.Header.Get("X-A") != "1" || got.Header.Get("X-B") != "2" || got.Header.Get("X-Identity") != "other" || got.URL.RawQuery != "new=a%20b&q=1&q=2" {
		t.Errorf("got %v, %v, %v", got, answer, err)
	}
	if response.Status != 200 || response.Header.Get("X-Rows") != "7" || string(response.Body) != `{"a":1}` {
		t.Errorf("captured %+v", response)
	}
	if len(request.Query) != 1 || len(request.Query["q"]) != 1 {
		t.Errorf("the caller's query has become %v", request.Query)
	}
	if c.Do(t.Context(), request); got.Header.Get("X-B") != "" || got.Header.Get("X-Identity") != "own" || got.URL.RawQuery != "q=1" {
		t.Errorf("the options of one call reached another: %v %s", got.Header, got.URL)
	}
	var attempts int
	failing := serve(t, func(w http.ResponseWriter, _ *http.Request) { attempts++; w.WriteHeader(503) }, client.WithRetries(5))
	if failing.Do(t.Context(), request, client.CallRetries(0), client.CallTimeout(patience)); attempts != 1 {
		t.Errorf("%d attempts, want 1", attempts)
	}
	for name, option := range map[string]client.CallOption{
		"negative retries": client.CallRetries(-1), "a negative time": client.CallTimeout(-1), "a bad header": client.CallHeader("Host", "x"), "nothing to capture": client.Capture(nil),
	} {
		got = nil
		if _, err := c.Do(t.Context(), request, option); err == nil || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if credential, ok := client.CredentialOf[client.Credential]([]client.CallOption{client.CallQuery("a", "b"), client.CallCredential(key("x"))}); !ok || credential != client.Credential(key("x")) {
		t.Errorf("got %v, %t", credential, ok)
	}
	if _, ok := client.CredentialOf[client.Credential]([]client.CallOption{client.CallQuery("a", "b")}); ok {
		t.Error("no credential was named")
	}
	if credential, ok := client.CredentialOf[client.Credential]([]client.CallOption{client.CallCredential(key("x")), client.CallCredential(nil)}); !ok || credential != nil {
		t.Errorf("the last one is nil: got %v, %t", credential, ok)
	}
	if credential, ok := client.CredentialOf[*otherKey]([]client.CallOption{client.CallCredential(key("x"))}); ok || credential != nil {
		t.Errorf("one of another API: got %v, %t", credential, ok)
	}
}

// otherKey is a credential of another API.
type otherKey struct{ key }
