package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// TestExplainNetwork: a cause that the error names is what the next step is about.
func TestExplainNetwork(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that the client ends
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	call := func(server string, options ...client.Option) error {
		c, err := client.New(server, append(options, client.WithRetries(0))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		_, err = c.Do(t.Context(), client.Request{Method: "GET", Path: []string{"tokens"}})
		return err
	}
	lookup := func(found bool) error {
		return &client.NetworkError{Method: "GET", Path: "/tokens", Server: "https://a.example/btcpay", Kind: client.DNS,
			Err: &net.DNSError{Err: "server misbehaving", Name: "a.example", IsNotFound: !found}}
	}
	for name, c := range map[string]struct {
		err        error
		what, next string
		code       output.Code
	}{
		"authority": {call(secure.URL + "/btcpay"), secure.URL + "/btcpay/tokens: ", "--ca-file FILE", output.Network},
		"http":      {call(strings.Replace(plain.URL, "http", "https", 1)), "speaks http there", "check the port in --server", output.Network},
		"refused":   {call("http://127.0.0.1:1/btcpay"), "http://127.0.0.1:1/btcpay/tokens: connection refused", "check the port in --server", output.Network},
		"proxy":     {call("http://shop.test", client.WithAllowHTTP(), client.WithProxy("socks5://127.0.0.1:1")), "the proxy failed", "NO_PROXY", output.Network},
		"no name":   {lookup(false), "the DNS does not know the host name", "check the host name in --server", output.Network},
		"no DNS":    {lookup(true), "the DNS did not resolve the host name: server misbehaving", "check the host name in --server", output.Network},
		"timeout":   {&client.NetworkError{Kind: client.Timeout, Err: errors.New("x")}, "timed out", "--timeout", output.Timeout},
		"other":     {&client.NetworkError{Kind: client.Other, Err: fmt.Errorf("no route to host")}, "no route to host", "check --server and the network", output.Network},
	} {
		e := Explain(t.Context(), c.err)
		if e.Code != c.code || !strings.Contains(e.What, c.what) || !strings.Contains(e.Next, c.next) {
			t.Errorf("%s: %s, %q, %q", name, e.Code, e.What, e.Next)
		}
	}
}
