package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Version is the server release the sandbox doubles.
const Version = "2.4.1"

// Server is a sandbox that listens. The methods of [Sandbox] control it.
type Server struct {
	// URL is the address of the server, root path included, without a slash at its end.
	URL  string
	Seed Seed

	*Sandbox // to control it

	http    *http.Server
	serving sync.WaitGroup
	failed  error
}

// Start listens on a loopback address such as "127.0.0.1:0" and serves until [Server.Close]. The context bounds the
// start alone.
func Start(ctx context.Context, address string, o Options) (*Server, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
		return nil, fmt.Errorf("sandbox: listen on %q: a loopback address with a port is wanted, such as 127.0.0.1:0", address)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address) // first: who has the address may have the state file too
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
		http:    &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 400 << 10},
	}
	server.serving.Go(func() {
		if err := server.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			server.failed = err
		}
	})
	return server, nil
}

// Close stops listening, ends deliveries and writes the state file.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return errors.Join(err, s.failed, s.Sandbox.Close())
}
