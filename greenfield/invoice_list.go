package greenfield

import (
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

// InvoiceListOptions choose invoices. The zero value means all that are not archived,
// in pages of [DefaultTake].
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
	// Skip leaves out this many invoices, newest first.
	Skip int
	// Take is the size of a page; 0 means DefaultTake. The server has no limit
	// of its own and would send everything.
	Take int
}

// DefaultTake is the number of invoices on a page.
const DefaultTake = 100

const maxSearch = 512 // characters

// List returns one page of a store's invoices, newest first. The order of
// invoices made within one second is not defined. It needs [CanViewInvoices].
func (s *InvoiceService) List(ctx context.Context, storeID string, options InvoiceListOptions) ([]Invoice, error) {
	path, err := invoicePath(storeID)
	if err != nil {
		return nil, err
	}
	query, err := options.query()
	if err != nil {
		return nil, err
	}
	return call[[]Invoice](ctx, s.c, client.Request{Method: http.MethodGet, Path: path, Query: query})
}

// All returns all invoices page by page and stops after an error. It holds one
// page in memory. It needs [CanViewInvoices].
//
// Pages are counted from the newest invoice. One that is created in the
// meantime moves the others back, so the next page begins with invoices of the
// last one: these are dropped. What All cannot see is an invoice that came in
// after its first page, one that left a filter in the meantime and so moved
// another across a page's edge, and one whose second is shared across an edge,
// since the server then may order it either way. A program that must not miss
// any asks for the time once more.
func (s *InvoiceService) All(ctx context.Context, storeID string, options InvoiceListOptions) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		page := options
		if page.Take == 0 {
			page.Take = DefaultTake
		}
		var before map[string]bool
		for {
			invoices, err := s.List(ctx, storeID, page)
			if err != nil {
				yield(Invoice{}, err)
				return
			}
			seen := make(map[string]bool, len(invoices))
			for _, invoice := range invoices {
				seen[invoice.ID] = true
				if !before[invoice.ID] && !yield(invoice, nil) {
					return
				}
			}
			if len(invoices) < page.Take {
				return
			}
			before, page.Skip = seen, page.Skip+page.Take
		}
	}
}

var invoiceStatuses = []InvoiceStatus{InvoiceNew, InvoiceProcessing, InvoiceExpired, InvoiceInvalid, InvoiceSettled}

func (o InvoiceListOptions) query() (url.Values, error) {
	switch {
	case o.Take < 0:
		return nil, &RequestError{"take", fmt.Sprintf("%d is negative", o.Take)}
	case o.Skip < 0:
		return nil, &RequestError{"skip", fmt.Sprintf("%d is negative", o.Skip)}
	case !o.StartDate.IsZero() && !o.EndDate.IsZero() && o.EndDate.Before(o.StartDate):
		return nil, &RequestError{"endDate", "it is before startDate"}
	case len([]rune(o.TextSearch)) > maxSearch:
		return nil, &RequestError{"textSearch", fmt.Sprintf("it has more than %d characters", maxSearch)}
	case slices.Contains(o.OrderIDs, ""):
		return nil, &RequestError{"orderId", "it is empty, and the server would look for invoices without one"}
	}
	query := url.Values{"take": {strconv.Itoa(o.Take)}, "skip": {strconv.Itoa(o.Skip)}}
	if o.Take == 0 {
		query.Set("take", strconv.Itoa(DefaultTake))
	}
	for _, status := range o.Statuses {
		if !slices.ContainsFunc(invoiceStatuses, func(known InvoiceStatus) bool { return strings.EqualFold(string(known), string(status)) }) {
			return nil, &RequestError{"status", fmt.Sprintf("%.40q is none of %v, and the server would return invoices of every state", status, invoiceStatuses)}
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
