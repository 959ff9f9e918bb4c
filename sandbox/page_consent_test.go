package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func (w *testbed) open(h *human.Human, path string) *human.Page {
	w.t.Helper()
	return must(w.t, func(ctx context.Context) (*human.Page, error) { return h.Open(ctx, path) })
}

func (w *testbed) press(h *human.Human, button string, changes ...string) *human.Page {
	w.t.Helper()
	return must(w.t, func(ctx context.Context) (*human.Page, error) { return h.Press(ctx, button, changes...) })
}

// post sends a form of one's own to a page, with the anti-forgery field of another that is open.
func (w *testbed) post(path string, fields ...string) (*http.Response, string) {
	w.t.Helper()
	cookie := w.logInCookie()
	response, body := w.call("GET", "/account/addapikey", "", "Cookie", cookie)
	_, token, _ := strings.Cut(body, `name="`+serve.AntiforgeryField+`" value="`)
	token, _, _ = strings.Cut(token, `"`)
	for _, c := range response.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	form := url.Values{serve.AntiforgeryField: {token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return w.call("POST", path, form.Encode(), "Cookie", cookie, "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
}

// secondUser makes an ordinary user without stores and logs in as them.
func (w *testbed) secondUser() (*world.User, *human.Human) {
	w.t.Helper()
	w.s.world.Lock()
	u := w.s.state.NewUser("second@sandbox.example", "long enough", w.s.world.Now())
	u.Approved = true
	w.s.world.Unlock()
	h := human.New(w.origin)
	w.t.Cleanup(h.Close)
	if err := h.LogIn(w.t.Context(), u.Email, "long enough"); err != nil {
		w.t.Fatal(err)
	}
	return u, h
}

func (w *testbed) keysOf(u *world.User) []*world.APIKey {
	w.s.world.Lock()
	defer w.s.world.Unlock()
	return w.s.state.KeysOf(u)
}

func (w *testbed) seededUser() *world.User {
	w.s.world.Lock()
	defer w.s.world.Unlock()
	return w.s.state.FindUser(w.s.seed.Email)
}

// TestConsentThatCrashes sends what the real server dies of.
func TestConsentThatCrashes(t *testing.T) {
	w := newTestbed(t, Options{})
	cookie := w.logInCookie()
	for _, query := range []string{"permissions=", "permissions=unrestricted&permissions=%20"} {
		response, body := w.call("GET", "/api-keys/authorize?"+query, "", "Cookie", cookie, "Accept", "text/html")
		if response.StatusCode != http.StatusInternalServerError || body != "" || response.Header.Get("X-Frame-Options") != "" {
			t.Errorf("%s: %d %q", query, response.StatusCode, body)
		}
	}
	for _, form := range [][]string{
		{"Strict", "True"},
		{"Strict", "True", "command", "Confirm"},
		{"Strict", "True", "command", "Confirm", "ApiKey", "nobody's"},
		{"Strict", "True", "command", "Authorize", "RedirectUrl", "cb/here"},
	} {
		if response, body := w.post("/api-keys/authorize", form...); response.StatusCode != http.StatusInternalServerError || body != "" {
			t.Errorf("%q: %d %q", form, response.StatusCode, body)
		}
	}
	if keys := w.keysOf(w.seededUser()); len(keys) != 1 {
		t.Errorf("%d keys were made", len(keys)-1)
	}
}

func TestConsentTellsWhatCannotBeRead(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.merchant()
	page := w.open(h, "/api-keys/authorize?strict=1&selectiveStores=yes&redirect=https%3A%2F%2F")
	for _, want := range []string{"The value '1' is not valid.", "The value 'yes' is not valid.", "The value 'https://' is not valid."} {
		if !slices.Contains(page.Alerts, want) {
			t.Errorf("%q is not among %q", want, page.Alerts)
		}
	}
	if form := page.Form("Authorize"); form == nil || form.Fields[0].Value != "" {
		t.Error("the rest does not hold", page)
	}
	_, body := w.post("/api-keys/authorize", "Strict", "True", "command", "Authorize", "RedirectUrl", "https://")
	if !strings.Contains(body, "The value &#39;https://&#39; is not valid for RedirectUrl.") {
		t.Error(body)
	}
}

// TestConfirmOfAnothersKey is a weakness of the real server: who posts the form of the confirm page gets sent whichever
// key the form names, with its owner's id.
func TestConfirmOfAnothersKey(t *testing.T) {
	w := newTestbed(t, Options{})
	second, _ := w.secondUser()
	w.s.world.Lock()
	k := w.s.state.NewAPIKey(second, "theirs", []string{world.ViewProfile})
	w.s.world.Unlock()
	response, body := w.post("/api-keys/authorize", "command", "Confirm", "ApiKey", k.Value, "RedirectUrl", "http://127.0.0.1:9/cb", "Strict", "True")
	page, err := human.ReadPage(strings.NewReader(body))
	if err != nil || response.StatusCode != http.StatusOK || page.Form("Submit") == nil {
		t.Fatal(response.Status, err, body)
	}
	pairs := page.Form("Submit").Pairs()
	for _, want := range [][2]string{{"apiKey", k.Value}, {"userId", second.ID}, {"permissions[]", world.ViewProfile}} {
		if !slices.Contains(pairs, want) {
			t.Errorf("%q is not in %q", want, pairs)
		}
	}
}

// TestHandoverPage looks at the page that posts the key: its script alone may run, and nothing may break out of it.
func TestHandoverPage(t *testing.T) {
	w := newTestbed(t, Options{})
	const hostile = `my:"><script>alert(1)</script>'`
	response, body := w.post("/api-keys/authorize", "command", "Authorize", "Strict", "True", "RedirectUrl", hostile)
	page, err := human.ReadPage(strings.NewReader(body))
	if err != nil || page.Form("Submit") == nil {
		t.Fatal(err, body)
	}
	if got := page.Form("Submit").Action; got != `my:%22%3E%3Cscript%3Ealert(1)%3C/script%3E'` {
		t.Error(got)
	}
	_, nonce, _ := strings.Cut(response.Header.Get("Content-Security-Policy"), "'nonce-")
	nonce = strings.TrimSuffix(nonce, "'")
	if len(nonce) < 22 || strings.Count(body, "<script") != 1 || !strings.Contains(body, `<script nonce="`+nonce+`">`) {
		t.Error(response.Header, body)
	}
	if fields := page.Form("Submit").Fields; fields[0].Name != serve.AntiforgeryField || fields[1].Name != "apiKey" || fields[2].Name != "userId" {
		t.Errorf("%+v", fields)
	}
}

// TestLooseConsentForAStore picks a store for what was asked for; what the person adds is for all stores all the same.
func TestLooseConsentForAStore(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.merchant()
	w.open(h, "/api-keys/authorize?permissions=btcpay.store.canviewinvoices&selectiveStores=true&strict=false")
	w.press(h, "SelectStores")
	if w.press(h, "SelectStores").Form("Continue") == nil {
		t.Error("there is no way back to the stores")
	}
	page := w.press(h, "SelectStores")
	form := page.Form("Authorize")
	row := ""
	for _, f := range form.Fields {
		if f.Value == world.CreateInvoices {
			row = strings.TrimSuffix(f.Name, "Permission")
		}
	}
	w.press(h, "Authorize", row+"Value", "true")
	keys := w.keysOf(w.seededUser())
	want := []string{world.CreateInvoices, world.ViewInvoices + ":" + w.s.seed.StoreID}
	if got := keys[len(keys)-1].Permissions; !slices.Equal(got, want) {
		t.Errorf("%q, wanted %q", got, want)
	}
}

// TestConsentOfGuest tries to get, by a form of one's own, what the account may not give.
func TestConsentOfGuest(t *testing.T) {
	w := newTestbed(t, Options{})
	u, h := w.secondUser()
	w.open(h, "/api-keys/authorize?permissions=btcpay.user.canviewprofile&strict=false")
	w.press(h, "Authorize", "PermissionValues[1].Permission", world.ModifyServerSettings, "PermissionValues[1].Forbidden", "False", "PermissionValues[0].Permission", "btcpay.store.canfly")
	if keys := w.keysOf(u); len(keys) != 1 || !slices.Equal(keys[0].Permissions, []string{world.ViewProfile}) {
		t.Errorf("%+v", keys[0])
	}
	page := w.open(h, "/api-keys/authorize?permissions=btcpay.store.canviewinvoices&selectiveStores=true")
	if form := page.Form("Cancel"); form == nil || form.Button("SelectStores") != nil || !slices.Contains(page.Alerts, "You currently have no stores configured.") {
		t.Errorf("%+v", page)
	}
	if w.press(h, "Cancel"); h.At().Path != "/account/apikeys" {
		t.Error(h.At())
	}
}

// TestReuseOfTheOldest offers, of several keys that would do, the one made first.
func TestReuseOfTheOldest(t *testing.T) {
	w := newTestbed(t, Options{})
	u := w.seededUser()
	w.s.world.Lock()
	var made []*world.APIKey
	for range 5 {
		k := w.s.state.NewAPIKey(u, "", []string{world.ViewProfile, world.ViewInvoices + ":" + w.s.seed.StoreID})
		k.AppIdentifier, k.AppRedirect = "app", "http://127.0.0.1:9/cb"
		made = append(made, k)
	}
	w.s.world.Unlock()
	h := w.merchant()
	const app = "&applicationIdentifier=app&redirect=http://127.0.0.1:9/cb"
	page := w.open(h, "/api-keys/authorize?permissions=btcpay.user.canviewprofile"+app)
	if form := page.Form("Confirm"); form == nil || !slices.Contains(form.Pairs(), [2]string{"ApiKey", made[0].Value}) {
		t.Error(page)
	}
	if page := w.open(h, "/api-keys/authorize?permissions=btcpay.store.canviewinvoices"+app); page.Form("Confirm") != nil {
		t.Error("a key for one store is offered to who asks for all")
	}
	if page := w.open(h, "/api-keys/authorize?permissions=btcpay.user.canviewprofile&applicationIdentifier=app"); page.Form("Confirm") != nil {
		t.Error("an old key is offered without a redirect")
	}
}

func TestKeyPages(t *testing.T) {
	w := newTestbed(t, Options{})
	second, h := w.secondUser()
	if _, err := h.Open(t.Context(), "/api-keys/"+w.s.seed.APIKey+"/delete"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Error("the page of another's key:", err)
	}
	w.open(h, "/account/addapikey")
	page := w.press(h, "Generate API Key", "Label", "by a person", "PermissionValues[1].Value", "true")
	if keys := w.keysOf(second); len(keys) != 1 || len(keys[0].Permissions) != 0 || keys[0].Label != "by a person" {
		t.Fatalf("%+v", keys)
	}
	key := w.keysOf(second)[0].Value
	if response, _ := w.post("/api-keys/" + key + "/delete"); response.StatusCode != http.StatusNotFound || len(w.keysOf(second)) != 1 {
		t.Error("another's key is deleted:", response.Status)
	}
	if !slices.Contains(page.Alerts, "API key generated! "+key) {
		t.Errorf("%q", page.Alerts)
	}
	w.open(h, "/api-keys/"+key+"/delete")
	if _, err := h.Press(t.Context(), "Delete"); err == nil || !strings.Contains(err.Error(), "400") {
		t.Error("the button without an anti-forgery field:", err)
	}
	w.open(h, "/account/apikeys")
	page = w.press(h, "Delete")
	if len(w.keysOf(second)) != 0 || !slices.Contains(page.Alerts, "API Key removed") {
		t.Errorf("%q", page.Alerts)
	}
	if response, _ := w.post("/UIManage/deleteapikeypost"); response.StatusCode != http.StatusNotFound {
		t.Error(response.Status)
	}
}

// TestHugeConsent bounds what a form of one's own costs, which is judged under the lock.
func TestHugeConsent(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it sends megabytes")
	}
	var fields []string
	for i := range 3000 {
		prefix := fmt.Sprintf("PermissionValues[%d].", i)
		fields = append(fields, prefix+"Permission", world.ViewInvoices, prefix+"Value", "true")
	}
	var permissions strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&permissions, "%s:s%d;", world.ViewInvoices, i)
	}
	fields = append(fields, "Permissions", permissions.String(), "Strict", "True", "SelectiveStores", "True", "command", "Authorize")
	w := newTestbed(t, Options{})
	if response, _ := w.post("/api-keys/authorize", fields...); response.StatusCode != http.StatusFound {
		t.Fatal(response.Status)
	}
	keys := w.keysOf(w.seededUser())
	k := keys[len(keys)-1]
	if len(k.Permissions) != 50_000 {
		t.Errorf("the key has %d permissions", len(k.Permissions))
	}
	w.s.world.Lock()
	k.AppIdentifier, k.AppRedirect = "app", "http://127.0.0.1:9/cb"
	w.s.world.Unlock()
	response, _ := w.post("/api-keys/authorize", append(fields[:len(fields)-2:len(fields)-2], "command", "SelectStores", "StoreId", "s49999",
		"ApplicationIdentifier", "app", "RedirectUrl", k.AppRedirect)...)
	if response.StatusCode != http.StatusOK {
		t.Error(response.Status)
	}
}
