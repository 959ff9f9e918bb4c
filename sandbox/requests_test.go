package sandbox

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestRefusalReasons has a request for each way of being refused, and what the log says of it beyond the response.
func TestRefusalReasons(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/btcpay"})
	seed := w.s.Seed()
	w.s.world.Lock()
	owner := w.s.state.FindUser(seed.Email)
	weak := w.s.world.MintKey(owner, "reader", []string{world.ViewInvoices + ":" + seed.StoreID}).Value
	profile := w.s.world.MintKey(owner, "profile", []string{world.ViewProfile}).Value
	everything := w.s.world.MintKey(owner, "", []string{world.Unrestricted}).Value
	guest := w.s.state.NewUser("guest@example.com", "secret of the guest", w.s.world.Now())
	stranger := w.s.state.NewUser("stranger@example.com", "secret of the stranger", w.s.world.Now())
	st := w.s.state.Stores[seed.StoreID]
	st.Members[guest.ID] = "Guest"
	guests := w.s.world.MintKey(guest, "of a guest", []string{world.Unrestricted}).Value
	strangers := w.s.world.MintKey(stranger, "of a stranger", []string{world.Unrestricted}).Value
	settings := world.NewStoreSettings()
	settings.Name = "Other"
	other := w.s.state.NewStore(owner, settings, w.s.world.Now()).ID
	w.s.state.Invoices["orphan"] = &world.Invoice{ID: "orphan", StoreID: "gone"}
	w.s.world.Unlock()

	host, store, unpaired := strings.TrimPrefix(w.origin, "http://"), "/btcpay/api/v1/stores/"+seed.StoreID, newKey(t)
	token := func(key string) []string { return []string{"Authorization", "token " + key} }
	basic := func(text string) []string {
		return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(text))}
	}
	signedURL := w.origin + "/btcpay/invoices?token=v"
	flipped := sign(w.key, signedURL, "")
	flipped[3] = sign(newKey(t), signedURL, "")[3]
	for _, test := range []struct {
		name, method, path string
		headers            []string
		status             int
		credential, reason string
	}{
		{"no credential", "GET", store, nil, 401, "none", "the request has no Authorization header"},
		{"BitId on the other API", "GET", store, sign(w.key, w.origin+store, ""), 401, "none", "the request has no Authorization header: the Greenfield API takes an API key, not BitId"},
		{"unknown scheme", "GET", store, []string{"Authorization", everything}, 401, "none", "the Authorization header is neither token KEY, Bearer KEY nor Basic"},
		{"no key", "GET", store, []string{"Authorization", "token "}, 401, "API key (refused)", "the Authorization header has no key"},
		{"unknown key", "GET", store, token(strings.Repeat("ab", 20)), 401, "API key …abab (refused)", "the key is unknown: it was revoked, or is of another server"},
		{"short rubbish as key", "GET", store, token("hunter2"), 401, "API key (refused)", "the key is unknown: it was revoked, or is of another server"},
		{"wrong password", "GET", store, basic(seed.Email + ":wrong"), 401, "Basic " + seed.Email + " (refused)", "the password is wrong"},
		{"key as user name", "GET", store, basic(everything + ":"), 401, "Basic (refused)", "Basic authentication failed: User not found or invalid password"},
		{"Basic where a key is needed", "GET", "/btcpay/api/v1/api-keys/current", basic(seed.Email + ":" + seed.Password), 401, "Basic " + seed.Email, "only an API key can use this address, not Basic"},
		{"key without the permission", "POST", store + "/invoices", token(weak), 403, `API key "reader" …` + weak[36:], "the key has no btcpay.store.cancreateinvoice for store " + seed.StoreID},
		{"key for another store", "GET", "/btcpay/api/v1/stores/" + other + "/invoices", token(weak), 403, `API key "reader" …` + weak[36:], "the key has no btcpay.store.canviewinvoices for store " + other + ", only for another store"},
		{"key of something else", "GET", "/btcpay/api/v1/users", token(profile), 403, `API key "profile" …` + profile[36:], "the key has no btcpay.server.canviewusers"},
		{"role", "GET", store + "/webhooks", token(guests), 403, `API key "of a guest" …` + guests[36:], "the account guest@example.com is Guest in store " + seed.StoreID + ", and that role has no btcpay.store.webhooks.canmodifywebhooks"},
		{"not a member", "GET", store, token(strangers), 403, `API key "of a stranger" …` + strangers[36:], "the account stranger@example.com does not belong to store " + seed.StoreID},
		{"no administrator", "GET", "/btcpay/api/v1/users", token(guests), 403, `API key "of a guest" …` + guests[36:], "the account guest@example.com is no administrator, and btcpay.server.canviewusers is for administrators"},
		{"unknown store", "GET", "/btcpay/api/v1/stores/nowhere", token(everything), 403, "API key …" + everything[36:], `there is no store "nowhere"`},
		{"unknown invoice", "GET", store + "/invoices/nothing", token(everything), 403, "API key …" + everything[36:], `there is no invoice "nothing"`},
		{"invoice of a store that is gone", "GET", "/btcpay/api/v1/invoices/orphan", token(everything), 403, "API key …" + everything[36:], `there is no store "gone"`},
		{"unknown address", "GET", "/btcpay/api/v1/nothing", nil, 404, "none", "there is no such address"},
		{"wrong method", "PATCH", store, nil, 405, "none", "this address does not take PATCH, only DELETE, GET, PUT"},
		{"outside the root path", "GET", "/api/v1/health", nil, 404, "none", "the address is outside of the sandbox's root path: http://" + host + "/btcpay/…"},
		{"invalid field", "POST", store + "/invoices", token(everything), 422, "API key …" + everything[36:], ""},
		{"not logged in", "GET", "/btcpay/account/apikeys", nil, 302, "none", "the browser is not logged in"},
		{"form without its field", "POST", "/btcpay/login", nil, 400, "none", "the form has no valid __RequestVerificationToken: post it as the page has it, with its cookies"},

		{"right signature", "GET", "/btcpay/invoices?token=v", sign(w.key, signedURL, ""), 200, "BitId " + w.sin(), ""},
		{"signed https", "GET", "/btcpay/invoices?token=v", sign(w.key, "https://"+host+"/btcpay/invoices?token=v", ""), 401, "BitId " + w.sin() + " (refused)",
			"signature of another URL: signed https://" + host + "/btcpay/invoices?token=…, asked " + w.origin + "/btcpay/invoices?token=…"},
		{"signed without the root path", "GET", "/btcpay/invoices?token=v", sign(w.key, w.origin+"/invoices?token=v", ""), 401, "BitId " + w.sin() + " (refused)",
			"signature of another URL: signed " + w.origin + "/invoices?token=…, asked " + w.origin + "/btcpay/invoices?token=…"},
		{"signed without the query", "GET", "/btcpay/invoices?orderId=7", sign(w.key, w.origin+"/btcpay/invoices", ""), 401, "BitId " + w.sin() + " (refused)",
			"signature of another URL: signed " + w.origin + "/btcpay/invoices, asked " + w.origin + "/btcpay/invoices?orderId=7"},
		{"signed path only", "GET", "/btcpay/tokens", sign(w.key, "/btcpay/tokens", ""), 401, "BitId " + w.sin() + " (refused)", "signature of another URL: signed /btcpay/tokens, asked " + w.origin + "/btcpay/tokens"},
		{"signature of another key", "GET", "/btcpay/invoices?token=v", flipped, 401, "BitId " + w.sin() + " (refused)",
			"the signature is not one of this key, or of another URL or body: it must cover " + w.origin + "/btcpay/invoices?token=… and the body"},
		{"no public key", "GET", "/btcpay/tokens", []string{"X-Identity", "zz", "X-Signature", "00"}, 401, "BitId (refused)", "X-Identity is not a public key in hex"},
		{"no signature", "GET", "/btcpay/tokens", []string{"X-Identity", publicHex(w.key), "X-Signature", "00"}, 401, "BitId " + w.sin() + " (refused)", "X-Signature is not a DER signature in hex"},
		{"half of BitId", "GET", "/btcpay/rates", []string{"X-Identity", publicHex(w.key)}, 403, "none", "the request has only one of X-Identity and X-Signature"},
		{"half of BitId for invoices", "GET", "/btcpay/invoices", []string{"X-Identity", publicHex(w.key)}, 404, "none", "the request has only one of X-Identity and X-Signature"},
		{"nothing for invoices", "GET", "/btcpay/Invoices", nil, 404, "none", "the request has no credential: BitId, a legacy key or a storeId"},
		{"not paired", "GET", "/btcpay/invoices?token=v", sign(unpaired, signedURL, ""), 403, "BitId ", " is not paired with a store"},
		{"API key on the BitPay API", "GET", "/btcpay/invoices", token(everything), 401, "API key …" + everything[36:] + " (refused)", "the BitPay API takes BitId or a legacy key, not an API key of the Greenfield API"},
		{"unknown legacy key", "GET", "/btcpay/invoices", basic("unknown"), 401, "legacy key (refused)", "no store has this legacy key. It is sent as Basic, in Base64 and without a colon"},
		{"unknown store of everyone", "GET", "/btcpay/rates?storeId=nowhere", nil, 403, "none", `the request has no credential, and there is no store "nowhere"`},
		{"not for everyone", "GET", "/btcpay/invoices?storeId=" + seed.StoreID, nil, 403, "none", "the request has no credential, and the store " + seed.StoreID + " does not let everyone create invoices"},
	} {
		body := ""
		if test.status == 422 {
			body = `{"amount":-1}`
		}
		response, answer := w.call(test.method, test.path, body, test.headers...)
		if response.StatusCode != test.status {
			t.Errorf("%s: %d %s", test.name, response.StatusCode, answer)
			continue
		}
		all := w.s.Requests()
		got := all[len(all)-1]
		switch test.name {
		case "invalid field":
			if got.Reason == "" || strings.HasPrefix(got.Reason, "[") {
				t.Errorf("%s: %q", test.name, got.Reason)
			}
			continue
		case "not paired":
			if !strings.HasPrefix(got.Credential, test.credential) || !strings.HasSuffix(got.Reason, test.reason) {
				t.Errorf("%s: %q, %q", test.name, got.Credential, got.Reason)
			}
			continue
		}
		if got.Method != test.method || got.Status != test.status || got.Credential != test.credential || got.Reason != test.reason {
			t.Errorf("%s:\n got %s, %q, %q\nwant %q, %q", test.name, got, got.Credential, got.Reason, test.credential, test.reason)
		}
	}
	for _, r := range w.s.Requests() {
		for _, secret := range []string{everything, weak, guests, seed.Password, seed.APIKey, "token=v"} {
			if text := fmt.Sprintf("%+v", r); strings.Contains(text, secret) {
				t.Errorf("the log has %s", text)
			}
		}
	}
}

// A signature is found to lack the body, too.
func TestRefusalReasonBody(t *testing.T) {
	w := newTestbed(t, Options{})
	w.call("POST", "/invoices", `{"price":1}`, sign(w.key, w.origin+"/invoices", "")...)
	if got := w.s.Requests()[0].Reason; got != "the signature is of the URL without the body" {
		t.Error(got)
	}
}

func TestRequestsHideKeys(t *testing.T) {
	w := newTestbed(t, Options{})
	key := w.s.Seed().APIKey
	escaped := "%" + fmt.Sprintf("%02x", key[0]) + key[1:]
	for _, path := range []string{
		"/api/v1/api-keys/" + key, "/api/v1/api-keys/" + escaped, "/nowhere/" + key, "/api-keys/authorize?apiKey=" + key, "/x?" + key, "/x?orderId=" + key,
	} {
		w.call("PATCH", path, "")
		all := w.s.Requests()
		got := all[len(all)-1].Path
		if strings.Contains(got, key[:8]) || strings.Contains(got, key[1:]) {
			t.Errorf("%s is logged as %s", path, got)
		}
	}
	token := strings.Repeat("Token123", 5)
	for _, path := range []string{"/stores/x/tokens/" + token, "/stores/x/Tokens/" + token + "/revoke", "/stores/" + w.s.Seed().StoreID + "/tokens/" + token + "/revoke", "/tokens?token=" + token, "/nowhere?" + token} {
		w.call("GET", path, "")
		all := w.s.Requests()
		if got := all[len(all)-1].Path; strings.Contains(got, token[:20]) {
			t.Errorf("%s is logged as %s", path, got)
		}
	}
	w.call("GET", "/x?orderId=7&skip=1", "")
	all := w.s.Requests()
	if got := all[len(all)-1].Path; got != "/x?orderId=7&skip=1" {
		t.Errorf("harmless values: %s", got)
	}
}

func TestRequestsOfFaults(t *testing.T) {
	w := newTestbed(t, Options{})
	if _, err := w.s.Fault(Fault{Path: "/api/v1/health", Status: 503}); err != nil {
		t.Fatal(err)
	}
	w.call("GET", "/api/v1/health", "")
	w.control("mine", "{}")
	w.call("GET", "/api/v1/health", "")
	got := w.s.Requests()
	if len(got) != 2 {
		t.Fatalf("%d requests are logged", len(got))
	}
	if got[0].Status != 503 || got[0].Fault != "fault: status 503" || got[1].Status != 200 || got[1].Fault != "" {
		t.Errorf("%v", got)
	}
}

// The log keeps the last requests, and short texts only, however many and long they are.
func TestRequestLogIsBounded(t *testing.T) {
	var l requestlog.Log
	long := strings.Repeat("ü", 1<<11)
	for range requestlog.Kept + 10 {
		l.Add(requestlog.Entry{Target: "/" + long, Note: requestlog.Note{Reason: long, Caller: requestlog.Caller{Kind: requestlog.APIKey, Name: long, Secret: long}}})
	}
	entries, all := l.Since(0)
	if len(entries) != requestlog.Kept || all || entries[0].Number != 11 || l.Last() != requestlog.Kept+10 {
		t.Fatalf("%d entries from %d on", len(entries), entries[0].Number)
	}
	for _, e := range entries {
		if n := len(e.Target) + len(e.Name) + len(e.Secret) + len(e.Reason); n > 2000 {
			t.Fatalf("an entry has %d bytes", n)
		}
	}
	if rest, all := l.Since(requestlog.Kept + 8); len(rest) != 2 || !all || rest[0].Number != requestlog.Kept+9 {
		t.Errorf("the rest: %d, %v", len(rest), all)
	}
	if again, _ := l.Since(1 << 40); len(again) != requestlog.Kept {
		t.Errorf("after a number of another log: %d entries", len(again))
	}
	select {
	case <-l.Added(requestlog.Kept):
	default:
		t.Error("what was added is not reported")
	}
	added := l.Added(l.Last())
	select {
	case <-added:
		t.Error("something was added")
	default:
	}
	l.Add(requestlog.Entry{})
	<-added
}

func TestControlRequests(t *testing.T) {
	w := newTestbed(t, Options{})
	for _, body := range []string{`{"after":-1}`, `{"after":"1"}`, `{"wait":"soon"}`, `{"wait":"-1s"}`, `{"wait":"21s"}`, `{"wait":10}`, `{"before":1}`, `[]`} {
		if response, answer := w.call("POST", "/_sandbox/requests", body); response.StatusCode != 400 || !strings.HasPrefix(answer, `{"error":`) {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
	if response, _ := w.call("GET", "/_sandbox/requests", ""); response.StatusCode != 405 {
		t.Errorf("GET: %d", response.StatusCode)
	}
	if response, answer := w.call("POST", "/_sandbox/requests", "", "Origin", "http://evil.example"); response.StatusCode != 403 || strings.Contains(answer, "requests\":") {
		t.Errorf("another origin: %d %s", response.StatusCode, answer)
	}
	list := func(body string) []any { return w.control("requests", body)["requests"].([]any) }
	if got := list(`{}`); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
	w.call("GET", "/api/v1/health", "")
	w.call("GET", "/api/v1/stores", "")
	if got := list(``); len(got) != 2 || got[1].(map[string]any)["reason"] != "the request has no Authorization header" {
		t.Errorf("requests: %v", got)
	}
	if got := list(`{"after":1,"wait":"20s"}`); len(got) != 1 {
		t.Errorf("after 1: %v", got)
	}
	// One that waits gets the next request, whenever it comes.
	waits := make(chan []any)
	go func() { waits <- list(`{"after":2,"wait":"20s"}`) }()
	w.call("GET", "/api/v1/health", "")
	if got := <-waits; len(got) != 1 || got[0].(map[string]any)["number"] != float64(3) {
		t.Errorf("after 2: %v", got)
	}
}
