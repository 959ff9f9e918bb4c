package main

import (
	"strings"
	"testing"
)

// TestExecRoundTrips counts the requests of an "apikey exec": one makes the key,
// one revokes it.
func TestExecRoundTrips(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program a second time")
	}
	t.Parallel()
	s := newKillScene(t)
	l := newLine(strings.TrimSuffix(s.w.server.URL, "/"))
	t.Cleanup(l.Close)
	s.env = append(s.env, "BTCPAYCTL_SERVER="+l.URL)
	s.must("apikey", "exec", "--all-stores", "--for", "invoice list", "--", "true")
	l.mu.Lock()
	defer l.mu.Unlock()
	if got := strings.Join(l.passed, ", "); got != "POST /api/v1/api-keys, DELETE /api/v1/api-keys/current" {
		t.Errorf("apikey exec sent %s", got)
	}
}
