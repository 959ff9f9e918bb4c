package root

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// responding has the server respond to some requests itself: with a status, and what to
// wait.
func (w *valuesWorld) responding(which func(*http.Request) bool, status int, after string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meddle = func(out http.ResponseWriter, r *http.Request) bool {
		if !which(r) {
			return false
		}
		if after != "" {
			out.Header().Set("Retry-After", after)
		}
		out.WriteHeader(status)
		return true
	}
}

// nthCreation matches the nth request for an invoice.
func nthCreation(n int) func(*http.Request) bool {
	seen := 0
	return func(r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/invoices") {
			return false
		}
		seen++
		return seen == n
	}
}

// TestBatchThrottled: a server that takes fewer requests than a batch sends is waited for.
func TestBatchThrottled(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		name := w.file(t, orderRows(4))
		w.responding(nthCreation(3), http.StatusTooManyRequests, "")
		g := w.batch(t, api, name)
		g.wantOrders(t, 0, numbered(4)...)
		if !strings.Contains(g.stderr, "The server is temporarily unavailable: ") || !strings.Contains(g.stderr, "Continuing at line 3 in ") {
			t.Errorf("%s: %s", api, g.stderr)
		}
		w.wantEachOnce(t, api, numbered(4)...)
	}
}

// TestBatchToldToWait: a time within the limit is waited, a longer one is told.
func TestBatchToldToWait(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for after, code := range map[string]int{"1": 0, "3600": 3, "Thu, 01 Jan 2099 00:00:00 GMT": 3} {
			t.Run(api+", "+after, func(t *testing.T) {
				t.Parallel()
				w := newValuesWorld(t)
				name := w.file(t, orderRows(4))
				w.responding(nthCreation(3), http.StatusTooManyRequests, after)
				g := w.batch(t, api, name)
				if code == 0 {
					g.wantOrders(t, 0, numbered(4)...)
					if !strings.Contains(g.stderr, "Continuing at line 3 in 1s.") {
						t.Error(g.stderr)
					}
					return
				}
				g.wantOrders(t, code, "A-1", "A-2")
				next := g.next()
				if len(next) != 2 || !strings.Contains(g.stderr, "The server asks to wait ") || strings.Contains(g.stderr, "correct line") {
					t.Fatalf("%q\n%s", next, g.stderr)
				}
				w.paste(t, api, next[len(after)%2], "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 0, numbered(4)...)
				w.wantEachOnce(t, api, numbered(4)...)
			})
		}
	}
}

// TestBatchAwayDuringLookUp: a request that may have been carried out is looked up once the
// server is back, and never sent again.
func TestBatchAwayDuringLookUp(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	name := w.file(t, orderRows(3))
	w.faulty(atCreation(2, "lose"))
	away := 5 // more often than the client asks by itself
	w.responding(func(r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/invoices") {
			return false
		}
		away--
		return away > 0
	}, http.StatusBadGateway, "")
	g := w.batch(t, invoice.APIGreenfield, name, "--retry", "1h")
	g.wantOrders(t, 0, numbered(3)...)
	if !strings.Contains(g.stderr, "Continuing at line 2 in ") || len(w.creations()) != 3 {
		t.Error(g.stderr)
	}
	w.wantEachOnce(t, invoice.APIGreenfield, numbered(3)...)
}

// TestTemporaryIsTold: a single call says how long to wait.
func TestTemporaryIsTold(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	for _, api := range bothAPIs {
		w.responding(func(r *http.Request) bool { return r.Method == http.MethodPost }, http.StatusTooManyRequests, "7")
		g := w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD")
		if g.code != 3 || !strings.Contains(g.stderr, "Next: wait 7s, and run the same command") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		// Longer than the client waits by itself.
		w.responding(func(r *http.Request) bool { return true }, http.StatusServiceUnavailable, "90")
		g = w.run(t, api, "", "invoice", "list")
		if g.code != 3 || !strings.Contains(g.stderr, "Next: wait 1m30s, and run the same command") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
	}
}
