package greenfield_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A long is a store with many invoices, and counts the requests for lists of them.
type long struct {
	*greenfield.Client
	s      *sandbox.Sandbox
	store  string
	ids    []string
	lists  atomic.Int64
	before func(list int64) // runs before each list is answered
}

func startLong(t *testing.T, created []time.Time, options ...client.Option) *long {
	t.Helper()
	s, err := sandbox.NewHandler(sandbox.Options{TieSeed: rand.Uint64()})
	if err != nil {
		t.Fatal(err)
	}
	l := &long{s: s, store: s.Seed().StoreID}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if n := l.lists.Add(1); l.before != nil {
				l.before(n)
			}
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); s.Close() })
	if l.ids, err = s.AddPast(l.store, created); err != nil {
		t.Fatal(err)
	}
	if l.Client, err = greenfield.New(server.URL, apiKey(t, s.Seed().APIKey), options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.CloseIdleConnections)
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
func (l *long) read(t *testing.T, options greenfield.InvoiceListOptions) map[string]bool {
	t.Helper()
	l.lists.Store(0)
	got := map[string]bool{}
	var last greenfield.Invoice
	for invoice, err := range l.Invoices.All(t.Context(), greenfield.StoreID(l.store), options) {
		if err != nil {
			t.Fatal(err)
		}
		if got[string(invoice.ID)] || len(got) > 0 && invoice.CreatedTime.After(last.CreatedTime.Time) {
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
					if _, err := l.s.AddPast(l.store, slices.Repeat([]time.Time{time.Now()}, 1+rand.IntN(50))); err != nil {
						t.Error(err)
					}
				}
			}
		}
		for _, take := range []int{7, 50, 100, 1000} {
			got := l.read(t, greenfield.InvoiceListOptions{Take: take})
			for _, id := range l.ids {
				if !got[id] {
					t.Fatalf("%d a page: %s never came", take, id)
				}
			}
			byOffset := int64(len(got)/take + 1)
			t.Logf("%d invoices, others made meanwhile: %v, %d a page: %d requests, by offset %d", len(got), made, take, l.lists.Load(), byOffset)
			if 10*l.lists.Load() > 13*byOffset {
				t.Error("that is more than 1.3 times as many")
			}
		}
	}
}

// TestAllWhileInvoicesAreArchived: those that are not archived come once each.
func TestAllWhileInvoicesAreArchived(t *testing.T) {
	l := startLong(t, busy(600, time.Now()))
	archived := map[string]bool{}
	l.before = func(list int64) {
		for range 5 {
			id := l.ids[rand.IntN(len(l.ids))]
			archived[id] = true
			r := httptest.NewRequest(http.MethodDelete, "/api/v1/stores/"+l.store+"/invoices/"+id, nil)
			r.Header.Set("Authorization", "token "+l.s.Seed().APIKey)
			l.s.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	got := l.read(t, greenfield.InvoiceListOptions{Take: 5})
	for _, id := range l.ids {
		if !got[id] && !archived[id] {
			t.Errorf("%s never came", id)
		}
	}
	l.before = nil
	if got := l.read(t, greenfield.InvoiceListOptions{Take: 5}); len(got) != len(l.ids)-len(archived) {
		t.Errorf("%d invoices, want %d", len(got), len(l.ids)-len(archived))
	}
	if got := l.read(t, greenfield.InvoiceListOptions{Take: 5, IncludeArchived: true}); len(got) != len(l.ids) {
		t.Errorf("%d invoices with the archived ones, want %d", len(got), len(l.ids))
	}
}

// TestAllHonoursItsOptions: dates, filters and Skip hold; two parts by Skip make the
// whole.
func TestAllHonoursItsOptions(t *testing.T) {
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	l := startLong(t, busy(900, end))
	whole := l.read(t, greenfield.InvoiceListOptions{Take: 20})
	for _, skip := range []int{1, 20, 333, 899, 900, 1000} {
		head := map[string]bool{}
		for invoice, err := range l.Invoices.All(t.Context(), greenfield.StoreID(l.store), greenfield.InvoiceListOptions{Take: 20}) {
			if err != nil {
				t.Fatal(err)
			}
			if len(head) == skip {
				break
			}
			head[string(invoice.ID)] = true
		}
		tail := l.read(t, greenfield.InvoiceListOptions{Take: 20, Skip: skip})
		if len(head)+len(tail) != len(whole) {
			t.Errorf("skip %d: %d and %d invoices, not %d", skip, len(head), len(tail), len(whole))
		}
		for id := range tail {
			if head[id] {
				t.Errorf("skip %d: %s is in both parts", skip, id)
			}
		}
	}
	from, until := end.Add(-4*time.Second), end.Add(-time.Second)
	got := 0
	for invoice, err := range l.Invoices.All(t.Context(), greenfield.StoreID(l.store), greenfield.InvoiceListOptions{Take: 10, StartDate: from, EndDate: until}) {
		if err != nil || invoice.CreatedTime.Before(from) || invoice.CreatedTime.After(until) {
			t.Fatal(invoice.CreatedTime, err)
		}
		got++
	}
	rest := len(l.read(t, greenfield.InvoiceListOptions{EndDate: from.Add(-time.Second)})) + len(l.read(t, greenfield.InvoiceListOptions{StartDate: until.Add(time.Second)}))
	if got == 0 || got+rest != len(whole) {
		t.Errorf("%d within the dates and %d without, of %d", got, rest, len(whole))
	}
	if got := l.read(t, greenfield.InvoiceListOptions{Statuses: []greenfield.InvoiceStatus{greenfield.InvoiceStatusSettled}}); len(got) != 0 {
		t.Errorf("%d settled ones", len(got))
	}
	if got := l.read(t, greenfield.InvoiceListOptions{Statuses: []greenfield.InvoiceStatus{greenfield.InvoiceStatusExpired}, Take: 10}); len(got) != len(whole) {
		t.Errorf("%d expired ones", len(got))
	}
}

// TestAllIgnoredDates: a server, or something on the way, that drops the dates or
// repeats a page must not pass for a whole list.
func TestAllIgnoredDates(t *testing.T) {
	page := `[{"id":"a","createdTime":1795593602},{"id":"b","createdTime":1795593601},{"id":"c","createdTime":1795593600}]`
	requests := 0
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests > 100 {
			t.Error("it goes on for ever")
		}
		answer(w, 200, page)
	})
	var last error
	for _, err := range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{Take: 3}) {
		last = err
	}
	if answered, ok := errors.AsType[*client.AnswerError](last); !ok || answered.Path != "/api/v1/stores/"+storeID+"/invoices" {
		t.Error(last)
	}
	for range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{EndDate: time.Unix(1795593601, 0)}) {
		break
	}
	for _, err := range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{EndDate: time.Unix(1795593601, 0)}) {
		last = err
	}
	if _, ok := errors.AsType[*client.AnswerError](last); !ok {
		t.Error("later invoices than asked for were taken", last)
	}
}

// TestAllOfLargeInvoices: a page of more than 8 MiB is asked for smaller.
func TestAllOfLargeInvoices(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: its lists have megabytes")
	}
	const each = 300 << 10
	created := make([]time.Time, 100)
	for i := range created {
		created[i] = time.Now().Add(time.Duration(-i) * time.Second)
	}
	l := startLong(t, created)
	filler := slices.Repeat([]byte(" "), each)
	var largest atomic.Int64
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "token "+l.s.Seed().APIKey)
		answered := httptest.NewRecorder()
		l.s.ServeHTTP(answered, r)
		var rows []json.RawMessage
		if err := json.Unmarshal(answered.Body.Bytes(), &rows); err != nil {
			t.Error(err)
		}
		largest.Store(max(largest.Load(), int64(len(rows))))
		var body bytes.Buffer
		for i, row := range rows {
			body.WriteByte("[,"[min(i, 1)])
			body.Write(row)
			body.Write(filler)
		}
		body.WriteByte(']')
		w.Write(body.Bytes())
	})
	got := map[string]bool{}
	for invoice, err := range g.Invoices.All(t.Context(), greenfield.StoreID(l.store), greenfield.InvoiceListOptions{}) {
		if err != nil || got[string(invoice.ID)] {
			t.Fatal(invoice.ID, err)
		}
		got[string(invoice.ID)] = true
	}
	if len(got) != len(l.ids) || largest.Load() < 8<<20/each {
		t.Errorf("%d of %d invoices; the largest page had %d", len(got), len(l.ids), largest.Load())
	}
}
