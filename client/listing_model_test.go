package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type modelRow struct {
	id     string
	second int64
}

// A modelServer orders as BTCPay Server does: by second, and within a second another
// way at each request.
type modelServer struct {
	rows   []modelRow
	random *rand.Rand
	byTime bool

	cap       int            // the server's own limit of a page; 0 is none
	exclusive bool           // Until is meant exclusively
	largest   int            // a page of more rows fails as too large; 0 is none
	slow      bool           // it times out instead
	size      int            // of each answer in bytes
	between   func(call int) // what happens before a request
	requests  int
	largestOf int // rows of the largest page
}

func (s *modelServer) page(_ context.Context, p Page) ([]modelRow, int, error) {
	if s.between != nil {
		s.between(s.requests)
	}
	s.requests++
	s.random.Shuffle(len(s.rows), func(i, j int) { s.rows[i], s.rows[j] = s.rows[j], s.rows[i] })
	slices.SortStableFunc(s.rows, func(a, b modelRow) int { return int(b.second - a.second) })
	var fit []modelRow
	for _, row := range s.rows {
		if p.Until == nil || row.second < *p.Until || row.second == *p.Until && !s.exclusive {
			fit = append(fit, row)
		}
	}
	take := p.Take
	if s.cap > 0 {
		take = min(take, s.cap)
	}
	fit = slices.Clone(fit[min(p.Skip, len(fit)):min(p.Skip+take, len(fit))])
	s.largestOf = max(s.largestOf, len(fit))
	if s.largest > 0 && len(fit) > s.largest {
		if s.slow {
			return nil, 0, &NetworkError{Method: "GET", Path: "/model", Kind: Timeout}
		}
		return nil, 0, &AnswerError{Method: "GET", Path: "/model", Status: 200, Err: tooLarge(maxBody)}
	}
	return fit, s.size, nil
}

func (s *modelServer) listing(skip, take int) Listing[modelRow] {
	return Listing[modelRow]{
		Request: Request{Method: "GET", Path: []string{"model"}},
		Page:    s.page, ID: func(r modelRow) string { return r.id }, Second: func(r modelRow) int64 { return r.second },
		ByTime: s.byTime, Skip: skip, Take: take,
	}
}

// read lists everything, and fails where a row comes twice or the order is wrong.
func (s *modelServer) read(t rapid.TB, skip, take int) ([]modelRow, error) {
	var got []modelRow
	seen := map[string]bool{}
	for row, err := range s.listing(skip, take).All(context.Background()) {
		if err != nil {
			return got, err
		}
		if seen[row.id] {
			t.Fatalf("%v came twice", row)
		}
		if n := len(got); n > 0 && inOrder(got[n-1], row) >= 0 {
			t.Fatalf("%v came before %v", got[n-1], row)
		}
		seen[row.id] = true
		got = append(got, row)
	}
	return got, nil
}

func inOrder(a, b modelRow) int {
	if a.second != b.second {
		return int(b.second - a.second)
	}
	return strings.Compare(a.id, b.id)
}

// Answers of which pages grow, stay and shrink.
var answerSizes = []int{1 << 10, 3 << 20, 7 << 20}

func drawServer(t *rapid.T) *modelServer {
	seed := rapid.Uint64().Draw(t, "seed")
	s := &modelServer{random: rand.New(rand.NewPCG(seed, 1)), byTime: rapid.Bool().Draw(t, "by time"), size: rapid.SampledFrom(answerSizes).Draw(t, "size")}
	second := int64(1000)
	for range rapid.IntRange(0, 30).Draw(t, "seconds") {
		second -= int64(rapid.IntRange(1, 3).Draw(t, "pause"))
		for range rapid.OneOf(rapid.Just(1), rapid.IntRange(1, 40)).Draw(t, "rows of a second") {
			s.rows = append(s.rows, modelRow{fmt.Sprintf("%016x", s.random.Uint64()), second})
		}
	}
	return s
}

// TestListingIsComplete: whatever the seconds, the sizes of pages and the order of ties
// at each request, the list is the sorted one, less what Skip leaves out.
func TestListingIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		take := rapid.IntRange(1, 50).Draw(t, "take")
		skip := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, len(s.rows)+3)).Draw(t, "skip")
		s.exclusive = s.byTime && rapid.Bool().Draw(t, "exclusive")
		want := slices.SortedFunc(slices.Values(s.rows), inOrder)
		want = want[min(skip, len(want)):]
		got, err := s.read(t, skip, take)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d of %d rows, %v\n got %v\nwant %v", len(got), len(want), err, got, want)
		}
	})
}

// TestListingWhileRowsComeAndGo: each row that stays comes exactly once.
func TestListingWhileRowsComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		stay := map[string]bool{}
		for _, row := range s.rows {
			stay[row.id] = true
		}
		s.size = answerSizes[0] // or more rows come in than fit into a page
		now := int64(1000)
		if len(s.rows) > 0 && rapid.Bool().Draw(t, "in the present second") {
			now = s.rows[0].second
		}
		adds, removals := rapid.IntRange(0, 20).Draw(t, "added between pages"), rapid.IntRange(0, 20).Draw(t, "removed between pages")
		s.between = func(call int) {
			if call == 0 {
				return
			}
			if s.random.IntN(3) == 0 {
				now++
			}
			for range s.random.IntN(adds + 1) {
				s.rows = append(s.rows, modelRow{fmt.Sprintf("%016x", s.random.Uint64()), now})
			}
			for range s.random.IntN(removals + 1) {
				if len(s.rows) > 0 {
					i := s.random.IntN(len(s.rows))
					delete(stay, s.rows[i].id)
					s.rows = slices.Delete(s.rows, i, i+1)
				}
			}
		}
		got, err := s.read(t, 0, rapid.IntRange(1, 50).Draw(t, "take"))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range got {
			delete(stay, row.id)
		}
		if len(stay) > 0 {
			t.Fatalf("%d rows never came: %v", len(stay), stay)
		}
	})
}

// TestListingOfALimitedServer: a page that is shorter than asked, because the server
// has a limit of its own or the answer grew too large, is never taken for the end.
func TestListingOfALimitedServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		take := rapid.IntRange(1, 30).Draw(t, "take")
		limit := rapid.IntRange(take, 60).Draw(t, "limit")
		if rapid.Bool().Draw(t, "too large") {
			s.largest = limit
		} else {
			s.cap = limit
		}
		of := map[int64]int{}
		longest := 0
		for _, row := range s.rows {
			of[row.second]++
			longest = max(longest, of[row.second])
		}
		got, err := s.read(t, 0, take)
		switch {
		case err == nil && len(got) != len(s.rows):
			t.Fatalf("%d of %d rows, and no error", len(got), len(s.rows))
		// A page has to hold the second, the row before it and one behind it.
		case err != nil && longest+2 <= limit:
			t.Fatal(err)
		case err != nil && !errors.Is(err, errSecondLarge):
			t.Fatalf("another error: %v", err)
		}
	})
}

// TestListingCostsNoMore: the pages are at most 1.3 times those by offset of the same
// size, even where none may grow.
func TestListingCostsNoMore(t *testing.T) {
	for _, byTime := range []bool{true, false} {
		for _, size := range answerSizes[:2] {
			for _, take := range []int{7, 50, 100, 1000} {
				s := &modelServer{random: rand.New(rand.NewPCG(7, 7)), byTime: byTime, size: size}
				for second := int64(0); len(s.rows) < 4_000; second++ {
					for range 1 + s.random.IntN(200) {
						s.rows = append(s.rows, modelRow{fmt.Sprintf("%016x", s.random.Uint64()), second})
					}
				}
				got, err := s.read(t, 0, take)
				if err != nil || len(got) != len(s.rows) {
					t.Fatal(len(got), err)
				}
				byOffset := len(s.rows)/take + 1
				t.Logf("by time %v, answers of %d KiB, %d a page: %d requests, by offset %d", byTime, size>>10, take, s.requests, byOffset)
				if 10*s.requests > 13*byOffset {
					t.Error("that is more than 1.3 times as many")
				}
			}
		}
	}
}
