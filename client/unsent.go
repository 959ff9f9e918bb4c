package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// An Unsent describes an attempt that found no connection to the server, and the attempt
// that follows.
type Unsent struct {
	Server  string // the server's address
	Attempt int    // 1 for the first
	Pause   time.Duration
	Left    time.Duration // until the last attempt
	Err     *NetworkError
}

// WithRetryUnsent repeats any request that was certainly not sent: the connection was
// refused, the host name was unknown, or the host could not be reached. It does this for
// the time d after the first attempt, so that the client waits for a server that
// restarts. The pauses grow to 8 seconds, and the last attempt is made when the time is
// over. This option never repeats a request that found a connection. If tell is not nil,
// it is called before each pause, in the goroutine of the call.
func WithRetryUnsent(d time.Duration, tell func(Unsent)) Option {
	return func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("the time for requests that were not sent is negative: %s", d)
		}
		s.unsent, s.tellUnsent = d, tell
		return nil
	}
}

// surelyUnsent reports whether an attempt found no connection but a later one may find
// one, and returns its error.
func surelyUnsent(err error) (*NetworkError, bool) {
	e, ok := errors.AsType[*NetworkError](err)
	if !ok || !e.Unconnected || errors.Is(err, ErrOnion) || errors.Is(err, ErrServer) {
		return nil, false
	}
	switch e.Kind {
	case DNS, Refused, Timeout, Reset, Other:
		return e, true
	case TLS, Cancelled, KindStatus, KindRedirect, KindAnswer:
	}
	return nil, false
}

// untilConnected returns the pause before the next attempt of a request that was
// certainly not sent, and reports whether to make that attempt. begun is the time of the
// first attempt.
func (c *Client) untilConnected(ctx context.Context, err error, attempt int, begun time.Time) (time.Duration, bool) {
	e, ok := surelyUnsent(err)
	left := c.unsent - time.Since(begun)
	if !ok || left <= 0 || ctx.Err() != nil {
		return 0, false
	}
	most := min(maxBackoff, firstBackoff<<min(attempt, 10))
	pause := min(most/2+rand.N(most/2), left)
	if c.tellUnsent != nil {
		c.tellUnsent(Unsent{Server: c.Server(), Attempt: attempt + 1, Pause: pause, Left: left, Err: e})
	}
	return pause, true
}
