package bitpay_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// memory is a network of one server, for tests in which time passes.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
		return ours, nil
	case <-m.closed:
	case <-ctx.Done():
	}
	return nil, net.ErrClosed
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { m.once.Do(func() { close(m.closed) }); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// connectInMemory starts a server without a network, and a client for it. In a
// bubble of testing/synctest both live by the bubble's clock.
func connectInMemory(t *testing.T, handler http.HandlerFunc, options ...client.Option) *bitpay.Client {
	t.Helper()
	m := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	var running sync.WaitGroup
	running.Go(func() { server.Serve(m) })
	t.Cleanup(func() { server.Close(); running.Wait() })
	return newClient(t, "http://127.0.0.1:1", bitpay.Generate(), append(options, client.WithDialer(m.dial))...)
}
