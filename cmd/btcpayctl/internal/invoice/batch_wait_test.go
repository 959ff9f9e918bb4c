package invoice

import (
	"fmt"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// TestPatience: what a batch waits for, and how long.
func TestPatience(t *testing.T) {
	status := func(status int, after time.Duration) error { return &client.Error{Status: status, RetryAfter: after} }
	network := func(kind client.Kind) error { return &client.NetworkError{Kind: kind} }
	unavailable := &output.Error{Code: output.Unavailable, Err: status(400, 0)}
	lost := func(lookUp error) error {
		return &output.Error{Code: output.UnknownOutcome, Err: &once.UnknownError{Lost: status(504, 0), LookUp: lookUp}}
	}
	for _, c := range []struct {
		name  string
		err   error
		retry time.Duration
		spent time.Duration // since the last success
		least time.Duration // of the pause
		again bool
	}{
		{"throttled", status(429, 0), 0, 0, 1, true},
		{"throttled, with a time", status(429, 30*time.Second), 0, 0, 30 * time.Second, true},
		{"up to five minutes", status(503, 5*time.Minute), 0, 0, 5 * time.Minute, true},
		{"longer", status(503, 5*time.Minute+1), 0, 0, 5 * time.Minute, false},
		{"too long already", status(429, time.Minute), 0, 4*time.Minute + time.Second, time.Minute, false},
		{"no time is named", status(503, 0), 0, 0, 1, false},
		{"no time is named, --retry", status(503, 0), time.Minute, 0, 1, true},
		{"--retry is over", status(502, 0), time.Minute, time.Minute, 1, false},
		{"--retry is shorter than asked", status(429, 2*time.Minute), time.Minute, 0, 2 * time.Minute, false},
		{"--retry is longer than asked", status(429, time.Hour), 2 * time.Hour, 0, time.Hour, true},
		{"refused", network(client.Refused), 0, 0, 1, false},
		{"refused, --retry", network(client.Refused), time.Minute, 0, 1, true},
		{"a certificate", network(client.TLS), time.Minute, 0, 1, false},
		{"a server error", status(500, 0), time.Minute, 0, 1, false},
		{"a refusal", status(422, 0), time.Minute, 0, 1, false},
		{"a node that is away", unavailable, 0, 0, 1, false},
		{"a node that is away, --retry", unavailable, time.Minute, 0, 1, true},
		{"lost, and not found", lost(nil), time.Minute, 0, 1, false},
		{"lost, and the look-up failed", lost(status(502, 0)), time.Minute, 0, 1, true},
		{"lost, and the look-up throttled", lost(status(429, time.Second)), 0, 0, time.Second, true},
		{"another failure", fmt.Errorf("disk full"), time.Minute, 0, 1, false},
	} {
		now := time.Unix(1_800_000_000, 0)
		p := newPatience(&app.App{Now: func() time.Time { return now }}, c.retry)
		now = now.Add(c.spent)
		pause, again := p.pause(c.err)
		if again != c.again || pause < c.least {
			t.Errorf("%s: %s, %v; want %v", c.name, pause, again, c.again)
		}
		p.succeeded()
		if _, again := p.pause(status(429, time.Second)); !again {
			t.Errorf("%s: the time does not begin anew", c.name)
		}
	}
}
