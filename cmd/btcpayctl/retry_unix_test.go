//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A closedPort refuses connections, and is nobody else's, until somebody listens.
type closedPort struct {
	t    *testing.T
	file *os.File
	URL  string
}

func newClosedPort(t *testing.T) *closedPort {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(t, err)
	syscall.CloseOnExec(socket)
	p := &closedPort{t: t, file: os.NewFile(uintptr(socket), "a port")}
	t.Cleanup(func() { p.file.Close() })
	must(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(socket)
	must(t, err)
	p.URL = fmt.Sprintf("http://127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	return p
}

// serve lets a handler answer from now on.
func (p *closedPort) serve(handler http.Handler) {
	p.t.Helper()
	raw, err := p.file.SyscallConn()
	must(p.t, err)
	var failed error
	must(p.t, raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), 128) }))
	must(p.t, failed)
	listener, err := net.FileListener(p.file)
	must(p.t, err)
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	p.t.Cleanup(func() { server.Close() })
}

// retriers are the commands with --retry, and their exit codes once the server is back.
// A person who would approve is not there.
func retriers(s *shell, w *world, invoice string) map[string]struct {
	args []string
	exit int
} {
	store := w.server.Seed.StoreID
	return map[string]struct {
		args []string
		exit int
	}{
		"apikey exec":           {[]string{"apikey", "exec", "--all-stores", "--for", "invoice list", "--", "sh", "-c", "exit 7"}, 7},
		"apikey create":         {[]string{"apikey", "create", "--all-stores", "--for", "invoice list", "--output-file", s.path("made.key")}, 0},
		"invoice create":        {[]string{"invoice", "create", "--store", store, "--amount", "5", "--currency", "USD"}, 0},
		"invoice create, BitId": {[]string{"invoice", "create", "--api", "bitpay", "--amount", "5", "--currency", "USD"}, 0},
		"invoice wait":          {[]string{"invoice", "wait", invoice, "--store", store, "--wait", "0"}, 8},
		"invoice wait, BitId":   {[]string{"invoice", "wait", invoice, "--api", "bitpay", "--wait", "0"}, 8},
		"pair client":           {[]string{"pair", "client", "--profile", "new", "--wait", "0"}, 8},
		"pair server":           {[]string{"pair", "server", "--profile", "new", "--store", store, "--wait", "0"}, 8},
	}
}

// TestRetryWhileServerIsAway runs each command with --retry while nothing listens, and
// lets the server come back.
func TestRetryWhileServerIsAway(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	first := newShell(t)
	first.pairKey(w, w.server.URL)
	invoice := first.run("invoice", "create", "--amount", "1", "--currency", "USD", "-o", "name").ok()
	for name := range retriers(first, w, invoice) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, port := newShell(t), newClosedPort(t)
			s.env["BTCPAYCTL_SERVER"] = port.URL
			if strings.HasSuffix(name, "BitId") {
				s.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = first.env["BTCPAYCTL_PRIVATE_KEY_FILE"]
			} else if !strings.HasPrefix(name, "pair") {
				s.env["BTCPAYCTL_API_KEY"] = w.server.Seed.APIKey
			}
			c := retriers(s, w, invoice)[name]
			// Without the flag it ends at once.
			if got := s.run(c.args...); got.code != 7 {
				t.Fatalf("exit %d\n%s", got.code, got.stderr)
			}
			r := s.launch(slices.Insert(slices.Clone(c.args), 2, "--retry", "1h")...)
			r.says("Trying again for 1h0m0s (--retry).")
			port.serve(newGate(t, w.server.URL).Config.Handler)
			if got := r.end(); got.code != c.exit || strings.Count(got.stderr, "Waiting for "+port.URL+": connection refused: ") != 1 {
				t.Errorf("exit %d\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

// TestRetryNeverSendsTwice has a server that takes each POST and cuts the connection.
func TestRetryNeverSendsTwice(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	first := newShell(t)
	first.pairKey(w, w.server.URL)
	for name := range retriers(first, w, "x") {
		if strings.HasPrefix(name, "invoice wait") || name == "pair server" {
			continue // they send no POST
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int64
			g := newGate(t, w.server.URL)
			g.hold(func(r *http.Request) {
				if r.Method == http.MethodPost {
					posts.Add(1)
					panic(http.ErrAbortHandler)
				}
			}, nil)
			s := newShell(t)
			s.env["BTCPAYCTL_SERVER"] = g.URL
			if strings.HasSuffix(name, "BitId") {
				s.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = first.env["BTCPAYCTL_PRIVATE_KEY_FILE"]
			} else if !strings.HasPrefix(name, "pair") {
				s.env["BTCPAYCTL_API_KEY"] = w.server.Seed.APIKey
			}
			got := s.run(slices.Insert(slices.Clone(retriers(s, w, "x")[name].args), 2, "--retry", "1h")...)
			if n := posts.Load(); n != 1 || got.code != 8 && (got.code != 7 || name != "pair client") {
				t.Errorf("exit %d, sent %d times\n%s", got.code, n, got.stderr)
			}
			got.never("Trying again")
		})
	}
}
