package sandbox

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A request that does not come by a loopback address controls the sandbox only with its token.
func TestControlToken(t *testing.T) {
	const token = "a-token-of-the-test"
	w := newTestbed(t, Options{ControlToken: token})
	ask := func(local, host, path string, headers ...string) int {
		r := httptest.NewRequest("POST", path, strings.NewReader(`{}`))
		r.Host = host
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		r = r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP(local), Port: 80})))
		recorder := httptest.NewRecorder()
		w.s.ServeHTTP(recorder, r)
		return recorder.Code
	}
	const far, here = "192.0.2.1", "127.0.0.1"
	for _, c := range []struct {
		name        string
		local, host string
		headers     []string
		want        int
	}{
		{"this machine", here, "127.0.0.1", nil, 200},
		{"this machine, by its name", here, "localhost:80", nil, 200},
		{"this machine, by IPv6", "::1", "[::1]:80", nil, 200},
		{"this machine, with another token", here, "127.0.0.1", []string{"X-Sandbox-Token", "x"}, 200},
		{"another machine", far, "sandbox:80", nil, 403},
		{"another machine that says it is here", far, "127.0.0.1", []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"a name that resolves to here", here, "rebound.example", nil, 403},
		{"with the token", far, "sandbox:80", []string{"X-Sandbox-Token", token}, 200},
		{"with the token, by a name that resolves to here", here, "sandbox.example", []string{"X-Sandbox-Token", token}, 200},
		{"with another token", far, "sandbox:80", []string{"X-Sandbox-Token", token + "x"}, 403},
		{"with a part of it", far, "sandbox:80", []string{"X-Sandbox-Token", token[:5]}, 403},
		{"with none in the header", far, "sandbox:80", []string{"X-Sandbox-Token", ""}, 403},
		{"with it as another credential", far, "sandbox:80", []string{"Authorization", "Bearer " + token}, 403},
		{"with the token, from a page of another site", far, "sandbox:80", []string{"X-Sandbox-Token", token, "Origin", "http://evil.example"}, 403},
		{"a page of another site on this machine", here, "127.0.0.1", []string{"X-Sandbox-Token", token, "Sec-Fetch-Site", "cross-site"}, 403},
	} {
		for _, path := range []string{"/_sandbox/mine", "/_sandbox/fault/list", "/_sandbox/seed", "/_sandbox/reset"} {
			if got := ask(c.local, c.host, path, c.headers...); got != c.want {
				t.Errorf("%s: %s: %d instead of %d", c.name, path, got, c.want)
			}
		}
	}
	// The buttons of an invoice's page are control as well.
	id := w.makeInvoice()
	if got := ask(far, "sandbox:80", "/i/"+id+"/simulate"); got < 400 {
		t.Errorf("a button, from another machine: %d", got)
	}
	plain := newTestbed(t, Options{})
	w.s = plain.s
	if got := ask(far, "sandbox:80", "/_sandbox/mine", "X-Sandbox-Token", ""); got != http.StatusForbidden {
		t.Errorf("without a token at all: %d", got)
	}
}

func TestStartBeyondLoopback(t *testing.T) {
	for _, token := range []string{"short", "a token with blanks in it", "ünïcödé-of-some-length", "line\nbreaks-in-a-token"} {
		if s, err := NewHandler(Options{ControlToken: token}); err == nil {
			s.Close()
			t.Errorf("%q is accepted", token)
		}
	}
	if _, err := Start(t.Context(), "0.0.0.0:0", Options{}); err == nil || !strings.Contains(err.Error(), "ControlToken") {
		t.Errorf("without a token: %v", err)
	}
	s, err := Start(t.Context(), "0.0.0.0:0", Options{ControlToken: "a-token-of-the-test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("the address is %s", s.URL)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.To4() == nil || ip.IP.IsLoopback() {
			continue
		}
		for token, want := range map[string]int{"": 403, "a-token-of-the-test": 200} {
			r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+ip.IP.String()+":"+port+"/_sandbox/mine", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Sandbox-Token", token)
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if response.Body.Close(); response.StatusCode != want {
				t.Errorf("%s, with the token %q: %d", r.URL, token, response.StatusCode)
			}
		}
	}
}
