package client_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

var post = client.Request{Method: "POST", Path: []string{"things"}, Body: []byte("{}")}

// TestRetryUnsent repeats what found no connection, and nothing else.
func TestRetryUnsent(t *testing.T) {
	refused := func(n int, then func(net.Conn)) []func(net.Conn) {
		return append(make([]func(net.Conn), n), then)
	}
	for _, test := range []struct {
		name     string
		request  client.Request
		acts     []func(net.Conn)
		attempts int64 // 0 for as many as the time allows
		works    bool
	}{
		{"the server comes back", post, refused(6, answer(200)), 7, true},
		{"DELETE", client.Request{Method: "DELETE", Path: post.Path}, refused(6, answer(200)), 7, true},
		{"GET", get, refused(6, answer(200)), 7, true},
		{"it takes the connection and cuts it", post, refused(3, hangUp), 4, false},
		{"it cuts the answer", post, refused(3, cut), 4, false},
		{"it answers 503", post, refused(3, answer(503)), 4, false},
		{"a GET that was sent is repeated as ever", get, refused(3, hangUp), 3 + 1 + client.DefaultRetries, false},
		{"the server stays away", post, refused(1, nil), 0, false},
		{"the server stays away from a GET", get, refused(1, nil), 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var told []client.Unsent
			perform(t, test.acts, func(t *testing.T, p *play, c *client.Client) {
				start := time.Now()
				_, err := c.Do(t.Context(), test.request)
				took, attempts := time.Since(start), p.started.Load()
				if (err == nil) != test.works {
					t.Errorf("%v", err)
				}
				if test.attempts > 0 && attempts != test.attempts {
					t.Errorf("%d attempts, want %d", attempts, test.attempts)
				}
				if test.attempts > 0 {
					return
				}
				if took != time.Minute || attempts < 8 || int64(len(told)) != attempts-1 {
					t.Errorf("%d attempts in %s, told of %d", attempts, took, len(told))
				}
				if client.FateUnknown(err) {
					t.Error("nothing was sent, and its fate is unknown")
				}
				for i, u := range told {
					if u.Attempt != i+1 || u.Pause > 8*time.Second || u.Pause > u.Left || u.Err.Kind != client.Refused || u.Server != c.Server() {
						t.Errorf("told %+v", u)
					}
				}
			}, client.WithRetryUnsent(time.Minute, func(u client.Unsent) { told = append(told, u) }))
		})
	}
}

// TestRetryUnsentKinds has what keeps a connection away.
func TestRetryUnsentKinds(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		again bool
	}{
		"refused":         {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		"no route":        {&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, true},
		"no such name":    {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, true},
		"the DNS is away": {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}, true},
		"too slow":        {&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, true},
		"never by itself": {client.ErrOnion, false},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			c := connect(t, "http://127.0.0.1:1", client.WithRetryUnsent(20*time.Millisecond, nil),
				client.WithDialer(func(context.Context, string, string) (net.Conn, error) { attempts++; return nil, test.err }))
			if _, err := c.Do(t.Context(), post); err == nil || client.FateUnknown(err) {
				t.Errorf("%v", err)
			}
			if attempts > 1 != test.again {
				t.Errorf("%d attempts", attempts)
			}
		})
	}
}

// TestRetryUnsentTLS takes what breaks off once TLS began as sent.
func TestRetryUnsentTLS(t *testing.T) {
	attempts := 0
	c := connect(t, "https://127.0.0.1:1", client.WithRetryUnsent(time.Hour, nil),
		client.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			attempts++
			ours, theirs := net.Pipe()
			go func() {
				theirs.Read(make([]byte, 1)) // the greeting has begun
				theirs.Close()
			}()
			return ours, nil
		}))
	if _, err := c.Do(t.Context(), post); err == nil || attempts != 1 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}

func TestRetryUnsentEndsWithContext(t *testing.T) {
	perform(t, []func(net.Conn){nil}, func(t *testing.T, p *play, c *client.Client) {
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		start := time.Now()
		_, err := c.Do(ctx, post)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.ECONNREFUSED) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	}, client.WithRetryUnsent(time.Hour, nil))
}
