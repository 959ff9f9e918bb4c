package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The control addresses of the sandbox, at the root of the origin. They do what a node and a clock do to a real
// server.

// control calls a control address, which answers JSON.
func (p *player) control(ctx context.Context, action string, body []byte) (any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.origin+"/_sandbox/"+action, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if p.options.ControlToken != "" {
		r.Header.Set("X-Sandbox-Token", p.options.ControlToken)
	}
	response, err := p.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/_sandbox/%s answered %d %s; is this a sandbox?", action, response.StatusCode, bytes.TrimSpace(text))
	}
	return parseValue(text)
}

// advance moves the server's clock forward, and ours with it. Without control it waits.
func (p *player) advance(ctx context.Context, d time.Duration) error {
	if p.realTime {
		return pause(ctx, d)
	}
	body, err := json.Marshal(map[string]string{"advance": d.String()})
	if err != nil {
		return err
	}
	if _, err = p.control(ctx, "clock", body); err != nil {
		return err
	}
	p.ahead += d
	return nil
}

// deliver waits until no notification of the server is under way, as far as the server reports that.
func (p *player) deliver(ctx context.Context) error {
	for !p.realTime {
		answer, err := p.control(ctx, "clock", []byte(`{"advance":"0s"}`))
		if err != nil {
			return err
		}
		o, _ := answer.(object)
		if n, found := o.get("deliveries"); !found || n == json.Number("0") {
			return nil
		}
		if err := pause(ctx, glance); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errTimeout = errors.New("timed out")

// until checks repeatedly until a condition is met, for as long as the recording waited, in milliseconds of the
// server's clock, and then for some real time. What is under way arrives before the clock is moved, since the times
// of a response must be as far apart as the recorded ones.
func (p *player) until(ctx context.Context, every, timeout int, patience time.Duration, holds func() (bool, error)) error {
	step := time.Duration(every) * time.Millisecond
	if step <= 0 {
		step = pollEvery
	}
	for left := time.Duration(timeout) * time.Millisecond; ; left -= step {
		if err := p.deliver(ctx); err != nil {
			return err
		}
		done, err := holds()
		if done || err != nil {
			return err
		}
		if left < step {
			break
		}
		if err := p.advance(ctx, step); err != nil {
			return err
		}
	}
	done, err := p.within(ctx, patience, holds)
	if err == nil && !done {
		err = errTimeout
	}
	return err
}

// within checks repeatedly for a duration of real time.
func (p *player) within(ctx context.Context, span time.Duration, holds func() (bool, error)) (bool, error) {
	for end := time.Now().Add(span); ; {
		done, err := holds()
		if done || err != nil || !time.Now().Before(end) {
			return done, err
		}
		if err := pause(ctx, glance); err != nil {
			return false, err
		}
	}
}
