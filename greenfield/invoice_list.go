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

// InvoiceListOptions select invoices. The zero value selects all that are not archived.
type InvoiceListOptions struct {
	// OrderIDs selects invoices that have one of these order ids. The comparison is exact
	// and case-sensitive.
	OrderIDs []string
	// Statuses selects invoices in one of these states. Other values than the five
	// constants are refused here: the server would return invoices in every state.
	Statuses []InvoiceStatus
	// StartDate and EndDate limit the time of creation, in whole seconds.
	StartDate, EndDate time.Time
	// TextSearch is the beginning of an id, an order id or an additional search term. It
	// is case-sensitive and has up to 512 characters.
	TextSearch      string
	IncludeArchived bool
	// IncludePaymentMethods fills [Invoice.PaymentMethods], on servers since 2.3.6.
	IncludePaymentMethods bool
	// Skip leaves out this many invoices, newest first. [InvoiceService.List] passes it
	// to the server, which may order the invoices of one second differently each time;
	// [InvoiceService.All] counts in its own order.
	Skip int
	// Take is the size of a page, for All the size of the first page; 0 means
	// DefaultTake. The server has no limit of its own and would send everything.
	Take int
}

// DefaultTake is the number of invoices on a page if Take is 0.
const DefaultTake = 100

const maxSearch = 512 // characters

// List returns one page of a store's invoices, newest first. The order of invoices
// created within one second is undefined and varies with Skip and Take. So consecutive
// pages may repeat one invoice and miss another: [InvoiceService.All] reads all of them.
// It needs [CanViewInvoices].
func (s *InvoiceService) List(ctx context.Context, storeID StoreID, options InvoiceListOptions, opts ...client.CallOption) ([]Invoice, error) {
	list, _, err := s.list(ctx, storeID, options, opts)
	return list, err
}

// list also returns the size of the response in bytes.
func (s *InvoiceService) list(ctx context.Context, storeID StoreID, options InvoiceListOptions, opts []client.CallOption) ([]Invoice, int, error) {
	query, err := options.query()
	r := get("Invoices.List", invoices(storeID)...).with(query).refuse(err)
	list, size, err := callSized(ctx, s.c, r, opts, checkList(storeID, options))
	if err != nil {
		return nil, 0, err
	}
	return list, size, nil
}

// All returns all invoices: newest first by second, and by id within a second. It returns
// each invoice exactly once that exists at the start and still matches the options when
// its page is read. If it cannot guarantee this, it ends with an error. It may miss
// invoices that are created in the meantime. It stops after an error, holds one page in
// memory, and needs [CanViewInvoices].
//
// The server orders only by [Invoice.CreatedTime], in whole seconds. So All reads by
// time: each page except the first ends with the last second of the previous page, and
// repeats that second completely. Skip counts in the order above and is valid for the
// moment of the first page: a program that continues later with a larger Skip misses
// none, unless invoices were created in between. StartDate and EndDate are whole seconds,
// both inclusive.
//
// The first page has Take invoices. Later pages grow up to 1,000 while the responses are
// small and fast, and further if more invoices were created in one second. If a page is
// too large or times out, All requests it again in a smaller size.
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
