//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stops are the signals that ask a program to stop, and its exit codes.
var stops = []struct {
	signal syscall.Signal
	name   string
	exit   int
	code   string // in JSON
}{
	{syscall.SIGHUP, "HUP", 129, "hung-up"},
	{syscall.SIGINT, "INT", 130, "interrupted"},
	{syscall.SIGQUIT, "QUIT", 131, "quit"},
	{syscall.SIGTERM, "TERM", 143, "terminated"},
}

// hearStops gives a program the signals that whoever runs the tests may have ignored: a
// signal that is caught here is not ignored there.
func hearStops(t *testing.T) {
	t.Helper()
	hearOnce()
}

// Nothing takes it back: other tests run at the same time.
var hearOnce = sync.OnceFunc(func() {
	for _, s := range stops {
		if signal.Ignored(s.signal) {
			signal.Notify(make(chan os.Signal, 1), s.signal)
		}
	}
})

// A gate is in front of a server. It shows each request to a function, which may hold
// it, before it is passed on and before its answer is.
type gate struct {
	*httptest.Server
	mu            sync.Mutex
	meet, answers func(*http.Request)
}

func newGate(t *testing.T, upstream string) *gate {
	t.Helper()
	target, err := url.Parse(upstream)
	must(t, err)
	g := &gate{}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		Transport:      &http.Transport{DisableKeepAlives: true},
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(r *http.Response) error { g.hook(&g.answers)(r.Request); return nil },
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.hook(&g.meet)(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		g.CloseClientConnections()
		g.Close()
	})
	return g
}

func (g *gate) hook(f *func(*http.Request)) func(*http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if *f == nil {
		return func(*http.Request) {}
	}
	return *f
}

// hold sets what sees requests from now on. Either may be nil.
func (g *gate) hold(meet, answers func(*http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.meet, g.answers = meet, answers
}

// A running is a program that a test sends signals to.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr lockedBuffer
	stdout lockedBuffer
	done   chan struct{}
}

func (s *shell) launch(args ...string) *running {
	s.t.Helper()
	r := &running{t: s.t, cmd: s.command(args...), done: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	must(s.t, r.cmd.Start())
	go func() {
		r.cmd.Wait()
		close(r.done)
	}()
	s.t.Cleanup(func() {
		r.cmd.Process.Kill()
		<-r.done
	})
	return r
}

// says waits until the program has written something, or has ended.
func (r *running) says(text string) {
	for end := time.Now().Add(patience); !strings.Contains(r.stderr.String(), text); time.Sleep(2 * time.Millisecond) {
		select {
		case <-r.done:
			return
		default:
		}
		if time.Now().After(end) {
			r.cmd.Process.Kill()
			r.t.Errorf("%q is never said:\n%s", text, r.stderr.String())
			return
		}
	}
}

func (r *running) end() run {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		r.cmd.Process.Kill()
		<-r.done
		r.t.Errorf("the program does not end:\n%s", r.stderr.String())
	}
	return run{r.t, strings.Join(r.cmd.Args[1:], " "), r.cmd.ProcessState.ExitCode(), r.stdout.String(), r.stderr.String()}
}
