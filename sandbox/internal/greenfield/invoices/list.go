package invoices

import (
	"net/http"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// list answers a store's invoices, newest first. There is no limit unless one is given.
func list(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	f := &world.InvoiceQuery{
		StoreID:      r.PathValue("storeId"),
		Orders:       map[string]bool{},
		From:         q.Time("startDate"),
		To:           q.Time("endDate"),
		Search:       searched(aspnet.QueryValue(r.Request, "textSearch")),
		WithArchived: q.Bool("includeArchived"),
		Take:         q.Int("take"),
	}
	methods := q.Bool("includePaymentMethods")
	for _, id := range aspnet.QueryValues(r.Request, "orderId") {
		f.Orders[id] = true // an empty one selects the invoices without one (recording 32-invoice-list)
	}
	aspnet.Set(&f.Skip, q.Int("skip"))
	if q.Refuse(w) {
		return
	}
	statuses := map[string]bool{}
	for _, name := range aspnet.QueryValues(r.Request, "status") {
		if name == "" {
			aspnet.WriteCrash(w)
			return
		}
		if status := world.StatusOf(name); status != "" { // other names are ignored (recording 32-invoice-list)
			statuses[status] = true
		}
	}
	if len(statuses) > 0 {
		f.Takes = func(inv *world.Invoice) bool { return statuses[inv.Status] }
	}
	if f.Take != nil && *f.Take < 0 || f.Skip < 0 {
		aspnet.WriteCrash(w)
		return
	}
	if !f.From.IsZero() && !f.To.IsZero() && f.From.After(f.To) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "startDate", Message: "startDate should not be above endDate"}, aspnet.FieldError{Path: "endDate", Message: "endDate should not be below startDate"})
		return
	}
	list := []invoiceData{}
	for _, inv := range r.World.InvoicePage(f) {
		list = append(list, showWithMethods(r, inv, methods))
	}
	r.Release.WriteInvoices(w, http.StatusOK, list)
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
