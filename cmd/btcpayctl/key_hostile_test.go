package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A login is an "authorize" that waits for the browser.
type login struct {
	cmd      *exec.Cmd
	errs     lockedBuffer
	out      bytes.Buffer
	redirect *url.URL
	ended    chan struct{}
}

var consentPage = regexp.MustCompile(`http\S+api-keys/authorize\S+`)

func (s *killScene) login(args ...string) *login {
	s.t.Helper()
	l := &login{cmd: exec.Command(s.program, append([]string{"authorize", "--no-browser"}, args...)...), ended: make(chan struct{})}
	l.cmd.Env, l.cmd.Stdout, l.cmd.Stderr = s.env, &l.out, &l.errs
	if err := l.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		l.cmd.Wait()
		close(l.ended)
	}()
	s.t.Cleanup(func() {
		l.cmd.Process.Kill()
		<-l.ended
	})
	for deadline := time.After(patience); !strings.Contains(l.errs.String(), "Waiting for the key"); {
		select {
		case <-time.After(5 * time.Millisecond):
			continue
		case <-deadline:
		case <-l.ended:
			if strings.Contains(l.errs.String(), "Waiting for the key") {
				continue
			}
		}
		s.t.Fatalf("nobody waits:\n%s", l.errs.String())
	}
	page, err := url.Parse(consentPage.FindString(l.errs.String()))
	if err == nil {
		l.redirect, err = url.Parse(page.Query().Get("redirect"))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (l *login) end(t *testing.T) int {
	t.Helper()
	select {
	case <-l.ended:
	case <-time.After(patience):
		t.Fatalf("the login does not end:\n%s", l.errs.String())
	}
	return l.cmd.ProcessState.ExitCode()
}

// hostile are requests of those who do not know the nonce, or who do and send
// what is no key.
func hostile(l *login, i int) *http.Request {
	target := *l.redirect
	key := url.Values{"apiKey": {strings.Repeat("e", 40)}}.Encode()
	method, body, contentType, host := http.MethodPost, key, "application/x-www-form-urlencoded", ""
	switch i % 14 {
	case 0:
		target.Path = "/"
	case 1:
		target.Path = "/favicon.ico"
		method, body = http.MethodGet, ""
	case 2:
		method, body = http.MethodGet, ""
	case 3:
		method, body = http.MethodOptions, ""
	case 4:
		target.Path = target.Path[:len(target.Path)-1]
	case 5:
		target.Path += "A"
	case 6:
		target.Path = target.Path[:len(target.Path)-1] + "a"
	case 7:
		host = "evil.example.com"
	case 8:
		host = "127.0.0.1.evil.example.com:" + target.Port()
	case 9:
		body = strings.Repeat("a", 10<<20)
	case 10:
		body = key + "&" + key
	case 11:
		body, contentType = `{"apiKey":"`+strings.Repeat("e", 40)+`","apiKey":"`+strings.Repeat("f", 40)+`"}`, "application/json"
	case 12:
		body = "apiKey=not+a+key"
	case 13:
		target.RawQuery = "x=1"
	}
	r, err := http.NewRequest(method, target.String(), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Host = host
	return r
}

// TestBadInputCallback sends 700 hostile requests to a login. None ends it, none
// gets another answer than 404, and the browser's key is the one that is kept.
func TestBadInputCallback(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program a second time")
	}
	t.Parallel()
	s := newKillScene(t)
	many := int64(700)
	l := s.login("--profile", "ci", "--all-stores", "--for", "invoice list")
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	var requests atomic.Int64
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for i := requests.Add(1); i <= many; i = requests.Add(1) {
				response, err := client.Do(hostile(l, int(i)))
				if err != nil {
					continue // a body of 10 MB is cut off
				}
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("request %d (kind %d) got %s", i, i%14, response.Status)
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		})
	}
	senders.Wait()
	var made struct{ APIKey string }
	if err := s.w.post(t.Context(), s.w.server.URL+"/api/v1/api-keys", s.w.server.Seed.APIKey,
		map[string]any{"label": "btcpayctl/ci", "permissions": []string{"btcpay.store.canviewinvoices"}}, &made); err != nil {
		t.Fatal(err)
	}
	response, err := client.PostForm(l.redirect.String(), url.Values{"apiKey": {made.APIKey}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		t.Errorf("the browser got %s", response.Status)
	}
	if code := l.end(t); code != 0 {
		t.Fatalf("the login ended with exit code %d:\n%s", code, l.errs.String())
	}
	var list []struct{ Label, Status string }
	if err := json.Unmarshal([]byte(s.must("apikey", "list", "-o", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Label != "btcpayctl/ci" || list[0].Status != "works" {
		t.Errorf("what is stored is %+v", list)
	}
	if strings.Contains(l.errs.String()+l.out.String(), made.APIKey) {
		t.Error("the key was printed")
	}
}

// TestBadInputRenamed lets a proxy change the listener's name: the key does not
// count, and the end says which flag helps.
func TestBadInputRenamed(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it waits until a login gives up")
	}
	t.Parallel()
	s := newKillScene(t)
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var l *login
	// On a busy machine a login that waits shortly may be over before it is met.
	for wait := 2 * time.Second; ; wait *= 2 {
		l = s.login("--profile", "ci", "--all-stores", "--for", "invoice list", "--wait", wait.String())
		r, err := http.NewRequest(http.MethodPost, l.redirect.String(), strings.NewReader("apiKey="+strings.Repeat("e", 40)))
		must(t, err)
		r.Host = "callback.example.com"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(r)
		if err == nil {
			response.Body.Close()
			break
		}
		if wait > patience {
			t.Fatal(err)
		}
		l.end(t)
	}
	if code := l.end(t); code != 8 {
		t.Errorf("the login ended with exit code %d", code)
	}
	for _, want := range []string{"The request used another host name than the page was given", "--callback-host"} {
		if !strings.Contains(l.errs.String(), want) {
			t.Errorf("no %q in:\n%s", want, l.errs.String())
		}
	}
	// With that name the same proxy is fine.
	l = s.login("--profile", "ci", "--all-stores", "--for", "invoice list", "--callback-host", "callback.example.com:8765", "--port", fmt.Sprint(l.redirect.Port()))
	if l.redirect.Host != "callback.example.com:8765" {
		t.Errorf("the page is given %s", l.redirect.Host)
	}
}
