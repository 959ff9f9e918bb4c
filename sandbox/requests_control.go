package sandbox

import (
	"context"
	"errors"
	"time"
)

// longestWait is how long a program may wait for the next request.
const longestWait = 20 * time.Second

// requestList is what the control address of the log answers.
type requestList struct {
	Requests []LoggedRequest `json:"requests"`
	// Complete reports whether none was forgotten after the number that was given.
	Complete bool `json:"complete"`
}

// controlRequests answers the requests after a number. If there are none, it waits for one as long as the program asks.
func (s *Sandbox) controlRequests(ctx context.Context, body []byte) (any, error) {
	var ask struct {
		After uint64 `json:"after"`
		Wait  string `json:"wait"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	wait := time.Duration(0)
	if ask.Wait != "" {
		var err error
		if wait, err = time.ParseDuration(ask.Wait); err != nil || wait < 0 || wait > longestWait {
			return nil, errors.New("wait: must be a duration from 0 to " + longestWait.String() + `, such as "10s"`)
		}
	}
	entries, all := s.requests.Since(ask.After)
	if len(entries) == 0 && wait > 0 {
		s.awaitRequest(ctx, ask.After, wait)
		entries, all = s.requests.Since(ask.After)
	}
	return requestList{logged(entries), all}, nil
}

func (s *Sandbox) awaitRequest(ctx context.Context, after uint64, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.requests.Added(after):
	case <-timer.C:
	case <-ctx.Done():
	case <-s.world.Done():
	}
}
