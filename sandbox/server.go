package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
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
	// URL is the address of the server with the root path, without a slash at its end. If the server listens on all
	// addresses, it is the one on loopback.
	URL  string
	Seed Seed
	// CA is the certificate of the authority of a sandbox with [Options.TLS], in PEM, and CAFile the file that has it if
	// the sandbox has a state file.
	CA     []byte
	CAFile string

	*Sandbox // to control it

	http    *http.Server
	serving sync.WaitGroup
	failed  error
}

// Start listens on a loopback address such as "127.0.0.1:0", or on any other if [Options.ControlToken] is set, and serves
// until [Server.Close]. The context bounds only the start.
func Start(ctx context.Context, address string, o Options) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !serve.IsLoopback(host) && o.ControlToken == "" {
		return nil, fmt.Errorf("sandbox: listen on %q: must be a loopback address with a port, such as 127.0.0.1:0, or Options.ControlToken must be set", address)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address) // before the state file: the port's owner has it too
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	scheme, issuer := "http", (*authority)(nil)
	if o.TLS {
		if issuer, err = openAuthority(o.StateFile); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		scheme = "https"
	}
	s, err := NewHandler(o)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	server := &Server{
		URL:     scheme + "://" + reachable(host, listener.Addr()) + s.rootPath,
		Seed:    s.Seed(),
		Sandbox: s,
		http:    &http.Server{Handler: s, ConnState: serve.MendPathsState, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: 400 << 10},
	}
	if issuer == nil {
		listener = serve.MendPaths(listener)
	} else {
		listener, server.CA, server.http.ErrorLog = tls.NewListener(listener, issuer.config()), issuer.text, newHandshakeLog()
		if o.StateFile != "" {
			server.CAFile, _ = authorityFiles(o.StateFile)
		}
	}
	server.serving.Go(func() {
		if err := server.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			server.failed = err
		}
	})
	return server, nil
}

// reachable is an address with which this machine reaches a listener on a host.
func reachable(host string, at net.Addr) string {
	tcp, ok := at.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return at.String()
	}
	own := "127.0.0.1"
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		own = "::1"
	}
	return net.JoinHostPort(own, strconv.Itoa(tcp.Port))
}

// Close stops listening, stops deliveries and writes the state file.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return errors.Join(err, s.failed, s.Sandbox.Close())
}
