package invoice

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

const (
	// defaultPatience is how long a batch waits without --retry, if the server asks it to.
	defaultPatience = 5 * time.Minute
	firstPause      = 250 * time.Millisecond
	maxPause        = 30 * time.Second
)

// A patience decides how long a batch waits for a server that is temporarily unavailable.
// The rows of a batch can be tried again, because what may have been created is looked up
// first.
type patience struct {
	app   *app.App
	retry time.Duration // of --retry; if 0, the batch waits only if the server asks it to
	since time.Time     // of the last success
	tries int           // since then
	say   func(text string)
}

func newPatience(a *app.App, retry time.Duration) *patience {
	return &patience{app: a, retry: retry, since: a.Now(), say: func(text string) { fmt.Fprintln(a.Err, output.VisibleLine(text)) }}
}

// succeeded begins the time anew.
func (p *patience) succeeded() { p.since, p.tries = p.app.Now(), 0 }

// pause returns how long to wait after a failure, and reports whether to try again.
func (p *patience) pause(err error) (time.Duration, bool) {
	if unknown, ok := errors.AsType[*once.UnknownError](err); ok {
		err = unknown.LookUp // a look-up that found nothing is not repeated
	}
	after, temporary := cli.Temporary(err)
	limit := p.retry
	if limit == 0 {
		limit = defaultPatience
		temporary = temporary && (after > 0 || errors.Is(err, client.ErrThrottled))
	}
	pause := after
	if after == 0 {
		pause = rand.N(min(maxPause, firstPause<<min(p.tries, 10))) + time.Millisecond
	}
	return pause, temporary && p.app.Now().Sub(p.since)+pause <= limit
}

// wait waits after a failure if it is worth it, and reports whether to try again.
func (p *patience) wait(ctx context.Context, where string, err error) bool {
	pause, again := p.pause(err)
	if !again || ctx.Err() != nil {
		return false
	}
	p.tries++
	if after, _ := cli.Temporary(err); after > 0 || p.tries == 1 {
		p.say(fmt.Sprintf("The server is temporarily unavailable: %s. Continuing %s in %s.", cli.Explain(ctx, err).What, where, cli.WaitText(pause)))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// patiently tries again while the failure is a temporary one.
func patiently[T any](ctx context.Context, p *patience, where string, try func() (T, error)) (T, error) {
	for {
		got, err := try()
		if err == nil || !p.wait(ctx, where, err) {
			return got, err
		}
	}
}

// tellPatience adds to a failure that is a temporary one how to wait longer. next continues
// the batch.
func tellPatience(e *output.Error, next string) {
	after, temporary := cli.Temporary(e)
	if !temporary || e.Code.BySignal() || e.Code == output.UnknownOutcome {
		return
	}
	e.Why = withStop(e.Why)
	if after > 0 {
		e.Why += fmt.Sprintf(" The server asks to wait %s.", cli.WaitText(after))
	}
	longer := max(10*time.Minute, (2 * after).Round(time.Minute))
	e.Next = next + "\nor, to wait for the server: " + next + " --retry " + shortDuration(longer)
}

// shortDuration writes whole minutes without seconds.
func shortDuration(d time.Duration) string {
	return fmt.Sprintf("%dm", int(d.Minutes()))
}
