package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// merchant is the seeded account's owner, logged in.
func (w *testbed) merchant() *human.Human {
	w.t.Helper()
	h := human.New(w.origin)
	w.t.Cleanup(h.Close)
	if err := h.LogIn(w.t.Context(), w.s.seed.Email, w.s.seed.Password); err != nil {
		w.t.Fatal(err)
	}
	return h
}

func must[T any](t *testing.T, f func(context.Context) (T, error)) T {
	t.Helper()
	v, err := f(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPageClientSidePairing(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.merchant()
	w.key = newKey(t)
	_, answer := w.call("POST", "/tokens", `{"id":"`+w.sin()+`","label":"my shop <b>","facade":"merchant"}`)
	var grants struct {
		Data []struct{ PairingCode string }
	}
	if err := json.Unmarshal([]byte(answer), &grants); err != nil || len(grants.Data) != 1 {
		t.Fatal(answer, err)
	}
	page := must(t, func(ctx context.Context) (*human.Page, error) {
		return h.Open(ctx, "/api-access-request?pairingCode="+grants.Data[0].PairingCode)
	})
	for _, want := range []string{"my shop <b>", w.sin()} {
		if !slices.Contains(page.Texts, want) {
			t.Errorf("the page does not show %q: %q", want, page.Texts)
		}
	}
	page = must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, "Approve") })
	if !slices.Contains(page.Alerts, "Pairing is successful") || h.At().Path != "/stores/"+w.s.seed.StoreID+"/tokens" {
		t.Errorf("after the approval: %q at %s", page.Alerts, h.At())
	}
	response, _ := w.call("GET", "/tokens", "", sign(w.key, w.origin+"/tokens", "")...)
	if response.StatusCode != http.StatusOK {
		t.Errorf("the paired key lists tokens with %d", response.StatusCode)
	}
	if _, err := h.Open(t.Context(), "/api-access-request?pairingCode="+grants.Data[0].PairingCode); err != nil {
		t.Fatal(err)
	}
	if h.At().Path != "/" {
		t.Errorf("a code that was used leads to %s, not to the start", h.At())
	}
}

func TestPageTokensLife(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.merchant()
	store := "/stores/" + w.s.seed.StoreID + "/tokens"
	open := func(path string) *human.Page {
		t.Helper()
		return must(t, func(ctx context.Context) (*human.Page, error) { return h.Open(ctx, path) })
	}
	press := func(button string, changes ...string) *human.Page {
		t.Helper()
		return must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, button, changes...) })
	}
	open(store + "/create")
	page := open(store + "/create")
	button := page.Forms[0].Buttons[0].Text
	page = press(button, "Label", "till", "PublicKey", "zz")
	if len(page.Alerts) == 0 {
		t.Error("a public key that is none is taken without a word")
	}
	button = page.Forms[0].Buttons[0].Text
	w.key = newKey(t)
	press(button, "Label", "till", "PublicKey", publicHex(w.key))
	page = press("Approve")
	if !slices.Contains(page.Alerts, "Pairing is successful") {
		t.Fatalf("after the approval: %q", page.Alerts)
	}
	var token string
	for _, found := range w.s.state.TokensOf(w.s.seed.StoreID) {
		if found.SIN == w.sin() {
			token = found.Value
		}
	}
	page = open(store + "/" + token + "/revoke")
	page = press(page.Forms[0].Buttons[0].Text)
	if !slices.Contains(page.Alerts, "Token revoked") {
		t.Errorf("after the revocation: %q", page.Alerts)
	}
	response, _ := w.call("GET", "/invoices", "", sign(w.key, w.origin+"/invoices", "")...)
	if response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden {
		t.Errorf("a revoked key lists invoices with %d", response.StatusCode)
	}
}

func TestPageCheckoutPaysAndMines(t *testing.T) {
	w := newTestbed(t, Options{})
	h := human.New(w.origin)
	t.Cleanup(h.Close)
	id := w.signed("POST", "/invoices", `{"price":5,"currency":"EUR"}`)["id"].(string)
	page := must(t, func(ctx context.Context) (*human.Page, error) { return h.Open(ctx, "/invoice?id="+id) })
	if !slices.Contains(page.Texts, "5.00 EUR") {
		t.Errorf("the page does not tell the price: %q", page.Texts)
	}
	status := func() string { return w.signed("GET", "/invoices/"+id+"?token=1", "")["status"].(string) }
	for _, step := range []struct{ button, status, state string }{
		{"Pay half of it", "new", "Waiting for payment"},
		{"Pay what is due", "paid", "Paid, waiting for a block"},
		{"Mine a block", "complete", "Paid and settled"},
	} {
		page = must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, step.button) })
		if got := status(); got != step.status || !slices.Contains(page.Texts, step.state) {
			t.Fatalf("after %q the invoice is %s, want %s, and the page says %q", step.button, got, step.status, page.Texts)
		}
	}
	if len(page.Forms) > 0 {
		t.Errorf("a settled invoice still has buttons: %+v", page.Forms[0])
	}
}

func TestPageCheckoutOfAnyAmount(t *testing.T) {
	w := newTestbed(t, Options{})
	h := human.New(w.origin)
	t.Cleanup(h.Close)
	id := w.signed("POST", "/invoices", `{"currency":"USD"}`)["id"].(string)
	must(t, func(ctx context.Context) (*human.Page, error) { return h.Open(ctx, "/i/"+id+"?refresh=no") })
	page := must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, "Pay 0.001 BTC") })
	if !slices.Contains(page.Texts, "50.00 USD") || !slices.Contains(page.Texts, "Paid, waiting for a block") {
		t.Errorf("%q", page.Texts)
	}
}

// TestPageCheckoutOfALazyInvoice has an invoice that gets its address when a customer first looks.
func TestPageCheckoutOfALazyInvoice(t *testing.T) {
	w := newTestbed(t, Options{})
	h := human.New(w.origin)
	t.Cleanup(h.Close)
	response, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.seed.StoreID+"/invoices", `{"amount":"5","currency":"EUR","checkout":{"lazyPaymentMethods":true}}`)
	var inv struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &inv); err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.StatusCode, answer)
	}
	must(t, func(ctx context.Context) (*human.Page, error) { return h.Open(ctx, "/i/"+inv.ID) })
	page := must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, "Pay what is due") })
	if !slices.Contains(page.Texts, "Paid, waiting for a block") {
		t.Errorf("%q", page.Texts)
	}
}

func TestPagesKeepStrangersOut(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/stores/" + w.s.seed.StoreID + "/tokens"
	for _, path := range []string{"/", "/api-access-request?pairingCode=x", store, store + "/create", "/api-tokens", "/account/apikeys", "/api-keys/authorize"} {
		response, _ := w.call("GET", path, "", "Accept", "text/html")
		want := w.origin + "/login?ReturnUrl=" + url.QueryEscape(path)
		if got := response.Header.Get("Location"); response.StatusCode != http.StatusFound || !strings.EqualFold(got, want) {
			t.Errorf("%s: %d to %q, want %q", path, response.StatusCode, got, want)
		}
	}
	for _, back := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, "javascript:1"} {
		w := newTestbed(t, Options{}) // each its own: log-ins are throttled
		h := human.New(w.origin)
		t.Cleanup(h.Close)
		must(t, func(ctx context.Context) (*human.Page, error) {
			return h.Open(ctx, "/login?ReturnUrl="+url.QueryEscape(back))
		})
		must(t, func(ctx context.Context) (*human.Page, error) {
			return h.Press(ctx, "Password", "Email", w.s.seed.Email, "Password", w.s.seed.Password)
		})
		if h.At().Host != strings.TrimPrefix(w.origin, "http://") || h.At().Path != "/" {
			t.Errorf("ReturnUrl %q leads to %s", back, h.At())
		}
	}
}

func TestPageConsentMakesAKey(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.merchant()
	must(t, func(ctx context.Context) (*human.Page, error) {
		return h.Open(ctx, "/api-keys/authorize?permissions=btcpay.user.canviewprofile&applicationName=App")
	})
	must(t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, "Authorize", "Label", "named") })
	key := h.At().Query().Get("key")
	response, answer := w.call("GET", "/api/v1/api-keys/current", "", "Authorization", "token "+key)
	if response.StatusCode != http.StatusOK || !strings.Contains(answer, `"named"`) || !strings.Contains(answer, "canviewprofile") {
		t.Errorf("the key %q: %d %s", key, response.StatusCode, answer)
	}
}

func TestPageOfSomebodyElsesStore(t *testing.T) {
	w := newTestbed(t, Options{})
	w.s.world.Lock()
	guest := w.s.state.NewUser("guest@sandbox.example", "long enough", w.s.world.Now())
	sess := &world.Session{ID: "guest", UserID: guest.ID, Created: w.s.world.Now()}
	w.s.state.Sessions[sess.ID] = sess
	w.s.world.Unlock()
	path := "/stores/" + w.s.seed.StoreID + "/tokens"
	response, _ := w.call("GET", path, "", "Accept", "text/html", "Cookie", serve.SessionCookie+"=guest")
	want := w.origin + "/errors/403?ReturnUrl=" + url.QueryEscape(path) + "&permission=btcpay.store.canmodifystoresettings"
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusFound || got != want {
		t.Fatalf("%d to %q, want %q", response.StatusCode, got, want)
	}
	response, body := w.call("GET", strings.TrimPrefix(want, w.origin), "", "Accept", "text/html")
	if response.StatusCode != http.StatusForbidden || !strings.Contains(body, "<h1>403 - Forbidden</h1>") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	for path, status := range map[string]int{"/errors/404": 404, "/errors/200": 404, "/errors/500": 404, "/errors/x": 404} {
		if response, _ := w.call("GET", path, ""); response.StatusCode != status {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
}
