package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// FuzzRequest sends whatever parses as a request through the whole handler.
func FuzzRequest(f *testing.F) {
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET //invoices/../tokens?%zz&token HTTP/1.1\r\nHost: a\r\nX-Identity: 02\r\nX-Signature: 30\r\n\r\n",
		"POST /tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"id\":[1,2]}",
		"POST /login?ReturnUrl=//x HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nEmail=%ff",
		"POST /api/v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"email\":\"a@b.c\"",
		"PUT /api/v1/stores/x/rates/configuration HTTP/1.1\r\nHost: a\r\nAuthorization: Basic Og==\r\n\r\n",
		"GET /api/rates?storeId=x&currencyPairs=,_,A_B HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
		"OPTIONS /tokens HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nAccess-Control-Request-Method: X\r\n\r\n",
		"POST /_sandbox/pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\n{\"address\":\"\",\"amount\":-1}",
		"GET /i/%2e%2e%2f HTTP/1.1\r\nHost: a\r\nX-Forwarded-Prefix: /\r\nX-Forwarded-Host: ,\r\nX-Forwarded-Proto: javascript\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	s, err := NewHandler(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q is answered by what is no JSON: %s", raw, w.Body)
		}
	})
}

func FuzzPosData(f *testing.F) {
	for _, text := range []string{`{"a":1.50,"a":[{}]}`, `{"a":1e999}`, "{} x", "{", strings.Repeat(`{"a":`, 80) + "1" + strings.Repeat("}", 80), "\xff{}", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept := world.PosDataOf(&text)
		if !json.Valid(kept) {
			t.Fatalf("%q is kept as %s, which is no JSON", text, kept)
		}
		shown := world.PosDataText(kept)
		if shown == nil {
			t.Fatalf("%q comes back as nothing", text)
		}
		if kept[0] != '{' && utf8.ValidString(text) && *shown != text {
			t.Fatalf("%q comes back as %q", text, *shown)
		}
		if again := world.PosDataOf(shown); kept[0] == '{' && string(again) != string(kept) {
			t.Fatalf("%q is kept as %s, and that as %s", text, kept, again)
		}
	})
}

// TestBadInputIsAnswered sends what nobody sends: an answer must come, and the sandbox must go on.
// TestWorkGrowsWithTheRequest counts what such requests cost.
func TestBadInputIsAnswered(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it sends megabytes")
	}
	w := newTestbed(t, Options{})
	post := func(path, body string) int {
		t.Helper()
		response, _ := w.call("POST", path, body, sign(w.key, w.origin+path, body)...)
		return response.StatusCode
	}
	many := strings.Repeat(`"k":1,`, 300_000)
	tests := []struct {
		name, path, body string
		status           int
	}{
		{"a body over the limit", "/invoices", `{"price":1,"itemDesc":"` + strings.Repeat("x", serve.MaxBody) + `"}`, http.StatusRequestEntityTooLarge},
		{"broken JSON", "/invoices", `{"price":`, http.StatusBadRequest},
		{"no object", "/invoices", `[]`, http.StatusBadRequest},
		{"deep nesting", "/invoices", `{"price":0,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, http.StatusBadRequest},
		{"a price beyond numbers", "/invoices", `{"price":1e400}`, http.StatusBadRequest},
		{"a price of a million digits", "/invoices", `{"price":0.` + strings.Repeat("1", 1_000_000) + `}`, http.StatusBadRequest},
		{"one member three hundred thousand times", "/invoices", `{` + many + `"price":0}`, http.StatusOK},
		{"a posData of many members", "/invoices", mustJSON(t, map[string]any{"price": 0, "posData": manyMembers(100_000)}), http.StatusOK},
		{"a posData nested deep", "/invoices", mustJSON(t, map[string]any{"price": 0, "posData": strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000)}), http.StatusOK},
		{"a notification to nowhere", "/invoices", `{"price":0,"notificationURL":"http://[::1"}`, http.StatusOK},
		{"text that is no UTF-8", "/invoices", "{\"price\":0,\"orderId\":\"\xff\"}", http.StatusInternalServerError},
	}
	for _, test := range tests {
		if got := post(test.path, test.body); got != test.status {
			t.Errorf("%s: %d, want %d", test.name, got, test.status)
		}
	}
	for _, path := range []string{"//", "/%2e%2e/", "/invoices/%00?token", "/stores//tokens", "/" + strings.Repeat("a/", 5000), "/i/" + strings.Repeat("x", 100_000), "/api/v1/stores/%2F/invoices/%2F"} {
		response, _ := w.call("GET", path, "")
		if response.StatusCode < 300 || response.StatusCode >= 500 {
			t.Errorf("%.40s: %d", path, response.StatusCode)
		}
	}
	if got := post("/invoices", `{"price":0}`); got != http.StatusOK {
		t.Errorf("after all that an invoice is answered %d", got)
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

// TestBadInputSlowReader has a peer that never reads its answer: it must not hold the others up.
func TestBadInputSlowReader(t *testing.T) {
	w := newTestbed(t, Options{})
	reading, writing := io.Pipe()
	defer reading.Close()
	r := httptest.NewRequest("GET", "/login", nil)
	stuck := make(chan struct{})
	go func() {
		defer close(stuck)
		w.s.ServeHTTP(&slowWriter{header: http.Header{}, to: writing}, r)
	}()
	if response, _ := w.call("GET", "/api/v1/health", ""); response.StatusCode != http.StatusOK {
		t.Error(response.StatusCode)
	}
	reading.Close()
	<-stuck
}

type slowWriter struct {
	header http.Header
	to     io.Writer
}

func (w *slowWriter) Header() http.Header         { return w.header }
func (w *slowWriter) WriteHeader(int)             {}
func (w *slowWriter) Write(p []byte) (int, error) { return w.to.Write(p) }
