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

// A Listing reads all rows of a list that a server orders by whole seconds only, newest
// first. BTCPay Server orders the rows of one second differently from page to page, so
// two pages that share a second repeat some rows and leave out others. A Listing
// therefore uses only the seconds that are completely inside a page. It requests the last
// second again, together with what follows.
//
// Each row that is in the list from start to end comes exactly once: by second, newest
// first, and within a second by id. Rows that are added or removed while the list is read
// may come or not. If the Listing cannot guarantee this, it ends with an error.
type Listing[T any] struct {
	// Request identifies the list in errors.
	Request Request
	// Page reads one page; size is the number of bytes in the body of the response.
	Page   func(ctx context.Context, p Page) (rows []T, size int, err error)
	ID     func(T) string
	Second func(T) int64
	// ByTime reports whether Page supports [Page.Until]. If it does, the Listing
	// continues by time, which costs a server less than a large offset; otherwise it
	// reads overlapping pages.
	ByTime bool
	// From and Until are the first and the last second of the list, both inclusive; nil
	// is no limit. Rows outside are an error.
	From, Until *int64
	// Skip is how many rows to leave out at the start of the order above.
	Skip int
	// Take is the size of the first page, at least 1. Later pages grow up to 1,000 rows
	// while they are quick and small, and beyond that if one second has more rows.
	Take int
}

// A Page is the part of a list that a [Listing] requests.
type Page struct {
	// Until is the newest second to return; nil sets no limit.
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

// A listError means that a response is not a list, is not the requested list, or that the
// list cannot be read completely.
type listError string

func (e listError) Error() string { return string(e) }

const (
	errUnordered   listError = "the list is not ordered by time, newest first, so it cannot be read page by page"
	errTooMany     listError = "it has more rows than requested: a proxy removes the page size from the request"
	errTwice       listError = "it has one row twice"
	errBeyond      listError = "it has rows outside the requested dates: a proxy removes the dates from the request"
	errRepeats     listError = "the same page is returned again and again: a proxy removes the offset from the request, or rows are added faster than they are read"
	errSecondLarge listError = "one second has more rows than the server returns in one page, and rows of the same second have no order in which to page"
)

const (
	// maxIdle limits the consecutive pages that are newer than the rows read so far. It
	// is far above what rows that are added in the meantime can cause.
	maxIdle = 10
	// maxSteps limits the consecutive pages without progress, for any reason.
	maxSteps = 100
	// maxShorts is how many short pages of one length, whatever size was requested, show
	// that the server has its own limit.
	maxShorts = 3
	// maxBack limits the rows that each page repeats to find its position.
	maxBack = 64
)

// A reader is the progress of a listing. Of the rows that it has read, it keeps only
// those of one second, the cut.
type reader[T any] struct {
	Listing[T]
	size pageSize

	started bool
	cut     int64 // a second; all newer rows are done
	held    []T   // the rows of the cut that pages have shown so far
	drop    int   // the rows of the cut that Skip leaves out
	slack   int64 // added to Until if the server excludes Until itself

	skip    int // of the next page
	back    int // the rows before the cut with which a page by offset starts
	overlap int // the rows of the next page that are already known
	ended   bool
	idle    int
	steps   int

	short, shorts int // the length of the last short page after which the list continued; how often it came
}

func newReader[T any](l Listing[T]) *reader[T] {
	l.Take = max(l.Take, 1)
	r := &reader[T]{Listing: l, size: newPageSize(l.Take), back: 1}
	if l.Skip > 0 {
		r.skip, r.overlap = l.Skip-1, 1
	}
	return r
}

// next reads pages until some rows are certain, and returns those rows.
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

// read gets one page. full reports whether more rows may follow.
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

// goesOn asks the server whether the list continues after a short page. limited reports
// whether the server certainly never sends more rows at once than this page has.
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
		// Otherwise rows may have been added, which moved one of these rows back.
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

// check refuses a page that a server with such a list cannot have sent.
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

// take determines which rows of a page are certain, and where the next page starts.
func (r *reader[T]) take(rows []T, full bool) ([]T, error) {
	if !r.started {
		if first := r.Skip - r.skip; first >= len(rows) { // Skip leaves out all rows so far
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
		// Rows left the list, or the second has more rows than expected: it may begin
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
		// At least as many rows as are on a page were added since the last page.
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

// anchored reports whether the cut begins inside a page: at the start of the list, or
// after a newer row.
func (r *reader[T]) anchored(rows []T) bool {
	return r.skip == 0 || len(rows) > 0 && r.Second(rows[0]) > r.cut
}

// lostHeld reports whether a page lacks rows of the cut that an earlier page had. They
// may have left the list. But the server may also exclude Until itself, or know fractions
// of a second; then all rows of that second are missing.
func (r *reader[T]) lostHeld(rows []T, full bool) bool {
	if !r.ByTime || r.slack > 0 || len(r.held) == 0 || full && len(rows) > 0 && r.Second(rows[len(rows)-1]) >= r.cut {
		return false
	}
	known := r.ids(rows)
	return slices.ContainsFunc(r.held, func(row T) bool { return !known[r.ID(row)] })
}

// hold keeps the rows of the cut until all of them are read. A row that leaves the list
// in the meantime is kept, since it was in the list.
func (r *reader[T]) hold(rows []T) {
	known := r.ids(r.held)
	for _, row := range rows {
		if r.Second(row) == r.cut && !known[r.ID(row)] {
			r.held = append(r.held, row)
		}
	}
}

// certain returns the rows from the cut on whose second is newer than above, in order,
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

// goOn makes the next page begin where the last second of this one begins.
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
