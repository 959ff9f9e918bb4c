package client_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

var (
	errStop   = errors.New("asked to stop")
	errGiveUp = errors.New("asked twice")
)

// TestAwaitAnswer ends the context of a call while its answer is on the way.
func TestAwaitAnswer(t *testing.T) {
	for _, test := range []struct {
		name    string
		method  string
		answers time.Duration // after the end of the context
		giveUp  time.Duration
		want    error // nil for an answer
	}{
		{"the answer comes", "POST", 20 * time.Second, time.Hour, nil},
		{"also of a DELETE", "DELETE", 20 * time.Second, time.Hour, nil},
		{"it comes too late", "POST", time.Hour, time.Hour, context.DeadlineExceeded},
		{"given up", "POST", 20 * time.Second, 3 * time.Second, errGiveUp},
		{"a GET is not awaited", "GET", 20 * time.Second, time.Hour, errStop},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked context.CancelCauseFunc
			act := func(conn net.Conn) {
				asked(errStop)
				time.Sleep(test.answers)
				answer(200)(conn)
			}
			perform(t, []func(net.Conn){act}, func(t *testing.T, p *play, c *client.Client) {
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				asked = stop
				giveUp, end := context.WithTimeoutCause(t.Context(), test.giveUp, errGiveUp)
				defer end()
				_, err := c.Do(client.AwaitAnswer(ctx, giveUp), client.Request{Method: test.method, Path: post.Path})
				if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
					t.Errorf("%v", err)
				}
				if want := err != nil && test.method != "GET"; client.FateUnknown(err) != want {
					t.Errorf("its fate is unknown: %t, want %t", client.FateUnknown(err), want)
				}
				if n := p.started.Load(); n != 1 {
					t.Errorf("%d attempts", n)
				}
			})
		})
	}
}

// TestAwaitAnswerBeforeTheConnection ends the context while the connection is being
// made: the call ends, and nothing was sent.
func TestAwaitAnswerBeforeTheConnection(t *testing.T) {
	for name, comes := range map[string]bool{"no connection comes": false, "it comes all the same": true} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			got := make(chan int, 1)
			c := connect(t, "http://127.0.0.1:1", client.WithRetryUnsent(time.Hour, nil), client.WithDialer(func(dialing context.Context, _, _ string) (net.Conn, error) {
				stop(errStop)
				<-ctx.Done()
				if !comes {
					<-dialing.Done()
					return nil, dialing.Err()
				}
				ours, theirs := net.Pipe()
				go func() {
					n, _ := theirs.Read(make([]byte, 100))
					got <- n
				}()
				return ours, nil
			}))
			_, err := c.Do(client.AwaitAnswer(ctx, t.Context()), post)
			if !errors.Is(err, errStop) || client.FateUnknown(err) {
				t.Errorf("its fate is unknown: %t, %v", client.FateUnknown(err), err)
			}
			c.CloseIdleConnections() // one that came too late is kept for the next call
			if comes {
				if n := <-got; n != 0 {
					t.Errorf("%d bytes were sent", n)
				}
			}
		})
	}
}

func TestAwaitAnswerPauses(t *testing.T) {
	perform(t, []func(net.Conn){nil}, func(t *testing.T, p *play, c *client.Client) {
		ctx, stop := context.WithTimeoutCause(t.Context(), 5*time.Second, errStop)
		defer stop()
		start := time.Now()
		if _, err := c.Do(client.AwaitAnswer(ctx, t.Context()), post); !errors.Is(err, errStop) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	}, client.WithRetryUnsent(time.Hour, nil))
}
