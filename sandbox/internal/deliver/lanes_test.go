package deliver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// queues is an owner of lanes: the bodies that wait, by lane, and what came of those that were sent.
type queues struct {
	mu      sync.Mutex
	now     time.Time
	url     string
	pause   time.Duration // after an attempt without a success
	waiting map[string][]string
	due     map[string]time.Time
	got     []string
	lanes   *Lanes
	woken   chan struct{}
}

func newQueues(t *testing.T, url string) *queues {
	q := &queues{now: time.Unix(0, 0), url: url, waiting: map[string][]string{}, due: map[string]time.Time{}, woken: make(chan struct{}, 1)}
	q.lanes = NewLanes(&q.mu, q.next, func() {
		select {
		case q.woken <- struct{}{}:
		default:
		}
	})
	t.Cleanup(q.lanes.Close)
	return q
}

func (q *queues) next(lane string) (*Attempt, time.Time) {
	if len(q.waiting[lane]) == 0 {
		return nil, time.Time{}
	}
	if due := q.due[lane]; due.After(q.now) {
		return nil, due
	}
	body := q.waiting[lane][0]
	return &Attempt{URL: q.url, Body: []byte(body), Done: func(o Outcome) {
		q.got = append(q.got, fmt.Sprint(body, ": ", o.Status, o.Err))
		if o.Status/100 == 2 || q.pause == 0 {
			q.waiting[lane] = q.waiting[lane][1:]
		} else {
			q.due[lane] = q.now.Add(q.pause)
		}
	}}, time.Time{}
}

func (q *queues) add(lane string, bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[lane] = append(q.waiting[lane], bodies...)
	q.lanes.Wake(lane, q.now)
}

// advance moves the clock and waits until nothing is under way.
func (q *queues) advance(t *testing.T, d time.Duration) []string {
	t.Helper()
	q.mu.Lock()
	q.now = q.now.Add(d)
	q.lanes.Tick(q.now)
	q.mu.Unlock()
	for end := time.After(patience); ; {
		q.mu.Lock()
		active := slices.Collect(q.lanes.Active())
		got := q.got
		if len(active) == 0 {
			q.got = nil
			q.mu.Unlock()
			return got
		}
		q.mu.Unlock()
		select {
		case <-q.woken:
		case <-end:
			t.Fatal(active, "are still under way")
		}
	}
}

// TestLanes has a lane whose first message fails: it holds back those behind it, and no other lane.
func TestLanes(t *testing.T) {
	broken := true
	var mu sync.Mutex
	url, _ := server(t, func(body string) int {
		mu.Lock()
		defer mu.Unlock()
		if broken && strings.HasPrefix(body, "a") {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	q := newQueues(t, url)
	q.pause = time.Minute
	q.add("a", "a1", "a2")
	q.add("b", "b1", "b2")
	got := q.advance(t, 0)
	slices.Sort(got)
	if want := []string{"a1: 500", "b1: 200", "b2: 200"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	if got := q.advance(t, 59*time.Second); len(got) > 0 {
		t.Errorf("too early: %q", got)
	}
	if next := q.lanes.Next(); !next.Equal(time.Unix(60, 0)) {
		t.Errorf("the next one is due at %v", next)
	}
	mu.Lock()
	broken = false
	mu.Unlock()
	if got, want := q.advance(t, time.Second), []string{"a1: 200", "a2: 200"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.lanes.Next().IsZero() || len(q.lanes.due) > 0 {
		t.Error("a lane is due that is empty")
	}
}

// TestLanesMoved has a lane that is woken for an earlier time than before.
func TestLanesMoved(t *testing.T) {
	url, _ := server(t, func(string) int { return http.StatusOK })
	q := newQueues(t, url)
	q.mu.Lock()
	q.waiting["a"] = []string{"a1"}
	for _, at := range []int64{50, 20, 30, 20} {
		q.lanes.Wake("a", time.Unix(at, 0))
	}
	q.mu.Unlock()
	if got := q.advance(t, 19*time.Second); len(got) > 0 {
		t.Errorf("too early: %q", got)
	}
	if got := q.advance(t, time.Second); len(got) != 1 {
		t.Errorf("%q", got)
	}
	if got := q.advance(t, time.Hour); len(got) > 0 || !q.lanes.Next().IsZero() {
		t.Errorf("once more: %q", got)
	}
}

// TestLanesSlow has a receiver that is not done in time, before or within its response.
func TestLanesSlow(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 2 {
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer slow.Close()
	defer close(release)
	q := newQueues(t, slow.URL)
	q.lanes.timeout = 20 * time.Millisecond
	q.add("a", "1", "22")
	want := []string{"1: 0" + timedOut, "22: 0" + timedOut}
	if got := q.advance(t, 0); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestLanesMany has more lanes than are tried at once.
func TestLanesMany(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() {
			mu.Lock()
			now--
			mu.Unlock()
		}()
	}))
	defer receiver.Close()
	q := newQueues(t, receiver.URL)
	for i := range 3 * mostLanes {
		q.add(fmt.Sprint(i), "x", "y")
	}
	if got := q.advance(t, 0); len(got) != 6*mostLanes {
		t.Errorf("%d were sent", len(got))
	}
	mu.Lock()
	defer mu.Unlock()
	if most > mostLanes {
		t.Errorf("%d at once", most)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes.workers != 0 {
		t.Errorf("%d still work", q.lanes.workers)
	}
}

// TestLanesClose ends a try without counting it.
func TestLanesClose(t *testing.T) {
	came, release := make(chan struct{}), make(chan struct{})
	url, _ := server(t, func(string) int {
		close(came)
		<-release
		return http.StatusOK
	})
	defer close(release)
	q := newQueues(t, url)
	q.add("a", "1")
	q.mu.Lock()
	q.lanes.Tick(q.now)
	q.mu.Unlock()
	<-came
	q.lanes.Close()
	if len(q.got) > 0 || len(q.waiting["a"]) != 1 {
		t.Errorf("%q", q.got)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lanes.Wake("b", q.now)
	q.lanes.Tick(q.now) // does nothing
}

func TestEscapePercents(t *testing.T) {
	for text, want := range map[string]string{"%": "%25", "%zz": "%25zz", "%4": "%254", "%41": "%41", "a%2fb%": "a%2fb%25", "%%41": "%25%41"} {
		if got := escapePercents(text); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
	}
}
