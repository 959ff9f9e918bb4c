package bitpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// WaitOptions say how long and how often [Client.WaitPaired] asks.
type WaitOptions struct {
	// Until is the end by the server's clock, usually [Pairing.Expires]. The
	// zero time waits until ctx is done.
	Until time.Time
	// Code is the code that is waited for. With it the wait ends with
	// [ErrCodeTaken] where somebody else took it over; see [Client.CodeTaken],
	// which is asked with every fifth question and at the end.
	Code string
	// Interval is the pause between two questions; 0 means 2 seconds.
	Interval time.Duration
	// Progress is called after each question that brought no token.
	Progress func(PairProgress)
}

// PairProgress tells how far [Client.WaitPaired] is.
type PairProgress struct {
	Attempt int // 1 after the first question
	// Left is the time until the end, 0 where there is none.
	Left time.Duration
	// Err is why the question failed, if it may succeed later: no connection,
	// 429, or an answer of 500 and above.
	Err error
}

const (
	defaultPairInterval = 2 * time.Second
	maxPairPause        = time.Minute
	// pairingLifetime is that of a code on every known server.
	pairingLifetime = 15 * time.Minute
	// looksPerClaim is how many looks at the tokens come with one at the code.
	looksPerClaim = 5
)

// WaitPaired asks for the key's tokens until there are some, which alone shows
// that a person approved the key. It returns [ErrPairingExpired] when the time
// is over, and the context's error with its cause when that ends first. Failures that
// may pass do not end it. With a code it returns [ErrCodeTaken] where that was
// approved for another key.
//
// The end is judged by the server's clock, from the Date of its answers, so a
// wrong clock on this machine does not matter.
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

// deadline is a moment of the server's clock, which is known by its last
// answer and runs on by the monotonic clock.
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

// passing reports whether a failed question may succeed when asked again.
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

// contextError is why a context ended: its error, and the caller's cause where that
// says more.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
