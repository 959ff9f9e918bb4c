package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
)

// patience is how long anything may take on a busy machine.
const patience = 2 * time.Minute

const (
	name   = "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
	canary = "canary-of-the-test-7f3a"
)

func environment(pairs ...string) func(string) string {
	return func(variable string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == variable {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func options() keystore.Options {
	return keystore.Options{Timeout: patience, Getenv: environment("VAULT_TOKEN", token)}
}

func open(t *testing.T, address string, o keystore.Options) keystore.Store {
	t.Helper()
	s, err := Open(Prefix+address, o)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, op string, kind error, hint string) {
	t.Helper()
	e, ok := errors.AsType[*keystore.Error](err)
	switch {
	case !errors.Is(err, kind):
		t.Errorf("%s: error %v, want %v", op, err, kind)
	case !ok || e.Backend != "vault" || e.Op != op:
		t.Errorf("error %#v does not name backend and operation", err)
	case strings.Count(err.Error(), "keystore vault:") != 1:
		t.Errorf("error %q should say once whose it is", err)
	case !strings.Contains(e.Hint, hint) || hint != "" && e.Hint == "":
		t.Errorf("error %v has the hint %q, want %q", err, e.Hint, hint)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if keystoretest.Holds(e.Error(), canary) || keystoretest.Holds(e.Error(), token) {
			t.Errorf("an error holds a secret: %v", e)
		}
	}
}

func TestConformance(t *testing.T) {
	_, server := startDouble(t)
	keystoretest.Conform(t, keystoretest.Backend{Name: "vault", Open: func() keystore.Store {
		return open(t, server.URL+"/secret/shop/keys", options())
	}})
}

// A server that is named by the environment passes the same suite, in a folder
// of this run's own.
func TestConformanceServer(t *testing.T) {
	address, token := os.Getenv("BTCPAYCTL_TEST_VAULT_ADDR"), os.Getenv("BTCPAYCTL_TEST_VAULT_TOKEN")
	if address == "" {
		t.Skip("needs a server: bao server -dev, then BTCPAYCTL_TEST_VAULT_ADDR=http://127.0.0.1:8200 BTCPAYCTL_TEST_VAULT_TOKEN=...")
	}
	folder := fmt.Sprintf("/secret/test-%d", time.Now().UnixNano())
	keystoretest.Conform(t, keystoretest.Backend{Name: "vault", Open: func() keystore.Store {
		return open(t, address+folder, keystore.Options{Timeout: patience, Getenv: environment("VAULT_TOKEN", token)})
	}})
}

func TestBadInputSpec(t *testing.T) {
	for _, spec := range []string{
		"", "vault", "vault:", "file", "vault:https://", "vault:host/secret/x", "vault:https://host", "vault:https://host/", "vault:https://host/secret",
		"vault:https://host/secret/", "vault:ftp://host/secret/x", "vault:http://host/secret/x", "vault:http://10.0.0.1/secret/x", "vault:http://localhost.example/secret/x",
		"vault:https://user:pass@host/secret/x", "vault:https://host/secret/../x", "vault:https://host/secret/./x", "vault:https://host/secret//x",
		"vault:https://host/secret/a%2fb", "vault:https://host/secret/a b", "vault:https://host/secret/x#y", "vault:https://host/secret/x?other=1",
		"vault:https://host/secret/x?namespace=a&namespace=b", "vault:https://host/secret/x?namespace=a%0d%0ab", "vault:https://host/secret/x?%zz", "vault:https://ho st/secret/x", "vault:https://[::1/secret/x",
	} {
		_, err := Open(spec, options())
		wantError(t, err, "open", keystore.ErrUnavailable, "vault:https://")
	}
	if _, err := Open("vault:https://u:"+canary+"@host\x7f/secret/x", options()); err == nil || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
	for _, spec := range []string{"vault:https://host/secret/x", "vault:http://[::1]:8200/secret/x/y", "vault:http://localhost/kv/x", "vault:https://host/kv/a.b_c-d?namespace=a/b&ca-file=/x&token-file=/y"} {
		_, err := Open(spec, options())
		must(t, err)
	}
}

func TestToken(t *testing.T) {
	_, server := startDouble(t)
	home, file := t.TempDir(), filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(filepath.Join(home, ".vault-token"), []byte(token+"\n"), 0o600))
	must(t, os.WriteFile(file, []byte(token), 0o600))
	for what, c := range map[string]struct {
		query string
		env   []string
		want  error
	}{
		"VAULT_TOKEN":          {"", []string{"VAULT_TOKEN", token}, keystore.ErrNotFound},
		"BAO_TOKEN goes first": {"", []string{"VAULT_TOKEN", "old", "BAO_TOKEN", token}, keystore.ErrNotFound},
		"home":                 {"", []string{"HOME", home}, keystore.ErrNotFound},
		"file goes first":      {"?token-file=" + file, []string{"VAULT_TOKEN", "old"}, keystore.ErrNotFound},
		"none":                 {"", []string{"HOME", t.TempDir()}, keystore.ErrDenied},
		"no home":              {"", nil, keystore.ErrDenied},
		"file is not there":    {"?token-file=" + file + "x", []string{"VAULT_TOKEN", token}, keystore.ErrDenied},
		"wrong":                {"", []string{"VAULT_TOKEN", canary}, keystore.ErrDenied},
		"two lines":            {"", []string{"VAULT_TOKEN", canary + "\nX: y"}, keystore.ErrDenied},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := open(t, server.URL+"/secret/x"+c.query, keystore.Options{Timeout: patience, Getenv: environment(c.env...)}).Get(t.Context(), name)
			wantError(t, err, "get", c.want, "")
		})
	}
	must(t, os.Chmod(file, 0o644))
	_, err := open(t, server.URL+"/secret/x?token-file="+file, keystore.Options{Timeout: patience, Getenv: environment()}).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrDenied, "chmod 600")
}

func TestNamespaces(t *testing.T) {
	d, server := startDouble(t)
	d.engines["team/secret"] = map[string]*entry{}
	root := open(t, server.URL+"/secret/x", options())
	team := open(t, server.URL+"/secret/x?namespace=team", options())
	byEnv := open(t, server.URL+"/secret/x", keystore.Options{Timeout: patience, Getenv: environment("VAULT_TOKEN", token, "BAO_NAMESPACE", "team")})
	must(t, root.Put(t.Context(), name, []byte("root")))
	_, err := team.Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrNotFound, "")
	must(t, team.Put(t.Context(), name, []byte("team")))
	for s, want := range map[keystore.Store]string{root: "root", team: "team", byEnv: "team"} {
		if got, err := s.Get(t.Context(), name); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	_, err = open(t, server.URL+"/secret/x?namespace=none", options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "kv-v2")
}

func TestSealedAndWrongEngine(t *testing.T) {
	d, server := startDouble(t)
	s := open(t, server.URL+"/secret/x", options())
	must(t, s.Put(t.Context(), name, []byte(canary)))
	d.set(func() { d.sealed = true })
	_, err := s.Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrLocked, "unseal")
	wantError(t, s.Put(t.Context(), name, []byte(canary)), "put", keystore.ErrLocked, "unseal")
	wantError(t, s.Delete(t.Context(), name), "delete", keystore.ErrLocked, "unseal")
	d.set(func() { d.sealed, d.engines["/old"], d.versions["old"] = false, map[string]*entry{}, "1" })

	wantError(t, open(t, server.URL+"/old/x", options()).Put(t.Context(), name, []byte(canary)), "put", keystore.ErrUnavailable, "kv-v2")
	if len(d.engines["/old"]) != 0 {
		t.Error("something was written to an engine of version 1")
	}
	_, err = open(t, server.URL+"/none/x", options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "-path=none kv-v2")
	_, err = open(t, server.URL+"/none/x", options()).(keystore.Lister).List(t.Context())
	wantError(t, err, "list", keystore.ErrUnavailable, "-path=none kv-v2")
}

// A secret that was deleted by hand can be written again, and deleting here
// leaves no version that somebody could bring back.
func TestDeletedVersions(t *testing.T) {
	d, server := startDouble(t)
	s := open(t, server.URL+"/secret/x", options())
	must(t, s.Put(t.Context(), name, []byte("1")))
	e := d.engines["/secret"]["x/"+file(name)]
	d.set(func() { e.versions[1].deleted = true })
	_, err := s.Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrNotFound, "")
	must(t, s.Put(t.Context(), name, []byte("2")))
	d.set(func() { e.versions[2].deleted = true })
	wantError(t, s.Delete(t.Context(), name), "delete", keystore.ErrNotFound, "")
	if len(d.engines["/secret"]) != 0 {
		t.Error("old versions are left")
	}
}

// Another writer is faster once, and then always.
func TestVersionConflict(t *testing.T) {
	d, server := startDouble(t)
	s := open(t, server.URL+"/secret/x", options())
	must(t, s.Put(t.Context(), name, []byte("old")))
	var times, limit atomic.Int64
	limit.Store(1)
	d.set(func() {
		d.meddle = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && times.Add(1) <= limit.Load() {
				d.set(func() {
					e := d.engines["/secret"]["x/"+file(name)]
					e.last++
					e.versions[e.last] = &version{data: e.versions[1].data}
				})
			}
			return false
		}
	})
	must(t, s.Put(t.Context(), name, []byte("new")))
	if got, err := s.Get(t.Context(), name); err != nil || string(got) != "new" || times.Load() != 2 {
		t.Errorf("%q, %v after %d writes", got, err, times.Load())
	}
	limit.Store(1 << 30)
	o := options()
	// On a busy machine a short deadline may pass before the second try.
	for o.Timeout = 200 * time.Millisecond; times.Load() < 4; o.Timeout *= 2 {
		times.Store(0)
		// The time may run out in a request or between two, which have hints of their own.
		wantError(t, open(t, server.URL+"/secret/x", o).Put(t.Context(), name, []byte(canary)), "put", keystore.ErrTimeout, " ")
		if o.Timeout > patience {
			t.Fatal("a write that conflicts is not tried again")
		}
	}
}

func TestBadInputAnswers(t *testing.T) {
	text := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			io.WriteString(w, body)
			return true
		}
	}
	ok := func(data string) func(http.ResponseWriter, *http.Request) bool {
		return text(200, `{"data":{"data":`+data+`,"metadata":{"version":1}}}`)
	}
	for what, c := range map[string]struct {
		meddle   func(http.ResponseWriter, *http.Request) bool
		get, put error
		hint     string
	}{
		"forbidden":         {text(403, `{"errors":["permission denied `+canary+`"]}`), keystore.ErrDenied, keystore.ErrDenied, "token lookup"},
		"server error":      {text(500, `{"errors":["`+canary+`"]}`), keystore.ErrUnavailable, keystore.ErrUnavailable, "log"},
		"a proxy's page":    {text(502, "<html>bad gateway "+canary), keystore.ErrUnavailable, keystore.ErrUnavailable, "again"},
		"too many requests": {text(429, `{"errors":["request path: rate limit quota exceeded"]}`), keystore.ErrUnavailable, keystore.ErrUnavailable, "wait"},
		"not initialised":   {text(400, `{"errors":["server is not yet initialized"]}`), keystore.ErrUnavailable, keystore.ErrUnavailable, "init"},
		"too large":         {text(413, `{"errors":["http: request body too large"]}`), keystore.ErrTooLarge, keystore.ErrTooLarge, "file"},
		"teapot":            {text(418, ""), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"not JSON":          {text(200, "hello"), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"empty":             {text(200, ""), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"no data":           {text(200, "{}"), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"version as text":   {text(200, `{"data":{"data":{},"metadata":{"version":"1"}}}`), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"a huge answer":     {text(200, strings.Repeat(" ", bodyLimit+1)), keystore.ErrUnavailable, keystore.ErrUnavailable, "/v1"},
		"a list as data":    {ok(`[]`), keystore.ErrDamaged, nil, "look at it"},
		"somebody's data":   {ok(`{"password":"` + canary + `"}`), keystore.ErrDamaged, nil, "look at it"},
		"numbers":           {ok(`{"btcpayctl":1,"name":2,"secret":3}`), keystore.ErrDamaged, nil, "look at it"},
		"another name":      {ok(`{"btcpayctl":"1","name":"bitid/Other","secret":"eA=="}`), keystore.ErrDamaged, nil, "look at it"},
		"not base64":        {ok(`{"btcpayctl":"1","name":"` + name + `","secret":"` + canary + `"}`), keystore.ErrDamaged, nil, "look at it"},
		"a newer version":   {ok(`{"btcpayctl":"2","name":"` + name + `","secret":"eA=="}`), keystore.ErrVersion, keystore.ErrVersion, "newer"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "{")
			return true
		}, keystore.ErrUnavailable, keystore.ErrUnavailable, "curl"},
		"no answer": {func(w http.ResponseWriter, _ *http.Request) bool { panic(http.ErrAbortHandler) }, keystore.ErrUnavailable, keystore.ErrUnavailable, "curl"},
		"silence": {func(_ http.ResponseWriter, r *http.Request) bool {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return true
		}, keystore.ErrTimeout, keystore.ErrTimeout, "TIMEOUT"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d, server := startDouble(t)
			o := options()
			if what == "silence" {
				o.Timeout = 100 * time.Millisecond
			}
			s := open(t, server.URL+"/secret/x", o)
			d.set(func() { d.meddle = c.meddle })
			_, err := s.Get(t.Context(), name)
			wantError(t, err, "get", c.get, c.hint)
			if c.put != nil {
				wantError(t, s.Put(t.Context(), name, []byte(canary)), "put", c.put, c.hint)
			}
		})
	}
}

// A server that says "stored" and did not.
func TestBadInputLies(t *testing.T) {
	for what, c := range map[string]struct {
		post string
		read string
		want error
	}{
		"keeps nothing": {`{"data":{"version":7}}`, "", keystore.ErrUnavailable},
		"keeps another": {`{"data":{"version":7}}`, `{"data":{"data":{"btcpayctl":"1","name":"` + name + `","secret":"eA=="},"metadata":{"version":7}}}`, keystore.ErrDamaged},
		"no version":    {`{"data":{}}`, "", keystore.ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			d, server := startDouble(t)
			d.set(func() {
				d.meddle = func(w http.ResponseWriter, r *http.Request) bool {
					switch {
					case r.Method == http.MethodPost:
						io.WriteString(w, c.post)
						return true
					case r.URL.Query().Get("version") != "" && c.read != "":
						io.WriteString(w, c.read)
						return true
					}
					return false
				}
			})
			wantError(t, open(t, server.URL+"/secret/x", options()).Put(t.Context(), name, []byte(canary)), "put", c.want, " ")
		})
	}
	d, server := startDouble(t)
	s := open(t, server.URL+"/secret/x", options())
	must(t, s.Put(t.Context(), name, []byte(canary)))
	d.set(func() {
		d.meddle = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
			}
			return r.Method == http.MethodDelete
		}
	})
	wantError(t, s.Delete(t.Context(), name), "delete", keystore.ErrUnavailable, "again")
}

// The token goes to no other server, whatever the first one says.
func TestRedirect(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		d, server := startDouble(t)
		d.set(func() {
			d.meddle = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, other.URL+r.URL.Path, status)
				return true
			}
		})
		s := open(t, server.URL+"/secret/x", options())
		_, err := s.Get(t.Context(), name)
		wantError(t, err, "get", keystore.ErrUnavailable, "active node")
		wantError(t, s.Put(t.Context(), name, []byte(canary)), "put", keystore.ErrUnavailable, "active node")
	}
	if reached.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	listener.Close()
	_, err = open(t, "http://"+address+"/secret/x", options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "curl")

	_, server := startDouble(t)
	_, err = open(t, strings.Replace(server.URL, "http:", "https:", 1)+"/secret/x", options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "vault:http://127.0.0.1")

	ctx, cancel := context.WithCancel(t.Context())
	d, server := startDouble(t)
	d.set(func() {
		d.meddle = func(_ http.ResponseWriter, r *http.Request) bool { cancel(); <-r.Context().Done(); return true }
	})
	_, err = open(t, server.URL+"/secret/x", options()).Get(ctx, name)
	wantError(t, err, "get", context.Canceled, "")
}
