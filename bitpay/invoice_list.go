package bitpay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// ListOptions choose invoices. The zero value means all, in pages of
// [DefaultLimit].
type ListOptions struct {
	// DateStart and DateEnd are whole days in UTC, both inclusive; the time of
	// day does not count.
	DateStart, DateEnd time.Time
	OrderID            string
	ItemCode           string
	// Status is one of new, paid (or processing), complete (or confirmed or
	// settled), expired, invalid. Any other is refused here: the server would
	// return all invoices.
	Status Status
	// Limit is the size of a page; 0 means DefaultLimit. The server has no
	// limit of its own and would send everything.
	Limit int
	// Offset leaves out this many invoices, newest first.
	Offset int
}

// DefaultLimit is the number of invoices on a page. It keeps a page to about
// half a megabyte.
const DefaultLimit = 100

// List returns one page of invoices, newest first, archived ones included. The
// order of invoices made within one second is not defined. It needs a key; that a
// store lets anyone make invoices is not enough.
func (s *InvoiceService) List(ctx context.Context, options ListOptions) ([]Invoice, error) {
	query, err := options.query()
	if err != nil {
		return nil, err
	}
	if s.c.bare {
		return nil, ErrNoCredential
	}
	if s.c.anonymous != nil {
		// Recording 63-bitpay-invoice-reads.
		return nil, &RequestError{"storeId", "a list needs a key, the server fails with 500 where only the store is named"}
	}
	r := client.Request{Method: http.MethodGet, Path: []string{"invoices"}, Query: query}
	invoices, response, err := call[[]Invoice](ctx, s.c, r)
	if err != nil {
		return nil, err
	}
	if limit := cmp.Or(options.Limit, DefaultLimit); len(invoices) > limit {
		return nil, r.Unusable(response.Status, fmt.Errorf("it has %d invoices, and %d were asked for", len(invoices), limit))
	}
	for _, invoice := range invoices {
		if !idPattern().MatchString(invoice.ID) {
			return nil, r.Unusable(response.Status, errors.New("it has an invoice without an id"))
		}
	}
	return invoices, nil
}

// All returns all invoices page by page and stops after an error. It holds one
// page in memory.
//
// Pages are counted from the newest invoice. One that is created in the
// meantime moves the others back, so the next page begins with invoices of the
// last one: these are dropped. If more than a whole page of them is created between
// two pages, some come twice. What All cannot see is an invoice that came in after its
// first page, one that left a Status filter in the meantime and so moved another across
// a page's edge, and one whose second is shared across an edge, since the server then
// may order it either way. A program that must not miss any asks for the days once
// more.
func (s *InvoiceService) All(ctx context.Context, options ListOptions) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		page := options
		if page.Limit == 0 {
			page.Limit = DefaultLimit
		}
		var before map[string]bool
		var idle int // full pages in a row that brought nothing new
		for {
			invoices, err := s.List(ctx, page)
			if err != nil {
				yield(Invoice{}, err)
				return
			}
			seen := make(map[string]bool, len(invoices))
			idle++
			for _, invoice := range invoices {
				if seen[invoice.ID] = true; before[invoice.ID] {
					continue
				}
				if idle = 0; !yield(invoice, nil) {
					return
				}
			}
			if len(invoices) < page.Limit {
				return
			}
			if idle >= maxIdlePages {
				yield(Invoice{}, errOffsetIgnored)
				return
			}
			before, page.Offset = seen, page.Offset+page.Limit
		}
	}
}

// maxIdlePages is far above what concurrent creates can do to a list.
const maxIdlePages = 10

var errOffsetIgnored = errors.New("the server sends the same page of invoices again and again: something on the way removes ?offset=")

// knownStatuses are the filter's words on the server, its synonyms included.
var knownStatuses = []string{"new", "paid", "processing", "complete", "confirmed", "settled", "expired", "invalid"}

func (o ListOptions) query() (url.Values, error) {
	switch {
	case o.Limit < 0:
		return nil, &RequestError{"limit", fmt.Sprintf("%d is negative", o.Limit)}
	case o.Offset < 0:
		return nil, &RequestError{"offset", fmt.Sprintf("%d is negative", o.Offset)}
	case !o.DateStart.IsZero() && !o.DateEnd.IsZero() && o.DateEnd.Before(o.DateStart):
		return nil, &RequestError{"dateEnd", "it is before dateStart"}
	case o.Status != "" && !slices.Contains(knownStatuses, strings.ToLower(string(o.Status))):
		return nil, &RequestError{"status", fmt.Sprintf("%.40q is none of %s, and the server would return all invoices",
			o.Status, strings.Join(knownStatuses, ", "))}
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	query := url.Values{"limit": {strconv.Itoa(o.Limit)}, "offset": {strconv.Itoa(o.Offset)}}
	for name, value := range map[string]string{
		"dateStart": day(o.DateStart), "dateEnd": day(o.DateEnd),
		"orderId": o.OrderID, "itemCode": o.ItemCode, "status": string(o.Status),
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query, nil
}

// day writes a date as the server wants it; it ignores every other form.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("01/02/2006")
}
