package greenfield_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
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

const testKey = "0123456789abcdef0123456789abcdef01234567"

func apiKey(t testing.TB, text string) greenfield.APIKey {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serve starts a real server that lives under the prefix /btcpay, and a client
// for it with the test's key.
func serve(t testing.TB, handler http.HandlerFunc) *greenfield.Client {
	t.Helper()
	return serveAs(t, apiKey(t, testKey), handler)
}

func serveAs(t testing.TB, credential greenfield.Credential, handler http.HandlerFunc, options ...client.Option) *greenfield.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/btcpay/", http.StripPrefix("/btcpay", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c, err := greenfield.New(server.URL+"/btcpay/", credential, append(options, client.WithRetries(0), client.WithTimeout(patience))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, body string) {
	if body != "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	w.Write([]byte(body))
}

// invoiceFor is the invoice that a server makes of a request.
func invoiceFor(t testing.TB, request []byte) string {
	t.Helper()
	made := map[string]any{"id": "x", "storeId": storeID, "amount": "0", "currency": "USD"}
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.UseNumber()
	var asked map[string]any
	if err := decoder.Decode(&asked); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"amount", "currency", "metadata"} {
		if value, ok := asked[name]; ok {
			made[name] = value
		}
	}
	text, err := json.Marshal(made)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func decimal(t testing.TB, text string) *client.Decimal {
	t.Helper()
	d, err := client.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}
