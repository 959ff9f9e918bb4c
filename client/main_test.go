package client_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) {
	// What this machine's network needs is not what is tested.
	for _, name := range []string{
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	} {
		os.Unsetenv(name)
	}
	leaks.Main(m)
}

// patience turns a hang into a failure, and is never used up otherwise.
const patience = 5 * time.Minute

// serve starts a real server that lives under the prefix /btcpay, and a client
// for it.
func serve(t *testing.T, handler http.HandlerFunc, options ...client.Option) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/btcpay/", http.StripPrefix("/btcpay", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return connect(t, server.URL+"/btcpay", options...)
}

func connect(t *testing.T, server string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(server, append([]client.Option{client.WithTimeout(patience)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// key is a credential with the headers that matter: one that net/http knows
// as sensitive, and two that it does not.
type key string

func (k key) Authorize(req *http.Request, _ []byte) error {
	req.Header.Set("Authorization", "token "+string(k))
	req.Header.Set("X-Identity", string(k))
	req.Header.Set("X-Signature", string(k))
	return nil
}

var get = client.Request{Method: "GET", Path: []string{"things"}}
