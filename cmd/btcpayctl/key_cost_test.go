package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestExecRoundTrips counts the requests of an "apikey exec": one makes the key,
// one revokes it.
func TestExecRoundTrips(t *testing.T) {
	s := newKillScene(t)
	var mu sync.Mutex
	var sent []string
	l := newLine(strings.TrimSuffix(s.w.server.URL, "/"))
	t.Cleanup(l.Close)
	inner := l.Config.Handler
	l.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent = append(sent, r.Method+" "+r.URL.Path)
		mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	s.env = append(s.env, "BTCPAYCTL_SERVER="+l.URL)
	s.must("apikey", "exec", "--for", "invoice list", "--", "true")
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(sent, ", "); got != "POST /api/v1/api-keys, DELETE /api/v1/api-keys/current" {
		t.Errorf("apikey exec sent %s", got)
	}
}
