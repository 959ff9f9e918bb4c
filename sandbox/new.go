package sandbox

import "context"

// TB is the part of a test that [New] needs. *testing.T and *testing.B have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// New starts a sandbox for a test, ready to use: its [Seed] is an account, a store with a wallet and fixed rates,
// and an API key with all permissions. It listens on a free loopback port and is closed when the test ends. If it
// cannot start or be closed, the test fails. At most one Options may be given.
func New(t TB, options ...Options) *Server {
	t.Helper()
	if len(options) > 1 {
		t.Fatalf("sandbox: New takes at most one Options, not %d", len(options))
		return nil
	}
	var o Options
	if len(options) == 1 {
		o = options[0]
	}
	server, err := Start(context.Background(), "127.0.0.1:0", o)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(func() {
		t.Helper()
		if err := server.Close(); err != nil {
			t.Errorf("sandbox: close: %v", err)
		}
	})
	return server
}
