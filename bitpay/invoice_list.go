package bitpay

import (
	"cmp"
	"context"
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

// ListOptions select invoices. The zero value selects all.
type ListOptions struct {
	// DateStart and DateEnd are whole days in UTC, both inclusive. The time of day is
	// ignored.
	DateStart, DateEnd time.Time
	// OrderID and ItemCode match exactly. No server accepts a signed query with a
	// character above U+FFFF, such as an emoji. With an [*Identity], All therefore
	// compares such a text itself, for which it reads all invoices that the other options
	// select. List refuses it.
	OrderID  string
	ItemCode string
	// Status is one of new, paid (or processing), complete (or confirmed or settled),
	// expired, invalid. Any other value is refused before anything is sent, because the
	// server would return all invoices.
	Status Status
	// Limit is the size of a page, for [InvoiceService.All] the size of the first page; 0
	// means DefaultLimit. The server has no limit of its own and would send everything. If
	// All compares invoices itself, its pages have DefaultLimit invoices or more.
	Limit int
	// Offset skips this many invoices, newest first. [InvoiceService.List] sends it to the
	// server, which may order the invoices of one second differently each time. All counts
	// in its own order.
	Offset int
}

// DefaultLimit is the number of invoices on a page if the caller sets no limit. It keeps a
// page to about a quarter of a megabyte.
const DefaultLimit = 100

// List returns one page of invoices, newest first, including archived ones. The order of
// invoices made within one second is not defined and differs with Offset and Limit. So
// consecutive pages by Offset may repeat one invoice and omit another;
// [InvoiceService.All] reads all of them. List needs a key. It is not enough that a store
// lets anyone make invoices.
//
// With an [*Identity] it returns a [*client.RequestError] for an OrderID or ItemCode that
// has a character above U+FFFF. All finds such invoices.
func (s *InvoiceService) List(ctx context.Context, options ListOptions, opts ...client.CallOption) ([]Invoice, error) {
	s = s.c.as(opts).Invoices
	if left := s.unsignable(options); left != nil {
		return nil, client.Refuse(left[0], "it has a character above U+FFFF, and no server accepts a signed query with one: use Invoices.All, which compares it itself")
	}
	invoices, _, err := s.list(ctx, options, opts)
	return invoices, err
}

// list also returns the size of the response in bytes.
func (s *InvoiceService) list(ctx context.Context, options ListOptions, opts []client.CallOption) ([]Invoice, int, error) {
	query, err := options.query()
	r := get("Invoices.List", "invoices").with(query).refuse(err).refuse(s.c.needCredential())
	if s.c.anonymous != nil {
		// Recording 63-bitpay-invoice-reads.
		r = r.refuse(client.Refuse("storeId", "a list needs a key, the server fails with 500 where only the store is named"))
	}
	invoices, response, err := call[[]Invoice](ctx, s.c, r, opts)
	if err != nil {
		return nil, 0, err
	}
	if limit := cmp.Or(options.Limit, DefaultLimit); len(invoices) > limit {
		return nil, 0, response.Unusable(fmt.Errorf("it has %d invoices, and %d were asked for", len(invoices), limit))
	}
	for _, invoice := range invoices {
		err := checkInvoice("", invoice)
		if err == nil {
			err = options.compare(invoice)
		}
		if err != nil {
			return nil, 0, response.Unusable(err)
		}
	}
	return invoices, len(response.Body), nil
}

// All returns all invoices, sorted by second, newest first, and by id within a second. It
// returns each invoice exactly once if the invoice existed at the start and still fits the
// options when its page is read. If All cannot ensure this, it ends with an error.
// Invoices that are created during the call may be missing. All stops after an error and
// holds one page in memory.
//
// The server orders only by [Invoice.InvoiceTime], which is sent in milliseconds but has
// whole seconds. Its filter only knows whole days. So All reads pages by offset, and each
// page begins with the invoice before the last second of the previous page: that second is
// then completely inside one page. If invoices have dropped out of a Status filter in
// between, All moves the start of the page back until the page begins with such an invoice
// again. Offset counts in the order above, as it is at the time of the first page. A
// program that continues later with a larger Offset loses no invoice, unless invoices were
// created in between.
//
// The first page has Limit invoices. Later pages grow up to 1,000 while the responses are
// small and fast, and further if more invoices were made in one second. If a page is too
// large or times out, All requests it again with a smaller size.
//
// If an OrderID or ItemCode cannot be part of a signed query, All compares it with each
// invoice that the other options select. Offset then still counts only the invoices that
// fit all options. DateStart keeps such a listing short.
func (s *InvoiceService) All(ctx context.Context, options ListOptions, opts ...client.CallOption) iter.Seq2[Invoice, error] {
	s = s.c.as(opts).Invoices
	if _, err := options.query(); err != nil {
		return func(yield func(Invoice, error) bool) { yield(Invoice{}, err) }
	}
	left := s.unsignable(options)
	if left != nil {
		return s.comparing(ctx, options, left, opts)
	}
	from, until := days(options)
	return client.Listing[Invoice]{
		Request: client.Request{Method: http.MethodGet, Path: []string{"invoices"}},
		Page: func(ctx context.Context, p client.Page) ([]Invoice, int, error) {
			page := options
			page.Offset, page.Limit = p.Skip, p.Take
			return s.list(ctx, page, opts)
		},
		ID:     func(i Invoice) string { return string(i.ID) },
		Second: func(i Invoice) int64 { return i.InvoiceTime.Unix() },
		From:   from, Until: until,
		Skip: options.Offset, Take: cmp.Or(options.Limit, DefaultLimit),
	}.All(ctx)
}

// days returns the first second of DateStart and the first second after DateEnd; nil is no
// limit.
func days(o ListOptions) (from, until *int64) {
	if !o.DateStart.IsZero() {
		from = new(o.DateStart.UTC().Truncate(24 * time.Hour).Unix())
	}
	if !o.DateEnd.IsZero() {
		until = new(o.DateEnd.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).Unix())
	}
	return from, until
}

// knownStatuses are the values of the server's filter, including its synonyms.
var knownStatuses = []string{"new", "paid", "processing", "complete", "confirmed", "settled", "expired", "invalid"}

func (o ListOptions) query() (url.Values, error) {
	switch {
	case o.Limit < 0:
		return nil, client.Refuse("limit", fmt.Sprintf("%d is negative", o.Limit))
	case o.Offset < 0:
		return nil, client.Refuse("offset", fmt.Sprintf("%d is negative", o.Offset))
	case !o.DateStart.IsZero() && !o.DateEnd.IsZero() && o.DateEnd.Before(o.DateStart):
		return nil, client.Refuse("dateEnd", "it is before dateStart")
	case o.Status != "" && !slices.Contains(knownStatuses, strings.ToLower(string(o.Status))):
		return nil, client.Refuse("status", fmt.Sprintf("%.40q is none of %s, and the server would return all invoices",
			o.Status, strings.Join(knownStatuses, ", ")))
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

// day formats a date as the server expects it. The server ignores every other form.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("01/02/2006")
}
