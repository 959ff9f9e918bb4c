package authorize_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

// TestMain also plays the other process of the tests that need one.
func TestMain(m *testing.M) {
	if play := children[os.Getenv(childVariable)]; play != nil {
		os.Exit(play())
	}
	// What this machine's network needs is not what is tested.
	for _, name := range []string{
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	} {
		os.Unsetenv(name)
	}
	leaks.Main(m)
}

// patience turns a hang into a failure, and is never used up otherwise.
const patience = 2 * time.Minute

const childVariable = "BTCPAYCTL_TEST_CHILD"

var children = map[string]func() int{}

const testKey = "0123456789abcdef0123456789abcdef01234567"

func apiKey(t testing.TB, text string) greenfield.APIKey {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serve starts a real server that lives under the prefix /btcpay, and a client for it
// with the credential.
func serve(t testing.TB, credential greenfield.Credential, handler http.HandlerFunc) *greenfield.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/btcpay/", http.StripPrefix("/btcpay", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return connect(t, server.URL+"/btcpay/", credential)
}

func connect(t testing.TB, address string, credential greenfield.Credential) *greenfield.Client {
	t.Helper()
	c, err := greenfield.New(address, credential, client.WithRetries(0), client.WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// answer writes a JSON response.
func answer(w http.ResponseWriter, status int, body string) {
	if body != "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	w.Write([]byte(body))
}

func anyPermission(t *rapid.T, label string) greenfield.Permission {
	p := rapid.SampledFrom(greenfield.AllPermissions()).Draw(t, label)
	return p.ForStore(greenfield.StoreID(rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, label+" store")))
}

const formType = "application/x-www-form-urlencoded"
