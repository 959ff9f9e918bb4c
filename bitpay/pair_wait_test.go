package bitpay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// listServer answers the token list in turn; the last answer repeats.
func listServer(t *testing.T, answers ...http.HandlerFunc) *bitpay.Client {
	var asked atomic.Int64
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(asked.Add(1))-1, len(answers)-1)](w, r)
	}), bitpay.Generate())
}

func empty(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":[]}`) }

func failing(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestWaitPairedOutlastsFailures(t *testing.T) {
	c := listServer(t, cut, failing(502), failing(429), failing(500), empty, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data":[{"merchant":"token"}]}`)
	})
	var failures []error
	tokens, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{Interval: time.Millisecond, Progress: func(p bitpay.PairProgress) {
		failures = append(failures, p.Err)
		if p.Left != 0 {
			t.Errorf("%v left of a wait without end", p.Left)
		}
	}})
	if err != nil || len(tokens) != 1 || len(failures) != 5 || failures[0] == nil || failures[1] == nil || failures[4] != nil {
		t.Errorf("got %v, %v after %v", tokens, err, failures)
	}
}

func TestWaitPairedEnds(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"401": {failing(401), bitpay.ErrUnauthenticated},
		"403": {failing(403), bitpay.ErrNotPaired},
		"404": {failing(404), bitpay.ErrNoAPI},
		"302": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, bitpay.ErrLoginPage},
	} {
		if _, err := listServer(t, empty, test.answer).WaitPaired(t.Context(), bitpay.WaitOptions{Interval: time.Millisecond}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	c := listServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") })
	if _, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{}); err == nil {
		t.Error("a page was waited for")
	}
}

// A clock two hours off, in either direction, changes nothing about how long a code
// can be waited for: the server's clock counts.
func TestBadInputClockTwoHoursOffWhilePairing(t *testing.T) {
	for _, off := range []time.Duration{-2 * time.Hour, 0, 2 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				serverNow := func() time.Time { return time.Now().Add(off) }
				var asked int
				c := connectInMemory(t, func(w http.ResponseWriter, _ *http.Request) {
					asked++
					w.Header().Set("Date", serverNow().UTC().Format(http.TimeFormat))
					io.WriteString(w, `{"data":[]}`)
				})
				const lifetime, interval = 15 * time.Minute, 20 * time.Second
				start := time.Now()
				last := bitpay.PairProgress{Left: lifetime}
				_, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{
					Until: serverNow().Add(lifetime), Interval: interval,
					Progress: func(p bitpay.PairProgress) {
						// The Date has whole seconds.
						if want := lifetime - time.Since(start); p.Left < want || p.Left > want+time.Second || p.Attempt != asked {
							t.Errorf("after %v and %d questions: %+v", time.Since(start), asked, p)
						}
						last = p
					},
				})
				if took := time.Since(start); !errors.Is(err, bitpay.ErrPairingExpired) || took < lifetime || took > lifetime+interval || last.Left > interval+time.Second {
					t.Errorf("%v after %v, with %v left", err, took, last.Left)
				}
				if asked != int(lifetime/interval)+1 {
					t.Errorf("%d questions", asked)
				}
				_, err = c.WaitPaired(t.Context(), bitpay.WaitOptions{Until: serverNow().Add(-3 * time.Second)})
				if !errors.Is(err, bitpay.ErrPairingExpired) {
					t.Errorf("an old code: %v", err)
				}
			})
		})
	}
}

func TestWaitPairedEndsWithContext(t *testing.T) {
	reason := errors.New("the user has had enough")
	for name, answer := range map[string]http.HandlerFunc{
		"between questions": empty,
		"during a question": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		synctest.Test(t, func(t *testing.T) {
			c := connectInMemory(t, answer)
			ctx, cancel := context.WithCancelCause(t.Context())
			const after = 3 * time.Second // less than the limit of a request
			time.AfterFunc(after, func() { cancel(reason) })
			start := time.Now()
			_, err := c.WaitPaired(ctx, bitpay.WaitOptions{Interval: time.Hour})
			if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) || time.Since(start) != after {
				t.Errorf("%s: got %v after %v", name, err, time.Since(start))
			}
		})
	}
}
