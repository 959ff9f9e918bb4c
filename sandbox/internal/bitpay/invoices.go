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
	filter, ok := readFilter(r)
	if !ok || filter.limit != nil && *filter.limit < 0 || filter.offset < 0 {
		aspnet.WriteCrash(w)
		return
	}
	list := []*invoice{}
	base := r.Site.Base()
	for _, inv := range r.World.InvoicePage(r.StoreID, filter.takes, filter.offset, filter.limit) {
		list = append(list, showInvoice(r.World, inv, base))
	}
	aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": list})
}

type invoiceFilter struct {
	orderID, itemCode, status string
	from, to                  time.Time
	limit                     *int64
	offset                    int64
}

// readFilter ignores what does not parse, as the server does (recording 63-bitpay-invoice-lists). It reports whether the
// server can compute the end: the day after the last one of all is none (recording 51-bitpay-lists-neighbours).
func readFilter(r *serve.Request) (invoiceFilter, bool) {
	f := invoiceFilter{
		orderID:  aspnet.QueryValue(r.Request, "orderId"),
		itemCode: aspnet.QueryValue(r.Request, "itemCode"),
		status:   world.StatusOf(aspnet.QueryValue(r.Request, "status")),
	}
	ok := true
	if day, err := time.Parse("01/02/2006", aspnet.QueryValue(r.Request, "dateStart")); err == nil {
		f.from = day
	}
	if day, err := time.Parse("01/02/2006", aspnet.QueryValue(r.Request, "dateEnd")); err == nil {
		f.to = day.AddDate(0, 0, 1)
		ok = f.to.Year() <= 9999
	}
	q := &aspnet.Query{Request: r.Request} // nobody asks it what did not convert
	f.limit = q.Int("limit")
	aspnet.Set(&f.offset, q.Int("offset"))
	return f, ok
}

func (f *invoiceFilter) takes(inv *world.Invoice) bool {
	return (f.orderID == "" || inv.Metadata.OrderID != nil && *inv.Metadata.OrderID == f.orderID) &&
		(f.itemCode == "" || inv.Metadata.ItemCode != nil && *inv.Metadata.ItemCode == f.itemCode) &&
		(f.status == "" || inv.Status == f.status) &&
		(f.from.IsZero() || !inv.Created.Before(f.from)) &&
		(f.to.IsZero() || !inv.Created.After(f.to)) // the first second of the next day is in it
}
