package greenfield

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceListOptions choose invoices. The zero value means all that are not archived.
type InvoiceListOptions struct {
	// OrderIDs are exact, with their capitals. Any of them fits.
	OrderIDs []string
	// Statuses: any of them fits. Others than the five constants are refused
	// here: the server would return invoices of every state.
	Statuses []InvoiceStatus
	// StartDate and EndDate bound the creation, in whole seconds.
	StartDate, EndDate time.Time
	// TextSearch is the beginning of an id, an order id or an additional search
	// term, with its capitals; up to 512 characters.
	TextSearch      string
	IncludeArchived bool
	// IncludePaymentMethods fills [Invoice.PaymentMethods], on servers since
	// 2.3.6.
	IncludePaymentMethods bool
	// Skip leaves out this many invoices, newest first. [InvoiceService.List] hands it
	// to the server, which may order the invoices of one second differently each time;
	// [InvoiceService.All] counts in its own order.
	Skip int
	// Take is the size of a page, for All that of the first one; 0 means DefaultTake.
	// The server has no limit of its own and would send everything.
	Take int
}

// DefaultTake is the number of invoices on a page where none is given.
const DefaultTake = 100

const maxSearch = 512 // characters

// List returns one page of a store's invoices, newest first. The order of invoices made
// within one second is not defined and differs with Skip and Take, so pages that follow
// each other by Skip may repeat one invoice and leave out another: [InvoiceService.All]
// reads all of them. It needs [CanViewInvoices].
func (s *InvoiceService) List(ctx context.Context, storeID StoreID, options InvoiceListOptions, opts ...client.CallOption) ([]Invoice, error) {
	list, _, err := s.list(ctx, storeID, options, opts)
	return list, err
}

// list also tells the size of the answer in bytes.
func (s *InvoiceService) list(ctx context.Context, storeID StoreID, options InvoiceListOptions, opts []client.CallOption) ([]Invoice, int, error) {
	query, err := options.query()
	r := get("Invoices.List", invoices(storeID)...).with(query).refuse(err)
	list, size, err := callSized(ctx, s.c, r, opts, checkList(storeID, options))
	if err != nil {
		return nil, 0, err
	}
	return list, size, nil
}

// All returns all invoices: by second, newest first, and within a second by id. Each
// invoice that was there at the start and still fits the options when its page is read
// comes exactly once; where that cannot be kept, All ends with an error. Invoices that
// are created meanwhile may be left out. It stops after an error, holds one page in
// memory, and needs [CanViewInvoices].
//
// The server orders by [Invoice.CreatedTime], whole seconds, and by nothing else. So
// All reads by time: each page but the first ends with the last second of the page
// before, which is asked for again as a whole. Skip counts in the order above and holds
// for the moment of the first page: a program that goes on later with a larger Skip
// loses none, unless invoices were created in between. StartDate and EndDate are whole
// seconds, both inclusive.
//
// The first page has Take invoices. Later ones grow up to 1,000 while the answers are
// small and quick, and further where more were made in one second; a page that is too
// large or times out is asked for again in a smaller size.
func (s *InvoiceService) All(ctx context.Context, storeID StoreID, options InvoiceListOptions, opts ...client.CallOption) iter.Seq2[Invoice, error] {
	options.Statuses, options.OrderIDs = slices.Clone(options.Statuses), slices.Clone(options.OrderIDs)
	if _, err := options.query(); err != nil {
		return failed(err)
	}
	r := get("Invoices.List", invoices(storeID)...)
	if r.err != nil {
		return failed(r.err)
	}
	return client.Listing[Invoice]{
		Request: r.Request,
		Page: func(ctx context.Context, p client.Page) ([]Invoice, int, error) {
			page := options
			page.Skip, page.Take = p.Skip, p.Take
			if p.Until != nil {
				page.EndDate = time.Unix(*p.Until, 0)
			}
			return s.list(ctx, storeID, page, opts)
		},
		ID:     func(i Invoice) string { return string(i.ID) },
		Second: func(i Invoice) int64 { return i.CreatedTime.Unix() },
		ByTime: true,
		From:   second(options.StartDate), Until: second(options.EndDate),
		Skip: options.Skip, Take: cmp.Or(options.Take, DefaultTake),
	}.All(ctx)
}

func failed(err error) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) { yield(Invoice{}, err) }
}

func second(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.Unix())
}

var invoiceStatuses = []InvoiceStatus{InvoiceStatusNew, InvoiceStatusProcessing, InvoiceStatusExpired, InvoiceStatusInvalid, InvoiceStatusSettled}

func (o InvoiceListOptions) query() (url.Values, error) {
	switch {
	case o.Take < 0:
		return nil, client.Refuse("take", fmt.Sprintf("%d is negative", o.Take))
	case o.Skip < 0:
		return nil, client.Refuse("skip", fmt.Sprintf("%d is negative", o.Skip))
	case !o.StartDate.IsZero() && !o.EndDate.IsZero() && o.EndDate.Before(o.StartDate):
		return nil, client.Refuse("endDate", "it is before startDate")
	case len([]rune(o.TextSearch)) > maxSearch:
		return nil, client.Refuse("textSearch", fmt.Sprintf("it has more than %d characters", maxSearch))
	case slices.Contains(o.OrderIDs, ""):
		return nil, client.Refuse("orderId", "it is empty, and the server would look for invoices without one")
	}
	query := url.Values{"take": {strconv.Itoa(o.Take)}, "skip": {strconv.Itoa(o.Skip)}}
	if o.Take == 0 {
		query.Set("take", strconv.Itoa(DefaultTake))
	}
	for _, status := range o.Statuses {
		if !slices.ContainsFunc(invoiceStatuses, func(known InvoiceStatus) bool { return strings.EqualFold(string(known), string(status)) }) {
			return nil, client.Refuse("status", fmt.Sprintf("%.40q is none of %v, and the server would return invoices of every state", status, invoiceStatuses))
		}
		query.Add("status", string(status))
	}
	for _, id := range o.OrderIDs {
		query.Add("orderId", id)
	}
	for name, moment := range map[string]time.Time{"startDate": o.StartDate, "endDate": o.EndDate} {
		if !moment.IsZero() {
			query.Set(name, strconv.FormatInt(moment.Unix(), 10))
		}
	}
	if o.TextSearch != "" {
		query.Set("textSearch", o.TextSearch)
	}
	for name, set := range map[string]bool{"includeArchived": o.IncludeArchived, "includePaymentMethods": o.IncludePaymentMethods} {
		if set {
			query.Set(name, "true")
		}
	}
	return query, nil
}
