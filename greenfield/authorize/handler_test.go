package authorize_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A webApp has a handler and remembers what it was told.
type webApp struct {
	t       *testing.T
	handler *authorize.Handler
	address string

	mu      sync.Mutex
	results []authorize.Result
	refused []error
	done    func() error // the next result of Done
}

func newWebApp(t *testing.T, change ...func(*authorize.HandlerOptions)) *webApp {
	t.Helper()
	app := &webApp{t: t, done: func() error { return nil }}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	app.address = server.URL
	o := authorize.HandlerOptions{
		URL: server.URL + "/app/callback",
		Done: func(_ context.Context, result authorize.Result) (string, error) {
			app.mu.Lock()
			defer app.mu.Unlock()
			app.results = append(app.results, result)
			return "/app/connected?receipt=" + result.Receipt, app.done()
		},
		Refused: func(_ *http.Request, err error) {
			app.mu.Lock()
			defer app.mu.Unlock()
			app.refused = append(app.refused, err)
		},
		Connect: func(server string) (*greenfield.Client, error) {
			c, err := greenfield.New(server, nil, client.WithRetries(0), client.WithTimeout(patience))
			if err == nil {
				t.Cleanup(c.CloseIdleConnections)
			}
			return c, err
		},
	}
	for _, c := range change {
		c(&o)
	}
	handler, err := authorize.NewHandler(o)
	if err != nil {
		t.Fatal(err)
	}
	app.handler = handler
	mux.Handle("/app/callback/", handler)
	mux.HandleFunc("/app/connected", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>Connected</title>") })
	return app
}

func (a *webApp) setDone(done func() error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = done
}

var oneStore = authorize.Request{ApplicationName: "Shop", Permissions: permissions{greenfield.CanViewInvoices}, SelectiveStores: true}

// start returns the page for the user, and the address to which that page posts.
func (a *webApp) start(server, user string, request authorize.Request) (page, redirect string) {
	a.t.Helper()
	page, err := a.handler.Start(a.t.Context(), server, user, request)
	if err != nil {
		a.t.Fatal(err)
	}
	u, err := url.Parse(page)
	if err != nil {
		a.t.Fatal(err)
	}
	return page, u.Query().Get("redirect")
}

// post posts a key as a browser does, and returns the status and the page to go to.
func (a *webApp) post(redirect, key string) (int, string) {
	a.t.Helper()
	response, text := post(a.t, redirect, formType, "apiKey="+key)
	if strings.Contains(text, key) {
		a.t.Error("the page shows the key")
	}
	if response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Referrer-Policy") != "no-referrer" {
		a.t.Error(response.Header)
	}
	return response.StatusCode, response.Header.Get("Location")
}

func (a *webApp) only() authorize.Result {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.results) != 1 {
		a.t.Fatalf("Done was called %d times; refused: %v", len(a.results), a.refused)
	}
	return a.results[0]
}

func (a *webApp) lastRefusal() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.refused) == 0 {
		return nil
	}
	return a.refused[len(a.refused)-1]
}

// mint creates a key as the server's page would.
func mint(t *testing.T, s *sandbox.Server, p ...greenfield.Permission) string {
	t.Helper()
	made, err := connect(t, s.URL, apiKey(t, s.Seed.APIKey)).APIKeys.Create(t.Context(), greenfield.APIKeyRequest{Label: "Shop", Permissions: p})
	if err != nil {
		t.Fatal(err)
	}
	return made.Key.Reveal()
}

// TestHandler lets two users of the app connect a store each at the same time, with a
// server of each line.
func TestHandler(t *testing.T) {
	for _, release := range []string{"1.13", "2.0", "2.3", "", "newer"} {
		t.Run(release, func(t *testing.T) {
			s := sandbox.New(t, sandbox.Options{Emulate: release, RootPath: "/btcpay"})
			other, err := connect(t, s.URL, apiKey(t, s.Seed.APIKey)).Stores.Create(t.Context(), greenfield.StoreRequest{Name: "Other"})
			if err != nil {
				t.Fatal(err)
			}
			stores := map[string]greenfield.StoreID{"alice": greenfield.StoreID(s.Seed.StoreID), "bob": other.ID}
			app := newWebApp(t, func(o *authorize.HandlerOptions) { o.Connect = nil })
			pages := map[string]string{}
			for user := range stores {
				pages[user], _ = app.start(s.URL+"/", user, oneStore)
			}
			for user, store := range stores {
				outcome, err := s.Consent(t.Context(), pages[user], human.Choice{StoreID: string(store)})
				if err != nil || outcome.Decision != human.Authorized {
					t.Fatal(outcome, err)
				}
			}
			for _, result := range app.results {
				want := stores[result.Login.User]
				ids := result.Proof.Grant.StoreIDs()
				if result.Outcome != authorize.OutcomeProven || len(ids) != 1 || ids[0] != want || result.Login.Server != s.URL || result.Login.Request.Redirect != "" {
					t.Errorf("%+v", result)
				}
				delete(stores, result.Login.User)
			}
			if len(stores) != 0 {
				t.Error("no result for", stores, app.refused)
			}
		})
	}
}

// TestHandlerStates posts good keys with states that are not valid any more, or never
// were.
func TestHandlerStates(t *testing.T) {
	s := sandbox.New(t)
	key := mint(t, s, greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID)))
	app := newWebApp(t)
	_, redirect := app.start(s.URL, "alice", oneStore)
	state := redirect[strings.LastIndexByte(redirect, '/')+1:]
	base := strings.TrimSuffix(redirect, state)
	for _, wrong := range []string{"", "x", strings.ToLower(state), state[1:], state + "A", strings.Repeat("A", len(state)), "%41" + state[1:] + "/"} {
		if status, _ := app.post(base+wrong, key); status != http.StatusNotFound || !errors.Is(app.lastRefusal(), authorize.ErrNoLogin) {
			t.Errorf("the state %q got %d", wrong, status)
		}
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "OPTIONS"} {
		r, err := http.NewRequestWithContext(t.Context(), method, redirect, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := browser(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "POST" {
			t.Error(method, response.Status)
		}
	}
	if status, _ := app.post(redirect, "short"); status != http.StatusBadRequest {
		t.Error(status)
	}
	// None of these used the state up.
	status, page := app.post(redirect, key)
	if result := app.only(); status != http.StatusSeeOther || len(result.Receipt) < 26 || page != "/app/connected?receipt="+result.Receipt || result.Login.User != "alice" || strings.Contains(page, state) {
		t.Fatal(status, page)
	}
	// The browser repeats the POST: the same page, and nothing happens again.
	if status, again := app.post(redirect, key); status != http.StatusSeeOther || again != page {
		t.Error(status, again)
	}
	// Another key comes too late.
	if status, _ := app.post(redirect, mint(t, s)); status != http.StatusNotFound {
		t.Error(status)
	}
	app.only()

	app = newWebApp(t, func(o *authorize.HandlerOptions) { o.Lifetime = time.Nanosecond })
	_, redirect = app.start(s.URL, "alice", oneStore)
	if status, _ := app.post(redirect, key); status != http.StatusNotFound || !errors.Is(app.lastRefusal(), authorize.ErrNoLogin) || len(app.results) != 0 {
		t.Error("an expired state got", status, app.lastRefusal())
	}
}

// TestHandlerRepeatedAtOnce lets a browser post one key many times at once, and a stranger
// others.
func TestHandlerRepeatedAtOnce(t *testing.T) {
	s := sandbox.New(t)
	app := newWebApp(t)
	key := mint(t, s, greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID)))
	_, redirect := app.start(s.URL, "alice", oneStore)
	var posts sync.WaitGroup
	statuses := make(chan int, 20)
	for i := range 20 {
		posts.Go(func() {
			body := "apiKey=" + key
			if i%4 == 0 {
				body = "apiKey=" + strings.Repeat("f", 40)
			}
			response, err := browser(t).Post(redirect, formType, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			if i%4 != 0 {
				statuses <- response.StatusCode
			}
		})
	}
	posts.Wait()
	close(statuses)
	for status := range statuses {
		if status != http.StatusSeeOther {
			t.Error("a repeated POST got", status)
		}
	}
	if result := app.only(); result.Callback.APIKey.Secret().Reveal() != key {
		t.Error("another key was taken")
	}
}

// TestHandlerForeignKeys posts keys that do not belong to the login.
func TestHandlerForeignKeys(t *testing.T) {
	s, elsewhere := sandbox.New(t), sandbox.New(t)
	view := greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID))
	app := newWebApp(t)
	_, redirect := app.start(s.URL, "alice", oneStore)
	if status, _ := app.post(redirect, mint(t, elsewhere, view)); status != http.StatusForbidden || !errors.Is(app.lastRefusal(), authorize.ErrNotProven) {
		t.Error("the key of another server:", status, app.lastRefusal())
	}
	if len(app.results) != 0 {
		t.Error("Done was called for the key of another server")
	}
	// The user's own key still arrives.
	if status, _ := app.post(redirect, mint(t, s, view)); status != http.StatusSeeOther || app.only().Outcome != authorize.OutcomeProven {
		t.Error(status, app.lastRefusal())
	}
	for _, c := range []struct {
		name    string
		granted permissions
		want    authorize.Match
	}{
		{"narrower", nil, authorize.MatchNarrower},
		{"broader", permissions{view, greenfield.CanModifyInvoices}, authorize.MatchBroader},
		{"every store", permissions{greenfield.CanViewInvoices}, authorize.MatchBroader},
		{"everything", permissions{greenfield.Unrestricted}, authorize.MatchBroader},
		{"two stores", permissions{view, greenfield.CanViewInvoices.ForStore("Another")}, authorize.MatchBroader},
		{"something else", permissions{greenfield.CanViewProfile}, authorize.MatchOther},
	} {
		app := newWebApp(t)
		_, redirect := app.start(s.URL, "alice", oneStore)
		status, _ := app.post(redirect, mint(t, s, c.granted...))
		if result := app.only(); status != http.StatusSeeOther || result.Outcome != authorize.OutcomeDiffers || result.Proof.Grant.Match != c.want {
			t.Errorf("%s: %d, %+v", c.name, status, result)
		}
	}
}

// TestHandlerCancelled: the server sends nothing, so the login stays until it expires.
func TestHandlerCancelled(t *testing.T) {
	s := sandbox.New(t)
	app := newWebApp(t)
	first, _ := app.start(s.URL, "alice", oneStore)
	if outcome, err := s.Consent(t.Context(), first, human.Choice{Refuse: true}); err != nil || outcome.Decision != human.Cancelled || len(app.results)+len(app.refused) != 0 {
		t.Error(outcome, err)
	}
	// The same user starts again, and then goes back to the first page.
	second, _ := app.start(s.URL, "alice", oneStore)
	for _, page := range []string{second, first} {
		if outcome, err := s.Consent(t.Context(), page, human.Choice{}); err != nil || outcome.Decision != human.Authorized {
			t.Error(outcome, err)
		}
	}
	if len(app.results) != 2 || app.results[0].Login.ID == app.results[1].Login.ID {
		t.Error(app.results, app.refused)
	}
}

func TestHandlerStartRefuses(t *testing.T) {
	s := sandbox.New(t)
	app := newWebApp(t)
	if _, err := app.handler.Start(t.Context(), "http://btcpay.example.com", "alice", oneStore); !errors.Is(err, client.ErrServer) {
		t.Error(err)
	}
	_, err := app.handler.Start(t.Context(), s.URL, "alice", authorize.Request{Permissions: permissions{"btcpay.store.nothing"}})
	if _, refused := errors.AsType[*client.RequestError](err); !refused {
		t.Error(err)
	}
	done := func(context.Context, authorize.Result) (string, error) { return "", nil }
	for _, bad := range []authorize.HandlerOptions{
		{}, {URL: "https://shop.example.com/cb/"}, {URL: "shop.example.com", Done: done}, {URL: "/cb/", Done: done}, {URL: "ftp://shop.example.com/", Done: done},
		{URL: "https://shop.example.com/cb?x=1", Done: done}, {URL: "https://shop.example.com/cb?", Done: done}, {URL: "https://shop.example.com/cb#x", Done: done},
		{URL: "https://u:secret@shop.example.com/cb", Done: done}, {URL: "http://shop.example.com/cb/", Done: done}, {URL: "https://shop.example.com/", Done: done, Lifetime: -1},
	} {
		if _, err := authorize.NewHandler(bad); !errors.Is(err, authorize.ErrHandler) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", bad.URL, err)
		}
	}
	for _, good := range []authorize.HandlerOptions{
		{URL: "https://shop.example.com", Done: done}, {URL: "http://localhost:8080/cb", Done: done}, {URL: "http://[::1]:8080/cb", Done: done},
		{URL: "http://shop.example.com/cb/", Done: done, AllowHTTP: true}, {URL: "http://abcdef.onion/cb/", Done: done},
	} {
		if _, err := authorize.NewHandler(good); err != nil {
			t.Error(err)
		}
	}
}

// TestResultHoldsTheKey: whoever encodes a result would lose or show the key.
func TestResultHoldsTheKey(t *testing.T) {
	result := authorize.Result{Callback: authorize.Callback{APIKey: apiKey(t, testKey)}}
	if text, err := json.Marshal(result); !errors.Is(err, client.ErrSecret) {
		t.Errorf("%s, %v", text, err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(format, result); strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
			t.Error(text)
		}
	}
}
