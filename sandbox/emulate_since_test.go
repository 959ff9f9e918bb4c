package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The releases on both sides of each change that is known.
var releasesTried = []string{"1.13.5", "2.0.0", "2.0.5", "2.0.6", "2.0.7", "2.1.1", "2.1.2", "2.2.0", "2.3.0", "2.3.5", "2.3.6", "2.3.7", "2.3.8", "2.3.9", "2.4.0", "2.4.1", "2.4.2", "2.4.3", "2.4.4", "2.4.5", "2.5"}

// TestEmulatedSince asks each release for what differs, and wants the change in the release where it was made.
func TestEmulatedSince(t *testing.T) {
	basic := func(credential string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(credential))
	}
	type probe struct {
		what  string
		since string // "" is never
		until string
		holds func(w *testbed) bool
	}
	status := func(w *testbed, method, path, body string, headers ...string) int {
		response, _ := w.call(method, path, body, headers...)
		return response.StatusCode
	}
	answer := func(w *testbed, method, path, body string, headers ...string) string {
		_, text := w.call(method, path, body, headers...)
		return text
	}
	mint := func(w *testbed, body string) string {
		_, text := w.greenfield("POST", "/api/v1/api-keys", body)
		return member(w.t, text, "apiKey")
	}
	invoice := func(w *testbed) string {
		_, text := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", `{"amount":"5"}`)
		return member(w.t, text, "id")
	}
	logIn := func(w *testbed) *human.Human {
		h := human.New(w.origin)
		w.t.Cleanup(h.Close)
		if err := h.LogIn(w.t.Context(), w.s.Seed().Email, w.s.Seed().Password); err != nil {
			w.t.Fatal(err)
		}
		return h
	}
	code := func(w *testbed) string {
		text := answer(w, "POST", "/tokens", `{"id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`)
		return text[strings.Index(text, `"pairingCode":"`)+15:][:7]
	}
	probes := []probe{
		{"Bearer", "2.0.6", "", func(w *testbed) bool {
			return status(w, "GET", "/api/v1/users/me", "", "Authorization", "Bearer "+w.s.Seed().APIKey) == 200
		}},
		{"several blanks", "2.0.6", "", func(w *testbed) bool {
			return status(w, "GET", "/api/v1/users/me", "", "Authorization", "token   "+w.s.Seed().APIKey) == 200
		}},
		{"a 401 that says why", "2.3.5", "", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/api/v1/users/me", "", "Authorization", "token "+strings.Repeat("a", 40)), "Unknown API Key")
		}},
		{"an unknown policy in a key", "2.3.6", "", func(w *testbed) bool {
			response, _ := w.greenfield("POST", "/api/v1/api-keys", `{"permissions":["btcpay.store.canfly"]}`)
			return response.StatusCode == 200
		}},
		{"a scope of what is no store's", "2.3.6", "", func(w *testbed) bool {
			response, _ := w.greenfield("POST", "/api/v1/api-keys", `{"permissions":["btcpay.user.canviewprofile:x"]}`)
			return response.StatusCode == 200
		}},
		{"stores refused to a key that may see none", "2.3.6", "", func(w *testbed) bool {
			return status(w, "GET", "/api/v1/stores", "", "Authorization", "token "+mint(w, `{"permissions":["btcpay.user.canviewprofile"]}`)) == 403
		}},
		{"an unknown invoice as a missing permission", "2.4.0", "", func(w *testbed) bool {
			response, text := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/HMprBnL9BTXWuPvpoKBS6e", "")
			if response.StatusCode == 404 && !strings.Contains(text, `"invoice-not-found"`) {
				w.t.Error(text)
			}
			return response.StatusCode == 403
		}},
		{"an invoice without its store in the path", "2.4.0", "", func(w *testbed) bool {
			response, _ := w.greenfield("GET", "/api/v1/invoices/"+invoice(w), "")
			return response.StatusCode == 200
		}},
		{"the amount that was paid", "2.1.2", "", func(w *testbed) bool {
			_, text := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+invoice(w), "")
			return strings.Contains(text, `"paidAmount":"0"`)
		}},
		{"a list with payment methods", "2.3.6", "", func(w *testbed) bool {
			invoice(w)
			_, text := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices?includePaymentMethods=true", "")
			return strings.Contains(text, `"paymentMethods":[{`)
		}},
		{"an invoice with payment methods", "2.4.1", "", func(w *testbed) bool {
			_, text := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+invoice(w)+"?includePaymentMethods=true", "")
			return strings.Contains(text, `"paymentMethods":[{`)
		}},
		{"payment methods by their ids", "2.0.0", "", func(w *testbed) bool {
			id := invoice(w)
			_, text := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+id+"/payment-methods", "")
			_, whole := w.greenfield("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+id, "")
			since := strings.Contains(text, `"paymentMethodId":"BTC-CHAIN"`) && strings.Contains(text, `"currency":"BTC"`) && strings.Contains(whole, `"paymentMethods":["BTC-CHAIN"]`)
			if before := strings.Contains(text, `"paymentMethod":"BTC"`) && strings.Contains(text, `"cryptoCode":"BTC"`) && strings.Contains(whole, `"paymentMethods":["BTC"],"defaultPaymentMethod":"BTC"`); before == since {
				w.t.Error(text, whole)
			}
			return since
		}},
		{"wallet permissions", "2.4.0", "", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/misc/permissions", "", "Authorization", "token "+w.s.Seed().APIKey), world.ManageWallets)
		}},
		{"custodian permissions", "", "2.0.0", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/misc/permissions", "", "Authorization", "token "+w.s.Seed().APIKey), world.ViewCustodians)
		}},
		{"preflight of anything", "2.3.6", "", func(w *testbed) bool {
			return status(w, "OPTIONS", "/nothing", "", "Origin", "http://a.example", "Access-Control-Request-Method", "GET") == 204
		}},
		{"preflight of /tokens that is 204", "2.3.6", "", func(w *testbed) bool {
			return status(w, "OPTIONS", "/tokens", "", "Origin", "http://a.example", "Access-Control-Request-Method", "GET") == 204
		}},
		{"/TOKENS", "2.3.6", "", func(w *testbed) bool { return status(w, "GET", "/TOKENS", "") == 200 }},
		{"/tokens", "1.13.5", "", func(w *testbed) bool { return status(w, "GET", "/tokens", "") == 200 }},
		{"a bad signature with a word", "2.3.6", "", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/tokens", "", "X-Identity", "00", "X-Signature", "00"), "BitId authentication failed")
		}},
		{"invoices without a credential lead to the log-in", "", "2.4.0", func(w *testbed) bool { return status(w, "GET", "/invoices", "") == 302 }},
		{"invoices of a paired key", "1.13.5", "", func(w *testbed) bool {
			return status(w, "GET", "/invoices", "", sign(w.key, w.origin+"/invoices", "")...) == 200
		}},
		{"a pairing without a code leads home", "2.3.6", "", func(w *testbed) bool {
			page, err := logIn(w).Open(w.t.Context(), "/api-access-request")
			return err == nil && slices.Contains(page.Alerts, "Unknown pairing code")
		}},
		{"no button without the store", "2.0.0", "2.3.6", func(w *testbed) bool {
			page, err := logIn(w).Open(w.t.Context(), "/api-access-request?pairingCode="+code(w))
			return err == nil && page.Form("Approve") == nil
		}},
		{"a button with the store", "1.13.5", "", func(w *testbed) bool {
			page, err := logIn(w).Open(w.t.Context(), "/api-access-request?pairingCode="+code(w)+"&selectedStore="+w.s.Seed().StoreID)
			return err == nil && page.Form("Approve") != nil
		}},
		{"a person who approves", "1.13.5", "", func(w *testbed) bool {
			w.key = newKey(w.t)
			text := answer(w, "POST", "/tokens", `{"id":"`+w.sin()+`"}`)
			code := text[strings.Index(text, `"pairingCode":"`)+15:][:7]
			if _, err := logIn(w).Approve(w.t.Context(), "/api-access-request?pairingCode="+code, ""); err != nil {
				w.t.Error(err)
			}
			return status(w, "GET", "/invoices", "", sign(w.key, w.origin+"/invoices", "")...) == 200
		}},
		{"a page for somebody else's store", "", "", func(w *testbed) bool {
			_, err := logIn(w).Open(w.t.Context(), "/api-access-request?pairingCode="+code(w)+"&selectedStore=x")
			return err == nil
		}},
		{"a consent without the anti-forgery field", "", "2.3.6", func(w *testbed) bool {
			h := logIn(w)
			if _, err := h.Open(w.t.Context(), "/api-keys/authorize?permissions="+world.ViewProfile); err != nil {
				w.t.Fatal(err)
			}
			_, err := h.Press(w.t.Context(), "Authorize", serve.AntiforgeryField, "")
			return err == nil
		}},
		{"a log-in form that names methods", "2.4.0", "", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/login", ""), `name="Method"`)
		}},
		{"a log-in form that may be limited", "2.3.0", "2.4.0", func(w *testbed) bool {
			return strings.Contains(answer(w, "GET", "/login", ""), `name="AllowLimitedLogin"`)
		}},
		{"settings of mail", "2.0.7", "", func(w *testbed) bool {
			response, _ := w.greenfield("GET", "/api/v1/server/email", "")
			return response.StatusCode == 200
		}},
		{"a store that waits for a block", "2.1.2", "", func(w *testbed) bool {
			_, text := w.greenfield("POST", "/api/v1/stores", `{"name":"x"}`)
			return member(w.t, text, "speedPolicy") == "MediumSpeed"
		}},
		{"a user with a quota of stores", "2.4.0", "", func(w *testbed) bool {
			_, text := w.greenfield("GET", "/api/v1/users/me", "")
			return strings.Contains(text, `"storeQuota"`)
		}},
		{"Basic, five minutes later", "", "2.4.2", func(w *testbed) bool {
			w.greenfield("POST", "/api/v1/users", `{"email":"b@shop.example","password":"a word for you"}`)
			credential := basic("b@shop.example:a word for you")
			if got := status(w, "GET", "/api/v1/users/me", "", "Authorization", credential); got != 200 {
				w.t.Errorf("Basic of a new account: %d", got)
			}
			w.control("clock", `{"advance":"6m"}`)
			text := answer(w, "GET", "/api/v1/users/me", "", "Authorization", credential)
			if strings.Contains(text, `"id"`) {
				return true
			}
			if text != `{"code":"unauthenticated","message":"Basic authentication for the Greenfield API is not enabled for this user."}` {
				w.t.Error(text)
			}
			w.control("effect", `{"allowBasic":"B@shop.example"}`)
			if got := status(w, "GET", "/api/v1/users/me", "", "Authorization", credential); got != 200 {
				w.t.Errorf("Basic that the owner allows: %d", got)
			}
			return false
		}},
		{"Basic of the account it starts with", "1.13.5", "", func(w *testbed) bool {
			w.control("clock", `{"advance":"6m"}`)
			return status(w, "GET", "/api/v1/users/me", "", "Authorization", basic(w.s.Seed().Email+":"+w.s.Seed().Password)) == 200
		}},
		{"Basic beside a second factor", "", "2.4.2", func(w *testbed) bool {
			w.control("effect", `{"addSecondFactor":"`+w.s.Seed().Email+`"}`)
			return status(w, "GET", "/api/v1/users/me", "", "Authorization", basic(w.s.Seed().Email+":"+w.s.Seed().Password)) == 200
		}},
		{"the key in the address of the page", "", "2.4.4", func(w *testbed) bool {
			h := logIn(w)
			if _, err := h.Open(w.t.Context(), "/api-keys/authorize?permissions="+world.ViewProfile); err != nil {
				w.t.Fatal(err)
			}
			if _, err := h.Press(w.t.Context(), "Authorize"); err != nil {
				w.t.Fatal(err)
			}
			if got := status(w, "GET", "/api/v1/api-keys/current", "", "Authorization", "token "+h.Key()); got != 200 {
				w.t.Errorf("the key %q that the page tells: %d", h.Key(), got)
			}
			return h.At().Query().Has("key")
		}},
		{"the key in what is told of itself", "", "2.4.5", func(w *testbed) bool {
			_, text := w.greenfield("GET", "/api/v1/api-keys/current", "")
			return member(w.t, text, "apiKey") == w.s.Seed().APIKey
		}},
		{"a key revoked by its value", "", "2.4.5", func(w *testbed) bool {
			key := mint(w, `{"permissions":[]}`)
			response, _ := w.greenfield("DELETE", "/api/v1/api-keys/"+key, "")
			return response.StatusCode == 200 && status(w, "GET", "/api/v1/api-keys/current", "", "Authorization", "token "+key) == 401
		}},
		{"a key revoked by its id", "2.4.5", "", func(w *testbed) bool {
			_, text := w.greenfield("POST", "/api/v1/api-keys", `{"permissions":[]}`)
			response, _ := w.greenfield("DELETE", "/api/v1/api-keys/"+url.PathEscape(member(w.t, text, "id")), "")
			return response.StatusCode == 200 && status(w, "GET", "/api/v1/api-keys/current", "", "Authorization", "token "+member(w.t, text, "apiKey")) == 401
		}},
		{"a key that revokes itself, once", "1.13.5", "", func(w *testbed) bool {
			key := "token " + mint(w, `{"permissions":[]}`)
			return status(w, "DELETE", "/api/v1/api-keys/current", "", "Authorization", key) == 200 && status(w, "DELETE", "/api/v1/api-keys/current", "", "Authorization", key) == 401
		}},
		{"a crash where the key to be reused was deleted", "", "2.4.5", func(w *testbed) bool {
			response, _ := w.post("/api-keys/authorize", "command", "Confirm", "ApiKey", strings.Repeat("a", 40), "RedirectUrl", "http://127.0.0.1:9/cb", "Strict", "True")
			return response.StatusCode == 500
		}},
		{"a legacy key", "", "2.4.5", func(w *testbed) bool {
			page, err := logIn(w).Open(w.t.Context(), "/stores/"+w.s.Seed().StoreID+"/tokens")
			return err == nil && page.Form("Generate") != nil
		}},
	}
	for _, emulate := range releasesTried {
		t.Run(emulate, func(t *testing.T) {
			version, err := release.Parse(emulate)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range probes {
				want := p.since != "" || p.until != ""
				for _, bound := range []struct {
					text  string
					after bool
				}{{p.since, true}, {p.until, false}} {
					if bound.text == "" {
						continue
					}
					var number [3]int
					if _, err := fmt.Sscanf(bound.text, "%d.%d.%d", &number[0], &number[1], &number[2]); err != nil {
						t.Fatal(bound.text, err)
					}
					want = want && version.Since(number[0], number[1], number[2]) == bound.after
				}
				w := newTestbed(t, Options{Emulate: emulate})
				w.t = t
				if got := p.holds(w); got != want {
					t.Errorf("%s: %v", p.what, got)
				}
			}
			w := newTestbed(t, Options{Emulate: emulate})
			if _, text := w.greenfield("GET", "/api/v1/server/info", ""); member(t, text, "version") != version.Version {
				t.Error(text)
			}
		})
	}
}

// TestHashedKeys has the names of keys on the pages and for other users, and a state file that an older release left.
func TestHashedKeys(t *testing.T) {
	dir := t.TempDir()
	old, err := NewHandler(Options{StateFile: dir + "/state"})
	if err != nil {
		t.Fatal(err)
	}
	old.world.Lock()
	shop := old.state.Stores[old.seed.StoreID]
	old.state.NewLegacyKey(shop)
	legacy := shop.LegacyKey
	old.world.Unlock()
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	w := newTestbed(t, Options{Emulate: "newer", StateFile: dir + "/state"})
	if response, _ := w.greenfield("GET", "/api/v1/users/me", ""); response.StatusCode != http.StatusOK {
		t.Errorf("a key from before: %s", response.Status)
	}
	if response, _ := w.call("GET", "/invoices", "", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(legacy))); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a legacy key from before: %s", response.Status)
	}

	w.greenfield("POST", "/api/v1/users", `{"email":"b@shop.example","password":"a word for you"}`)
	_, text := w.greenfield("POST", "/api/v1/users/b@shop.example/api-keys", `{"label":"till <b>","permissions":["btcpay.user.canviewprofile"]}`)
	value, id := member(t, text, "apiKey"), member(t, text, "id")
	if len(id) != 21 || !strings.HasPrefix(id, "akid_") || strings.Contains(id, value[:8]) || !strings.Contains(text, `"created":`) {
		t.Error(text)
	}
	_, text = w.call("GET", "/api/v1/api-keys/current", "", "Authorization", "token "+value)
	if member(t, text, "id") != id || strings.Contains(text, value) || member(t, text, "label") != `till \u003cb\u003e` && member(t, text, "label") != "till <b>" {
		t.Error(text)
	}
	for _, path := range []string{"/api/v1/users/b@shop.example/api-keys/" + value, "/api/v1/api-keys/" + id, "/api/v1/api-keys/" + w.s.Seed().APIKey, "/api/v1/api-keys/AKID_" + id[5:]} {
		if response, text := w.greenfield("DELETE", path, ""); response.StatusCode != http.StatusNotFound || member(t, text, "code") != "apikey-not-found" {
			t.Errorf("DELETE %s: %s %s", path, response.Status, text)
		}
	}
	h := human.New(w.origin)
	defer h.Close()
	if err := h.LogIn(t.Context(), "b@shop.example", "a word for you"); err != nil {
		t.Fatal(err)
	}
	page, err := h.Open(t.Context(), "/account/apikeys")
	if err != nil || strings.Contains(strings.Join(page.Texts, " "), value) || !strings.Contains(strings.Join(page.Texts, " "), id) {
		t.Fatal(page, err)
	}
	if form := page.Form("Delete"); form == nil || form.Action != "/api-keys/"+id+"/delete" {
		t.Fatal(page.Forms)
	}
	if _, err := h.Press(t.Context(), "Delete"); err != nil {
		t.Fatal(err)
	}
	if response, _ := w.call("GET", "/api/v1/api-keys/current", "", "Authorization", "token "+value); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a key that was deleted on the page: %s", response.Status)
	}

	// A consent under the same identifier makes a key each time.
	keys := map[string]bool{}
	for range 2 {
		page, err := h.Open(t.Context(), "/api-keys/authorize?permissions="+world.ViewProfile+"&applicationIdentifier=till&redirect=http://127.0.0.1:9/cb")
		if err != nil || page.Form("Authorize") == nil {
			t.Fatal(page, err)
		}
		if page, err = h.Press(t.Context(), "Authorize"); err != nil {
			t.Fatal(err)
		}
		for _, pair := range page.Forms[0].Pairs() {
			if pair[0] == "apiKey" {
				keys[pair[1]] = true
			}
		}
	}
	if len(keys) != 2 {
		t.Error(keys)
	}
}
