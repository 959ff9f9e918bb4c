package authorize_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A chromium is a running browser, told what to do over its debugging port.
type chromium struct {
	address string
	ended   chan struct{}
	log     func() string
}

// startChromium starts a browser that has a home of its own, whatever the caller's
// is. It ends with the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	program := programs.Chromium.Need(t)
	home, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
		"--disable-background-networking", "--user-data-dir="+home, "--remote-debugging-port=0", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	stderr, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = write
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said strings.Builder
	listening := make(chan string, 10)
	b := &chromium{ended: make(chan struct{}), log: func() string {
		mu.Lock()
		defer mu.Unlock()
		return said.String()
	}}
	go func() {
		defer close(b.ended)
		// The pipe ends with the last of the browser's processes.
		for lines := bufio.NewReader(stderr); ; {
			line, err := lines.ReadString('\n')
			if address, ok := strings.CutPrefix(line, "DevTools listening on ws://"); ok {
				address, _, _ = strings.Cut(address, "/")
				listening <- "http://" + address
			}
			mu.Lock()
			said.WriteString(line)
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		select {
		case <-b.ended:
		case <-time.After(patience):
			t.Error("some process of the browser does not end")
		}
		stderr.Close()
		// The crash handler is not among those that hold the pipe.
		for deadline := time.Now().Add(patience); os.RemoveAll(home) != nil; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Error("the browser's files cannot be removed:", home)
				break
			}
		}
	})
	select {
	case b.address = <-listening:
	case <-b.ended:
		t.Fatalf("the browser ended: %s", b.log())
	case <-time.After(patience):
		t.Fatalf("the browser does not listen: %s", b.log())
	}
	return b
}

type tab struct{ ID, Title, URL string }

// call asks the browser over its debugging port.
func (b *chromium) call(t *testing.T, method, path string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := browser(t).Do(req)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.log())
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || json.Unmarshal(body, into) != nil {
		t.Fatalf("%s %s: %s, %v", method, path, body, err)
	}
}

// shows returns the tab when its title is this one.
func (b *chromium) shows(t *testing.T, id, title string) tab {
	t.Helper()
	var tabs []tab
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		b.call(t, "GET", "/json/list", &tabs)
		for _, shown := range tabs {
			if shown.ID == id && shown.Title == title {
				return shown
			}
		}
	}
	t.Fatalf("the browser shows %+v\n%s", tabs, b.log())
	return tab{}
}

// TestCallbackFromChromium lets a real browser open a page of another site that
// posts a form by itself, as a server's consent page does.
func TestCallbackFromChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: a browser takes seconds to start")
	}
	chrome := startChromium(t)
	// Both ways round: the listener's name is never the server's.
	for _, name := range []string{"localhost", "127.0.0.1"} {
		t.Run(name, func(t *testing.T) {
			var target atomic.Value
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/btcpay/consent" {
					http.NotFound(w, r)
					return
				}
				http.SetCookie(w, &http.Cookie{Name: ".AspNetCore.Identity.Application", Value: "session", Path: "/"})
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Referrer-Policy", "same-origin")
				w.Write([]byte(`<!doctype html><title>Redirecting</title><form method="post" action="` + target.Load().(string) + `">` +
					`<input type="hidden" name="__RequestVerificationToken" value="CfDJ8">` +
					`<input type="hidden" name="apiKey" value="` + testKey + `"><input type="hidden" name="userId" value="u-1">` +
					`<input type="hidden" name="permissions[]" value="btcpay.store.canviewinvoices:StoreA">` +
					`</form><script>document.forms[0].submit()</script>`))
			}))
			defer server.Close()
			u, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			address := "http://" + name + ":" + u.Port() + "/btcpay"
			l := listen(t, authorize.ListenOptions{Server: address})
			target.Store(l.URL())
			if strings.HasPrefix(l.URL(), "http://"+name) {
				t.Fatal("the listener has the server's name:", l.URL())
			}
			var opened tab
			chrome.call(t, "PUT", "/json/new?"+url.QueryEscape(address+"/consent"), &opened)
			// The page comes after the key and the redirect. It has the heading for
			// its title.
			shown := chrome.shows(t, opened.ID, "The key has arrived")
			callback, err := url.Parse(l.URL())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(shown.URL, "http://"+callback.Host+"/done/") {
				t.Errorf("the browser is at %s", shown.URL)
			}
			got, err := l.Wait(t.Context())
			if err != nil || got.APIKey.Secret().Reveal() != testKey || got.UserID != "u-1" || len(got.Permissions) != 1 || got.Permissions[0].Scope() != "StoreA" {
				t.Fatalf("%+v, %v", got, err)
			}
			<-l.Done()
		})
	}
	t.Run("a web app", func(t *testing.T) { webAppFromChromium(t, chrome) })
}

// webAppFromChromium shows what [authorize.Handler] relies on: the POST from another site
// brings no SameSite=Lax cookie of the app, and the redirect after it does.
func webAppFromChromium(t *testing.T, chrome *chromium) {
	s := sandbox.New(t)
	key := mint(t, s, greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID)))
	app := newWebApp(t)
	_, redirect := app.start(s.URL, "alice", oneStore)
	var posted, returned atomic.Value
	mux := http.NewServeMux()
	mux.HandleFunc("/app/", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "alice", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		w.Write([]byte("<!doctype html><title>The app</title>"))
	})
	mux.HandleFunc("/app/callback/", func(w http.ResponseWriter, r *http.Request) {
		posted.Store(r.Header.Get("Cookie"))
		app.handler.ServeHTTP(w, r)
	})
	mux.HandleFunc("/app/connected", func(w http.ResponseWriter, r *http.Request) {
		returned.Store(r.Header.Get("Cookie"))
		w.Write([]byte("<!doctype html><title>Connected</title>"))
	})
	mux.HandleFunc("/consent", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(`<!doctype html><title>Redirecting</title><form method="post" action="` + r.FormValue("to") + `">` +
			`<input type="hidden" name="apiKey" value="` + key + `"></form><script>document.forms[0].submit()</script>`))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	// The app is localhost, and the BTCPay Server is another site, 127.0.0.1.
	home := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	var opened tab
	chrome.call(t, "PUT", "/json/new?"+url.QueryEscape(home+"/app/"), &opened)
	chrome.shows(t, opened.ID, "The app")
	consent := server.URL + "/consent?to=" + url.QueryEscape(home+strings.TrimPrefix(redirect, app.address))
	chrome.call(t, "PUT", "/json/new?"+url.QueryEscape(consent), &opened)
	chrome.shows(t, opened.ID, "Connected")
	// Cookies of the other tests on localhost name no SameSite, and are sent while new.
	if strings.Contains(posted.Load().(string), "session=alice") || !strings.Contains(returned.Load().(string), "session=alice") {
		t.Errorf("the POST brought the cookie %q, and the redirect %q", posted.Load(), returned.Load())
	}
	if result := app.only(); result.Outcome != authorize.OutcomeProven {
		t.Errorf("%+v", result)
	}
}
