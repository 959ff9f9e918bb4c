package bitpay

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func isInvoicePost(r *http.Request) bool { return serve.CarriesCredential(r) && serve.SendsJSON(r) }

// getInvoice answers an invoice of the caller's store, even an archived one.
func getInvoice(w http.ResponseWriter, r *serve.Request) {
	inv := r.Invoice()
	if inv == nil || inv.StoreID != r.StoreID {
		serve.WriteBitpayError(w, http.StatusNotFound, "Object not found")
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, envelope{Data: showInvoice(r.World, inv, r.Site.Base())})
}

// listInvoices answers the store's invoices, newest first, including archived ones. There is no limit unless one is given.
func listInvoices(w http.ResponseWriter, r *serve.Request) {
	if r.Named {
		aspnet.WriteCrash(w) // the server forbids by a scheme that it does not have (recording 63-bitpay-invoice-reads)
		return
	}
	q, ok := readQuery(r)
	if !ok || q.Take != nil && *q.Take < 0 || q.Skip < 0 {
		aspnet.WriteCrash(w)
		return
	}
	list := []*invoice{}
	base := r.Site.Base()
	for _, inv := range r.World.InvoicePage(q) {
		list = append(list, showInvoice(r.World, inv, base))
	}
	aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": list})
}

// readQuery ignores what does not parse, as the server does (recording 63-bitpay-invoice-lists). It reports whether the
// server can compute the end: the day after the last one of all is none (recording 51-bitpay-lists-neighbours).
func readQuery(r *serve.Request) (*world.InvoiceQuery, bool) {
	value := func(name string) string { return aspnet.QueryValue(r.Request, name) }
	q := &world.InvoiceQuery{StoreID: r.StoreID, WithArchived: true}
	if id := value("orderId"); id != "" {
		q.Orders = map[string]bool{id: true}
	}
	if day, err := time.Parse("01/02/2006", value("dateStart")); err == nil {
		q.From = day
	}
	ok := true
	if day, err := time.Parse("01/02/2006", value("dateEnd")); err == nil {
		q.To = day.AddDate(0, 0, 1) // its first second is in it
		ok = q.To.Year() <= 9999
	}
	item, status := value("itemCode"), world.StatusOf(value("status"))
	if item != "" || status != "" {
		q.Takes = func(inv *world.Invoice) bool {
			return (item == "" || inv.Metadata.ItemCode != nil && *inv.Metadata.ItemCode == item) && (status == "" || inv.Status == status)
		}
	}
	numbers := &aspnet.Query{Request: r.Request} // what did not convert is not asked for
	q.Take = numbers.Int("limit")
	aspnet.Set(&q.Skip, numbers.Int("offset"))
	return q, ok
}
