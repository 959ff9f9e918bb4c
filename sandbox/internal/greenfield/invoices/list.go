package invoices

import (
	"net/http"
	"time"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// filter selects the invoices of a list.
type filter struct {
	orderIDs, statuses map[string]bool
	from, to           time.Time
	search             string
	archived, methods  bool
	skip               int64
	take               *int64
}

// list answers a store's invoices, newest first. There is no limit unless one is given.
func list(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	f := filter{
		orderIDs: map[string]bool{},
		statuses: map[string]bool{},
		from:     q.Time("startDate"),
		to:       q.Time("endDate"),
		search:   searched(aspnet.QueryValue(r.Request, "textSearch")),
		archived: q.Bool("includeArchived"),
		methods:  q.Bool("includePaymentMethods"),
		take:     q.Int("take"),
	}
	for _, id := range aspnet.QueryValues(r.Request, "orderId") {
		f.orderIDs[id] = true
	}
	aspnet.Set(&f.skip, q.Int("skip"))
	if q.Refuse(w) {
		return
	}
	for _, name := range aspnet.QueryValues(r.Request, "status") {
		if name == "" {
			aspnet.WriteCrash(w)
			return
		}
		if status := world.StatusOf(name); status != "" { // other names are ignored (recording 32-invoice-list)
			f.statuses[status] = true
		}
	}
	if f.take != nil && *f.take < 0 || f.skip < 0 {
		aspnet.WriteCrash(w)
		return
	}
	if !f.from.IsZero() && !f.to.IsZero() && f.from.After(f.to) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "startDate", Message: "startDate should not be above endDate"}, aspnet.FieldError{Path: "endDate", Message: "endDate should not be below startDate"})
		return
	}
	list := []invoiceData{}
	for _, inv := range r.World.InvoicePage(r.PathValue("storeId"), f.takes, f.skip, f.take) {
		list = append(list, showWithMethods(r, inv, f.methods))
	}
	r.Release.WriteInvoices(w, http.StatusOK, list)
}

func (f *filter) takes(inv *world.Invoice) bool {
	// An empty order id selects the invoices without one (recording 32-invoice-list).
	return (f.archived || !inv.Archived) &&
		(len(f.orderIDs) == 0 || f.orderIDs[aspnet.Or(inv.Metadata.OrderID, "")]) &&
		(len(f.statuses) == 0 || f.statuses[inv.Status]) &&
		(f.from.IsZero() || !inv.Created.Before(f.from)) &&
		(f.to.IsZero() || !inv.Created.After(f.to)) &&
		(f.search == "" || inv.HasTerm(f.search))
}

// longestSearch is how many UTF-16 units of a search the server looks at.
const longestSearch = 512

func searched(text string) string {
	if len(text) <= longestSearch {
		return text
	}
	units := utf16.Encode([]rune(text))
	return string(utf16.Decode(units[:min(longestSearch, len(units))]))
}
