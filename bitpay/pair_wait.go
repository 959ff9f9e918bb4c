package bitpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// WaitOptions set how long [Client.WaitPaired] waits and how often it sends a request.
type WaitOptions struct {
	// Until is the end of the wait by the server's clock, usually [Pairing.Expires]. If it
	// is zero, WaitPaired waits until ctx is done.
	Until time.Time
	// Code is the pairing code that the caller waits for. If it is set, the wait ends with
	// [ErrCodeTaken] when the code was approved for another key. WaitPaired checks this
	// with [Client.CodeTaken] after every fifth request and at the end.
	Code string
	// Interval is the pause between two requests; 0 means 2 seconds.
	Interval time.Duration
	// Progress is called after each request that returned no token.
	Progress func(PairProgress)
}

// PairProgress is the progress of [Client.WaitPaired].
type PairProgress struct {
	Attempt int // 1 after the first request
	// Left is the time until the end, 0 if there is no end.
	Left time.Duration
	// Err is why the request failed, if a later one may succeed: no connection, 429, or a
	// status of 500 and above.
	Err error
}

const (
	defaultPairInterval = 2 * time.Second
	maxPairPause        = time.Minute
	// pairingLifetime is how long a code is valid on every known server.
	pairingLifetime = 15 * time.Minute
	// looksPerClaim is the number of requests for the tokens per check of the code.
	looksPerClaim = 5
)

// WaitPaired requests the key's tokens until there are some. Only a token shows that the
// owner approved the key. WaitPaired returns [ErrPairingExpired] when the time is over,
// and the context's error with its cause if the context ends first. Failures that may be
// temporary do not end the wait. If options.Code is set, WaitPaired returns [ErrCodeTaken]
// if the code was approved for another key.
//
// The end is measured by the server's clock, which is in the Date header of its responses.
// So a wrong clock on this machine does not matter.
func (c *Client) WaitPaired(ctx context.Context, options WaitOptions, opts ...client.CallOption) ([]Token, error) {
	c = c.as(opts)
	pause := options.Interval
	if pause <= 0 {
		pause = defaultPairInterval
	}
	end := deadline{until: options.Until, started: time.Now()}
	for attempt := 1; ; attempt++ {
		tokens, at, err := c.tokens(ctx, opts)
		if len(tokens) > 0 {
			return tokens, nil
		}
		if ctx.Err() != nil {
			return nil, contextError(ctx)
		}
		if err != nil && !passing(err) {
			return nil, err
		}
		left, over := end.left(at)
		if options.Code != "" && err == nil && (over || attempt%looksPerClaim == 0) {
			if taken, err := c.CodeTaken(ctx, options.Code, opts...); taken && err == nil {
				return nil, ErrCodeTaken
			}
		}
		if over {
			return nil, ErrPairingExpired
		}
		if options.Progress != nil {
			options.Progress(PairProgress{attempt, left, err})
		}
		if err := sleep(ctx, max(pause, min(askedPause(err), maxPairPause))); err != nil {
			return nil, err
		}
	}
}

// deadline is a time on the server's clock. The last response contains the server's time,
// and the monotonic clock measures the time since then.
type deadline struct {
	until, started     time.Time
	serverTime, readAt time.Time
}

func (d *deadline) left(at time.Time) (left time.Duration, over bool) {
	if d.until.IsZero() {
		return 0, false
	}
	if !at.IsZero() {
		d.serverTime, d.readAt = at, time.Now()
	}
	left = pairingLifetime - time.Since(d.started)
	if !d.serverTime.IsZero() {
		left = d.until.Sub(d.serverTime) - time.Since(d.readAt)
	}
	return max(left, 0), left <= 0
}

// passing reports whether a failed request may succeed when it is repeated.
func passing(err error) bool {
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.Status == http.StatusTooManyRequests || answer.Status >= http.StatusInternalServerError
	}
	lost, ok := errors.AsType[*client.NetworkError](err)
	return ok && lost.Kind != client.TLS && lost.Kind != client.Cancelled
}

func askedPause(err error) time.Duration {
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.RetryAfter
	}
	return 0
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// contextError returns why a context ended: its error, and the caller's cause if that adds
// something.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
