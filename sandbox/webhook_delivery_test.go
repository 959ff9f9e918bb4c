package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// shop is a receiver of webhooks: it keeps what came, and answers by the path: a status, or an oddity.
type shop struct {
	*httptest.Server
	mu   sync.Mutex
	came []post
}

// post is a request that came.
type post struct {
	Method, Path, Signature string
	Body                    []byte
	Event                   struct {
		DeliveryID, OriginalDeliveryID, Type, InvoiceID string
		IsRedelivery                                    bool
		Timestamp                                       int64
	}
}

func newShop(t *testing.T) *shop {
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p := post{Method: r.Method, Path: r.URL.Path, Signature: r.Header.Get("BTCPay-Sig"), Body: body}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &p.Event); err != nil {
				t.Errorf("%s: %v", body, err)
			}
		}
		s.mu.Lock()
		s.came = append(s.came, p)
		s.mu.Unlock()
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
		}
		kind := strings.TrimPrefix(r.URL.Path, "/")
		if status, err := strconv.Atoi(kind); err == nil {
			w.WriteHeader(status)
			return
		}
		switch kind {
		case "cut":
			panic(http.ErrAbortHandler)
		case "half":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "endless":
			for chunk := make([]byte, 1<<20); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		case "long":
			w.Write(make([]byte, 4<<20))
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

// take returns what came since the last call.
func (s *shop) take() []post {
	s.mu.Lock()
	defer s.mu.Unlock()
	came := s.came
	s.came = nil
	return came
}

func (s *shop) types() string {
	var all []string
	for _, p := range s.take() {
		all = append(all, p.Path+" "+p.Event.Type)
	}
	return strings.Join(all, ", ")
}

func (p *post) signedWith(secret string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(p.Body)
	return p.Signature == "sha256="+hex.EncodeToString(mac.Sum(nil))
}

// created is the body of a webhook that wants the first event of an invoice.
func created(url string) string {
	return `{"url":"` + url + `","authorizedEvents":{"everything":false,"specificEvents":["InvoiceCreated"]}}`
}

// TestWebhookOutcomes has what receivers do, what the list of deliveries says of it, and whether it is tried again
// (recordings 22-webhooks and 45-webhook-deliveries-neighbours; redirects: neighbours; the rest: the server's
// WebhookSender and the messages of its platform).
func TestWebhookOutcomes(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(secure.Close)
	failed := func(message string) string { return "Failed: " + message }
	for _, test := range []struct {
		url, want string
		again     bool
		came      string
	}{
		{s.URL + "/200", "HttpSuccess 200", false, "POST /200"},
		{s.URL + "/201", "HttpSuccess 201", false, "POST /201"},
		{s.URL + "/204", "HttpSuccess 204", false, "POST /204"},
		{s.URL + "/299", "HttpSuccess 299", false, "POST /299"},
		{s.URL + "/300", "HttpError 300: HTTP Error Code 300", false, "POST /300"},
		{s.URL + "/302", "HttpError 302: HTTP Error Code 302", false, "POST /302"},
		{s.URL + "/304", "HttpError 304: HTTP Error Code 304", false, "POST /304"},
		{s.URL + "/300?to=/200", "HttpSuccess 200", false, "POST /300, GET /200"},
		{s.URL + "/301?to=/204", "HttpSuccess 204", false, "POST /301, GET /204"},
		{s.URL + "/302?to=/404", "HttpError 404: HTTP Error Code 404", false, "POST /302, GET /404"},
		{s.URL + "/303?to=/200", "HttpSuccess 200", false, "POST /303, GET /200"},
		{s.URL + "/307?to=/200", "HttpSuccess 200", false, "POST /307, POST /200"},
		{s.URL + "/308?to=/500", "HttpError 500: HTTP Error Code 500", true, "POST /308, POST /500"},
		{s.URL + "/302?to=ftp://a/", "HttpError 302: HTTP Error Code 302", false, "POST /302"},
		{s.URL + "/302?to=http://", "HttpError 302: HTTP Error Code 302", false, "POST /302"},
		{s.URL + "/400", "HttpError 400: HTTP Error Code 400", false, "POST /400"},
		{s.URL + "/401", "HttpError 401: HTTP Error Code 401", false, "POST /401"},
		{s.URL + "/404", "HttpError 404: HTTP Error Code 404", false, "POST /404"},
		{s.URL + "/410", "HttpError 410: HTTP Error Code 410", false, "POST /410"},
		{s.URL + "/413", "HttpError 413: HTTP Error Code 413", false, "POST /413"},
		{s.URL + "/408", "HttpError 408: HTTP Error Code 408", true, "POST /408"},
		{s.URL + "/429", "HttpError 429: HTTP Error Code 429", true, "POST /429"},
		{s.URL + "/503", "HttpError 503: HTTP Error Code 503", true, "POST /503"},
		{s.URL + "/599", "HttpError 599: HTTP Error Code 599", true, "POST /599"},
		{s.URL + "/cut", failed("An error occurred while sending the request."), true, "POST /cut"},
		{s.URL + "/half", failed("Error while copying content to a stream."), true, "POST /half"},
		{s.URL + "/long", "HttpSuccess 200", false, "POST /long"},
		{s.URL + "/endless", failed("Cannot write more bytes to the buffer than the configured maximum buffer size: 2147483647."), true, "POST /endless"},
		{"http://127.0.0.1:1/x", failed("Connection refused (127.0.0.1:1)"), true, ""},
		{"http://localhost:1", failed("Connection refused (localhost:1)"), true, ""},
		{"ftp://127.0.0.1:1/x", failed("The 'ftp' scheme is not supported."), true, ""},
		{"JavaScript:alert(1)", failed("The 'javascript' scheme is not supported."), true, ""},
		{"/hook", failed("The 'file' scheme is not supported."), true, ""},
		{strings.Replace(s.URL, "http:", "https:", 1) + "/200", failed("The SSL connection could not be established, see inner exception."), true, ""},
		{secure.URL, "HttpSuccess 200", false, ""}, // on loopback no certificate is checked
		{strings.Replace(s.URL, "//", "//user:pass@", 1) + "/200?x=%zz#part", "HttpSuccess 200", false, "POST /200"},
	} {
		h := w.makeHook(created(test.url))
		w.freeInvoice()
		w.quiet()
		if got := h.outcomes(); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.url, got, test.want)
		}
		var came []string
		for _, p := range s.take() {
			came = append(came, p.Method+" "+p.Path)
			if posted := p.Method == "POST"; posted != p.signedWith(h.secret) || posted != (len(p.Body) > 0) {
				t.Errorf("%s: %s %s has the signature %q and %d bytes", test.url, p.Method, p.Path, p.Signature, len(p.Body))
			}
		}
		if got := strings.Join(came, ", "); got != test.came {
			t.Errorf("%s: came %s\nwant %s", test.url, got, test.came)
		}
		w.s.world.Lock()
		again := w.s.state.WebhookDeliveries[h.deliveriesLocked()].Retry != nil
		w.s.world.Unlock()
		if again != test.again {
			t.Errorf("%s: it is tried again: %t", test.url, again)
		}
		w.greenfield("DELETE", h.path, "")
	}
	loops := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Path+"x")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	t.Cleanup(loops.Close)
	h := w.makeHook(created(loops.URL + "/"))
	w.freeInvoice()
	w.quiet()
	if got := h.outcomes(); got != "HttpError 307: HTTP Error Code 307" {
		t.Errorf("a loop: %s", got)
	}
}

// deliveriesLocked is the id of the only delivery. The caller holds the lock.
func (h *hook) deliveriesLocked() string {
	for id, d := range h.w.s.state.WebhookDeliveries {
		if d.WebhookID == h.id {
			return id
		}
	}
	return ""
}

// TestWebhookRetries follows an event through all its tries (WebhookSender: after 10 s, a minute, and six times ten
// minutes), with another one that waits behind it.
func TestWebhookRetries(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(created(s.URL + "/500"))
	first := w.freeInvoice()
	w.quiet()
	start := w.s.Now()
	second := w.freeInvoice()
	w.quiet()
	if came := s.take(); len(came) != 1 || came[0].Event.InvoiceID != first || came[0].Event.IsRedelivery {
		t.Fatalf("%+v", came)
	}
	ids := map[string]bool{}
	original := h.deliveries("")[0].ID
	for i, pause := range []string{"10s", "1m", "10m", "10m", "10m", "10m", "10m", "10m"} {
		d, err := time.ParseDuration(pause)
		if err != nil {
			t.Fatal(err)
		}
		w.control("clock", fmt.Sprintf(`{"advance":%q}`, d-9*time.Second)) // what the test itself takes is less
		w.quiet()
		if came := s.take(); d > 10*time.Second && len(came) > 0 {
			t.Fatalf("try %d is too early", i+2)
		}
		w.control("clock", `{"advance":"9s"}`)
		w.quiet()
		came := s.take()
		if i == 7 { // the last one, and then the other event
			if len(came) != 2 || came[1].Event.InvoiceID != second || came[1].Event.IsRedelivery {
				t.Fatalf("after the last try: %+v", came)
			}
			came = came[:1]
		}
		if len(came) != 1 {
			t.Fatalf("try %d: %+v", i+2, came)
		}
		e := came[0].Event
		if e.InvoiceID != first || !e.IsRedelivery || e.OriginalDeliveryID != original || e.DeliveryID == original || ids[e.DeliveryID] || e.Timestamp > start.Unix() {
			t.Errorf("try %d: %+v", i+2, e)
		}
		ids[e.DeliveryID] = true
	}
	list := h.deliveries("")
	if len(list) != 10 || list[9].ID != original {
		t.Errorf("%+v", list)
	}
	for i := range list[1:] {
		if list[i].Timestamp < list[i+1].Timestamp {
			t.Errorf("the list is not newest first: %+v", list)
		}
	}
	if last, before := list[0], list[1]; last.Timestamp-before.Timestamp != 600 || last.DeliveryTime != last.Timestamp {
		t.Errorf("the last two tries: %+v %+v", last, before)
	}
}

// TestWebhookJump moves the clock over all tries at once: each is made, with the time for which it was due.
func TestWebhookJump(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.makeHook(created("http://127.0.0.1:1/x"))
	w.freeInvoice()
	w.quiet()
	w.control("clock", `{"advance":"2h"}`)
	eventually(t, "nine tries were made", func() bool { return len(h.deliveries("")) == 9 })
	w.quiet()
	list := h.deliveries("")
	for i, seconds := range []int64{600, 600, 600, 600, 600, 600, 60, 10} {
		if got := list[i].Timestamp - list[i+1].Timestamp; got < seconds-1 || got > seconds+1 {
			t.Errorf("try %d came %d s after the one before, not %d", 9-i, got, seconds)
		}
	}
}

// TestWebhookChangedMeanwhile has webhooks that change while an event is tried again and another one waits behind it
// (WebhookSender.Process: a retry asks for the webhook of now; what waits goes to where the webhook led at the event).
func TestWebhookChangedMeanwhile(t *testing.T) {
	for _, test := range []struct{ name, method, body, want string }{
		{"moved", "PUT", `{"url":"%s/200","secret":"another secret","authorizedEvents":{"everything":false,"specificEvents":["InvoiceCreated"]}}`, "/200 InvoiceCreated, /500 InvoiceCreated"},
		{"no retries", "PUT", `{"url":"%s/200","automaticRedelivery":false}`, "/500 InvoiceCreated"},
		{"switched off", "PUT", `{"url":"%s/200","enabled":false}`, ""},
		{"another event", "PUT", `{"url":"%s/200","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled"]}}`, ""},
		{"event in small letters", "PUT", `{"url":"%s/200","authorizedEvents":{"everything":false,"specificEvents":["invoicecreated"]}}`, ""},
		{"removed", "DELETE", ``, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, s := newTestbed(t, Options{}), newShop(t)
			h := w.makeHook(created(s.URL + "/500"))
			w.freeInvoice()
			w.quiet()
			w.freeInvoice() // waits
			s.take()
			if strings.Contains(test.body, "%s") {
				test.body = fmt.Sprintf(test.body, s.URL)
			}
			if response, answer := w.greenfield(test.method, h.path, test.body); response.StatusCode != 200 {
				t.Fatal(answer)
			}
			w.control("clock", `{"advance":"10s"}`)
			w.quiet()
			if got := s.types(); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestWebhookWhoGets has two webhooks of one store, one that is switched off, one without events and one of another store.
func TestWebhookWhoGets(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	w.makeHook(`{"url":"` + s.URL + `/200"}`)
	w.makeHook(created(s.URL + "/201"))
	w.makeHook(created(s.URL + "/202"))
	w.makeHook(`{"url":"` + s.URL + `/off","enabled":false}`)
	w.makeHook(`{"url":"` + s.URL + `/nothing","authorizedEvents":{"everything":false}}`)
	w.makeHook(`{"url":"` + s.URL + `/unknown","authorizedEvents":{"everything":false,"specificEvents":["NoSuchEvent","invoicecreated"," InvoiceCreated"]}}`)
	w.makeHook(`{"url":"` + s.URL + `/204","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled","InvoiceSettled"]}}`)
	w.greenfield("POST", "/api/v1/stores/"+w.otherStore()+"/webhooks", `{"url":"`+s.URL+`/other"}`)
	w.freeInvoice()
	w.quiet()
	var got []string
	for _, p := range s.take() {
		got = append(got, p.Path+" "+p.Event.Type)
	}
	slices.Sort(got)
	if want := []string{"/200 InvoiceCreated", "/200 InvoiceProcessing", "/200 InvoiceSettled", "/201 InvoiceCreated", "/202 InvoiceCreated", "/204 InvoiceSettled"}; !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	// Of a webhook whose list of events is null the server cannot say what it wants, and posts to none.
	confused := w.makeHook(`{"url":"` + s.URL + `/null","authorizedEvents":{"everything":false,"specificEvents":null}}`)
	w.freeInvoice()
	w.quiet()
	if got := s.types(); got != "" {
		t.Errorf("with a null: %s", got)
	}
	w.greenfield("PUT", confused.path, `{"url":"`+s.URL+`/null","enabled":false,"authorizedEvents":{"everything":false,"specificEvents":null}}`)
	w.freeInvoice()
	w.quiet()
	if got := s.take(); len(got) != 6 {
		t.Errorf("with a null that is switched off: %d", len(got))
	}
}

// TestWebhookRedeliver has deliveries that are made again by hand (recordings 22 and 45; GreenfieldStoreWebhooksController).
func TestWebhookRedeliver(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h, other := w.makeHook(created(s.URL+"/200")), w.makeHook(created(s.URL+"/201"))
	w.freeInvoice()
	w.quiet()
	s.take()
	original := h.deliveries("")[0].ID
	ask := func(h *hook, id string, want int, says string) string {
		t.Helper()
		response, answer := w.greenfield("POST", h.path+"/deliveries/"+id+"/redeliver", "")
		if response.StatusCode != want || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, want %d %s", id, response.StatusCode, answer, want, says)
		}
		w.quiet()
		return strings.Trim(answer, `"`)
	}
	const unknown = "webhookdelivery-not-found"
	ask(h, strings.ToLower(original), 404, unknown)
	ask(h, strings.ToUpper(original), 404, unknown)
	ask(h, "none", 404, unknown)
	ask(h, other.deliveries("")[0].ID, 404, unknown)
	ask(other, original, 404, unknown)
	if got := s.take(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	second := ask(h, original, 200, `"`)
	third := ask(h, second, 200, `"`)
	fourth := ask(h, original, 200, `"`) // the same again
	for i, p := range s.take() {
		if want := []string{second, third, fourth}[i]; p.Event.DeliveryID != want || p.Event.OriginalDeliveryID != original || !p.Event.IsRedelivery || !p.signedWith(h.secret) {
			t.Errorf("%s: %+v", want, p.Event)
		}
	}
	if list := h.deliveries(""); len(list) != 4 || list[0].ID != fourth || list[3].ID != original {
		t.Errorf("%+v", list)
	}
	w.greenfield("PUT", h.path, `{"url":"`+s.URL+`/200","enabled":false}`)
	unsent := ask(h, original, 200, `"`)
	ask(h, unsent, 404, unknown)
	if response, _ := w.greenfield("GET", h.path+"/deliveries/"+unsent, ""); response.StatusCode != 404 || len(s.take()) != 0 || len(h.deliveries("")) != 4 {
		t.Error("a webhook that is switched off delivered")
	}
	w.greenfield("PUT", h.path, created(s.URL+"/500"))
	failed := ask(h, original, 200, `"`) // one that fails is tried again, as any other
	w.control("clock", `{"advance":"10s"}`)
	w.quiet()
	if came := s.take(); len(came) != 2 || came[1].Event.OriginalDeliveryID != original || came[1].Event.DeliveryID == failed {
		t.Errorf("%+v", came)
	}
}

// TestWebhookLists has the list of deliveries at its edges (recording 45-webhook-deliveries-neighbours), and deliveries
// that are old (wire 8.1, CleanupWebhookDeliveriesTask: the content goes after 60 days, the entry stays).
func TestWebhookLists(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200"}`)
	w.freeInvoice()
	w.quiet()
	posts := s.take()
	for query, want := range map[string]int{"": 3, "?count=": 3, "?count=0": 0, "?count=1": 1, "?count=2": 2, "?count=3": 3, "?count=4": 3, "?count=2147483647": 3, "?COUNT=1": 1, "?count=%201": 1, "?other=1": 3} {
		if got := h.deliveries(query); len(got) != want || want > 0 && got[0].ID != posts[2].Event.DeliveryID {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]string{"?count=-1": "500 ", "?count=2147483648": "422 [{\"path\":\"count\",\"message\":\"The value '2147483648' is not valid.\"}]", "?count=x": "422 [{\"path\":\"count\",\"message\":\"The value 'x' is not valid.\"}]", "?count=1.5": "422 [{\"path\":\"count\",\"message\":\"The value '1.5' is not valid.\"}]"} {
		response, answer := w.greenfield("GET", h.path+"/deliveries"+query, "")
		if got := fmt.Sprint(response.StatusCode, " ", answer); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	one := h.path + "/deliveries/" + posts[0].Event.DeliveryID
	ask := func(path string) (int, string, string) {
		response, answer := w.greenfield("GET", path, "")
		return response.StatusCode, response.Header.Get("Content-Type"), answer
	}
	for _, path := range []string{one + "/request", strings.Replace(one, "/stores/"+w.s.Seed().StoreID, "", 1) + "/request"} {
		if status, kind, answer := ask(path); status != 200 || kind != "application/json" || answer != string(posts[0].Body) {
			t.Errorf("%d %s %s", status, kind, answer)
		}
	}
	w.control("clock", `{"advance":"1416h"}`) // 59 days
	if status, _, _ := ask(one + "/request"); status != 200 {
		t.Errorf("after 59 days: %d", status)
	}
	w.control("clock", `{"advance":"48h"}`)
	for _, path := range []string{one + "/request", one + "/redeliver"} {
		method := map[bool]string{true: "GET", false: "POST"}[strings.HasSuffix(path, "request")]
		if response, answer := w.greenfield(method, path, ""); response.StatusCode != 409 || member(t, answer, "code") != "webhookdelivery-pruned" {
			t.Errorf("%s: %d %s", path, response.StatusCode, answer)
		}
	}
	if status, _, _ := ask(one); status != 200 || len(h.deliveries("")) != 3 {
		t.Errorf("an old delivery: %d", status)
	}
}

// TestWebhookBytes has metadata that two JSON libraries may write in different ways: what is signed, sent and shown is one.
func TestWebhookBytes(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(created(s.URL + "/200"))
	_, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices",
		`{"amount":"0","metadata":{"z":{"a":[],"b":{},"c":[1,[2]]},"t":"ö<&>'\"\\\/\b\f\n\r\t\u0001\u007f\u0085\u2028\u2029😀","n":1.50,"e":1e3,"x":null,"y":true,"deliveryId":"mine"}}`)
	id := member(t, answer, "id")
	w.quiet()
	d := h.deliveries("")[0]
	want := fmt.Sprintf(`{
  "deliveryId": %q,
  "webhookId": %q,
  "originalDeliveryId": %q,
  "isRedelivery": false,
  "type": "InvoiceCreated",
  "timestamp": %d,
  "storeId": %q,
  "invoiceId": %q,
  "metadata": {
    "z": {
      "a": [],
      "b": {},
      "c": [
        1,
        [
          2
        ]
      ]
    },
    "t": "ö<&>'\"\\/\b\f\n\r\t\u0001%s\u0085\u2028\u2029😀",
    "n": 1.5,
    "e": 1000.0,
    "x": null,
    "y": true,
    "deliveryId": "mine"
  }
}`, d.ID, h.id, d.ID, d.Timestamp, w.s.Seed().StoreID, id, "\u007f")
	came := s.take()
	if len(came) != 1 || string(came[0].Body) != want || !came[0].signedWith(h.secret) {
		t.Fatalf("%s\nwant %s", came[0].Body, want)
	}
	_, answer = w.greenfield("POST", h.path+"/deliveries/"+d.ID+"/redeliver", "")
	w.quiet()
	want = strings.Replace(strings.Replace(want, d.ID, strings.Trim(answer, `"`), 1), "false", "true", 1)
	if came := s.take(); len(came) != 1 || string(came[0].Body) != want {
		t.Errorf("%s\nwant %s", came[0].Body, want)
	}
}

// TestWebhookRedeliveredOrder has an event with fields of its own: they stand before the common ones, and behind them
// when the event is delivered again (WebhookSender reads it without knowing its type).
func TestWebhookRedeliveredOrder(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled"]}}`)
	w.freeInvoice()
	w.quiet()
	w.greenfield("POST", h.path+"/deliveries/"+h.deliveries("")[0].ID+"/redeliver", "")
	w.quiet()
	names := func(body []byte) string {
		var all []string
		d := json.NewDecoder(bytes.NewReader(body))
		for depth := 0; d.More() || depth > 0; {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if name, ok := token.(string); ok && depth == 1 && len(all)%2 == 0 {
				all = append(all, name, "")
				var value any
				if err := d.Decode(&value); err != nil {
					t.Fatal(err)
				}
			}
			switch token {
			case json.Delim('{'):
				depth++
			case json.Delim('}'):
				depth--
			}
		}
		return strings.Join(slices.DeleteFunc(all, func(name string) bool { return name == "" }), " ")
	}
	came := s.take()
	if len(came) != 2 {
		t.Fatalf("%+v", came)
	}
	const common = "deliveryId webhookId originalDeliveryId isRedelivery type timestamp"
	if got := names(came[0].Body); got != "manuallyMarked overPaid "+common+" storeId invoiceId metadata" {
		t.Error(got)
	}
	if got := names(came[1].Body); got != common+" manuallyMarked overPaid storeId invoiceId metadata" {
		t.Error(got)
	}
}
