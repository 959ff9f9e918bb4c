package sandbox

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestControlRefusesStrangers(t *testing.T) {
	w := newTestbed(t, Options{})
	for name, headers := range map[string][]string{
		"a page of another site":        {"Origin", "http://evil.example"},
		"a page of another port":        {"Origin", "http://127.0.0.1:1"},
		"a page without an origin":      {"Origin", "null"},
		"a browser's cross-site post":   {"Sec-Fetch-Site", "cross-site"},
		"a browser's same-site post":    {"Sec-Fetch-Site", "same-site"},
		"a name that resolves to here":  {"Host", "rebound.example"},
		"a name with the sandbox's own": {"Host", "127.0.0.1.evil.example"},
	} {
		if response, answer := w.call("POST", "/_sandbox/mine", `{"blocks":1}`, headers...); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, response.StatusCode, answer)
		}
	}
	if w.s.state.Height != 0 {
		t.Error("a block was found")
	}
	if response, answer := w.call("POST", "/_sandbox/mine", `{}`, "Origin", w.origin, "Sec-Fetch-Site", "same-origin"); response.StatusCode != http.StatusOK {
		t.Errorf("the sandbox's own page: %d %s", response.StatusCode, answer)
	}

	far := httptest.NewRequest("POST", "/_sandbox/mine", strings.NewReader(`{}`))
	far.Host = "127.0.0.1"
	far = far.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)})))
	recorder := httptest.NewRecorder()
	w.s.ServeHTTP(recorder, far)
	if recorder.Code != http.StatusForbidden {
		t.Errorf("a listener beyond loopback: %d", recorder.Code)
	}
}

func TestBadInputControl(t *testing.T) {
	w := newTestbed(t, Options{})
	inv := w.signed("POST", "/invoices", `{"price":20}`)
	address := `"address":"` + inv["bitcoinAddress"].(string) + `",`
	for _, test := range []struct{ action, body string }{
		{"pay", `{"address":"nobody","amount":"1"}`},
		{"pay", `{` + address + `"amount":"-1"}`},
		{"pay", `{` + address + `"amount":"0"}`},
		{"pay", `{` + address + `"amount":"1e400"}`},
		{"pay", `{` + address + `"amount":"0.000000001"}`},
		{"pay", `{` + address + `"amount":"21000001"}`},
		{"pay", `{` + address + `"amount":"1","confirmations":-1}`},
		{"pay", `{` + address + `"amount":"1","colour":"red"}`},
		{"pay", `{`},
		{"pay", ``},
		{"mine", `{"blocks":0}`},
		{"mine", `{"blocks":1000000000}`},
		{"clock", `{"advance":"-1s"}`},
		{"clock", `{"advance":"tomorrow"}`},
		{"clock", `{"advance":"9999999h"}`},
		{"effect", `{"expirePairingCode":"unknown"}`},
		{"effect", `{"explode":true}`},
		{"effect", `{"replacePayment":"unknown"}`},
	} {
		response, answer := w.call("POST", "/_sandbox/"+test.action, test.body)
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(answer, `"error":`) {
			t.Errorf("%s %s: %d %s", test.action, test.body, response.StatusCode, answer)
		}
	}
	if response, _ := w.call("POST", "/_sandbox/mine", `{"blocks":"`+strings.Repeat("1", maxControlBody)+`"}`); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without end: %d", response.StatusCode)
	}
	if response, _ := w.call("GET", "/_sandbox/mine", ""); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", response.StatusCode)
	}
	if response, _ := w.call("POST", "/_sandbox/unknown", "{}"); response.StatusCode != http.StatusNotFound {
		t.Errorf("unknown: %d", response.StatusCode)
	}
}

// Clients take the server's time from Date, so it has to go with the clock.
func TestControlClockMovesDate(t *testing.T) {
	now := time.Now()
	w := newTestbed(t, Options{Now: func() time.Time { return now }})
	date := func() time.Time {
		t.Helper()
		response, _ := w.call("GET", "/api/v1/health", "")
		at, err := http.ParseTime(response.Header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := date()
	w.control("clock", `{"advance":"16m"}`)
	if ahead := date().Sub(before); ahead != 16*time.Minute {
		t.Errorf("16 minutes later it is %v later", ahead)
	}
}
