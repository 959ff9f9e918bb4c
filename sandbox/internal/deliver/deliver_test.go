package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

const patience = 2 * time.Minute

// owner keeps deliveries, as the sandbox does, and is woken when one changed.
type owner struct {
	mu      sync.Mutex
	waiting []*Delivery
	queue   *Queue
	woken   chan struct{}
}

func newOwner(t *testing.T, senders map[string]Sender) *owner {
	o := &owner{woken: make(chan struct{}, 1)}
	o.queue = New(&o.mu, &o.waiting, senders, func() {
		select {
		case o.woken <- struct{}{}:
		default:
		}
	})
	t.Cleanup(o.queue.Close)
	return o
}

func (o *owner) add(d *Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.Add(d)
}

// tick starts what is due and waits until nothing is under way.
func (o *owner) tick(t *testing.T, now time.Time) {
	t.Helper()
	o.mu.Lock()
	o.queue.Tick(now)
	o.mu.Unlock()
	for end := time.After(patience); ; {
		o.mu.Lock()
		left := o.queue.UnderWay()
		o.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-o.woken:
		case <-end:
			t.Fatal(left, "are still under way")
		}
	}
}

func post(ctx context.Context, d *Delivery) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
}

func status(code int) func(*http.Response) bool {
	return func(r *http.Response) bool { return r.StatusCode == code }
}

// server notes bodies, and answers what say says of them.
func server(t *testing.T, say func(body string) int) (address string, got func() []string) {
	var mu sync.Mutex
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		bodies = append(bodies, string(body))
		mu.Unlock()
		w.WriteHeader(say(string(body)))
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(bodies)
	}
}

// TestLadder has two kinds with pauses and a judgement of their own, until the one is accepted and the other given up.
func TestLadder(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	url, got := server(t, func(string) int { return http.StatusAccepted })
	o := newOwner(t, map[string]Sender{
		"stubborn": {Pauses: []time.Duration{time.Second, time.Hour}, Request: post, Accepted: status(http.StatusOK)},
		"content":  {Pauses: []time.Duration{time.Second}, Request: post, Accepted: status(http.StatusAccepted)},
	})
	for _, kind := range []string{"stubborn", "content", "unknown"} {
		o.add(&Delivery{Kind: kind, Key: "k", URL: url, Body: []byte(kind), Due: start})
	}
	want := []string{"stubborn", "content"}
	for _, step := range []struct {
		at      time.Duration
		tried   bool
		waiting int
	}{
		{-time.Second, false, 3},
		{0, true, 1}, // an unknown kind is given up
		{999 * time.Millisecond, false, 1},
		{time.Second, true, 1},
		{time.Hour, false, 1},
		{time.Hour + time.Second, true, 0},
		{24 * time.Hour, false, 0},
	} {
		o.tick(t, start.Add(step.at))
		if step.at > 0 && step.tried {
			want = append(want, "stubborn")
		}
		if step.at >= 0 && !slices.Equal(got(), want) {
			t.Errorf("after %v: %v, not %v", step.at, got(), want)
		}
		if len(o.waiting) != step.waiting {
			t.Errorf("after %v: %d wait", step.at, len(o.waiting))
		}
	}
	if !o.queue.Next().IsZero() {
		t.Error("a try is due")
	}
}

// TestKeys has one key in order behind a slow message, while other keys go on beside it.
func TestKeys(t *testing.T) {
	release := make(chan struct{})
	url, got := server(t, func(body string) int {
		if body == "slow 0" {
			<-release
		}
		return http.StatusOK
	})
	o := newOwner(t, map[string]Sender{"": {Request: post, Accepted: status(http.StatusOK)}})
	for i := range 3 {
		for _, key := range []string{"slow", "quick"} {
			o.add(&Delivery{Key: key, URL: url, Body: fmt.Appendf(nil, "%s %d", key, i)})
		}
	}
	o.mu.Lock()
	o.queue.Tick(time.Now())
	o.mu.Unlock()
	quick := func() (n int) {
		for _, body := range got() {
			if body[0] == 'q' {
				n++
			}
		}
		return n
	}
	for end := time.After(patience); quick() < 3; {
		select {
		case <-o.woken:
		case <-time.After(time.Millisecond):
		case <-end:
			t.Fatal(got())
		}
	}
	if slices.Contains(got(), "slow 1") {
		t.Error("one overtook another of its key")
	}
	close(release)
	o.tick(t, time.Now())
	for _, key := range []string{"slow", "quick"} {
		var order []string
		for _, body := range got() {
			if body[0] == key[0] {
				order = append(order, body)
			}
		}
		if want := []string{key + " 0", key + " 1", key + " 2"}; !slices.Equal(order, want) {
			t.Errorf("%v, not %v", order, want)
		}
	}
}

// TestClose ends a try without counting it.
func TestClose(t *testing.T) {
	came, release := make(chan struct{}), make(chan struct{})
	url, _ := server(t, func(string) int {
		close(came)
		<-release
		return http.StatusOK
	})
	defer close(release)
	o := newOwner(t, map[string]Sender{"": {Request: post, Accepted: status(http.StatusOK)}})
	o.add(&Delivery{Key: "k", URL: url})
	o.mu.Lock()
	o.queue.Tick(time.Now())
	o.mu.Unlock()
	<-came
	o.queue.Close()
	if len(o.waiting) != 1 || o.waiting[0].Tries != 0 {
		t.Errorf("%+v", o.waiting)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.Tick(time.Now()) // does nothing
}

// TestOldFiles reads a delivery as the first state files have it.
func TestOldFiles(t *testing.T) {
	var d Delivery
	const text = `{"InvoiceID":"abc","URL":"http://shop.example","Body":"e30=","Tries":2,"Due":"2026-01-01T00:00:00Z"}`
	if err := json.Unmarshal([]byte(text), &d); err != nil || d.Key != "abc" || string(d.Body) != "{}" || d.Tries != 2 {
		t.Errorf("%+v, %v", d, err)
	}
	if again, err := json.Marshal(&d); err != nil || string(again) != text {
		t.Errorf("%s, %v", again, err)
	}
}
