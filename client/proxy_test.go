package client_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestEnvironmentProxy(t *testing.T) {
	for _, c := range []struct{ variables, server, want string }{
		{"", "https://a.example", ""},
		{"HTTPS_PROXY=http://p:1", "https://a.example", "http://p:1"},
		{"https_proxy=http://p:1", "https://a.example", "http://p:1"},
		{"HTTPS_PROXY=http://p:1 https_proxy=http://q:1", "https://a.example", "http://p:1"},
		{"HTTPS_PROXY=http://p:1", "http://a.example", ""},
		{"HTTP_PROXY=p:1", "http://a.example", "http://p:1"},
		{"HTTP_PROXY=http://p:1 REQUEST_METHOD=GET", "http://a.example", ""},
		{"ALL_PROXY=socks5h://p:9050", "http://a.onion", "socks5h://p:9050"},
		{"ALL_PROXY=socks5h://p:9050", "https://a.example", "socks5h://p:9050"},
		{"all_proxy=socks5://p:9050", "https://a.example", "socks5://p:9050"},
		{"ALL_PROXY=socks5://p:1 HTTPS_PROXY=http://q:1", "https://a.example", "http://q:1"},
		{"ALL_PROXY=socks5://p:1 HTTP_PROXY=http://q:1", "https://a.example", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=a.example", "https://a.example", ""},
		{"ALL_PROXY=socks5://p:1 no_proxy=a.example", "https://sub.a.example", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=.a.example", "https://a.example", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=.a.example", "https://sub.a.example", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=*.a.example", "https://sub.a.example", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=a.example", "https://ba.example", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=a.example:8443", "https://a.example", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=b,a.example:443", "https://a.example", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=*", "https://a.example", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=10.0.0.0/8", "https://10.1.2.3", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=10.0.0.0/8", "https://11.1.2.3", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=10.1.2.3", "https://10.1.2.3:8443", ""},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=A.EXAMPLE", "https://a.example", ""},
		{"ALL_PROXY=socks5://p:1", "http://127.0.0.1:80", ""},
		{"ALL_PROXY=socks5://p:1", "http://[::1]:80", ""},
		{"ALL_PROXY=socks5://p:1", "http://localhost", ""},
		{"ALL_PROXY=socks5://p:1", "http://shop.localhost", ""},
		{"ALL_PROXY=ftp://p NO_PROXY=*", "https://a.example", ""},
	} {
		t.Run(c.variables+" "+c.server, func(t *testing.T) {
			for variable := range strings.FieldsSeq(c.variables) {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			got, err := client.EnvironmentProxy(c.server)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// A typing error in a variable does not send requests around the proxy.
func TestBadInputEnvironmentProxy(t *testing.T) {
	for _, value := range []string{"ftp://user:hunter2@proxy", "http://", "http://proxy:port", "socks6://proxy:1", "http://user:hunter2@[::1", "http://proxy:99999", "proxy:31 28"} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
			t.Run(name+"="+value, func(t *testing.T) {
				t.Setenv(name, value)
				_, err := client.New("https://btcpay.example.com")
				if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v, want an error about %s", err, name)
				}
				if _, err := client.New("https://btcpay.example.com", client.WithProxy("http://proxy:1")); err != nil {
					t.Errorf("an option takes precedence: %v", err)
				}
				if _, err := client.New("http://127.0.0.1"); err != nil {
					t.Errorf("this machine needs no proxy: %v", err)
				}
			})
		}
	}
}

// ALL_PROXY carries requests, as with curl.
func TestAllProxy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	t.Cleanup(server.Close)
	address, asked := socks5(t, server.Listener.Addr().String())
	t.Setenv("ALL_PROXY", "socks5h://"+address)
	response, err := connect(t, "http://btcpayexample.onion").Do(t.Context(), get)
	if err != nil || string(response.Body) != "btcpayexample.onion" || <-asked != "btcpayexample.onion" {
		t.Errorf("got %v, %v", response, err)
	}
}

// Plain http to an onion service is encrypted by Tor, and by nothing else: an HTTP proxy
// would read it.
func TestOnionAndHTTPProxy(t *testing.T) {
	var heard atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { heard.Add(1); io.WriteString(w, "{}") }))
	t.Cleanup(proxy.Close)
	check := func(how string, options ...client.Option) {
		for _, method := range []string{"GET", "POST"} {
			_, err := connect(t, "http://BTCPAYEXAMPLE.onion.", append(options, client.WithCredential(key("hunter1")))...).Do(t.Context(), client.Request{Method: method, Path: []string{"things"}})
			if !errors.Is(err, client.ErrOnion) || client.FateUnknown(err) || !strings.Contains(err.Error(), "proxy") {
				t.Errorf("%s, %s: got %v, want ErrOnion", how, method, err)
			}
		}
	}
	check("option", client.WithProxy(proxy.URL))
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, proxy.URL)
			check(name)
		})
	}
	if heard.Load() != 0 {
		t.Errorf("the proxy heard of %d requests", heard.Load())
	}
	if _, err := connect(t, "http://btcpayexample.onion", client.WithProxy(proxy.URL), client.WithAllowHTTP()).Do(t.Context(), get); err != nil || heard.Load() != 1 {
		t.Errorf("allowed on purpose: %v, %d requests", err, heard.Load())
	}
}

// A name of this machine that somebody lets point elsewhere gets nothing by plain http.
func TestLocalNames(t *testing.T) {
	var connections atomic.Int64
	address := listen(t, func(conn net.Conn) {
		connections.Add(1)
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
		}
	})
	_, port, _ := net.SplitHostPort(address)
	resolved := map[string][]netip.Addr{
		"good.localhost":  {netip.MustParseAddr("127.0.0.1")},
		"localhost":       {netip.MustParseAddr("127.0.0.1")},
		"mixed.localhost": {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")},
		"evil.localhost":  {netip.MustParseAddr("192.0.2.1")},
	}
	t.Cleanup(client.Lookup(func(_ context.Context, host string) ([]netip.Addr, error) {
		if found, ok := resolved[host]; ok {
			return found, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}))
	for host, refused := range map[string]bool{"localhost": false, "LocalHost": false, "good.localhost": false, "mixed.localhost": true, "evil.localhost": true} {
		before := connections.Load()
		_, err := connect(t, "http://"+host+":"+port, client.WithRetries(0), client.WithCredential(key("hunter1"))).Do(t.Context(), client.Request{Method: "POST", Path: []string{"things"}})
		if errors.Is(err, client.ErrServer) != refused || (err == nil) == refused || client.FateUnknown(err) {
			t.Errorf("%s: %v", host, err)
		}
		if sent := connections.Load() > before; sent == refused {
			t.Errorf("%s: a connection was made: %t", host, sent)
		}
	}
	_, err := connect(t, "http://nowhere.localhost", client.WithRetries(0)).Do(t.Context(), get)
	wantKind(t, err, client.DNS, "host name")
}

// A proxy on another machine gets no plain http that was meant for this one.
func TestLocalNamesAndProxies(t *testing.T) {
	for _, c := range []struct{ server, proxy string }{
		{"http://localhost", "http://proxy.example:3128"}, {"http://a.localhost", "http://proxy.example:3128"},
		{"http://a.localhost", "socks5h://127.0.0.1:1"}, {"http://127.0.0.1", "socks5h://proxy.example:1"}, {"http://[::1]", "http://192.0.2.1:1"},
	} {
		_, err := connect(t, c.server, client.WithProxy(c.proxy), client.WithRetries(0)).Do(t.Context(), get)
		if !errors.Is(err, client.ErrServer) || client.FateUnknown(err) {
			t.Errorf("%s by %s: got %v, want ErrServer", c.server, c.proxy, err)
		}
	}
}
