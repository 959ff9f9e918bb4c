package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

// A catcher is a host that must never hear of a redirected request.
type catcher struct {
	mu       sync.Mutex
	requests []string
}

func (c *catcher) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, fmt.Sprintf("%s %s %v %s", r.Method, r.Host, r.Header, body))
}

func (c *catcher) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// Every status that net/http would follow, to every kind of target that it would take a
// header to: the request arrives once, at the server that was asked.
func TestRedirectIsNotFollowed(t *testing.T) {
	caught := new(catcher)
	plain := httptest.NewServer(caught)
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(caught)
	t.Cleanup(secure.Close)
	port := plain.URL[strings.LastIndexByte(plain.URL, ':'):]
	targets := map[string]string{
		"same host":             "/moved",
		"other host":            "http://localhost" + port + "/moved",
		"other port":            plain.URL + "/moved",
		"https":                 secure.URL + "/moved",
		"sub-domain":            "http://sub.localhost" + port + "/moved",
		"scheme left out":       "//127.0.0.1" + port + "/moved",
		"query with a key":      plain.URL + "/moved?key=hunter2#hunter2",
		"user info in a target": "http://hunter2:hunter2@127.0.0.1" + port + "/moved",
	}
	statuses := []int{301, 302, 303, 307, 308}
	bodies := map[string]client.Request{
		"GET":  {Method: "GET", Path: []string{"things"}},
		"POST": {Method: "POST", Path: []string{"things"}, Body: map[string]string{"body": "hunter3"}},
	}
	for name, location := range targets {
		for _, status := range statuses {
			for method, request := range bodies {
				t.Run(fmt.Sprintf("%d %s to %s", status, method, name), func(t *testing.T) {
					var asked int
					c := serve(t, func(w http.ResponseWriter, r *http.Request) {
						asked++
						w.Header().Set("Location", location)
						w.WriteHeader(status)
					}, client.WithCredential(key("hunter1")))
					_, err := client.Call[client.Nothing](t.Context(), c, request)
					redirect, ok := errors.AsType[*client.RedirectError](err)
					if !ok || redirect.Status != status {
						t.Fatalf("got %v, want a RedirectError of %d", err, status)
					}
					if asked != 1 {
						t.Errorf("the server was asked %d times", asked)
					}
					if !strings.Contains(err.Error(), "/moved") || strings.Contains(err.Error(), "hunter") {
						t.Errorf("the error should name the target without its secrets: %v", err)
					}
					if unknown := client.FateUnknown(err); unknown != (method == "POST") {
						t.Errorf("whether a %s was carried out is said to be unknown: %t", method, unknown)
					}
				})
			}
		}
	}
	if heard := caught.heard(); len(heard) != 0 {
		t.Errorf("%d requests were sent on: %s", len(heard), heard)
	}
}

// From https to http, where net/http takes Authorization along on the same host name.
func TestRedirectFromHTTPSToHTTP(t *testing.T) {
	caught := new(catcher)
	plain := httptest.NewServer(caught)
	t.Cleanup(plain.Close)
	server := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/moved", http.StatusPermanentRedirect))
	t.Cleanup(server.Close)
	c := connect(t, server.URL, client.WithCAFile(certificateFile(t, server)), client.WithCredential(key("hunter1")))
	_, err := client.Call[client.Nothing](t.Context(), c, client.Request{Method: "POST", Path: []string{"things"}, Body: []byte("{}")})
	if redirect, ok := errors.AsType[*client.RedirectError](err); !ok || redirect.Target != plain.URL+"/moved" {
		t.Errorf("got %v", err)
	}
	if heard := caught.heard(); len(heard) != 0 {
		t.Errorf("sent on: %s", heard)
	}
}

func TestRedirectTargets(t *testing.T) {
	for location, want := range map[string]client.RedirectError{
		"/login?ReturnUrl=%2Finvoices":          {Target: "{server}/login", Login: true},
		"https://btcpay.example.com/btc/LOGIN/": {Target: "https://btcpay.example.com/btc/LOGIN/", Login: true},
		"https://example.com/loginpage":         {Target: "https://example.com/loginpage"},
		"":                                      {Target: "nowhere (no Location header)"},
		"http://[::1":                           {Target: "an unreadable address"},
	} {
		var server string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			server = "http://" + r.Host
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(http.StatusFound)
		})
		_, err := c.Do(t.Context(), get)
		got, ok := errors.AsType[*client.RedirectError](err)
		if !ok {
			t.Errorf("%s: got %v", location, err)
			continue
		}
		if want.Target = strings.Replace(want.Target, "{server}", server, 1); got.Target != want.Target || got.Login != want.Login {
			t.Errorf("%s: got %q, login %t", location, got.Target, got.Login)
		}
		if says := strings.Contains(err.Error(), "log-in"); says != want.Login {
			t.Errorf("%s: %v", location, err)
		}
	}
}

// The credential goes into the request as it is sent, and nowhere else.
func TestCredentialSeesWhatIsSent(t *testing.T) {
	var seen, sent string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.Host + " " + r.RequestURI + " " + string(body)
		w.WriteHeader(http.StatusNoContent)
	}, client.WithCredential(authorizer(func(r *http.Request, body []byte) {
		seen = r.Host + " " + r.URL.RequestURI() + " " + string(body)
	})))
	request := client.Request{
		Method: "POST", Path: []string{"a b", "é/~"}, Query: url.Values{"q": {"[1] +"}, "a": {"'(b)*"}},
		Body: map[string]string{"text": "<é&>"},
	}
	if _, err := c.Do(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if seen != sent || !strings.Contains(sent, `/btcpay/a%20b/%C3%A9%2F~?a=%27%28b%29%2A&q=%5B1%5D%20%2B {"text":"<é&>"}`) {
		t.Errorf("the credential saw %s\nand %s was sent", seen, sent)
	}
	seen = ""
	request.Anonymous = true
	if _, err := c.Do(t.Context(), request); err != nil || seen != "" {
		t.Errorf("an anonymous request was authorised: %s, %v", seen, err)
	}
}

type authorizer func(*http.Request, []byte)

func (a authorizer) Authorize(r *http.Request, body []byte) error { a(r, body); return nil }
