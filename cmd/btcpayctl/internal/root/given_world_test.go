package root

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A sentRequest is what came to a server.
type sentRequest struct {
	method, path, query string
	header              http.Header
	body                string
	answer              string
}

// A recordingServer is a sandbox that writes down what comes, and behind something
// that may change its answers.
type recordingServer struct {
	URL  string
	Seed sandbox.Seed

	mu     sync.Mutex
	sent   []sentRequest
	change func(answer string) string // of an invoice that is created
	lose   bool                       // that answer never comes
	noList bool                       // lists of invoices fail
	// meddle answers a request itself, and says so. Nothing reaches the sandbox then.
	meddle func(http.ResponseWriter, *http.Request) bool
	// fault may say of a request that it is dropped before the server has it, that its
	// answer is lost, or that all that follows is unreachable ("down").
	fault func(sentRequest) string
	down  bool
}

func newRecordingServer(t *testing.T) *recordingServer { return newEmulatingServer(t, "") }

// newEmulatingServer has a sandbox that behaves like a release.
func newEmulatingServer(t *testing.T, release string) *recordingServer {
	t.Helper()
	s, err := sandbox.NewHandler(sandbox.Options{Emulate: release})
	if err != nil {
		t.Fatal(err)
	}
	r := &recordingServer{Seed: s.Seed()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		meddle := r.meddle
		r.mu.Unlock()
		if meddle != nil && meddle(w, req) {
			return
		}
		header := req.Header.Clone()
		fault := r.meets(sentRequest{method: req.Method, path: req.URL.Path, query: req.URL.RawQuery, body: string(body)})
		if fault == "drop" {
			panic(http.ErrAbortHandler)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, req)
		text := answer.Body.String()
		r.mu.Lock()
		r.sent = append(r.sent, sentRequest{req.Method, req.URL.Path, req.URL.RawQuery, header, string(body), text})
		created := req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/invoices")
		if created && r.change != nil {
			text = r.change(text)
		}
		lost := fault == "lose" || created && r.lose || r.noList && req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/invoices")
		r.mu.Unlock()
		if lost {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		io.WriteString(w, text)
	}))
	r.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		s.Close()
	})
	return r
}

// meets gives the fault that a request meets.
func (r *recordingServer) meets(req sentRequest) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return "drop"
	}
	if r.fault == nil {
		return ""
	}
	fault, down := strings.CutSuffix(r.fault(req), ", down")
	r.down = down
	return fault
}

// faulty has requests meet faults from now on; nil ends that.
func (r *recordingServer) faulty(fault func(sentRequest) string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault, r.down = fault, false
}

// tookNothing wants no request from these lines, of which there are to be many.
func (r *recordingServer) tookNothing(t *testing.T, lines int) {
	t.Helper()
	if sent := r.took(); len(sent) > 0 {
		t.Errorf("%d requests were sent, first %s %s", len(sent), sent[0].method, sent[0].path)
	}
	if lines < 1000 {
		t.Errorf("only %d lines were tried", lines)
	}
	t.Logf("%d lines", lines)
}

// took returns what came since it was asked last.
func (r *recordingServer) took() []sentRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.sent
	r.sent = nil
	return sent
}

// A given is one run in process: its environment, and what came of it.
type given struct {
	home  string
	env   map[string]string
	stdin string
	out   io.Writer         // takes standard output in place of stdout
	say   func(line string) // is told what goes to standard error, write by write
	ctx   context.Context   // nil is that of the test
	// without are variables that are not set.
	without []string
	code    int
	stdout  string
	stderr  string
}

type told struct {
	io.Writer
	say func(string)
}

func (w told) Write(text []byte) (int, error) {
	if w.say != nil {
		w.say(string(text))
	}
	return w.Writer.Write(text)
}

// newHome is a home with a keystore that opens without a passphrase.
func newHome(t testing.TB) string { return t.TempDir() }

func (g *given) run(t testing.TB, args ...string) *given {
	t.Helper()
	env := map[string]string{"HOME": g.home, "BTCPAYCTL_KEYSTORE": "file", "BTCPAYCTL_IDENTITY_FILE": filepath.Join(g.home, "identity"),
		"PATH": os.Getenv("PATH"), "BROWSER": "/nonexistent/browser"}
	maps.Copy(env, g.env)
	for _, name := range g.without {
		delete(env, name)
	}
	var stdout, stderr bytes.Buffer
	out, ctx := io.Writer(&stdout), t.Context()
	if g.out != nil {
		out = g.out
	}
	if g.ctx != nil {
		ctx = g.ctx
	}
	a := &app.App{In: strings.NewReader(g.stdin), Out: out, Err: told{&stderr, g.say}, Now: time.Now, Version: "test",
		LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
		Environ:   func() []string { return []string{"PATH=" + env["PATH"]} }}
	g.code = Run(ctx, a, args)
	g.stdout, g.stderr = stdout.String(), stderr.String()
	return g
}
