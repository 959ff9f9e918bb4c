package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
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
		again := w.s.state.WebhookDeliveries[h.onlyDelivery()].Retry != nil
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

// onlyDelivery is the id of the only delivery. The caller holds the lock.
func (h *hook) onlyDelivery() string {
	for id, d := range h.w.s.state.WebhookDeliveries {
		if d.WebhookID == h.id {
			return id
		}
	}
	return ""
}
