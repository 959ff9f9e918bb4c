package authorize_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// memory is a network in memory, for tests in which time passes: in a bubble of
// testing/synctest its connections live by the bubble's clock.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (m *memory) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
		return ours, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
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
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8765} }

func listenInMemory(t *testing.T, options authorize.ListenOptions) (*authorize.Listener, *memory) {
	t.Helper()
	m := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
	l, err := authorize.ListenOn(t.Context(), options, m)
	if err != nil {
		t.Fatal(err)
	}
	return l, m
}

// request is the browser's POST, with another key where one is named.
func request(t *testing.T, l *authorize.Listener, key string) string {
	t.Helper()
	u, err := url.Parse(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Replace(theForm.Encode(), testKey, key, 1)
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, formType, len(body), body)
}

// exchange sends the pieces over one connection, with a pause before each, and
// returns the status of the answer.
func (m *memory) exchange(pause time.Duration, pieces ...string) (int, error) {
	conn, err := m.dial()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	for _, piece := range pieces {
		time.Sleep(pause)
		if _, err := io.WriteString(conn, piece); err != nil {
			return 0, err
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// TestCallbackEndsWithoutPage: a browser that never asks for the page does not
// hold the listener.
func TestCallbackEndsWithoutPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := listenInMemory(t, authorize.ListenOptions{})
		start := time.Now()
		if status, err := m.exchange(0, request(t, l, testKey)); err != nil || status != http.StatusSeeOther {
			t.Fatal(status, err)
		}
		<-l.Done()
		if took := time.Since(start); took != authorize.PageTime {
			t.Errorf("the browser had %v for the page", took)
		}
	})
}

// TestCallbackStores: the key is safe before the browser hears of it.
func TestCallbackStores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, leave := make(chan string), make(chan struct{})
		l, m := listenInMemory(t, authorize.ListenOptions{Store: func(ctx context.Context, c authorize.Callback) error {
			entered <- c.APIKey.Secret().Reveal()
			<-leave
			return ctx.Err()
		}})
		answered := make(chan int, 1)
		go func() {
			status, err := m.exchange(0, request(t, l, testKey))
			if err != nil {
				t.Error(err)
			}
			answered <- status
		}()
		if key := <-entered; key != testKey {
			t.Error("another key was stored")
		}
		// A second POST comes too late, and a wait that is given up does not lose
		// the key.
		if status, err := m.exchange(0, request(t, l, strings.Repeat("f", 40))); err != nil || status != http.StatusNotFound {
			t.Error("the second POST got", status, err)
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		waited := make(chan error, 1)
		go func() {
			got, err := l.Wait(given)
			if err == nil && got.APIKey.Secret().Reveal() != testKey {
				err = errors.New("another key won")
			}
			waited <- err
		}()
		// However long it takes.
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case status := <-answered:
			t.Error("the browser was answered before the key was stored:", status)
		case err := <-waited:
			t.Error("the wait ended before the key was stored:", err)
		default:
		}
		close(leave)
		if status := <-answered; status != http.StatusSeeOther {
			t.Error(status)
		}
		if err := <-waited; err != nil {
			t.Error(err)
		}
		l.Close()
	})
}

// TestCallbackSlowBrowser: a browser that pauses for longer than a connection is
// safe from being dropped is answered while there is room.
func TestCallbackSlowBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := listenInMemory(t, authorize.ListenOptions{})
		var pieces []string
		for text := request(t, l, testKey); text != ""; {
			n := min(len(text), 100)
			pieces, text = append(pieces, text[:n]), text[n:]
		}
		if status, err := m.exchange(200*authorize.FirstLook, pieces...); err != nil || status != http.StatusSeeOther {
			t.Error(status, err)
		}
		l.Close()
	})
}

// TestCallbackAmidSilence: connections that send nothing or half a header fill the
// listener and come back right after they are dropped. A POST that is whole within the
// first look is taken at its first try, whichever part of that time it needs.
func TestCallbackAmidSilence(t *testing.T) {
	tries := 12
	if testing.Short() {
		tries = 3
	}
	for try := range tries {
		synctest.Test(t, func(t *testing.T) {
			l, m := listenInMemory(t, authorize.ListenOptions{})
			stop := make(chan struct{})
			var silent sync.WaitGroup
			var mu sync.Mutex
			open, most := 0, 0
			for i := range 3 * authorize.MaxGuests {
				silent.Go(func() {
					time.Sleep(time.Duration(i) * 33 * time.Microsecond)
					for {
						select {
						case <-stop:
							return
						default:
						}
						conn, err := m.dial()
						if err != nil {
							return
						}
						mu.Lock()
						open++
						most = max(most, open)
						mu.Unlock()
						if i%2 == 0 {
							io.WriteString(conn, "POST /callback/x HTTP/1.1\r\nX-Slow: ")
						}
						io.Copy(io.Discard, conn)
						conn.Close()
						mu.Lock()
						open--
						mu.Unlock()
						time.Sleep(100 * time.Microsecond)
					}
				})
			}
			time.Sleep(30 * time.Millisecond)
			text := request(t, l, testKey)
			half := len(text) / 2
			pause := authorize.FirstLook * time.Duration(try) / time.Duration(2*tries)
			start := time.Now()
			if status, err := m.exchange(pause, text[:half], text[half:]); err != nil || status != http.StatusSeeOther {
				t.Errorf("with pauses of %v the POST got %d, %v", pause, status, err)
			} else if got, err := l.Wait(t.Context()); err != nil || got.UserID != theForm.Get("userId") {
				t.Errorf("%+v, %v", got, err)
			}
			// By the clock of the bubble, in which only waiting takes time.
			if took := time.Since(start); took > 100*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			close(stop)
			l.Close()
			silent.Wait()
			if most < authorize.MaxGuests/2 {
				t.Errorf("only %d connections were open at once", most)
			}
		})
	}
}
