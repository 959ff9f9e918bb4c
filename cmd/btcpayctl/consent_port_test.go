package main

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A thief listens on a port of this machine, as any user of it can, and keeps the
// keys that browsers bring.
type thief struct {
	server http.Server
	keys   chan string
}

func newThief(t *testing.T, port string) *thief {
	t.Helper()
	th := &thief{keys: make(chan string, 8)}
	th.server.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if key := r.PostFormValue("apiKey"); key != "" {
			th.keys <- key
		}
	})
	bound := 0
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			continue // a machine without IPv6
		}
		bound++
		go th.server.Serve(listener)
	}
	if bound == 0 {
		t.Fatal("the thief got no address of port " + port)
	}
	t.Cleanup(func() { th.server.Close() })
	return th
}

// TestPortTakenOver is the attack on the port of a login that has ended: whoever
// takes it gets the key of a page that is still open. That cannot be kept from
// happening, so it is said, and the next login stays away from the port.
func TestPortTakenOver(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program a second time")
	}
	t.Parallel()
	s := newKillScene(t)
	asked := []string{"--profile", "ci", "--all-stores", "--for", "invoice list"}
	l := s.login(append(asked, "--wait", "100ms")...)
	if code := l.end(t); code != 8 {
		t.Fatalf("nobody came, and the login ends with %d:\n%s", code, l.errs.String())
	}
	port := l.redirect.Port()
	said := "Do not press Authorize on a page that is still open: it would send the key to any program that listens on port " + port
	if !strings.Contains(l.errs.String(), said) {
		t.Errorf("it is not said that the page is dangerous:\n%s", l.errs.String())
	}
	for _, harmless := range []string{"leads to nothing", "of no use"} {
		if strings.Contains(l.errs.String(), harmless) {
			t.Errorf("the page is called harmless:\n%s", l.errs.String())
		}
	}
	if doctor := s.doctor(); !strings.Contains(doctor, said) {
		t.Errorf("the doctor does not say it:\n%s", doctor)
	}
	th := newThief(t, port)
	s.run("", "sandbox", "consent", consentPage.FindString(l.errs.String()))
	select {
	case key := <-th.keys:
		if len(key) != 40 {
			t.Errorf("the thief got %d characters", len(key))
		}
	case <-time.After(patience):
		t.Fatal("what is said is not so: the thief got no key")
	}

	// The same command again does not lead there, and says so.
	again := s.login(asked...)
	if again.redirect.Port() == port || again.redirect.Path == l.redirect.Path {
		t.Errorf("the next login is at %s again", again.redirect)
	}
	if text := again.errs.String(); !strings.Contains(text, "another program uses port "+port+" of the earlier login") || !strings.Contains(text, said) {
		t.Errorf("it is not said that the port is another's:\n%s", text)
	}
	again.cmd.Process.Kill()
}

// TestKeptPortTakenOver is the same for a port that is kept for an identifier: the
// login does not begin, and no page is shown.
func TestKeptPortTakenOver(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program a second time")
	}
	t.Parallel()
	s := newKillScene(t)
	asked := []string{"--profile", "app", "--all-stores", "--for", "invoice list", "--app-identifier", "my-app"}
	l := s.login(asked...)
	s.must("sandbox", "consent", consentPage.FindString(l.errs.String()))
	if code := l.end(t); code != 0 {
		t.Fatal(l.errs.String())
	}
	port := l.redirect.Port()
	newThief(t, port)
	before, err := s.w.keyLabels(t.Context())
	must(t, err)
	sh := &shell{t: t, program: s.program, home: t.TempDir(), env: map[string]string{}}
	for _, entry := range s.env {
		name, value, _ := strings.Cut(entry, "=")
		sh.env[name] = value
	}
	refused := sh.run(append([]string{"authorize", "--no-browser"}, asked...)...)
	refused.fails(1, "port "+port+" is in use", "send the key to any program that listens on port "+port, "--port 0")
	refused.never("/api-keys/authorize")
	after, err := s.w.keyLabels(t.Context())
	must(t, err)
	if len(after) != len(before) {
		t.Errorf("%d keys became %d", len(before), len(after))
	}
	// Another port is another address altogether: the thief may know the nonce.
	other := s.login(append(asked, "--port", "0")...)
	if other.redirect.Port() == port || other.redirect.Path == l.redirect.Path {
		t.Errorf("with another port the login is at %s, before it was at %s", other.redirect, l.redirect)
	}
	if _, err := url.Parse(other.redirect.String()); err != nil {
		t.Error(err)
	}
	other.cmd.Process.Kill()
}
