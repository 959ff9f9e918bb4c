package command

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A valuesWorld is a sandbox behind something that may change its answers, a profile
// with a BitId key of the sandbox's store, and the API key of its account.
type valuesWorld struct {
	URL, home string
	Seed      sandbox.Seed

	mu     sync.Mutex
	sent   []sentRequest
	change func(answer string) string // of an invoice that is created
	lose   bool                       // that answer never comes
}

// rateRules give every currency of these tests a rate.
var rateRules = strings.Join([]string{"BTC_USD = 50000;", "BTC_EUR = 40000;", "BTC_JPY = 7000000;", "BTC_KWD = 15000;", "BTC_XAU = 20;", "BTC_ZZZ = 20;",
	"BTC_RSD = 5000000;", "BTC_LTC = 500;", "BTC_SATS = 100000000;", "BTC_CLF = 1000;", "BTC_KRW = 60000000;"}, "\n")

func newValuesWorld(t *testing.T) *valuesWorld {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &valuesWorld{home: newHome(t), Seed: s.Seed()}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		header := req.Header.Clone()
		req.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, req)
		text := answer.Body.String()
		w.mu.Lock()
		w.sent = append(w.sent, sentRequest{req.Method, req.URL.Path, req.URL.RawQuery, header, string(body), text})
		created := req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/invoices")
		if created && w.change != nil {
			text = w.change(text)
		}
		lost := created && w.lose
		w.mu.Unlock()
		if lost {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(rw.Header(), answer.Header())
		rw.Header().Del("Content-Length")
		rw.WriteHeader(answer.Code)
		io.WriteString(rw, text)
	}))
	w.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		s.Close()
	})
	w.ask(t, http.MethodPut, "/rates/configuration", map[string]any{"isCustomScript": true, "effectiveScript": rateRules, "spread": 0})
	owner := human.New(w.URL)
	defer owner.Close()
	if err := owner.LogIn(t.Context(), w.Seed.Email, w.Seed.Password); err != nil {
		t.Fatal(err)
	}
	g := (&given{home: w.home}).run(t, "pair", "client", "--wait", "0", "--profile", "shop", "--server", w.URL)
	page := regexp.MustCompile(`http\S+api-access-request\S+`).FindString(g.stderr)
	if _, err := owner.Approve(t.Context(), page, w.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if g := (&given{home: w.home}).run(t, "pair", "status", "--profile", "shop"); g.code != 0 {
		t.Fatal(g.stderr)
	}
	w.took()
	return w
}

// ask sends a request of the owner's to the store.
func (w *valuesWorld) ask(t *testing.T, method, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+"/api/v1/stores/"+w.Seed.StoreID+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.Seed.APIKey)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(method, path, answer.Status)
	}
}

func (w *valuesWorld) took() []sentRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

func (w *valuesWorld) changing(change func(string) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change = change
}

func (w *valuesWorld) losing(lose bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = lose
}

// run runs a line on one of the APIs.
func (w *valuesWorld) run(t *testing.T, api, stdin string, args ...string) *given {
	t.Helper()
	g := &given{home: w.home, stdin: stdin, env: map[string]string{"BTCPAYCTL_NO_INPUT": "1"}}
	if api == apiBitPay {
		return g.run(t, append(args, "--profile", "shop", "--api", api)...)
	}
	g.env["BTCPAYCTL_SERVER"], g.env["BTCPAYCTL_STORE"], g.env["BTCPAYCTL_API_KEY"] = w.URL, w.Seed.StoreID, w.Seed.APIKey
	return g.run(t, append(args, "--api", api)...)
}

// creations are the requests for invoices since it was asked last.
func (w *valuesWorld) creations() []sentRequest {
	var posts []sentRequest
	for _, r := range w.took() {
		if r.method == http.MethodPost && strings.HasSuffix(r.path, "/invoices") {
			posts = append(posts, r)
		}
	}
	return posts
}

var bothAPIs = []string{apiBitPay, apiGreenfield}

// members decodes one JSON object with the text of its numbers.
func members(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m
}
