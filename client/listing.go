package client

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math"
	"net/http"
	"slices"
	"time"
)

// A Listing reads the whole of a list that a server orders by whole seconds only,
// newest first. Among rows of one second the order of BTCPay Server differs from page
// to page, so pages that meet within a second repeat some rows and leave out others.
// A Listing therefore takes from a page only the seconds that lie wholly inside it, and
// asks for the last second again, with what follows.
//
// Each row that was there at the start and stays comes exactly once: by second, newest
// first, and within a second by id. Rows that are added meanwhile may come or not, and
// rows that leave the list may, too. Where that cannot be kept the list ends with an
// error.
type Listing[T any] struct {
	// Request names the list in errors.
	Request Request
	// Page reads one page; size is the number of bytes of its body.
	Page   func(ctx context.Context, p Page) (rows []T, size int, err error)
	ID     func(T) string
	Second func(T) int64
	// ByTime says that Page honours [Page.Until]. The way on is then by time, which
	// costs a server less than a large offset, else by overlapping pages.
	ByTime bool
	// From and Until are the seconds, both inclusive, that the list is limited to; nil
	// is no limit. Rows beyond are an error.
	From, Until *int64
	// Skip leaves out this many of the first rows in the order above.
	Skip int
	// Take is the size of the first page, 1 at least. Later ones grow up to 1,000 rows
	// while they are quick and small, and beyond where one second has more.
	Take int
}

// A Page is what a [Listing] asks for.
type Page struct {
	// Until is the newest second that is wanted; nil sets no limit.
	Until      *int64
	Skip, Take int
}

// All reads the list. It holds one page in memory and stops after an error.
func (l Listing[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := newReader(l)
		for !r.ended {
			rows, err := r.next(ctx)
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if err != nil {
				if _, own := errors.AsType[listError](err); own {
					err = l.Request.Unusable(http.StatusOK, err)
				}
				yield(*new(T), err)
				return
			}
		}
	}
}

// A listError says that a response is no list, is not the list that was asked for, or
// that the list cannot be read completely.
type listError string

func (e listError) Error() string { return string(e) }

const (
	errUnordered   listError = "the list is not ordered by time, newest first, so it cannot be read page by page"
	errTooMany     listError = "it has more rows than were asked for: something on the way removes the size of the page"
	errTwice       listError = "it has one row twice"
	errBeyond      listError = "it has rows from outside the dates that were asked for: something on the way removes the dates"
	errRepeats     listError = "the same page comes again and again: something on the way removes the offset, or rows are added faster than they are read"
	errSecondLarge listError = "more rows were made in one second than the server sends in one answer, and within a second there is no order to read them in parts"
)

const (
	// maxIdle bounds pages in a row that are newer than what was read: far above
	// what can be added meanwhile.
	maxIdle = 10
	// maxSteps bounds pages in a row that bring a list no further for any reason.
	maxSteps = 100
	// maxShorts short pages of one length, whatever was asked for, show a limit of the
	// server's own.
	maxShorts = 3
	// maxBack bounds the rows that each page repeats to find its place.
	maxBack = 64
)

// A reader is the progress of a listing. Of the rows it has seen it keeps those of one
// second only.
type reader[T any] struct {
	Listing[T]
	size pageSize

	started bool
	cut     int64 // all that is newer is done
	held    []T   // of the second cut: what pages have shown so far
	drop    int   // of the second cut: the rows that Skip leaves out
	slack   int64 // added to Until, where the server means it exclusively

	skip    int // of the next page
	back    int // the rows before the second cut that a page by offset starts with
	overlap int // the rows of the next page that are known
	ended   bool
	idle    int
	steps   int

	short, shorts int // the last short page behind which the list went on; how often
}

func newReader[T any](l Listing[T]) *reader[T] {
	l.Take = max(l.Take, 1)
	r := &reader[T]{Listing: l, size: newPageSize(l.Take), back: 1}
	if l.Skip > 0 {
		r.skip, r.overlap = l.Skip-1, 1
	}
	return r
}

// next reads pages until rows are certain, and returns these.
func (r *reader[T]) next(ctx context.Context) ([]T, error) {
	for ; r.steps < maxSteps; r.steps++ {
		page := Page{Until: r.until(), Skip: r.skip}
		var err error
		if page.Take, err = r.size.next(r.overlap, r.cut); err != nil {
			return nil, err
		}
		rows, full, err := r.read(ctx, page)
		if err != nil {
			if ctx.Err() == nil && r.size.failed(page.Take, r.overlap, r.cut, err) {
				continue
			}
			return nil, err
		}
		done, err := r.take(rows, full)
		if err != nil || r.ended || len(done) > 0 {
			r.steps, r.idle = 0, 0
			return done, err
		}
	}
	return nil, errRepeats
}

func (r *reader[T]) until() *int64 {
	if !r.ByTime {
		return nil
	}
	if !r.started || r.Until != nil && *r.Until < r.cut+r.slack {
		return r.Until
	}
	return new(r.cut + r.slack)
}

// read gets a page. Full reports whether more may follow.
func (r *reader[T]) read(ctx context.Context, p Page) (rows []T, full bool, err error) {
	start := time.Now()
	rows, size, err := r.Page(ctx, p)
	if err != nil {
		return nil, false, err
	}
	took := time.Since(start)
	if err := r.check(rows, p); err != nil {
		return nil, false, err
	}
	full = len(rows) == p.Take
	if !full && r.size.doubtful(len(rows), p.Take) {
		var limited bool
		if full, limited, err = r.goesOn(ctx, rows, p); err != nil {
			return nil, false, err
		}
		if limited {
			r.size.limited(len(rows), r.cut)
		}
	}
	r.size.read(len(rows), full, size, took)
	return rows, full, nil
}

// goesOn asks whether a list goes on behind a short page, and whether the server surely
// sends no more rows at once than so many.
func (r *reader[T]) goesOn(ctx context.Context, rows []T, p Page) (full, limited bool, err error) {
	last := r.Second(rows[len(rows)-1])
	for range 3 {
		more, _, err := r.Page(ctx, Page{Until: p.Until, Skip: p.Skip + len(rows), Take: 1})
		if err != nil || len(more) == 0 {
			return false, false, err
		}
		if r.Second(more[0]) < last {
			return true, true, nil
		}
		// Or rows were added meanwhile, and moved one of these back.
	}
	if len(rows) != r.short {
		r.short, r.shorts = len(rows), 0
	}
	r.shorts++
	return true, r.shorts >= maxShorts, nil
}

func (r *reader[T]) ids(rows []T) map[string]bool {
	ids := make(map[string]bool, len(rows))
	for _, row := range rows {
		ids[r.ID(row)] = true
	}
	return ids
}

// check refuses a page that no such server can have sent.
func (r *reader[T]) check(rows []T, p Page) error {
	if len(rows) > p.Take {
		return errTooMany
	}
	seen := make(map[string]bool, len(rows))
	last := int64(math.MaxInt64)
	for _, row := range rows {
		id, second := r.ID(row), r.Second(row)
		switch {
		case seen[id]:
			return errTwice
		case second > last:
			return errUnordered
		case p.Until != nil && second > *p.Until, r.Until != nil && second > *r.Until, r.From != nil && second < *r.From:
			return errBeyond
		}
		seen[id], last = true, second
	}
	return nil
}

// take works out which rows of a page are certain, and where the next one starts.
func (r *reader[T]) take(rows []T, full bool) ([]T, error) {
	if !r.started {
		if first := r.Skip - r.skip; first >= len(rows) { // all there is lies before Skip
			r.ended = !full
			return nil, nil
		} else if r.cut = r.Second(rows[first]); r.anchored(rows) {
			r.started, r.back = true, 1
			for _, row := range rows[:first] {
				if r.Second(row) == r.cut {
					r.drop++
				}
			}
		}
	}
	if !r.anchored(rows) {
		// Rows left the list, or the second is longer than was thought: it may begin
		// before this page.
		r.back *= 8
		far := min(r.back, r.skip)
		r.skip, r.overlap = r.skip-far, r.overlap+far
		return nil, nil
	}
	if r.lostHeld(rows, full) {
		r.slack = 1
		return nil, nil
	}
	last := r.cut
	if len(rows) > 0 {
		last = r.Second(rows[len(rows)-1])
	}
	switch {
	case !full:
		r.ended = true
		return r.certain(rows, math.MinInt64), nil
	case last > r.cut:
		// As many rows came in meanwhile as there are on a page.
		if r.idle++; r.idle >= maxIdle {
			return nil, errRepeats
		}
		r.skip, r.overlap = r.skip+len(rows)-1, 1
		r.size.grow()
		return nil, nil
	case last == r.cut:
		r.hold(rows)
		r.goOn(rows, last)
		r.size.grow()
		return nil, nil
	}
	done := r.certain(rows, last)
	r.size.settle()
	r.back = min(r.back, maxBack)
	r.cut, r.held, r.drop = last, nil, 0
	r.hold(rows)
	r.goOn(rows, last)
	return done, nil
}

// anchored reports whether the second cut begins inside a page: at the list's begin,
// or behind a newer row.
func (r *reader[T]) anchored(rows []T) bool {
	return r.skip == 0 || len(rows) > 0 && r.Second(rows[0]) > r.cut
}

// lostHeld reports whether rows of the second cut are missing that were there before.
// They may have left the list. But a server may also mean the end exclusively, or know
// parts of a second; then all of the second are missing.
func (r *reader[T]) lostHeld(rows []T, full bool) bool {
	if !r.ByTime || r.slack > 0 || len(r.held) == 0 || full && len(rows) > 0 && r.Second(rows[len(rows)-1]) >= r.cut {
		return false
	}
	known := r.ids(rows)
	return slices.ContainsFunc(r.held, func(row T) bool { return !known[r.ID(row)] })
}

// hold keeps the rows of the second cut until all of them are there: one that leaves
// the list meanwhile was there.
func (r *reader[T]) hold(rows []T) {
	known := r.ids(r.held)
	for _, row := range rows {
		if r.Second(row) == r.cut && !known[r.ID(row)] {
			r.held = append(r.held, row)
		}
	}
}

// certain returns the rows from the second cut on down to above a second, in order,
// without those that Skip leaves out.
func (r *reader[T]) certain(rows []T, above int64) []T {
	from := slices.IndexFunc(rows, func(row T) bool { return r.Second(row) <= r.cut })
	if from < 0 {
		from = len(rows)
	}
	to := from + slices.IndexFunc(rows[from:], func(row T) bool { return r.Second(row) <= above })
	if to < from {
		to = len(rows)
	}
	done := rows[from:to:to]
	if len(r.held) > 0 {
		now := r.ids(done)
		for _, row := range r.held {
			if !now[r.ID(row)] {
				done = append(done, row)
			}
		}
	}
	slices.SortFunc(done, func(a, b T) int {
		return cmp.Or(cmp.Compare(r.Second(b), r.Second(a)), cmp.Compare(r.ID(a), r.ID(b)))
	})
	return done[min(r.drop, len(done)):]
}

// goOn lets the next page begin where the last second of this one does.
func (r *reader[T]) goOn(rows []T, last int64) {
	first := slices.IndexFunc(rows, func(row T) bool { return r.Second(row) <= last+r.slack })
	if r.ByTime {
		r.skip, r.overlap = 0, len(rows)-first
		return
	}
	first = slices.IndexFunc(rows, func(row T) bool { return r.Second(row) == last })
	begin := r.skip + first
	from := max(begin-r.back, 0)
	r.overlap = r.skip + len(rows) - from
	r.skip = from
}
