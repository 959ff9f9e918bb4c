package client

import (
	"errors"
	"fmt"
	"time"
)

const (
	mostRows = 1000 // of a page that has grown
	// A page grows up to goodSize bytes, so that a program that lists needs little
	// memory. It shrinks above largeSize bytes, which is near the limit on a response.
	goodSize  = 768 << 10
	largeSize = maxBody / 4 * 3
	quick     = time.Second
	slow      = 5 * time.Second
	// maxTimeouts is how many times in a row a page that timed out is requested again
	// with fewer rows. Before any page has come, this happens only once.
	maxTimeouts = 2
)

// A pageSize chooses how many rows to request: new rows, in addition to those that a page
// repeats.
type pageSize struct {
	first  int // the size that the caller gave
	rows   int // new rows on the next page
	most   int
	filled int // the server has shown that it sends this many
	// limit is the largest page that may be requested; 0 is none. A page of tooMany rows
	// could not be read, for the reason why. That happened in the second limitAt.
	limit, tooMany int
	limitAt        int64
	why            error

	came     bool // a page came
	timeouts int  // in a row
}

func newPageSize(take int) pageSize {
	return pageSize{first: take, rows: take, most: max(take, mostRows), filled: take}
}

// next returns the size of the next page, which repeats known rows.
func (s *pageSize) next(known int, second int64) (int, error) {
	if s.limit > 0 && known >= s.limit {
		switch {
		case s.limitAt != second: // other rows, which were larger, set the limit
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

// read adapts the size to a page that was read.
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

// grow enlarges the page if one second has more rows than a page.
func (s *pageSize) grow() { s.rows = min(2*s.rows, 1<<20) }

// settle ends the growth that grow began.
func (s *pageSize) settle() { s.rows = min(s.rows, s.most) }

// doubtful reports whether a short page may not be the last one: it is at least as long
// as every page so far, and the request asked for more rows than that.
func (s *pageSize) doubtful(rows, asked int) bool { return asked > s.filled && rows >= s.filled }

// limited records that a server never sends more than this many rows.
func (s *pageSize) limited(rows int, second int64) {
	s.limit, s.tooMany, s.limitAt, s.why = rows, rows+1, second, nil
}

// failed records that a page could not be read, and reports whether to request a smaller
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
