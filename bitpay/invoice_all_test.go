package bitpay_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// A long is a store with many invoices, and counts the requests for lists of them.
type long struct {
	*bitpay.Client
	*world
	ids    []string
	lists  atomic.Int64
	before func(list int64) // runs before each list is answered
}

func startLong(t *testing.T, created []time.Time) *long {
	t.Helper()
	l := &long{world: newWorld(t)}
	_, identity := l.paired(l.server.Seed.StoreID)
	target, err := url.Parse(l.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	target.Path = ""
	// What is signed is the address that the server sees, so the proxy tells its own.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	counter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := l.lists.Add(1); l.before != nil {
			l.before(n)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(counter.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	if l.ids, err = l.server.AddPast(l.server.Seed.StoreID, created); err != nil {
		t.Fatal(err)
	}
	l.Client = newClient(t, counter.URL+"/btcpay", identity)
	return l
}

// busy are n moments, 1 to 200 of them in a second.
func busy(n int, end time.Time) []time.Time {
	var created []time.Time
	for second := end.Truncate(time.Second); len(created) < n; second = second.Add(-time.Second) {
		for range min(1+rand.IntN(200), n-len(created)) {
			created = append(created, second)
		}
	}
	return created
}

// read lists, and fails where an invoice comes twice or out of order.
func (l *long) read(t *testing.T, options bitpay.ListOptions) map[string]bool {
	t.Helper()
	l.lists.Store(0)
	got := map[string]bool{}
	var last bitpay.Invoice
	for invoice, err := range l.Invoices.All(t.Context(), options) {
		if err != nil {
			t.Fatal(err)
		}
		if got[string(invoice.ID)] || len(got) > 0 && invoice.InvoiceTime.After(last.InvoiceTime.Time) {
			t.Fatalf("%s came twice, or out of order", invoice.ID)
		}
		got[string(invoice.ID)], last = true, invoice
	}
	return got
}

func many() int {
	if testing.Short() {
		return 1000
	}
	return 3000
}

// TestAllOfAStore: thousands of invoices made 1 to 200 a second come once each, whatever
// the size of a page, while others are made and not, for few more requests at most than
// there are pages by offset.
func TestAllOfAStore(t *testing.T) { allOfAStore(t, many()) }

// TestTortureAllOfAStore is [TestAllOfAStore] with 10,000 invoices.
func TestTortureAllOfAStore(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	allOfAStore(t, 10_000)
}

func allOfAStore(t *testing.T, invoices int) {
	for _, made := range []bool{false, true} {
		l := startLong(t, busy(invoices, time.Now()))
		if made {
			l.before = func(list int64) {
				if list > 1 {
					if _, err := l.server.AddPast(l.server.Seed.StoreID, slices.Repeat([]time.Time{time.Now()}, 1+rand.IntN(50))); err != nil {
						t.Error(err)
					}
				}
			}
		}
		for _, limit := range []int{7, 50, 100, 1000} {
			got := l.read(t, bitpay.ListOptions{Limit: limit})
			for _, id := range l.ids {
				if !got[id] {
					t.Fatalf("%d a page: %s never came", limit, id)
				}
			}
			byOffset := int64(len(got)/limit + 1)
			t.Logf("%d invoices, others made meanwhile: %v, %d a page: %d requests, by offset %d", len(got), made, limit, l.lists.Load(), byOffset)
			if 10*l.lists.Load() > 13*byOffset {
				t.Error("that is more than 1.3 times as many")
			}
		}
	}
}

// TestAllWhileInvoicesLeaveTheFilter: where invoices leave a filter meanwhile, the rest
// moves up, and none of it is skipped.
func TestAllWhileInvoicesLeaveTheFilter(t *testing.T) {
	l := startLong(t, busy(600, time.Now()))
	left := map[string]bool{}
	l.before = func(int64) {
		for range 5 {
			id := l.ids[rand.IntN(len(l.ids))]
			if !left[id] {
				send[client.Nothing](l.world, "POST", map[string]string{"status": "Settled"}, "api", "v1", "stores", l.server.Seed.StoreID, "invoices", id, "status")
			}
			left[id] = true
		}
	}
	got := l.read(t, bitpay.ListOptions{Status: bitpay.StatusExpired, Limit: 5})
	for _, id := range l.ids {
		if !got[id] && !left[id] {
			t.Errorf("%s never came", id)
		}
	}
	l.before = nil
	if got := l.read(t, bitpay.ListOptions{Status: bitpay.StatusExpired, Limit: 5}); len(got) != len(l.ids)-len(left) {
		t.Errorf("%d invoices, want %d", len(got), len(l.ids)-len(left))
	}
}

// TestAllHonoursItsOptions: days and Offset hold; two parts by Offset make the whole.
func TestAllHonoursItsOptions(t *testing.T) {
	// Both sides of a midnight that is past: 450 of them fill eight minutes at the most.
	midnight := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	l := startLong(t, append(busy(450, midnight.Add(8*time.Minute)), busy(450, midnight.Add(-time.Second))...))
	whole := l.read(t, bitpay.ListOptions{Limit: 20})
	for _, offset := range []int{1, 20, 333, 899, 900, 1000} {
		head := map[string]bool{}
		for invoice, err := range l.Invoices.All(t.Context(), bitpay.ListOptions{Limit: 20}) {
			if err != nil {
				t.Fatal(err)
			}
			if len(head) == offset {
				break
			}
			head[string(invoice.ID)] = true
		}
		tail := l.read(t, bitpay.ListOptions{Limit: 20, Offset: offset})
		if len(head)+len(tail) != len(whole) {
			t.Errorf("offset %d: %d and %d invoices, not %d", offset, len(head), len(tail), len(whole))
		}
		for id := range tail {
			if head[id] {
				t.Errorf("offset %d: %s is in both parts", offset, id)
			}
		}
	}
	before, today := l.read(t, bitpay.ListOptions{DateEnd: midnight.Add(-time.Hour), Limit: 20}), l.read(t, bitpay.ListOptions{DateStart: midnight.Add(time.Hour), Limit: 20})
	if len(before) != 450 || len(today) != 450 || len(whole) != 900 {
		t.Errorf("%d of the day before and %d from midnight on, of %d; want 450, 450 and 900", len(before), len(today), len(whole))
	}
}

// TestAllIgnoredParameters: a server, or something on the way, that drops the offset
// or the days must not pass for a whole list.
func TestAllIgnoredParameters(t *testing.T) {
	many := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, time.Unix(int64(n-i), 0).UTC().Format("150405")+"@"+time.Unix(int64(n-i), 0).UTC().Format("5"))
		}
		return ids
	}
	for name, options := range map[string]bitpay.ListOptions{
		"the offset": {Limit: 3}, "the last day": {DateEnd: time.Unix(-24*3600*3, 0)}, "the first day": {DateStart: time.Now()},
	} {
		requests := 0
		c := listing(t, func(parameters) []string {
			if requests++; requests > 100 {
				t.Error("it goes on for ever")
			}
			return many(3)
		})
		var last error
		for _, err := range c.Invoices.All(t.Context(), options) {
			last = err
		}
		if last == nil {
			t.Errorf("%s is ignored, and no error tells it", name)
		}
	}
}
