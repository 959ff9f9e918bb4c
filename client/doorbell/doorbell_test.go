package doorbell_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/doorbell"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// patience only ends a hang.
const patience = 2 * time.Minute

// A server accepts sockets and hands them to the test. What it says is up to the test,
// since a real server's timing cannot be had on demand; the sandbox's own sockets are
// tested with the command.
type server struct {
	*httptest.Server
	conns chan *websocket.Conn

	mu     sync.Mutex
	asked  []*http.Request
	refuse int // the status, unless 0
}

func start(t *testing.T) *server {
	s := &server{conns: make(chan *websocket.Conn, 16)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		refuse := s.refuse
		s.mu.Unlock()
		if refuse != 0 {
			w.WriteHeader(refuse)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		s.conns <- conn
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func listen(t *testing.T, s *server, options ...client.Option) (*doorbell.Bell, *websocket.Conn) {
	t.Helper()
	c, err := client.New(s.URL+"/shop", options...)
	if err != nil {
		t.Fatal(err)
	}
	bell, err := doorbell.Listen(t.Context(), c.WithoutCredential(), c.Server(), "HMprBnL9BTXWuPvpoKBS6e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bell.Close(); c.CloseIdleConnections() })
	bell.Ready(t.Context())
	if !bell.Connected() {
		return bell, nil
	}
	conn := <-s.conns
	t.Cleanup(func() { conn.CloseNow() })
	return bell, conn
}

func rings(t *testing.T, bell *doorbell.Bell) {
	t.Helper()
	select {
	case <-bell.Rings():
	case <-time.After(patience):
		t.Fatal("the bell did not ring")
	}
}

type key string

func (k key) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "token "+string(k))
	return nil
}

// A socket is asked for below the path prefix, with the client's headers and without its
// credential.
func TestListen(t *testing.T) {
	s := start(t)
	bell, _ := listen(t, s, client.WithCredential(key("hunter2")), client.WithHeader("X-Gateway", "open"), client.WithUserAgent("till/1"))
	if !bell.Connected() || bell.Err() != nil || bell.Pause(2*time.Second) != time.Minute || bell.Pause(time.Hour) != time.Hour {
		t.Fatal("not connected", bell.Err())
	}
	r := s.requests()[0]
	if r.URL.Path != "/shop/i/HMprBnL9BTXWuPvpoKBS6e/status/ws" || r.Header.Get("Authorization") != "" || r.Header.Get("X-Gateway") != "open" ||
		!strings.HasPrefix(r.Header.Get("User-Agent"), "till/1") {
		t.Errorf("%s %v", r.URL, r.Header)
	}
}

// Each change rings, however many messages it makes. A ping does not.
func TestRings(t *testing.T) {
	s := start(t)
	bell, conn := listen(t, s)
	bell.Clear()
	write := func(kind websocket.MessageType, text string, times int) {
		for range times {
			if err := conn.Write(t.Context(), kind, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(websocket.MessageText, "ping", 3)
	write(websocket.MessageBinary, "\x00", 4)
	rings(t, bell)
	write(websocket.MessageText, "ping", 1)
	write(websocket.MessageBinary, "\x00", 1)
	rings(t, bell)
	bell.Clear()
	write(websocket.MessageText, "ping", 1)
	// A pong shows that the texts before it were read.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn.CloseRead(ctx)
	if err := conn.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-bell.Rings():
		t.Error("a ping has rung")
	default:
	}
}

// A connection that is lost rings, and so does the next one: something may have happened
// in between.
func TestConnectsAgain(t *testing.T) {
	s := start(t)
	bell, conn := listen(t, s)
	bell.Clear()
	conn.CloseNow()
	rings(t, bell)
	next := <-s.conns
	defer next.CloseNow()
	rings(t, bell)
	if err := next.Write(t.Context(), websocket.MessageBinary, []byte{0}); err != nil {
		t.Fatal(err)
	}
	rings(t, bell)
}

// A server, or a proxy, that refuses or talks nonsense leaves polling.
func TestRefused(t *testing.T) {
	t.Run("404", func(t *testing.T) {
		s := start(t)
		s.refuse = 404
		bell, _ := listen(t, s)
		answer, ok := errors.AsType[*client.Error](bell.Err())
		if !ok || answer.Status != 404 || bell.Connected() || bell.Pause(time.Second) != time.Second {
			t.Error(bell.Err())
		}
	})
	t.Run("redirect", func(t *testing.T) {
		s := start(t)
		elsewhere := start(t)
		redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
		defer redirect.Close()
		bell, _ := listen(t, &server{Server: redirect, conns: s.conns})
		if bell.Connected() || len(elsewhere.requests()) > 0 {
			t.Error("the redirect was followed")
		}
	})
	t.Run("large message", func(t *testing.T) {
		s := start(t)
		bell, conn := listen(t, s)
		bell.Clear()
		_ = conn.Write(t.Context(), websocket.MessageBinary, make([]byte, 1<<20))
		rings(t, bell) // the connection is lost
	})
	t.Run("dry run", func(t *testing.T) {
		s := start(t)
		bell, _ := listen(t, s, client.WithDryRun(func(client.DryRun) {}))
		if !errors.Is(bell.Err(), client.ErrDryRun) || len(s.requests()) > 0 {
			t.Error(bell.Err())
		}
	})
	t.Run("id", func(t *testing.T) {
		for _, id := range []client.InvoiceID{"", "..", "a/b", "a?b"} {
			if bell, err := doorbell.Listen(t.Context(), http.DefaultClient, "http://127.0.0.1:1", id); err == nil {
				bell.Close()
				t.Errorf("%q was taken", id)
			}
		}
	})
}
