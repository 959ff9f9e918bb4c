package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// An Unsent tells of an attempt that found no connection to the server, and of the one
// that follows.
type Unsent struct {
	Server  string // the server's address
	Attempt int    // 1 for the first
	Pause   time.Duration
	Left    time.Duration // until the last attempt
	Err     *NetworkError
}

// WithRetryUnsent repeats any request that was surely not sent, for so long after its
// first attempt: the connection was refused, the host name not known, or the host not
// reached. So a server that restarts is waited for. The pauses grow to 8 seconds, and
// the last attempt is made when the time is over. A request that found a connection is
// never repeated by this. tell, if it is not nil, is called before each pause, by the
// goroutine of the call.
func WithRetryUnsent(d time.Duration, tell func(Unsent)) Option {
	return func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("the time for requests that were not sent is negative: %s", d)
		}
		s.unsent, s.tellUnsent = d, tell
		return nil
	}
}

// surelyUnsent gives the failure of an attempt that came to no connection and may come
// to one later.
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

// untilConnected is the pause before the next attempt of a request that was surely not
// sent. The time began with the first attempt.
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
