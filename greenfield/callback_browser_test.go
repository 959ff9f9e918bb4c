package greenfield_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// chromium finds the browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("Chromium is missing")
	}
	t.Skip("Chromium is missing: apt-get install chromium")
	return ""
}

// TestCallbackFromChromium lets a real browser open a page of another site that
// posts a form by itself, as a server's consent page does.
func TestCallbackFromChromium(t *testing.T) {
	program := chromium(t)
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
			l := listen(t, greenfield.CallbackOptions{Server: address})
			target.Store(l.URL())
			if strings.HasPrefix(l.URL(), "http://"+name) {
				t.Fatal("the listener has the server's name:", l.URL())
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
				"--no-proxy-server", "--disable-background-networking", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=10000", "--dump-dom", address+"/consent")
			cmd.WaitDelay = 10 * time.Second
			page, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			// The browser has ended, so a key that is not there now never comes.
			waited, stop := context.WithTimeout(ctx, 5*time.Second)
			defer stop()
			got, err := l.Wait(waited)
			if err != nil || got.APIKey.Secret().Reveal() != testKey || got.UserID != "u-1" || len(got.Permissions) != 1 || got.Permissions[0].Scope() != "StoreA" {
				t.Fatalf("%+v, %v\n%s", got, err, page)
			}
			if !strings.Contains(string(page), "<h1>The key has arrived</h1>") {
				t.Errorf("the browser shows %s", page)
			}
		})
	}
}
