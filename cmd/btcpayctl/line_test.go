package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// A line leads to the sandbox under an address that stays, while what happens on
// it changes.
type line struct {
	*httptest.Server
	client http.Client

	mu       sync.Mutex
	upstream string
	fault    string // see setFault
	method   string
	left     int // how many more requests meet the fault; below 0 all do
	cut      int
	passed   []string // method and path of each request

	// asked and answered, if set, are called with the number of a request before
	// it is passed on, and before its response is.
	asked, answered func(n int)
}

func newLine(upstream string) *line {
	l := &line{upstream: upstream, client: http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	l.Server = httptest.NewServer(http.HandlerFunc(l.serve))
	return l
}

func (l *line) Close() {
	l.CloseClientConnections()
	l.Server.Close()
	l.client.CloseIdleConnections()
}

// setFault says what happens to requests with a method, or to all with "":
// "down" resets the connection before anything is passed on, "lose" passes the
// request on and loses the answer, "cut" loses it after some bytes, "strip" takes
// the Authorization header out, "page" answers with a log-in page of its own,
// "pretend" with an empty 200, "ok" nothing.
func (l *line) setFault(fault, method string, times, cut int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.method, l.left, l.cut = fault, method, times, cut
}

// leadTo makes the address another server's.
func (l *line) leadTo(upstream string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.upstream = upstream
}

// watch sets what is called at each request from now on, which count from 1.
func (l *line) watch(asked, answered func(n int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.answered, l.passed = asked, answered, nil
}

// meet notes a request and returns what happens to it.
func (l *line) meet(method, path string) (fault, upstream string, cut int, answered func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passed = append(l.passed, method+" "+path)
	n, done := len(l.passed), l.answered
	answered = func() {
		if done != nil {
			done(n)
		}
	}
	if l.asked != nil {
		l.asked(n)
	}
	if l.method != "" && !slices.Contains(strings.Split(l.method, ","), method) || l.left == 0 {
		return "ok", l.upstream, 0, answered
	}
	l.left--
	return l.fault, l.upstream, l.cut, answered
}

// requests returns how many there were since watch.
func (l *line) requests() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.passed)
}

func (l *line) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	fault, upstream, cut, answered := l.meet(r.Method, r.URL.Path)
	switch fault {
	case "down":
		hijack(w).Close()
		return
	case "pretend":
		return
	case "page":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, "<!DOCTYPE html><title>Log in</title>")
		return
	}
	forward, err := http.NewRequest(r.Method, upstream+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	forward.Header, forward.Host = r.Header.Clone(), r.Host
	if fault == "strip" {
		forward.Header.Del("Authorization")
	}
	response, err := l.client.Do(forward)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	answered()
	switch {
	case err != nil || fault == "lose":
		hijack(w).Close()
	case fault == "cut":
		response.Body = io.NopCloser(bytes.NewReader(answer))
		var raw bytes.Buffer
		response.Write(&raw)
		connection := hijack(w)
		connection.Write(raw.Bytes()[:min(cut, raw.Len())])
		connection.Close()
	default:
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		w.Write(answer)
	}
}

// putLine puts a line in front of the sandbox and its address into SERVER, or
// changes what happens on it:
//
//	line
//	line down [METHOD,...] [TIMES]
//	line lose METHOD [TIMES]
//	line pretend METHOD [TIMES]
//	line ok
func putLine(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	if len(args) == 0 {
		s.line = newLine(strings.TrimSuffix(s.server.URL, "/"))
		ts.Defer(s.line.Close)
		ts.Setenv("DIRECT", s.server.URL)
		ts.Setenv("SERVER", s.line.URL)
		return
	}
	method, times := "", -1
	for _, arg := range args[1:] {
		if n, err := strconv.Atoi(arg); err == nil {
			times = n
		} else {
			method = arg
		}
	}
	s.line.setFault(args[0], method, times, 0)
}
