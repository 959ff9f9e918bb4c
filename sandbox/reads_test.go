package sandbox

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestReadsWriteNothing asks each route that does not mutate a second time, as the account's owner, and refused changes.
// The first time a page may show its message for the last time, and an invoice may get its address.
func TestReadsWriteNothing(t *testing.T) {
	now := time.Now()
	w := newTestbed(t, Options{StateFile: filepath.Join(t.TempDir(), "state.json"), Now: time.Now})
	store, key := w.s.Seed().StoreID, w.s.Seed().APIKey
	inv := w.signed("POST", "/invoices", `{"price":20}`)["id"].(string)
	w.s.world.Lock()
	sess := &world.Session{ID: "browser", UserID: w.s.state.FindUser(w.s.seed.Email).ID, Created: now}
	w.s.state.Sessions[sess.ID] = sess
	code := w.s.state.NewPairing(now).Code
	w.s.state.Change()
	w.s.world.Unlock()
	logged := func() int {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return w.s.state.Logged
	}
	names := strings.NewReplacer("{storeId}", store, "{invoiceId}", inv, "{idOrEmail}", w.s.Seed().Email, "{method}", "BTC-CHAIN", "{cryptoCode}", "BTC")
	ask := func(method, path, body string, headers ...string) int {
		response, _ := w.call(method, path, body, append(headers, "Cookie", serve.SessionCookie+"=browser")...)
		return response.StatusCode
	}
	asked := 0
	for _, r := range w.s.server.Routes() {
		if r.Mutates {
			continue
		}
		path := names.Replace(r.Path)
		switch r.Path {
		case "/api-access-request":
			path += "?pairingCode=" + code
		case "/invoice", "/invoice/status":
			path += "?invoiceId=" + inv
		}
		credential := []string{"Authorization", "token " + key}
		if r.Realm == serve.BitpayRealm {
			credential = sign(w.key, w.origin+path, "")
		}
		ask(r.Method, path, "", credential...)
		before := logged()
		if status := ask(r.Method, path, "", credential...); status == http.StatusOK {
			asked++
		}
		if after := logged(); after != before {
			t.Errorf("%s %s wrote %d changes", r.Method, path, after-before)
		}
	}
	if asked < 50 {
		t.Errorf("only %d reads were answered", asked)
	}
	for _, refused := range []struct{ method, path, body string }{
		{"POST", "/api/v1/api-keys", `{`},
		{"POST", "/api/v1/stores/" + store + "/invoices", `{"amount":"x"}`},
		{"PUT", "/api/v1/stores/" + store + "/invoices/" + inv, `[]`},
		{"POST", "/api/v1/stores/" + store + "/invoices/" + inv + "/status", `{"status":"New"}`},
		{"PUT", "/api/v1/stores/" + store, `{"name":""}`},
		{"DELETE", "/api/v1/api-keys/none", ""},
		{"POST", "/tokens", `{"pairingCode":"none"}`},
		{"POST", "/api-access-request", "{}"},
	} {
		before := logged()
		if status := ask(refused.method, refused.path, refused.body, "Authorization", "token "+key); status < 400 {
			t.Errorf("%s %s: %d", refused.method, refused.path, status)
		}
		if after := logged(); after != before {
			t.Errorf("%s %s wrote %d changes", refused.method, refused.path, after-before)
		}
	}
}

// TestFailedLogInsAreKept has wrong passwords, and a right one, count after a kill as well, without a route that mutates.
func TestFailedLogInsAreKept(t *testing.T) {
	w := newTestbed(t, Options{StateFile: filepath.Join(t.TempDir(), "state.json")})
	try := func(password string, failures int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.origin+"/api/v1/users/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(w.s.Seed().Email, password)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if lost := w.s.Lost(); lost != "" {
			t.Error(lost)
		}
		w.s.world.Lock()
		defer w.s.world.Unlock()
		if got := w.s.state.FindUser(w.s.seed.Email).Failures; got != failures {
			t.Errorf("%d failures are counted, not %d", got, failures)
		}
	}
	try("wrong", 1)
	try("wrong again", 2)
	try(w.s.Seed().Password, 0)
}
