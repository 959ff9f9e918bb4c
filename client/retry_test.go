package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// A play is a server in memory, for tests in which minutes pass: the n-th connection
// gets the n-th act, and the last act repeats.
type play struct {
	t       *testing.T
	acts    []func(net.Conn)
	started atomic.Int64
	times   []time.Time
	running sync.WaitGroup
}

func (p *play) dial(context.Context, string, string) (net.Conn, error) {
	n := int(p.started.Add(1)) - 1
	p.times = append(p.times, time.Now())
	act := p.acts[min(n, len(p.acts)-1)]
	if act == nil {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	p.running.Go(func() {
		defer theirs.Close()
		r := bufio.NewReader(theirs)
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		io.Copy(io.Discard, request.Body)
		act(theirs)
	})
	return ours, nil
}

// perform runs a test in a bubble of time, with a client of the play.
func perform(t *testing.T, acts []func(net.Conn), test func(*testing.T, *play, *client.Client), options ...client.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &play{t: t, acts: acts}
		c, err := client.New("http://127.0.0.1:1", append([]client.Option{client.WithDialer(p.dial)}, options...)...)
		if err != nil {
			t.Fatal(err)
		}
		test(t, p, c)
		c.CloseIdleConnections()
		p.running.Wait()
	})
}

func answer(status int, headers ...string) func(net.Conn) {
	return func(conn net.Conn) {
		fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n", status)
		for _, header := range headers {
			io.WriteString(conn, header+"\r\n")
		}
		io.WriteString(conn, "\r\n{}")
	}
}

func hangUp(net.Conn) {}

func cut(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") }

func TestRetry(t *testing.T) {
	post := client.Request{Method: "POST", Path: []string{"things"}, Body: []byte("{}")}
	acts := map[string]func(net.Conn){
		"refused": nil, "lost": hangUp, "cut": cut,
		"400": answer(400), "401": answer(401), "403": answer(403), "404": answer(404), "408": answer(408), "429": answer(429),
		"500": answer(500), "501": answer(501), "502": answer(502), "503": answer(503), "504": answer(504), "302": answer(302),
	}
	repeated := "refused lost cut 429 502 503 504 "
	for name, act := range acts {
		for _, request := range []client.Request{get, {Method: "HEAD", Path: get.Path}, post, {Method: "PUT", Path: get.Path}, {Method: "DELETE", Path: get.Path}} {
			t.Run(name+" "+request.Method, func(t *testing.T) {
				if request.Method == "HEAD" && name == "cut" {
					t.Skip("an answer to HEAD has no body that could be cut")
				}
				want := int64(1)
				if strings.Contains(repeated, name+" ") && (request.Method == "GET" || request.Method == "HEAD") {
					want = 1 + client.DefaultRetries
				}
				perform(t, []func(net.Conn){act}, func(t *testing.T, p *play, c *client.Client) {
					if _, err := c.Do(t.Context(), request); err == nil {
						t.Error("no error")
					}
					if got := p.started.Load(); got != want {
						t.Errorf("%d attempts, want %d", got, want)
					}
				})
			})
		}
	}
}

func TestRetrySucceeds(t *testing.T) {
	perform(t, []func(net.Conn){answer(503), hangUp, answer(200)}, func(t *testing.T, p *play, c *client.Client) {
		if _, err := c.Do(t.Context(), get); err != nil || p.started.Load() != 3 {
			t.Errorf("%d attempts, %v", p.started.Load(), err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		name    string
		headers []string
		atLeast time.Duration
		atMost  time.Duration
		tries   int64
	}{
		{"seconds", []string{"Retry-After: 7"}, 7 * time.Second, 8 * time.Second, 2},
		{"a date of the server's clock, two hours ahead", []string{"Date: Wed, 25 Nov 2026 12:00:00 GMT", "Retry-After: Wed, 25 Nov 2026 12:00:09 GMT"}, 9 * time.Second, 10 * time.Second, 2},
		{"a date in the past", []string{"Date: Wed, 25 Nov 2026 12:00:00 GMT", "Retry-After: Wed, 25 Nov 2026 11:00:00 GMT"}, 0, time.Second, 2},
		{"negative", []string{"Retry-After: -5"}, 0, time.Second, 2},
		{"no number", []string{"Retry-After: soon"}, 0, time.Second, 2},
		{"too long to wait for", []string{"Retry-After: 3600"}, 0, 0, 1},
		{"absurd", []string{"Retry-After: 99999999999999999999"}, 0, time.Second, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			perform(t, []func(net.Conn){answer(429, test.headers...), answer(200)}, func(t *testing.T, p *play, c *client.Client) {
				start := time.Now()
				_, err := c.Do(t.Context(), get)
				if took := time.Since(start); took < test.atLeast || took > test.atMost {
					t.Errorf("it took %v, want %v to %v", took, test.atLeast, test.atMost)
				}
				if got := p.started.Load(); got != test.tries || (err == nil) != (got == 2) {
					t.Errorf("%d attempts, %v", got, err)
				}
				if e, ok := errors.AsType[*client.Error](err); test.tries == 1 && (!ok || e.RetryAfter != time.Hour) {
					t.Errorf("the caller cannot see the delay: %v", err)
				}
			})
		})
	}
}

// The pauses grow, stay under their bound, and are not the same for everyone.
func TestRetryJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 20 {
		perform(t, []func(net.Conn){answer(503)}, func(t *testing.T, p *play, c *client.Client) {
			if _, err := c.Do(t.Context(), get); err == nil {
				t.Error("no error")
			}
			for i := 1; i < len(p.times); i++ {
				pause, bound := p.times[i].Sub(p.times[i-1]), min(8*time.Second, 250*time.Millisecond<<(i-1))
				if pause <= 0 || pause > bound+time.Millisecond {
					t.Errorf("pause %d is %v, want at most %v", i, pause, bound)
				}
				seen[pause] = true
			}
		}, client.WithRetries(9))
	}
	if len(seen) < 100 {
		t.Errorf("180 pauses had %d lengths", len(seen))
	}
}

func TestRetryEndsWithContext(t *testing.T) {
	reason := errors.New("the user has had enough")
	perform(t, []func(net.Conn){answer(503, "Retry-After: 50")}, func(t *testing.T, p *play, c *client.Client) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(reason) })
		start := time.Now()
		_, err := c.Do(ctx, get)
		if time.Since(start) != 3*time.Second || p.started.Load() != 1 {
			t.Errorf("%v and %d attempts", time.Since(start), p.started.Load())
		}
		answer, ok := errors.AsType[*client.Error](err)
		if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) || !ok || answer.Status != 503 {
			t.Errorf("got %v", err)
		}
	})
}

func TestTimeoutIsOneAttemptLong(t *testing.T) {
	silent := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	perform(t, []func(net.Conn){silent}, func(t *testing.T, p *play, c *client.Client) {
		start := time.Now()
		_, err := c.Do(t.Context(), get)
		wantKind(t, err, client.Timeout, "timed out waiting for the response")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != client.DefaultTimeout || p.started.Load() != 1 {
			t.Errorf("%v after %v and %d attempts", err, time.Since(start), p.started.Load())
		}
	})
	// Without one of its own, the client waits as long as the context says.
	perform(t, []func(net.Conn){silent}, func(t *testing.T, p *play, c *client.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := c.Do(ctx, get)
		if wantKind(t, err, client.Timeout, ""); time.Since(start) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	}, client.WithTimeout(0))
}

func TestCancelledCallKeepsItsCause(t *testing.T) {
	reason := errors.New("the user has had enough")
	perform(t, []func(net.Conn){func(conn net.Conn) { io.Copy(io.Discard, conn) }}, func(t *testing.T, p *play, c *client.Client) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(reason) })
		_, err := c.Do(ctx, client.Request{Method: "POST", Path: get.Path})
		wantKind(t, err, client.Cancelled, "cancelled")
		if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) || !client.FateUnknown(err) {
			t.Errorf("got %v, fate unknown %t", err, client.FateUnknown(err))
		}
	})
}

func TestFateUnknown(t *testing.T) {
	half := func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 2") }
	for _, test := range []struct {
		name    string
		act     func(net.Conn)
		unknown bool
	}{
		{"refused", nil, false},
		{"lost", hangUp, true},
		{"half a status line", half, true},
		{"half an answer", cut, true},
		{"an answer of another kind", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
		}, true},
		{"400", answer(400), false}, {"401", answer(401), false}, {"403", answer(403), false}, {"404", answer(404), false},
		{"408", answer(408), true}, {"422", answer(422), false}, {"429", answer(429), false},
		{"500", answer(500), true}, {"502", answer(502), true}, {"503", answer(503), true}, {"504", answer(504), true},
		{"520", answer(520), true}, {"302", answer(302), true}, {"200", answer(200), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			perform(t, []func(net.Conn){test.act}, func(t *testing.T, p *play, c *client.Client) {
				_, err := client.Call[map[string]any](t.Context(), c, client.Request{Method: "POST", Path: get.Path, Body: []byte("{}")})
				if got := client.FateUnknown(err); got != test.unknown {
					t.Errorf("%v: got %t", err, got)
				}
				// A caller may have wrapped it.
				if got := client.FateUnknown(fmt.Errorf("the call: %w", err)); err != nil && got != test.unknown {
					t.Errorf("%v, wrapped: got %t", err, got)
				}
				if p.started.Load() != 1 {
					t.Errorf("sent %d times", p.started.Load())
				}
			})
		})
	}
	if client.FateUnknown(nil) || client.FateUnknown(errors.New("another")) {
		t.Error("true for an error of someone else")
	}
}

// A name that no DNS knows: the request never left.
func TestUnknownHost(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nowhere.example", IsNotFound: true}}
	}
	c := connect(t, "https://nowhere.example", client.WithDialer(dial))
	_, err := c.Do(t.Context(), client.Request{Method: "POST", Path: get.Path})
	wantKind(t, err, client.DNS, "the DNS does not know the host name")
	if client.FateUnknown(err) {
		t.Error("nothing was sent")
	}
}

func TestBadOptions(t *testing.T) {
	for name, option := range map[string]client.Option{
		"negative": client.WithTimeout(-1), "negative retries": client.WithRetries(-1),
		"user agent": client.WithUserAgent("shop\r\nX-Identity: 1"),
	} {
		if _, err := client.New("https://example.com", option); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUserAgent(t *testing.T) {
	var agent string
	handler := func(w http.ResponseWriter, r *http.Request) { agent = r.UserAgent() }
	c := serve(t, handler)
	if _, err := c.Do(t.Context(), get); err != nil || !strings.HasPrefix(agent, "btcpayctl/") {
		t.Errorf("got %q, %v", agent, err)
	}
	shop, err := c.With(client.WithUserAgent("shop/1.2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Do(t.Context(), get); err != nil || agent != "shop/1.2" {
		t.Errorf("got %q, %v", agent, err)
	}
}
