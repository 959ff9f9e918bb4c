package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

const hookSecret = "the secret of the hook"

func handler(t testing.TB, o webhook.HandlerOptions) *webhook.Handler {
	t.Helper()
	if o.Secrets == nil {
		o.Secrets = []webhook.Secret{secret(t, hookSecret)}
	}
	h, err := webhook.NewHandler(o)
	must(t, err)
	return h
}

// deliver sends a signed body, and returns the status. The response must have no body.
func deliver(t testing.TB, h http.Handler, body string) int {
	t.Helper()
	return request(t, h, post(body, sign(hookSecret, []byte(body))))
}

func post(body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(body))
	r.Header.Set(webhook.SignatureHeader, signature)
	return r
}

func request(t testing.TB, h http.Handler, r *http.Request) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.Len() != 0 {
		t.Errorf("the response has a body: %q", w.Body)
	}
	return w.Code
}

func want(t testing.TB, about string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, not %d", about, got, want)
	}
}

// A journal counts what was handled.
type journal struct {
	mu      sync.Mutex
	handled []string
	err     error
}

func (j *journal) handle(_ context.Context, e webhook.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.handled = append(j.handled, e.OriginalDeliveryID)
	return j.err
}

func (j *journal) want(t testing.TB, ids ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.handled, ids) {
		t.Errorf("handled %q, not %q", j.handled, ids)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	var j journal
	server := httptest.NewServer(handler(t, webhook.HandlerOptions{Handle: j.handle}))
	defer server.Close()
	var ids []string
	for _, d := range recorded(t) {
		e, err := webhook.Parse([]byte(d.Body))
		must(t, err)
		for range 2 {
			r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(d.Body))
			must(t, err)
			r.Header.Set("BTCPay-Sig", sign(hookSecret, []byte(d.Body)))
			r.Header.Set("Content-Type", "application/json")
			response, err := server.Client().Do(r)
			must(t, err)
			response.Body.Close()
			want(t, d.Version+" "+string(e.Type), response.StatusCode, 200)
		}
		if !slices.Contains(ids, e.OriginalDeliveryID) {
			ids = append(ids, e.OriginalDeliveryID)
		}
	}
	j.want(t, ids...)
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	var j journal
	var log strings.Builder
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, MaxBody: 2000, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	good := body("d", "d", "i")
	signature := sign(hookSecret, []byte(good))
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", ""} {
		r := post(good, signature)
		r.Method = method
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 405 || w.Header().Get("Allow") != "POST" || w.Body.Len() != 0 {
			t.Errorf("%q: %d %q", method, w.Code, w.Body)
		}
	}
	want(t, "no signature", request(t, h, httptest.NewRequest("POST", "/", strings.NewReader(good))), 401)
	want(t, "wrong signature", request(t, h, post(good, sign("another secret", []byte(good)))), 401)
	want(t, "malformed signature", request(t, h, post(good, strings.ToUpper(signature))), 401)
	want(t, "whitespace added", request(t, h, post(good+" ", signature)), 401)
	doubled := post(good, signature)
	doubled.Header.Add(webhook.SignatureHeader, signature)
	want(t, "doubled", request(t, h, doubled), 401)

	large := good + strings.Repeat(" ", 2000)
	want(t, "large", deliver(t, h, large), 413)
	chunked := post(large, sign(hookSecret, []byte(large)))
	chunked.ContentLength = -1
	want(t, "large, without a length", request(t, h, chunked), 413)
	// Without a signature, not a byte is read.
	unread := httptest.NewRequest("POST", "/", io.NopCloser(unreadable{t}))
	want(t, "body without a signature", request(t, h, unread), 401)
	cut := post(good, signature)
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader(good[:20]), broken{}))
	want(t, "cut", request(t, h, cut), 400)

	want(t, "no event", deliver(t, h, "{}"), 400)
	want(t, "no JSON", deliver(t, h, "x"), 400)
	want(t, "empty", deliver(t, h, ""), 400)
	j.want(t)
	if text := log.String(); strings.Contains(text, signature[10:]) || strings.Contains(text, hookSecret) || strings.Count(text, "\n") < 10 {
		t.Errorf("the log has a secret or too little:\n%s", text)
	}
	want(t, "good", deliver(t, h, good), 200)
	j.want(t, "d")
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHandlerDeliversAgain(t *testing.T) {
	t.Parallel()
	j := journal{err: errors.New("the database is away: password=x")}
	h := handler(t, webhook.HandlerOptions{Handle: j.handle})
	want(t, "first", deliver(t, h, body("a", "a", "i")), 500)
	want(t, "second", deliver(t, h, body("b", "a", "i")), 500)
	j.err = nil
	want(t, "third", deliver(t, h, body("c", "a", "i")), 200)
	want(t, "a duplicate", deliver(t, h, body("a", "a", "i")), 200)
	want(t, "a later redelivery", deliver(t, h, body("e", "a", "i")), 200)
	j.want(t, "a", "a", "a")
	want(t, "another event", deliver(t, h, body("f", "f", "i")), 200)
	j.want(t, "a", "a", "a", "f")
}

func TestHandlerPanics(t *testing.T) {
	t.Parallel()
	times := 0
	h := handler(t, webhook.HandlerOptions{Handle: func(context.Context, webhook.Event) error {
		if times++; times == 1 {
			panic("a mistake")
		}
		return nil
	}})
	func() {
		defer func() { recover() }()
		deliver(t, h, body("a", "a", "i"))
		t.Error("no panic")
	}()
	want(t, "after a panic", deliver(t, h, body("b", "a", "i")), 200)
	want(t, "afterwards", deliver(t, h, body("c", "a", "i")), 200)
	want(t, "handled", times, 2)
}

func TestHandlerUnknownType(t *testing.T) {
	t.Parallel()
	var j journal
	unknown := with(t, body("a", "a", "i"), "type", `"LaterType"`)
	want(t, "unknown", deliver(t, handler(t, webhook.HandlerOptions{Handle: j.handle}), unknown), 200)
	j.want(t)
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, HandleUnknown: true})
	want(t, "unknown, asked for", deliver(t, h, unknown), 200)
	want(t, "unknown, again", deliver(t, h, unknown), 200)
	j.want(t, "a")
}

func TestHandlerTolerance(t *testing.T) {
	t.Parallel()
	var j journal
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, Tolerance: 2 * time.Hour})
	created := time.Unix(1795420942, 0)
	for i, c := range []struct {
		late time.Duration
		want int
	}{{0, 200}, {2 * time.Hour, 200}, {2*time.Hour + 1, 400}, {-2 * time.Hour, 200}, {-2*time.Hour - 1, 400}, {24 * 365 * time.Hour, 400}} {
		h.SetNow(func() time.Time { return created.Add(c.late) })
		id := fmt.Sprint("d", i)
		want(t, c.late.String(), deliver(t, h, body(id, id, "i")), c.want)
	}
	j.want(t, "d0", "d1", "d3")
	patient := handler(t, webhook.HandlerOptions{Handle: j.handle})
	patient.SetNow(func() time.Time { return created.AddDate(20, 0, 0) })
	want(t, "no tolerance", deliver(t, patient, body("old", "old", "i")), 200)
}

func TestHandlerRotation(t *testing.T) {
	t.Parallel()
	var j journal
	h := handler(t, webhook.HandlerOptions{Handle: j.handle})
	send := func(id, key string) int {
		text := body(id, id, "i")
		return request(t, h, post(text, sign(key, []byte(text))))
	}
	const newer = "the newer secret"
	want(t, "before", send("a", newer), 401)
	must(t, h.SetSecrets(secret(t, hookSecret), secret(t, newer)))
	want(t, "old", send("b", hookSecret), 200)
	want(t, "new", send("c", newer), 200)
	must(t, h.SetSecrets(secret(t, newer)))
	want(t, "old, after", send("d", hookSecret), 401)
	for _, none := range [][]webhook.Secret{nil, {{}}} {
		if err := h.SetSecrets(none...); !errors.Is(err, webhook.ErrSecret) {
			t.Errorf("set: %v", err)
		}
	}
	want(t, "still the new one", send("e", newer), 200)
	j.want(t, "b", "c", "e")
}

func TestBadInputHandlerOptions(t *testing.T) {
	t.Parallel()
	var j journal
	good := []webhook.Secret{secret(t, hookSecret)}
	for name, o := range map[string]webhook.HandlerOptions{
		"no secret":           {Handle: j.handle},
		"a secret not set":    {Handle: j.handle, Secrets: []webhook.Secret{{}}},
		"no function":         {Secrets: good},
		"negative tolerance":  {Handle: j.handle, Secrets: good, Tolerance: -1},
		"negative size":       {Handle: j.handle, Secrets: good, MaxBody: -1},
		"a size that is huge": {Handle: j.handle, Secrets: good, MaxBody: webhook.MaxBody + 1},
	} {
		if _, err := webhook.NewHandler(o); !errors.Is(err, webhook.ErrHandler) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHandlerOrder holds the first event of an invoice: the next ones wait in their order,
// and those of other invoices do not.
func TestHandlerOrder(t *testing.T) {
	t.Parallel()
	var j journal
	memory := &webhook.Memory{}
	began, goOn := make(chan struct{}), make(chan struct{})
	h := handler(t, webhook.HandlerOptions{Deduper: memory, Handle: func(ctx context.Context, e webhook.Event) error {
		if e.DeliveryID == "i1" {
			close(began)
			<-goOn
		}
		return j.handle(ctx, e)
	}})
	var group sync.WaitGroup
	group.Go(func() { want(t, "i1", deliver(t, h, body("i1", "i1", "i")), 200) })
	<-began
	for n, id := range []string{"i2", "i3", "i4", "i5"} {
		group.Go(func() { want(t, id, deliver(t, h, body(id, id, "i")), 200) })
		await(t, func() bool { return memory.Waiting() == n+1 })
	}
	// A sender that went away gives up its place.
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() {
		text := body("gone", "gone", "i")
		want(t, "gone", request(t, h, post(text, sign(hookSecret, []byte(text))).WithContext(ctx)), 500)
	})
	await(t, func() bool { return memory.Waiting() == 5 })
	cancel()
	await(t, func() bool { return memory.Waiting() == 4 })
	// A redelivery of what is being handled waits too, and is a duplicate then.
	group.Go(func() { want(t, "again", deliver(t, h, body("x", "i1", "i")), 200) })
	await(t, func() bool { return memory.Waiting() == 5 })
	want(t, "another invoice", deliver(t, h, body("o1", "o1", "other")), 200)
	j.want(t, "o1")
	close(goOn)
	group.Wait()
	j.want(t, "o1", "i1", "i2", "i3", "i4", "i5")
}

func await(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// TestHandlerFinishes: the server gives up, and the call of Handle continues.
func TestHandlerFinishes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := handler(t, webhook.HandlerOptions{Handle: func(ctx context.Context, _ webhook.Event) error {
		cancel()
		return ctx.Err()
	}})
	text := body("a", "a", "i")
	want(t, "given up", request(t, h, post(text, sign(hookSecret, []byte(text))).WithContext(ctx)), 200)
}

func TestHandlerReplays(t *testing.T) {
	t.Parallel()
	replays(t, &webhook.Memory{}, 2000)
}

// replays sends each of 20 events many times, from several senders.
func replays(t *testing.T, deduper webhook.Deduper, times int) {
	t.Helper()
	const events, senders = 20, 8
	var counts [events]atomic.Int32
	h := handler(t, webhook.HandlerOptions{Deduper: deduper, Handle: func(_ context.Context, e webhook.Event) error {
		var n int
		fmt.Sscanf(e.OriginalDeliveryID, "e%d", &n)
		if counts[n].Add(1) == 1 && n%3 == 0 {
			return errors.New("the first time")
		}
		return nil
	}})
	var failed atomic.Int32
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() {
			for i := range times / senders {
				n := (i + sender) % events
				text := body(fmt.Sprintf("d%d-%d", sender, i), fmt.Sprintf("e%d", n), fmt.Sprintf("i%d", n%5))
				if deliver(t, h, text) != 200 {
					failed.Add(1)
				}
			}
		})
	}
	group.Wait()
	for n := range counts {
		times := int32(1)
		if n%3 == 0 {
			times = 2
		}
		want(t, fmt.Sprintf("event %d", n), int(counts[n].Load()), int(times))
	}
	want(t, "failed", int(failed.Load()), 7)
}

func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	var j journal
	h := handler(t, webhook.HandlerOptions{Handle: j.handle, Deduper: &webhook.Memory{Limit: 3}})
	for _, id := range []string{"a", "b", "c", "a", "d", "b", "c", "d", "a", "c", "d"} {
		want(t, id, deliver(t, h, body(id, id, "i")), 200)
	}
	j.want(t, "a", "b", "c", "d", "a")
}

func BenchmarkHandler(b *testing.B) {
	benchmarkHandler(b, &webhook.Memory{})
}

func benchmarkHandler(b *testing.B, deduper webhook.Deduper) {
	h := handler(b, webhook.HandlerOptions{Deduper: deduper, Handle: func(context.Context, webhook.Event) error { return nil }})
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			id := fmt.Sprintf("BNMkPb6bVyCLfUNxx%d", n.Add(1))
			text := []byte(body(id, id, id))
			r := httptest.NewRequest(http.MethodPost, "/hook", bytes.NewReader(text))
			signature, err := webhook.Sign(secretOf, text)
			r.Header.Set(webhook.SignatureHeader, signature)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != 200 || err != nil {
				b.Error(w.Code, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

var secretOf, _ = webhook.NewSecret(hookSecret)
