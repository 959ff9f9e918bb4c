package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	firstBackoff  = 250 * time.Millisecond
	maxBackoff    = 8 * time.Second
	maxRetryAfter = 60 * time.Second
)

// repeatable reports whether a request changes nothing on the server.
func repeatable(method string) bool {
	return method == http.MethodGet || method == http.MethodHead
}

// retry repeats a GET after a lost connection, 429 or 502 to 504. For the time of
// [WithRetryUnsent] it also repeats any request that was certainly not sent. It never
// sends a request twice if that may change something.
func (c *Client) retry(next step) step {
	return func(ctx context.Context, x *exchange) (*Response, error) {
		begun, unsent, failed := time.Now(), 0, 0
		for {
			response, err := next(ctx, x)
			if err == nil {
				return response, nil
			}
			pause, again := c.untilConnected(ctx, err, unsent, begun)
			if again {
				unsent++
			} else if pause, again = c.readAgain(x, err, failed, unsent > 0); again {
				failed++
			}
			if !again {
				return nil, err
			}
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return nil, fmt.Errorf("%w, after %w", contextError(ctx), err)
			}
		}
	}
}

// readAgain returns the pause before a request that changes nothing is repeated, and
// reports whether to repeat it. If such a request was still unsent at the end of the time
// of [WithRetryUnsent], it is not repeated.
func (c *Client) readAgain(x *exchange, err error, attempt int, waited bool) (time.Duration, bool) {
	if attempt >= c.retries || !repeatable(x.Method) {
		return 0, false
	}
	if _, unsent := surelyUnsent(err); unsent && waited {
		return 0, false
	}
	asked, again := worthRepeating(err)
	return backoff(attempt, asked), again && asked <= maxRetryAfter
}

// worthRepeating reports whether the same request may succeed later, and returns the
// delay that the server requested.
func worthRepeating(err error) (after time.Duration, again bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return e.RetryAfter, true
		}
		return 0, false
	}
	if e, ok := errors.AsType[*NetworkError](err); ok {
		return 0, e.Kind == Refused || e.Kind == Reset
	}
	return 0, false
}

// backoff returns a random part of a delay that doubles with each attempt, so that
// clients that failed together do not retry together. If the server requested a delay,
// backoff returns that delay and a random part of the first step only.
func backoff(attempt int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked + rand.N(firstBackoff)
	}
	return rand.N(min(maxBackoff, firstBackoff<<min(attempt, 10))) + time.Millisecond
}
