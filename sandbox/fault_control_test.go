package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func (w *testbed) list(action, body string) []map[string]any {
	w.t.Helper()
	response, answer := w.call("POST", "/_sandbox/"+action, body)
	var result []map[string]any
	if err := json.Unmarshal([]byte(answer), &result); response.StatusCode != http.StatusOK || err != nil {
		w.t.Fatalf("%s %s: %d %s", action, body, response.StatusCode, answer)
	}
	return result
}

// Each kind of fault is set by control, met by one request and gone after it.
func TestFaultKindsByControl(t *testing.T) {
	w := newTestbed(t, Options{})
	path := "/api/v1/stores/" + w.s.Seed().StoreID
	page := func(status int, word string) func(*http.Response, string) bool {
		return func(r *http.Response, text string) bool {
			return r.StatusCode == status && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && strings.Contains(text, word)
		}
	}
	ahead := func(r *http.Response) time.Duration {
		at, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			t.Error(err)
		}
		return at.Sub(w.s.Now())
	}
	for _, c := range []struct {
		ask  string // of control, without the path
		says string // in the list
		met  func(*http.Response, string) bool
	}{
		{`"kind":"latency","value":"1ms"`, "latency 1ms", func(r *http.Response, _ string) bool { return r.StatusCode == 200 }},
		{`"kind":"status","value":"503"`, "status 503", func(r *http.Response, text string) bool { return r.StatusCode == 503 && text == "" }},
		{`"kind":"status","value":"500","body":"oops","header":{"X-Cache":"MISS"}`, "status 500", func(r *http.Response, text string) bool {
			return r.StatusCode == 500 && text == "oops" && r.Header.Get("X-Cache") == "MISS"
		}},
		{`"kind":"status","value":"502","executed":true,"latency":"1ms"`, "status 502, latency 1ms, executed", func(r *http.Response, _ string) bool { return r.StatusCode == 502 }},
		{`"kind":"bad-json"`, "bad-json", func(r *http.Response, text string) bool {
			return r.StatusCode == 200 && strings.HasPrefix(text, `{"`) && !json.Valid([]byte(text)) && int(r.ContentLength) == len(text)
		}},
		{`"kind":"throttle","value":"30s"`, "throttle 30s", func(r *http.Response, _ string) bool {
			return r.StatusCode == 429 && r.Header.Get("Retry-After") == "30"
		}},
		{`"kind":"throttle","value":"1ms"`, "throttle 1ms", func(r *http.Response, _ string) bool { return r.Header.Get("Retry-After") == "1" }},
		{`"kind":"clock-skew","value":"-10m"`, "clock-skew -10m", func(r *http.Response, _ string) bool {
			return r.StatusCode == 200 && ahead(r) <= -10*time.Minute && ahead(r) > -13*time.Minute
		}},
		{`"kind":"maintenance"`, "maintenance", page(503, "maintenance")},
		{`"kind":"firewall"`, "firewall", page(403, "firewall")},
	} {
		set := w.control("fault", `{`+c.ask+`,"path":"/api/v1/stores/{id}"}`)
		if set["fault"] != c.says || set["left"] != 1.0 || set["id"] == "" {
			t.Errorf("%s: it is set as %v", c.ask, set)
		}
		if list := w.list("fault/list", `{}`); len(list) != 1 || list[0]["id"] != set["id"] {
			t.Errorf("%s: the list is %v", c.ask, list)
		}
		w.greenfield("GET", "/api/v1/server/info", "")
		if r, text := w.greenfield("GET", path, ""); !c.met(r, text) {
			t.Errorf("%s: %d %v %q", c.ask, r.StatusCode, r.Header, text)
		}
		if r, text := w.greenfield("GET", path, ""); r.StatusCode != 200 || !json.Valid([]byte(text)) || ahead(r) < -3*time.Minute {
			t.Errorf("%s: the request after it: %d %q", c.ask, r.StatusCode, text)
		}
		if list := w.list("fault/list", ``); len(list) != 0 {
			t.Errorf("%s: it is still there: %v", c.ask, list)
		}
	}
}

func TestFaultRemovedByControl(t *testing.T) {
	w := newTestbed(t, Options{})
	first := w.control("fault", `{"kind":"status","value":"500","times":-1}`)
	w.control("fault", `{"kind":"firewall","times":3,"method":"delete"}`)
	for range 3 {
		if r, _ := w.greenfield("GET", "/api/v1/health", ""); r.StatusCode != 500 {
			t.Errorf("%d", r.StatusCode)
		}
	}
	if list := w.list("fault/list", `{}`); len(list) != 2 || list[0]["left"] != -1.0 || list[0]["met"] != 3.0 || list[1]["left"] != 3.0 {
		t.Errorf("%v", list)
	}
	if gone := w.list("fault/remove", `{"id":"`+first["id"].(string)+`"}`); len(gone) != 1 || gone[0]["met"] != 3.0 {
		t.Errorf("%v", gone)
	}
	if r, _ := w.greenfield("GET", "/api/v1/health", ""); r.StatusCode != 200 {
		t.Errorf("%d", r.StatusCode)
	}
	if gone := w.list("fault/remove", `{"all":true}`); len(gone) != 1 || len(w.s.Faults()) != 0 {
		t.Errorf("%v", gone)
	}
	if gone := w.list("fault/remove", `{"all":true}`); len(gone) != 0 {
		t.Errorf("%v", gone)
	}
}

func TestBadInputFault(t *testing.T) {
	w := newTestbed(t, Options{})
	for _, ask := range [][2]string{
		{"fault", ``}, {"fault", `{}`}, {"fault", `{"kind":"Firewall"}`}, {"fault", `{"kind":"flood"}`},
		{"fault", `{"kind":"firewall","value":"1"}`}, {"fault", `{"kind":"latency"}`}, {"fault", `{"kind":"latency","value":"soon"}`},
		{"fault", `{"kind":"latency","value":"-1s"}`}, {"fault", `{"kind":"latency","value":"2h"}`}, {"fault", `{"kind":"latency","value":"1s","latency":"1s"}`},
		{"fault", `{"kind":"status","value":"100"}`}, {"fault", `{"kind":"status","value":"600"}`}, {"fault", `{"kind":"status","value":503}`},
		{"fault", `{"kind":"cut","value":"-1"}`}, {"fault", `{"kind":"throttle","value":"0"}`}, {"fault", `{"kind":"clock-skew","value":"0s"}`},
		{"fault", `{"kind":"clock-skew","value":"999999h"}`}, {"fault", `{"kind":"lost","body":"x"}`}, {"fault", `{"kind":"lost","path":"api"}`},
		{"fault", `{"kind":"lost","latency":"-1s"}`}, {"fault", `{"kind":"lost","times":"2"}`},
		{"fault/list", `{"x":1}`}, {"fault/remove", `{}`}, {"fault/remove", `{"id":"7"}`}, {"fault/remove", `{"id":"1","all":true}`},
	} {
		if response, answer := w.call("POST", "/_sandbox/"+ask[0], ask[1]); response.StatusCode != http.StatusBadRequest || !strings.Contains(answer, `"error":`) {
			t.Errorf("%s %s: %d %s", ask[0], ask[1], response.StatusCode, answer)
		}
	}
	for range maxFaults {
		if _, err := w.s.Fault(Fault{Drop: true, Path: "/nowhere"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.s.Fault(Fault{Drop: true}); err == nil {
		t.Error("there is no bound")
	}
}
