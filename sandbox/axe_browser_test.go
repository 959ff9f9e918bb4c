package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/chromium"
)

// axePath names the variable with the path of axe.min.js, of the npm package axe-core.
const axePath = "BTCPAYCTL_AXE"

// TestAccessibility has axe-core look at every page of a sandbox: light and wide, dark and narrow.
func TestAccessibility(t *testing.T) {
	if os.Getenv(axePath) == "" {
		t.Skip("it needs axe-core: make test-clients")
	}
	script, err := os.ReadFile(os.Getenv(axePath))
	if err != nil {
		t.Fatal(err)
	}
	w := newTestbed(t, Options{})
	b := chromium.Start(t, "")
	seed := w.s.Seed()
	store := "/stores/" + seed.StoreID
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	w.greenfield("POST", "/api/v1"+store+"/webhooks", `{"url":"`+hook.URL+`"}`)
	id := func() string { return w.signed("POST", "/invoices", `{"price":20,"itemDesc":"Tea"}`)["id"].(string) }
	fresh, processing, settled, expired := id(), id(), id(), id()
	if _, err := w.s.Pay(processing, Payment{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Pay(settled, Payment{Confirmations: 6}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Expire(expired); err != nil {
		t.Fatal(err)
	}
	w.call("GET", "/api/v1/stores", "")
	if _, err := w.s.Fault(Fault{Path: "/nowhere", Drop: true}); err != nil {
		t.Fatal(err)
	}
	w.s.world.Lock()
	pairing := w.s.state.NewPairing(w.s.world.Now())
	pairing.SIN, pairing.Label = w.sin(), new("till")
	w.s.world.Unlock()

	a := &axe{b: b, script: string(script)}
	b.Open(w.origin + "/login")
	evaluate(b, `document.body.innerHTML = "<img src=x><button></button><p style='color: #777; background: #888'>faint</p>"`)
	if n := len(a.findings()); n < 3 {
		t.Fatalf("axe-core has %d findings on a bad page", n)
	}
	a.look(w.origin, "/login")
	b.Write("#Email", seed.Email)
	b.Write("#Password", seed.Password)
	b.Click("button.go", 1)
	for _, path := range []string{
		"/_sandbox", "/", store + "/tokens", store + "/tokens/create", store + "/tokens/v/revoke", "/api-access-request?pairingCode=" + pairing.Code,
		"/account/apikeys", "/account/addapikey",
		"/api-keys/authorize?" + url.Values{"applicationName": {"Till"}, "permissions": {"btcpay.store.cancreateinvoice"}, "selectiveStores": {"true"}, "strict": {"false"}}.Encode(),
		"/i/" + fresh + "?refresh=no", "/i/" + processing + "?refresh=no", "/i/" + expired + "?refresh=no", "/i/" + settled + "/receipt", "/invoices/" + fresh, noPage,
	} {
		a.look(w.origin, path)
	}
	t.Logf("%d pages, each light at 1280 and dark at 360 pixels: %d serious findings, %d others", a.pages, a.serious, a.others)
}

// noPage has the page of an error.
const noPage = "/no-such-page"

// axe runs axe-core on pages.
type axe struct {
	b                      *chromium.Browser
	script                 string
	pages, serious, others int
}

// look opens a page and checks it.
func (a *axe) look(origin, path string) {
	b := a.b
	b.T.Helper()
	b.Open(origin + path)
	a.pages++
	if got := evaluate(b, "location.pathname").(string); got != strings.SplitN(path, "?", 2)[0] {
		b.T.Errorf("%s led to %s", path, got)
	}
	if title := evaluate(b, `document.querySelector("h1").textContent`).(string); title == "" || strings.HasPrefix(title, "4") && path != noPage {
		b.T.Errorf("%s shows %q", path, title)
	}
	for _, as := range []struct {
		scheme string
		width  int
	}{{"light", 1280}, {"dark", 360}} {
		b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": as.scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
		b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": as.width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
		if wide := evaluate(b, "document.documentElement.scrollWidth - innerWidth").(float64); wide > 0 {
			b.T.Errorf("%s at %d pixels is %v pixels too wide", path, as.width, wide)
		}
		for _, f := range a.findings() {
			report := b.T.Errorf
			if f.Impact != "serious" && f.Impact != "critical" {
				report = b.T.Logf
				a.others++
			} else {
				a.serious++
			}
			report("%s, %s at %d pixels: %s: %s: %s\n%s", path, as.scheme, as.width, f.Impact, f.ID, f.Help, f.Nodes[0].HTML+"\n"+f.Nodes[0].FailureSummary)
		}
	}
}

type finding struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// findings are what axe-core finds on the page that is shown.
func (a *axe) findings() (all []finding) {
	a.b.T.Helper()
	text := evaluate(a.b, a.script+`; axe.run().then(r => JSON.stringify(r.violations))`).(string)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		a.b.T.Fatal(err)
	}
	return all
}
