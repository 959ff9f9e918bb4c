package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// aList is a sandbox with invoices of given times, and the orders it tells them in.
type aList struct {
	t      *testing.T
	s      *sandbox.Sandbox
	ids    []string
	number map[string]int
}

func newList(t *testing.T, seed uint64, created []time.Time) *aList {
	t.Helper()
	s, err := sandbox.NewHandler(sandbox.Options{TieSeed: seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l := &aList{t: t, s: s, number: map[string]int{}}
	if l.ids, err = s.AddPast(s.Seed().StoreID, created); err != nil {
		t.Fatal(err)
	}
	for i, id := range l.ids {
		l.number[id] = i
	}
	return l
}

// page gives the numbers of the invoices on a page.
func (l *aList) page(query string) []int {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/stores/"+l.s.Seed().StoreID+"/invoices?"+query, nil)
	r.Header.Set("Authorization", "token "+l.s.Seed().APIKey)
	w := httptest.NewRecorder()
	l.s.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	var rows []struct{ ID string }
	if err := json.Unmarshal(body, &rows); err != nil || w.Code != 200 {
		l.t.Fatalf("%d %s: %v", w.Code, body, err)
	}
	numbers := make([]int, len(rows))
	for i, row := range rows {
		numbers[i] = l.number[row.ID]
	}
	return numbers
}

// sames are n times, per of them in a second, newest last.
func sames(n, per int) []time.Time {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	created := make([]time.Time, n)
	for i := range created {
		created[i] = at.Add(time.Duration(i/per) * time.Second)
	}
	return created
}

// TestTiesDifferFromPageToPage: by offset, a list with many invoices of a second
// repeats some and loses others; whole seconds keep their order; a seed repeats it all.
func TestTiesDifferFromPageToPage(t *testing.T) {
	l, again, other := newList(t, 1, sames(200, 10)), newList(t, 1, sames(200, 10)), newList(t, 2, sames(200, 10))
	var got []int
	differ := false
	for skip := 0; skip < 200; skip += 7 {
		query := fmt.Sprintf("take=7&skip=%d", skip)
		page := l.page(query)
		if !slices.Equal(page, l.page(query)) || !slices.Equal(page, again.page(query)) {
			t.Errorf("%s is not repeated", query)
		}
		differ = differ || !slices.Equal(page, other.page(query))
		for i, number := range page {
			if want := 19 - (skip+i)/10; number/10 != want {
				t.Errorf("%s: number %d is of second %d, not %d", query, i, number/10, want)
			}
		}
		got = append(got, page...)
	}
	distinct := len(slices.Compact(slices.Sorted(slices.Values(got))))
	if len(got) != 200 || distinct > 195 || !differ {
		t.Errorf("%d rows, %d different; another seed differs: %v", len(got), distinct, differ)
	}
	for _, query := range []string{"", "take=200", "take=1000&skip=0", "take=2147483647&skip=5"} {
		if page := l.page(query); len(slices.Compact(slices.Sorted(slices.Values(page)))) != len(page) || len(page) < 195 {
			t.Errorf("%q: %d rows", query, len(page))
		}
	}
}

// TestNewestFirst: invoices of different seconds have one order, whatever the page.
func TestNewestFirst(t *testing.T) {
	l := newList(t, 5, sames(30, 1))
	whole := l.page("")
	for skip := range 30 {
		if page := l.page(fmt.Sprintf("take=4&skip=%d", skip)); !slices.Equal(page, whole[skip:min(skip+4, 30)]) || whole[0] != 29 {
			t.Errorf("from %d: %v", skip, page)
		}
	}
	if _, err := l.s.AddPast("nowhere", sames(1, 1)); err == nil {
		t.Error("a store that is not there got an invoice")
	}
}
