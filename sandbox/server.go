package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// Version is the release of BTCPay Server that the sandbox doubles.
const Version = release.Current // 2.4.1

// EmulatedVersion is the version that a sandbox with this [Options.Emulate] says it has: the named release since 1.13; for
// a line of releases the one of them that was recorded, else the first one (2.0.8 for "2.0", 2.3.9 for "2.3", 2.2.0 for
// "2.2"); for "newer" one after 2.4.1 with all that is known of those; and [Version] for "".
func EmulatedVersion(emulate string) (string, error) {
	r, err := release.Parse(emulate)
	return r.Version, err
}

// Server is a sandbox that listens. The methods of [Sandbox] control it.
type Server struct {
	// URL is the address of the server with the root path, without a slash at its end.
	URL  string
	Seed Seed

	*Sandbox // to control it

	http    *http.Server
	serving sync.WaitGroup
	failed  error
}

// Start listens on a loopback address such as "127.0.0.1:0" and serves until [Server.Close]. The context bounds only
// the start.
func Start(ctx context.Context, address string, o Options) (*Server, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || !serve.IsLoopback(host) {
		return nil, fmt.Errorf("sandbox: listen on %q: must be a loopback address with a port, such as 127.0.0.1:0", address)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address) // before the state file: the port's owner has it too
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s, err := NewHandler(o)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	server := &Server{
		URL:     "http://" + listener.Addr().String() + s.rootPath,
		Seed:    s.Seed(),
		Sandbox: s,
		http:    &http.Server{Handler: s, ConnState: serve.MendPathsState, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 400 << 10},
	}
	server.serving.Go(func() {
		if err := server.http.Serve(serve.MendPaths(listener)); !errors.Is(err, http.ErrServerClosed) {
			server.failed = err
		}
	})
	return server, nil
}

// Close stops listening, stops deliveries and writes the state file.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return errors.Join(err, s.failed, s.Sandbox.Close())
}
