package client

import (
	"errors"
	"fmt"
	"time"
)

const (
	mostRows = 1000 // of a page that grew by itself
	// A page grows up to so many bytes, which keeps a program that lists small, and
	// shrinks where it comes near to what a client reads.
	goodSize  = 768 << 10
	largeSize = maxBody / 4 * 3
	quick     = time.Second
	slow      = 5 * time.Second
	// A page that timed out is asked for smaller this often in a row, the first page
	// of all once.
	maxTimeouts = 2
)

// A pageSize chooses how many rows to ask for: new ones, beside those that a page
// repeats.
type pageSize struct {
	first  int // the size that was given
	rows   int // new ones on the next page
	most   int
	filled int // the server has shown that it sends so many
	// limit is the largest page that may be asked for, and one of tooMany rows could
	// not be had, because of why; 0 is none. It was met in the second limitAt.
	limit, tooMany int
	limitAt        int64
	why            error

	came     bool // any page
	timeouts int  // in a row
}

func newPageSize(take int) pageSize {
	return pageSize{first: take, rows: take, most: max(take, mostRows), filled: take}
}

// next is the size of a page that repeats some rows.
func (s *pageSize) next(known int, second int64) (int, error) {
	if s.limit > 0 && known >= s.limit {
		switch {
		case s.limitAt != second: // it was met with other, larger rows
			s.limit = 0
		case s.tooMany-known <= 1:
			if s.why == nil {
				return 0, errSecondLarge
			}
			return 0, fmt.Errorf("%w (%w)", errSecondLarge, s.why)
		default:
			s.limit = known + (s.tooMany-known)/2
		}
	}
	if s.limit > 0 {
		s.rows = min(s.rows, s.limit-known)
	}
	return known + s.rows, nil
}

// read looks at a page that came.
func (s *pageSize) read(rows int, full bool, size int, took time.Duration) {
	s.timeouts, s.came = 0, true
	if !full {
		return
	}
	s.filled = max(s.filled, rows)
	switch {
	case size > largeSize:
		s.rows = max(s.rows/2, 1)
	case took > slow:
		s.rows = min(s.rows, max(s.rows/2, s.first))
	case took < quick:
		fits := int(int64(rows) * goodSize / int64(max(size, 1)))
		s.rows = max(s.rows, min(2*s.rows, s.most, fits))
	}
}

// grow is for a second that has more rows than a page.
func (s *pageSize) grow() { s.rows = min(2*s.rows, 1<<20) }

// settle ends what grow began.
func (s *pageSize) settle() { s.rows = min(s.rows, s.most) }

// doubtful reports whether a short page may not be the last one: it is as long as any
// that came so far, and longer than the caller asked for.
func (s *pageSize) doubtful(rows, asked int) bool { return asked > s.filled && rows >= s.filled }

// limited notes that a server never sends more than this many rows.
func (s *pageSize) limited(rows int, second int64) {
	s.limit, s.tooMany, s.limitAt, s.why = rows, rows+1, second, nil
}

// failed notes that a page could not be had, and reports whether to ask for a smaller
// one.
func (s *pageSize) failed(asked, known int, second int64, err error) bool {
	part := 2
	_, large := errors.AsType[tooLarge](err)
	network, _ := errors.AsType[*NetworkError](err)
	switch {
	case large:
	case network != nil && network.Kind == Timeout && (s.came && s.timeouts < maxTimeouts || s.timeouts < 1):
		s.timeouts++
		part = 8
	default:
		return false
	}
	if asked-known <= 1 && known == 0 {
		return false
	}
	s.limit, s.tooMany, s.limitAt, s.why = max(known+(asked-known)/part, 1), asked, second, err
	return true
}
