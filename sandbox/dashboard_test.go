package sandbox

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// formToken is the token of the forms of the page.
func (w *testbed) formToken() string {
	w.t.Helper()
	_, page := w.call("GET", "/_sandbox", "")
	found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("the page has no form: %s", page)
	}
	return found[1]
}

// pressButton posts a form of the page.
func (w *testbed) pressButton(do, id, value string, headers ...string) (int, string) {
	w.t.Helper()
	form := url.Values{"token": {w.formToken()}, "do": {do}, "id": {id}, "value": {value}}
	response, answer := w.call("POST", "/_sandbox/do", form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, headers...)...)
	return response.StatusCode, strings.TrimSpace(answer)
}

func TestDashboardRefusesStrangers(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/btcpay"})
	form := "token=" + w.formToken() + "&do=mine"
	for name, headers := range map[string][]string{
		"a page of another site":      {"Origin", "http://evil.example"},
		"a page of another port":      {"Origin", "http://127.0.0.1:1"},
		"a page without an origin":    {"Origin", "null"},
		"a link or frame elsewhere":   {"Sec-Fetch-Site", "cross-site"},
		"a page of the same site":     {"Sec-Fetch-Site", "same-site"},
		"a name that resolves to it":  {"Host", "rebound.example"},
		"a name that begins like it":  {"Host", "127.0.0.1.evil.example"},
		"a name with a port of its":   {"Host", "evil.example:80"},
		"origin and host of a tunnel": {"Host", "evil.example", "Origin", "http://evil.example"},
	} {
		for _, path := range []string{"", "/", "/events", "/dashboard.js", "/dashboard.css", "/icon.svg"} {
			response, answer := w.call("GET", "/_sandbox"+path, "", headers...)
			if response.StatusCode != http.StatusForbidden || strings.Contains(answer, "<") {
				t.Errorf("%s: GET %s: %d %s", name, path, response.StatusCode, answer)
			}
		}
		if response, _ := w.call("POST", "/_sandbox/do", form, append(headers, "Content-Type", "application/x-www-form-urlencoded")...); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: POST: %d", name, response.StatusCode)
		}
	}
	for _, test := range []struct {
		name, body, kind string
		status           int
	}{
		{"no token", "do=mine", "application/x-www-form-urlencoded", 403},
		{"wrong token", "token=" + strings.Repeat("A", 26) + "&do=mine", "application/x-www-form-urlencoded", 403},
		{"token in the query only", "do=mine", "application/x-www-form-urlencoded", 403},
		{"plain text, which needs no preflight", form, "text/plain", 415},
		{"JSON", form, "application/json", 415},
		{"too long", form + "&id=" + strings.Repeat("x", 1<<20), "application/x-www-form-urlencoded", 400},
	} {
		path := "/_sandbox/do"
		if test.name == "token in the query only" {
			path += "?" + form
		}
		if response, answer := w.call("POST", path, test.body, "Content-Type", test.kind); response.StatusCode != test.status {
			t.Errorf("%s: %d %s", test.name, response.StatusCode, answer)
		}
	}
	if response, _ := w.call("GET", "/_sandbox/do?"+form, ""); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of a form: %d", response.StatusCode)
	}
	if w.s.state.Height != 0 {
		t.Error("a block was found")
	}
	response, _ := w.call("GET", "/_sandbox", "")
	for name, want := range map[string]string{"X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "", "Cache-Control": "no-store"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	policy := response.Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy: %s", policy)
	}
	if response, _ := w.call("OPTIONS", "/_sandbox/do", "", "Origin", "http://evil.example", "Access-Control-Request-Method", "POST"); response.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a preflight is allowed")
	}
	if len(w.s.Requests()) != 0 {
		t.Error("the log has requests of the page")
	}
}

// TestDashboardDoes presses each button, also where nothing is left to do.
func TestDashboardDoes(t *testing.T) {
	w := newTestbed(t, Options{})
	invoice := func(body string) *world.Invoice {
		return w.s.state.Invoices[w.signed("POST", "/invoices", body)["id"].(string)]
	}
	whole, part, over, marked, invalid, expired, free := invoice(`{"price":20}`), invoice(`{"price":20}`), invoice(`{"price":20}`), invoice(`{"price":20}`), invoice(`{"price":20}`), invoice(`{"price":20}`), invoice(`{}`)
	w.s.world.Lock()
	now := w.s.world.Now()
	ask := func(label string) *world.Pairing {
		p := w.s.state.NewPairing(now)
		p.SIN, p.Label = w.sin(), &label
		return p
	}
	approved, refused := ask("approved"), ask("refused")
	w.s.world.Unlock()
	pairingID := func(label string) string {
		_, page := w.call("GET", "/_sandbox", "")
		row := regexp.MustCompile(`id="pairing-([0-9a-f]+)"[^\n]*>` + label + `<`).FindStringSubmatch(page)
		if row == nil {
			t.Fatalf("no pairing %s", label)
		}
		return row[1]
	}
	first, second := pairingID("approved"), pairingID("refused")
	fault, err := w.s.Fault(Fault{Path: "/api/v1/health", Status: 503, Times: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		do, id, value string
		status        int
		holds         func() bool
	}{
		{"pay", whole.ID, "", 200, func() bool { return whole.Status == world.StatusProcessing && whole.Exception == world.ExceptionNone }},
		{"pay", whole.ID, "", 400, nil},
		{"pay-part", part.ID, "", 200, func() bool { return part.Status == world.StatusNew && part.Exception == world.ExceptionPaidPartial }},
		{"pay-over", over.ID, "", 200, func() bool { return over.Exception == world.ExceptionPaidOver }},
		{"pay-any", free.ID, "", 200, func() bool { return free.Status == world.StatusProcessing }},
		{"mine", whole.ID, "", 200, func() bool { return w.s.state.Height == 1 }},
		{"settle", marked.ID, "", 200, func() bool { return marked.Status == world.StatusSettled }},
		{"settle", marked.ID, "", 400, nil},
		{"invalidate", invalid.ID, "", 200, func() bool { return invalid.Status == world.StatusInvalid }},
		{"expire", expired.ID, "", 200, func() bool { return expired.Status == world.StatusExpired }},
		{"expire", expired.ID, "", 400, nil},
		{"pay", "nothing", "", 400, nil},
		{"explode", whole.ID, "", 400, nil},
		{"", "", "", 400, nil},
		{"approve", first, w.s.seed.StoreID, 200, func() bool { return w.s.state.Pairings[approved.Code] == nil }},
		{"approve", first, w.s.seed.StoreID, 400, nil},
		{"refuse", second, "", 200, func() bool { return w.s.state.Pairings[refused.Code] == nil }},
		{"refuse", second, "", 400, nil},
		{"approve", approved.Code, "", 400, nil},
		{"advance", "", "16m", 200, func() bool { return part.Status == world.StatusExpired }},
		{"advance", "", "-1s", 400, nil},
		{"advance", "", "tomorrow", 400, nil},
		{"advance", "", "99999999h", 400, nil},
		{"redeliver", "nothing", "", 400, nil},
		{"remove-fault", fault.ID(), "", 200, func() bool { return len(w.s.faults.waiting()) == 0 }},
		{"remove-fault", fault.ID(), "", 400, nil},
	} {
		status, answer := w.pressButton(test.do, test.id, test.value)
		if status != test.status || (status == 200) != strings.HasPrefix(answer, `{"done":"`) {
			t.Errorf("%s %s %s: %d %s", test.do, test.id, test.value, status, answer)
		}
		w.s.world.Lock()
		if test.holds != nil && !test.holds() {
			t.Errorf("%s %s %s did not do it", test.do, test.id, test.value)
		}
		w.s.world.Unlock()
	}
	form := url.Values{"token": {w.formToken()}, "do": {"mine"}}.Encode()
	response, _ := w.call("POST", "/_sandbox/do", form, "Content-Type", "application/x-www-form-urlencoded")
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/_sandbox" {
		t.Errorf("without a script: %d %s", response.StatusCode, response.Header.Get("Location"))
	}
}

// TestDashboardHasNoSecret has each kind of secret in the sandbox, and searches the page and the events for them.
func TestDashboardHasNoSecret(t *testing.T) {
	w := newTestbed(t, Options{})
	seed := w.s.Seed()
	w.greenfield("POST", "/api/v1/stores/"+seed.StoreID+"/webhooks", `{"url":"http://user:hushhush@127.0.0.1:9/hook?key=hushhush#hushhush","secret":"hushhush"}`)
	w.greenfield("POST", "/api/v1/stores/"+seed.StoreID+"/invoices", `{"amount":1,"currency":"USD","metadata":{"orderId":"<script>alert(1)</script>"}}`)
	w.call("GET", "/api/v1/stores", "", "Authorization", "token hushhushhushhush")
	w.call("GET", "/nowhere?apiKey=hushhush&token=hushhush", "")
	w.s.world.Lock()
	claimable := w.s.state.NewPairing(w.s.world.Now())
	claimable.StoreID = seed.StoreID
	w.s.world.Unlock()
	_, page := w.call("GET", "/_sandbox", "")
	events := readEvents(t, w, "", func(text string) bool { return strings.Contains(text, "event: faults") })
	for name, text := range map[string]string{"page": page, "events": events} {
		for _, secret := range []string{seed.APIKey, seed.Password, "hushhush", claimable.Code, "<script>alert"} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s has %q", name, secret)
			}
		}
		if !strings.Contains(text, "/hook?key=…") || !strings.Contains(text, "the key is unknown") {
			t.Errorf("the %s lacks what it should have", name)
		}
	}
}

// readEvents reads events until they are enough.
func readEvents(t *testing.T, w *testbed, lastID string, enough func(string) bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", w.origin+"/_sandbox/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("events: %s", response.Status)
	}
	var text strings.Builder
	for lines := bufio.NewReader(response.Body); !enough(text.String()); {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("after %s: %v", &text, err)
		}
		text.WriteString(line)
	}
	return text.String()
}

func TestDashboardEvents(t *testing.T) {
	w := newTestbed(t, Options{})
	for range 5 {
		w.call("GET", "/api/v1/health", "")
	}
	all := readEvents(t, w, "", func(text string) bool { return strings.Contains(text, "event: faults") })
	ids := regexp.MustCompile(`(?m)^id: (\w+-\d+)$`).FindAllStringSubmatch(all, -1)
	if len(ids) != 5 {
		t.Fatalf("%d requests: %s", len(ids), all)
	}
	rest := readEvents(t, w, ids[2][1], func(text string) bool { return strings.Contains(text, "event: faults") })
	if got := regexp.MustCompile(`(?m)^id: (.*)$`).FindAllStringSubmatch(rest, -1); len(got) != 2 || got[0][1] != ids[3][1] {
		t.Errorf("after %s: %v", ids[2][1], got)
	}
	other := readEvents(t, w, "ANOTHER1-3", func(text string) bool { return strings.Contains(text, "event: faults") })
	if n := strings.Count(other, "event: request"); n != 5 {
		t.Errorf("with the id of another start: %d requests", n)
	}
	for range 150 {
		w.call("GET", "/api/v1/health", "")
	}
	gap := readEvents(t, w, ids[2][1], func(text string) bool { return strings.Contains(text, "event: faults") })
	if n := strings.Count(gap, "event: request"); n != 100 || !strings.Contains(gap, "event: gap\ndata: 52\n") {
		t.Errorf("after too many: %d requests", n)
	}

	// What happens while a page is open arrives: a request, an invoice, and a fault.
	step := 0
	readEvents(t, w, ids[2][1], func(text string) bool {
		switch {
		case step == 0 && strings.Contains(text, "event: faults"):
			step = 1
			w.signed("POST", "/invoices", `{"price":20,"orderId":"fresh-1"}`)
		case step == 1 && strings.Contains(text, "<code>/invoices</code>") && strings.Contains(text, "order fresh-1"):
			step = 2
			if _, err := w.s.Fault(Fault{Path: "/fresh-2", Drop: true}); err != nil {
				t.Error(err)
			}
		case step == 2 && strings.Contains(text, "/fresh-2"):
			return true
		}
		return false
	})
}

// Readers are few, and one that leaves makes room.
func TestDashboardReadersAreBounded(t *testing.T) {
	w := newTestbed(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := func() *http.Response {
		r, err := http.NewRequestWithContext(ctx, "GET", w.origin+"/_sandbox/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	for i := range 16 {
		if response := open(); response.StatusCode != http.StatusOK {
			t.Fatalf("reader %d: %s", i, response.Status)
		}
	}
	if response := open(); response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", response.Status)
	}
	cancel()
	ctx = t.Context()
	eventually(t, "a reader has room again", func() bool {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.origin+"/_sandbox/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		io.CopyN(io.Discard, response.Body, 1)
		return response.StatusCode == http.StatusOK
	})
}
