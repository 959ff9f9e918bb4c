package replay

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// shop is a server small enough to be wrong in one way at a time.
type shop struct {
	wrong  string
	ids    int
	notify string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	is := func(wrong string) bool { return s.wrong == wrong }
	switch r.Method + " " + r.URL.RequestURI() {
	case "POST /_sandbox/clock", "POST /_sandbox/mine":
		fmt.Fprint(w, `{}`)
	case "POST /_sandbox/effect":
		request, err := http.NewRequestWithContext(r.Context(), "POST", s.notify, strings.NewReader(`{"n":1}`))
		if err != nil {
			panic(err)
		}
		if is("delivery") {
			request.Body = io.NopCloser(strings.NewReader(`{"n":2}`))
			request.ContentLength = 7
		}
		if !is("no delivery") {
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				panic(err)
			}
			response.Body.Close()
		}
		fmt.Fprint(w, `{}`)
	case "POST /_sandbox/pay":
		fmt.Fprint(w, `{"txid":"`+strings.Repeat("ab", 32)+`","vout":0}`)
	case "POST /shop/things":
		s.ids++
		s.notify = string(body)
		w.Header().Set("Content-Type", "application/json")
		if is("header") {
			w.Header().Set("Content-Type", "text/plain")
		}
		if is("status") {
			w.WriteHeader(201)
		}
		member := "id"
		if is("member") {
			member = "ID"
		}
		fmt.Fprintf(w, `{%q:"%07d","pause":%v}`, member, 1111111+s.ids, is("pause"))
	case "GET /shop/things/1111112?x=%2f":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"ready":%v}`, !is("poll"))
	case "GET /shop/page":
		w.Header().Set("Content-Type", "text/html")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/shop"})
		field := map[bool]string{true: "number", false: "text"}[is("field")]
		fmt.Fprintf(w, `<title>T</title><p>Hello <b>%s</b></p><form action="/shop/sent" method="post">
			<input type="hidden" name="Rows[0].Key" value="one"><input type="checkbox" name="Rows[0].On" value="true">
			<input type="%s" name="Who" value="me"><input type="hidden" name="__RequestVerificationToken" value="t">
			<button name="do" value="go">Send</button></form>`, map[bool]string{true: "nobody", false: "a&amp;b"}[is("text")], field)
	case "POST /shop/sent":
		cookie, err := r.Cookie("seen")
		if err != nil || cookie.Value != "1" || string(body) != "Rows%5B0%5D.On=true&Who=you&__RequestVerificationToken=t&Extra=1&do=go" || is("form") {
			w.WriteHeader(400)
			return
		}
		w.WriteHeader(204)
	default:
		w.WriteHeader(404)
	}
}

const shopRecording = `{"group":"shop","about":"","server":{"version":"2.4.1","network":"regtest","env":{"BTCPAY_ROOTPATH":"/shop"}},
"vars":{"who":"a&b"},"steps":[
{"name":"make","request":{"method":"POST","path":"/things","text":"{{receiver}}/ipn"},"capture":{"id":"json:id"},
 "response":{"status":200,"headers":{"content-type":"application/json"},"json":{"id":"{{id}}","pause":false}}},
{"name":"read","request":{"method":"GET","path":"/things/{{id}}?x=%2f"},"poll":{"until":"json:ready=true","timeout":500},
 "response":{"status":200,"headers":{},"json":{"ready":true}}},
{"name":"open","request":{"method":"GET","path":"/page","session":"s"},
 "response":{"status":200,"headers":{},"page":{"title":"other","alerts":[],"texts":["Hello {{who}}","unseen"],"forms":[{"action":"/shop/sent","method":"post",
  "fields":[{"name":"Who","type":"text"},{"name":"Rows[0].Key","type":"hidden"},{"name":"Rows[0].On","type":"checkbox"},{"name":"__RequestVerificationToken","type":"hidden"}],
  "buttons":[{"name":"do","value":"go","text":"Send"}]}]}}},
{"name":"send","request":{"method":"POST","path":"/sent","session":"s","fromPage":{"button":"Send"},"form":[["@check","one"],["Rows[0].Key",null],["Who","you"],["Extra","1"]]},
 "response":{"status":204,"headers":{},"empty":true}},
{"name":"pay","pay":{"address":"a","amount":"1"},"paid":{"txid":{"$any":"string","like":"hex:64"},"vout":0}},
{"name":"block","mine":1},
{"name":"force","effect":{"x":"{{id}}"}},
{"name":"hear","receive":{"path":"/ipn","count":1,"timeout":300},"received":[{"method":"POST","path":"/ipn","headers":{},"json":{"n":1},"layout":"compact"}]},
{"name":"nothing more","receive":{"path":"/ipn","count":0,"timeout":100},"received":[]}]}`

func TestPlay(t *testing.T) {
	r, err := parse([]byte(shopRecording))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ wrong, at string }{ // step and place of each difference
		{"", ""},
		{"status", "make status"},
		{"header", "make header content-type"},
		{"member", "make capture of id, make id, make ID, read request"},
		{"pause", "make pause"},
		{"poll", "read poll, read ready"},
		{"text", "open text"},
		{"field", "open form 0 field, open form 0 field"},
		{"form", "send status"},
		{"delivery", "hear delivery.0.json.n"},
		{"no delivery", "hear delivery.0"},
	}
	for _, test := range tests {
		t.Run(test.wrong, func(t *testing.T) {
			server := httptest.NewServer(&shop{wrong: test.wrong})
			defer server.Close()
			defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
			report, err := r.play(t.Context(), server.URL+"/shop/", Options{}, 0)
			if test.wrong == "member" { // its id is used in a step that must not fail
				if err == nil {
					t.Error("a step with an unknown variable went through")
				}
			} else if err != nil {
				t.Fatal(err)
			}
			var at []string
			for _, m := range report.Mismatches {
				for _, d := range m.Differences {
					at = append(at, m.Step+" "+d.Where)
				}
			}
			if got := strings.Join(at, ", "); got != test.at {
				t.Errorf("differences at %q, want %q", got, test.at)
			}
			if wrong := len(report.Mismatches); report.Exchanges-report.Alike != wrong {
				t.Errorf("%d of %d alike, with %d that are not", report.Alike, report.Exchanges, wrong)
			}
		})
	}
}

func TestPlaySkips(t *testing.T) {
	r, err := parse([]byte(shopRecording))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&shop{wrong: "form"})
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	report, err := r.Play(t.Context(), server.URL+"/shop", Options{Skip: map[string]string{"shop: send": "it is in a hurry"}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	want := "shop: 6 of 6 exchanges alike, 1 not imitated\n\nshop: send is not imitated: it is in a hurry\n"
	if text.String() != want {
		t.Errorf("%q, want %q", text.String(), want)
	}
}

func TestPlayRefuses(t *testing.T) {
	r, err := parse([]byte(shopRecording))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "http://127.0.0.1:1", "http://127.0.0.1:1/other", "127.0.0.1:1/shop", "http://u:p@127.0.0.1:1/shop", "http://127.0.0.1:1/shop?x", "http://127.0.0.1:1/shop"} {
		if _, err := r.Play(t.Context(), address, Options{}); err == nil {
			t.Errorf("%q is played against", address)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	const head = `{"group":"g","about":"","server":{"version":"1","network":"regtest","env":{}},"vars":{},"steps":[`
	for _, text := range []string{
		``, `null`, `[]`, `{"group":1}`,
		head + `{"name":"a","request":{"method":"GET","path":"/"}}]}`,
		head + `{"name":"a","wait":1},{"name":"a","wait":1}]}`,
		head + `{"name":"a","wait":1,"mine":1}]}`,
		head + `{"name":"a"}]}`,
		head + `{"name":"a","dance":1}]}`,
		head + `{"name":"a","receive":{"path":"/x","count":1,"timeout":1}}]}`,
		head + `{"name":"a","request":{"method":"GET","path":"/","form":[["x"]]},"response":{"status":200}}]}`,
		head + `{"name":"a","request":{"method":"GET","path":"/","auth":{"basic":["x"]}},"response":{"status":200}}]}`,
	} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("this is taken for a recording: %s", text)
		}
	}
	if _, err := LoadAll("no/such/*.json"); err == nil {
		t.Error("no recording at all is no error")
	}
	if _, err := Load("no/such.json"); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestReportIsFitForATerminal(t *testing.T) {
	r := &Report{Group: "g", Exchanges: 1, Mismatches: []Mismatch{{"s", "GET /\x1b[31m\u202e", []Difference{{"body", "a\nb", strings.Repeat("x", 5000) + "\xff"}}}}}
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\u202e") || !utf8.ValidString(text.String()) || text.Len() > 2000 {
		t.Errorf("%q", text.String())
	}
}

// TestPlayInRealTime has a server without control: waits take their time, and a payment cannot be made.
func TestPlayInRealTime(t *testing.T) {
	start, polls := time.Now(), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ready" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		polls++
		fmt.Fprintf(w, `{"ready":%v}`, polls == 3)
	}))
	defer server.Close()
	r, err := parse([]byte(`{"group":"slow","about":"","server":{"version":"1","network":"regtest","env":{}},"vars":{},"steps":[
		{"name":"wait","wait":40},
		{"name":"poll","request":{"method":"GET","path":"/ready"},"poll":{"until":"json:ready=true","every":10,"timeout":120000},"response":{"status":200,"headers":{},"json":{"ready":true}}},
		{"name":"pay","pay":{"address":"a","amount":"1"},"paid":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Play(t.Context(), server.URL, Options{})
	if err == nil || !strings.Contains(err.Error(), `step "pay"`) || !strings.Contains(err.Error(), "is this a sandbox?") {
		t.Errorf("a payment where there is no control: %v", err)
	}
	if took := time.Since(start); report.Alike != 1 || polls != 3 || took < 60*time.Millisecond { // a wait, and two times between polls
		t.Errorf("%s after %v and %d polls", report.Summary(), took, polls)
	}
}
