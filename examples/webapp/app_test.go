package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A running app, and what the browser that consents was told to open.
type running struct {
	t      *testing.T
	server *sandbox.Server
	url    string
	app    *app

	mu     sync.Mutex
	opened string // the last page with a receipt
}

func start(t *testing.T) *running {
	s := &running{t: t, server: sandbox.New(t)}
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/connected" {
			s.mu.Lock()
			s.opened = s.url + r.URL.String()
			s.mu.Unlock()
		}
		s.app.ServeHTTP(w, r)
	}))
	t.Cleanup(public.Close)
	var err error
	if s.app, err = newApp(public.URL, s.server.URL); err != nil {
		t.Fatal(err)
	}
	s.url = public.URL
	t.Cleanup(s.app.connection.CloseIdleConnections)
	return s
}

// A visitor is a browser with its cookies.
type visitor struct {
	*running
	http.Client
}

// logIn opens a session of the app; a browser without a session has the user "".
func (s *running) logIn(user string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	v := &visitor{s, http.Client{Jar: jar, Transport: transport}}
	if user != "" {
		v.see(http.StatusOK, v.send("POST", s.url+"/session", url.Values{"user": {user}}), user)
	}
	return v
}

func (v *visitor) send(method, address string, form url.Values) *http.Response {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := v.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	return response
}

// see checks the status and that the page has the text.
func (v *visitor) see(status int, response *http.Response, text string) {
	v.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status || !strings.Contains(string(body), text) {
		v.t.Errorf("%s, %v\n%s\nwant %d with %q", response.Status, err, body, status, text)
	}
}

func (v *visitor) open(address string) *http.Response { return v.send("GET", address, nil) }

// connect begins in the app, and returns the address of the consent page.
func (v *visitor) connect() string {
	v.t.Helper()
	stay := *v
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response := stay.send("POST", v.url+"/connect", nil)
	defer response.Body.Close()
	return response.Header.Get("Location")
}

// consent is a person's consent on the server's page. The browser then opens the page with
// the receipt; the address of that page is returned.
func (s *running) consent(page string, choice human.Choice) string {
	s.t.Helper()
	if _, err := s.server.Consent(s.t.Context(), page, choice); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *running) as(key string) *greenfield.Client {
	s.t.Helper()
	k, err := greenfield.NewAPIKey(client.NewSecret(key))
	if err != nil {
		s.t.Fatal(err)
	}
	return greenfield.From(s.app.connection, k)
}

func TestTwoUsers(t *testing.T) {
	s := start(t)
	other, err := s.as(s.server.Seed.APIKey).Stores.Create(t.Context(), greenfield.StoreRequest{Name: "Bob's books"})
	if err != nil {
		t.Fatal(err)
	}
	alice, bob := s.logIn("alice"), s.logIn("bob")
	pageOfAlice, pageOfBob := alice.connect(), bob.connect()
	bobBack := s.consent(pageOfBob, human.Choice{StoreID: string(other.ID)})
	aliceBack := s.consent(pageOfAlice, human.Choice{})
	alice.see(http.StatusOK, alice.open(aliceBack), "alice: connected to "+s.server.Seed.StoreName)
	bob.see(http.StatusOK, bob.open(bobBack), "bob: connected to Bob&#39;s books")
	// A receipt is good for one time.
	alice.see(http.StatusNotFound, alice.open(aliceBack), "no key")
}

func TestWrongState(t *testing.T) {
	s := start(t)
	alice := s.logIn("alice")
	page, err := url.Parse(alice.connect())
	if err != nil {
		t.Fatal(err)
	}
	redirect := page.Query().Get("redirect")
	key := url.Values{"apiKey": {s.server.Seed.APIKey}}
	alice.see(http.StatusNotFound, alice.send("POST", redirect[:len(redirect)-1]+"0", key), "This login has ended")
	alice.see(http.StatusForbidden, alice.send("POST", redirect, url.Values{"apiKey": {strings.Repeat("f", 40)}}), "does not know this key")
	// The owner's key for everything is more than was asked for, and is given back.
	alice.see(http.StatusForbidden, alice.send("POST", redirect, key), "other permissions than requested")
	if _, err := s.as(s.server.Seed.APIKey).APIKeys.Current(t.Context()); err == nil {
		t.Error("the key was kept")
	}
	alice.see(http.StatusOK, alice.open(s.url), "no store is connected")
}

// TestForeignKey has a user send the consent page of an own login to somebody else.
func TestForeignKey(t *testing.T) {
	s := start(t)
	mallory, victim := s.logIn("mallory"), s.logIn("victim")
	back := s.consent(mallory.connect(), human.Choice{})
	// The victim's browser, without a session and then with one, comes back with the receipt.
	stranger := s.logIn("")
	stranger.see(http.StatusOK, stranger.open(back), "Log in")
	victim.see(http.StatusForbidden, victim.open(back), "You did not start this")
	mallory.see(http.StatusNotFound, mallory.open(back), "no key")
	mallory.see(http.StatusOK, mallory.open(s.url), "mallory: no store is connected")
}

func TestServerDoesNotRespond(t *testing.T) {
	s := start(t)
	alice := s.logIn("alice")
	page := alice.connect()
	fault, err := s.server.Fault(sandbox.Fault{Path: "/api/v1/api-keys/current", Times: -1, Status: http.StatusInternalServerError})
	if err != nil {
		t.Fatal(err)
	}
	back := s.consent(page, human.Choice{})
	alice.see(http.StatusServiceUnavailable, alice.open(back), "Reload this page later")
	fault.Remove()
	alice.see(http.StatusOK, alice.open(back), "alice: connected to "+s.server.Seed.StoreName)
}
