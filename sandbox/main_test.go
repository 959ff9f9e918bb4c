package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func TestMain(m *testing.M) {
	if where := os.Getenv(killedAt); where != "" {
		runKilled(where)
	}
	leaks.Main(m)
}

// testbed is a sandbox behind a real listener, with a key that is paired with the store.
type testbed struct {
	t      *testing.T
	s      *Sandbox
	origin string
	key    *btcec.PrivateKey
}

func newTestbed(t *testing.T, o Options) *testbed {
	t.Helper()
	s, err := NewHandler(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	w := &testbed{t: t, s: s, origin: server.URL, key: key}
	if !o.Empty {
		s.world.Lock()
		s.state.AddToken(&world.Token{ID: "t", Value: "v", SIN: w.sin(), StoreID: s.seed.StoreID})
		s.world.Unlock()
	}
	return w
}

func (w *testbed) sin() string { return bitid.SIN(w.key.PubKey().SerializeCompressed()) }

// call sends a request and gives status and body; headers come in pairs.
func (w *testbed) call(method, path, body string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.origin+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(answer)
}

func sign(key *btcec.PrivateKey, url, body string) []string {
	digest := sha256.Sum256([]byte(url + body))
	return []string{
		"X-Identity", hex.EncodeToString(key.PubKey().SerializeCompressed()),
		"X-Signature", hex.EncodeToString(ecdsa.Sign(key, digest[:]).Serialize()),
	}
}

// signed is call with the world's key; the answer's data is decoded.
func (w *testbed) signed(method, path, body string) map[string]any {
	w.t.Helper()
	response, answer := w.call(method, path, body, sign(w.key, w.origin+path, body)...)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s %s: %d %s", method, path, body, response.StatusCode, answer)
	}
	var envelope struct{ Data map[string]any }
	d := json.NewDecoder(strings.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&envelope); err != nil {
		w.t.Fatal(err)
	}
	return envelope.Data
}

func (w *testbed) control(action, body string) map[string]any {
	w.t.Helper()
	response, answer := w.call("POST", "/_sandbox/"+action, body)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", action, body, response.StatusCode, answer)
	}
	var result map[string]any
	if err := json.Unmarshal([]byte(answer), &result); err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *testbed) greenfield(method, path, body string) (*http.Response, string) {
	w.t.Helper()
	return w.call(method, path, body, "Authorization", "token "+w.s.Seed().APIKey)
}

// patience only turns a hang into a failure. It is long because the machine may be busy.
const patience = 2 * time.Minute

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("not so in time: " + what)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func newKey(t *testing.T) *btcec.PrivateKey {
	t.Helper()
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicHex(key *btcec.PrivateKey) string {
	return hex.EncodeToString(key.PubKey().SerializeCompressed())
}
