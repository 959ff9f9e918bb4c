package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func rowsOf(second int64, n int) []modelRow {
	rows := make([]modelRow, n)
	for i := range rows {
		rows[i] = modelRow{fmt.Sprintf("r%06d", i), second}
	}
	return rows
}

func model(byTime bool, rows ...modelRow) *modelServer {
	return &modelServer{rows: rows, random: rand.New(rand.NewPCG(1, 2)), byTime: byTime, size: 1 << 10}
}

// TestListingEdges: the smallest lists, and the seconds that no page can hold.
func TestListingEdges(t *testing.T) {
	for _, byTime := range []bool{true, false} {
		for name, test := range map[string]struct {
			rows       []modelRow
			take, most int // requests
		}{
			"empty":                      {nil, 100, 1},
			"one":                        {rowsOf(1, 1), 100, 1},
			"exactly a page":             {append(rowsOf(2, 99), modelRow{"y", 1}), 100, 2},
			"exactly a page in a second": {rowsOf(1, 100), 100, 3},
			"all in one second":          {rowsOf(1, 2500), 100, 8},
			"a second above a page":      {slices.Concat(rowsOf(3, 1), []modelRow{{"y", 2}}, rowsOf(1, 1500)), 1000, 4},
		} {
			s := model(byTime, test.rows...)
			if name == "a second above a page" {
				s.rows[0].id = "z"
			}
			got, err := s.read(t, 0, test.take)
			if err != nil || len(got) != len(test.rows) || s.requests > test.most {
				t.Errorf("%s, by time %v: %d of %d rows, %v, in %d requests", name, byTime, len(got), len(test.rows), err, s.requests)
			}
		}
		s := model(byTime, rowsOf(1, 700)...)
		s.largest = 600
		got, err := s.read(t, 0, 100)
		if answer, ok := errors.AsType[*AnswerError](err); !ok || !errors.Is(err, errSecondLarge) || answer.Path != "/model" || len(got) > 0 || s.requests > 30 {
			t.Errorf("a second that is too large: %d rows, %v, %d requests", len(got), err, s.requests)
		}
		// Just so that it fits.
		s = model(byTime, rowsOf(1, 590)...)
		s.largest = 600
		if got, err := s.read(t, 0, 100); err != nil || len(got) != 590 {
			t.Errorf("a second that just fits: %d rows, %v", len(got), err)
		}
	}
}

// TestListingOfASlowServer: pages that time out are asked for smaller; a server that
// answers nothing at all is not asked for long, and one whose caller is gone not again.
func TestListingOfASlowServer(t *testing.T) {
	for _, byTime := range []bool{true, false} {
		for _, take := range []int{20, 100} {
			s := model(byTime)
			for second := range int64(500) {
				s.rows = append(s.rows, modelRow{fmt.Sprint(second), second})
			}
			s.largest, s.slow = 40, true
			if got, err := s.read(t, 0, take); err != nil || len(got) != 500 {
				t.Errorf("by time %v, %d a page: %d rows, %v", byTime, take, len(got), err)
			}
			s.largest, s.requests = 0, 0
			l := s.listing(0, take)
			ctx, cancel := context.WithCancel(t.Context())
			l.Page = func(context.Context, Page) ([]modelRow, int, error) {
				s.requests++
				return nil, 0, &NetworkError{Kind: Timeout}
			}
			for _, err := range l.All(ctx) {
				if network, ok := errors.AsType[*NetworkError](err); !ok || network.Kind != Timeout {
					t.Error(err)
				}
			}
			if s.requests != 2 {
				t.Errorf("%d requests to a server that answers nothing", s.requests)
			}
			cancel()
			for range l.All(ctx) {
			}
			if s.requests != 3 {
				t.Errorf("%d requests, after the caller is gone", s.requests-2)
			}
		}
	}
}

// TestListingOfAServerThatIsNone: whatever a server repeats, leaves out of account or
// mixes up, the list ends, and with an error.
func TestListingOfAServerThatIsNone(t *testing.T) {
	many := slices.Concat(rowsOf(9, 1), []modelRow{{"b", 8}, {"c", 7}, {"d", 6}, {"e", 5}, {"f", 4}, {"g", 3}, {"h", 2}, {"i", 1}})
	for _, byTime := range []bool{true, false} {
		for name, test := range map[string]struct {
			page func(p Page) []modelRow
			want error
		}{
			"the same page for ever":  {func(p Page) []modelRow { return many[:3] }, nil},
			"the same row for ever":   {func(p Page) []modelRow { return slices.Repeat(many[:1], p.Take) }, errTwice},
			"everything at once":      {func(Page) []modelRow { return many }, errTooMany},
			"no order":                {func(p Page) []modelRow { return []modelRow{many[1], many[0]} }, errUnordered},
			"one second without end":  {func(p Page) []modelRow { return rowsOf(9, p.Take) }, nil},
			"newer ones without end":  {func() func(p Page) []modelRow { return endless() }(), nil},
			"no end, and no size":     {func(p Page) []modelRow { return many[:min(p.Take, len(many))] }, nil},
			"rows after the last day": {func(p Page) []modelRow { return []modelRow{{"new", 1000}} }, errBeyond},
			"rows before the first":   {func(p Page) []modelRow { return []modelRow{{"old", -1}} }, errBeyond},
		} {
			requests := 0
			l := model(byTime).listing(0, 3)
			l.From, l.Until = new(int64(0)), new(int64(999))
			l.Page = func(_ context.Context, p Page) ([]modelRow, int, error) {
				if requests++; requests > 1000 {
					t.Fatal(name, "goes on for ever")
				}
				if p.Take > 20_000 {
					return nil, 0, &AnswerError{Err: tooLarge(maxBody)}
				}
				return test.page(p), 1 << 10, nil
			}
			var last error
			count := map[string]int{}
			for row, err := range l.All(t.Context()) {
				if last = err; err == nil {
					count[row.id]++
				}
			}
			for id, n := range count {
				if n > 1 {
					t.Errorf("%s, by time %v: %s came %d times", name, byTime, id, n)
				}
			}
			// A server that ignores only the offset sends all there is in one page, once
			// that has grown.
			if whole := name == "no end, and no size" && !byTime && len(count) == len(many); last == nil && !whole || test.want != nil && !errors.Is(last, test.want) {
				t.Errorf("%s, by time %v: %d rows, %v", name, byTime, len(count), last)
			}
		}
	}
}

// endless gives pages of rows that are newer than all before.
func endless() func(p Page) []modelRow {
	second := int64(10)
	return func(p Page) []modelRow {
		if second += 10; second > 900 {
			second = 900
		}
		rows := rowsOf(second, p.Take)
		for i := range rows {
			rows[i].second -= int64(i) / 2 % 9
		}
		slices.SortStableFunc(rows, func(a, b modelRow) int { return int(b.second - a.second) })
		return rows
	}
}

// TestListingStops: a reader that goes away asks for nothing more, and neither does an
// error.
func TestListingStops(t *testing.T) {
	s := model(true, slices.Concat(rowsOf(5, 1), []modelRow{{"b", 4}, {"c", 3}, {"d", 2}})...)
	for range s.listing(0, 2).All(t.Context()) {
		break
	}
	if s.requests != 1 {
		t.Errorf("%d requests", s.requests)
	}
	failure := errors.New("gone")
	l := s.listing(0, 2)
	l.Page = func(ctx context.Context, p Page) ([]modelRow, int, error) {
		if p.Until != nil {
			return nil, 0, failure
		}
		return s.page(ctx, p)
	}
	var got []string
	var errs int
	for row, err := range l.All(t.Context()) {
		if err != nil {
			errs++
			if !errors.Is(err, failure) {
				t.Error(err)
			}
			continue
		}
		got = append(got, row.id)
	}
	if len(got) != 1 || errs != 1 {
		t.Errorf("got %v and %d errors", got, errs)
	}
}

// TestListingKeepsWhatItSaw: a row that a page has shown comes, although it leaves the
// list before the rest of its second is read.
func TestListingKeepsWhatItSaw(t *testing.T) {
	for _, byTime := range []bool{true, false} {
		s := model(byTime, slices.Concat(rowsOf(5, 2), []modelRow{{"b", 4}, {"c", 4}, {"d", 4}, {"e", 2}, {"f", 1}})...)
		l := s.listing(0, 3)
		var shown string
		l.Page = func(ctx context.Context, p Page) ([]modelRow, int, error) {
			rows, size, err := s.page(ctx, p)
			if shown == "" {
				shown = rows[2].id
				s.rows = slices.DeleteFunc(s.rows, func(row modelRow) bool { return row.id == shown })
			}
			return rows, size, err
		}
		var got []string
		for row, err := range l.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row.id)
		}
		if want := []string{"r000000", "r000001", "b", "c", "d", "e", "f"}; !slices.Equal(got, want) {
			t.Errorf("by time %v: got %v, and %s had left", byTime, got, shown)
		}
	}
}

// TestPageSize: pages grow while they are small and quick, stay, and shrink.
func TestPageSize(t *testing.T) {
	const small = 100 << 10
	s := newPageSize(100)
	for _, want := range []int{200, 400, 800, 1000, 1000} {
		if s.read(s.rows, true, small, time.Millisecond); s.rows != want {
			t.Errorf("%d rows, want %d", s.rows, want)
		}
	}
	for _, step := range []struct {
		what string
		size int
		took time.Duration
		want int
	}{
		{"neither quick nor slow", small, 2 * time.Second, 1000}, {"slow", small, 6 * time.Second, 500}, {"large", 7 << 20, time.Millisecond, 250},
		{"half as large", 4 << 20, time.Millisecond, 250}, {"slow again", small, time.Minute, 125}, {"not below what was given", small, time.Minute, 100},
		{"still not", small, time.Minute, 100}, {"large again", 7 << 20, 0, 50}, {"quick", small, 0, 100}, {"half as large as is good", 384 << 10, 0, 200}, {"that is enough", 768 << 10, 0, 200}, {"smaller rows", 600 << 10, 0, 256},
	} {
		if s.read(s.rows, true, step.size, step.took); s.rows != step.want {
			t.Errorf("%s: %d rows, want %d", step.what, s.rows, step.want)
		}
	}
	timeout := &NetworkError{Kind: Timeout}
	first := newPageSize(100)
	if !first.failed(100, 0, 0, timeout) || first.failed(12, 0, 0, timeout) {
		t.Error("a first page that times out is asked for once more")
	}
	if n, err := first.next(0, 0); n != 12 || err != nil {
		t.Error(n, err)
	}
	if !s.failed(100, 5, 1, timeout) || !s.failed(15, 5, 1, timeout) || s.failed(6, 5, 1, timeout) {
		t.Error("a later page that times out is asked for twice more")
	}
	for _, err := range []error{&NetworkError{Kind: Reset}, &Error{Status: 500}, &AnswerError{Err: errors.New("no JSON")}, context.Canceled} {
		if s.failed(100, 0, 0, err) {
			t.Errorf("%v is taken for a question of size", err)
		}
	}
}
