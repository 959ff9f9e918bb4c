package bitpay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
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
			t.Parallel()
			serverNow := func() time.Time { return time.Now().Add(off) }
			dated := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", serverNow().UTC().Format(http.TimeFormat))
				io.WriteString(w, `{"data":[]}`)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			start := time.Now()
			var last bitpay.PairProgress
			_, err := listServer(t, dated).WaitPaired(ctx, bitpay.WaitOptions{
				Until: serverNow().Add(1500 * time.Millisecond), Interval: 20 * time.Millisecond,
				Progress: func(p bitpay.PairProgress) { last = p },
			})
			// The Date has whole seconds.
			if took := time.Since(start); !errors.Is(err, bitpay.ErrPairingExpired) || took < 500*time.Millisecond || took > 10*time.Second || last.Left > 3*time.Second {
				t.Errorf("%v after %v, with %v left", err, took, last.Left)
			}
			_, err = listServer(t, dated).WaitPaired(ctx, bitpay.WaitOptions{Until: serverNow().Add(-3 * time.Second)})
			if !errors.Is(err, bitpay.ErrPairingExpired) {
				t.Errorf("an old code: %v", err)
			}
		})
	}
}

func TestWaitPairedEndsWithContext(t *testing.T) {
	reason := errors.New("the user has had enough")
	for name, answer := range map[string]http.HandlerFunc{
		"between questions": empty,
		"during a question": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Millisecond, func() { cancel(reason) })
		_, err := listServer(t, answer).WaitPaired(ctx, bitpay.WaitOptions{Interval: time.Hour})
		if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
