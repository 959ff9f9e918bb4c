package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// carriesCredential is the BitPay half's rule for which requests to /invoices are its own.
func carriesCredential(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-Identity") != "" && r.Header.Get("X-Signature") != "" {
		return true
	}
	_, named := aspnet.LookupQuery(r, "storeId")
	return named
}

func isInvoicePost(r *http.Request) bool { return carriesCredential(r) && sendsJSON(r) }

// asksForInvoice: without a token parameter or a JSON content type the request is for the web page of that path.
func asksForInvoice(r *http.Request) bool {
	_, token := aspnet.LookupQuery(r, "token")
	return token || sendsJSON(r)
}

func sendsJSON(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json")
}

// readBitpayInvoice answers an invoice of the caller's store, an archived one too.
func (s *Sandbox) readBitpayInvoice(w http.ResponseWriter, r *http.Request, c *caller) {
	inv := s.state.Invoices[r.PathValue("invoiceId")]
	if inv == nil || inv.StoreID != c.storeID {
		writeBitpayError(w, http.StatusNotFound, "Object not found")
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, bitpayEnvelope{Data: s.bitpayInvoice(inv, c.site.base())})
}

// listBitpayInvoices answers the store's invoices, newest first, archived ones too, all of them unless limited.
func (s *Sandbox) listBitpayInvoices(w http.ResponseWriter, r *http.Request, c *caller) {
	if c.named {
		aspnet.WriteCrash(w) // the server forbids by a way it does not have (recording 63-bitpay-invoice-reads)
		return
	}
	filter := readBitpayFilter(r)
	if filter.limit != nil && *filter.limit < 0 || filter.offset < 0 {
		aspnet.WriteCrash(w)
		return
	}
	list := []*bitpayInvoice{}
	base := c.site.base()
	for _, inv := range s.world.InvoicePage(c.storeID, filter.takes, filter.offset, filter.limit) {
		list = append(list, s.bitpayInvoice(inv, base))
	}
	aspnet.WriteJSON(w, http.StatusOK, map[string]any{"data": list})
}

type bitpayFilter struct {
	orderID, itemCode, status string
	from, to                  time.Time
	limit                     *int64
	offset                    int64
}

// readBitpayFilter leaves out what does not parse, as the server does (recording 63-bitpay-invoice-lists).
func readBitpayFilter(r *http.Request) bitpayFilter {
	f := bitpayFilter{
		orderID:  aspnet.QueryValue(r, "orderId"),
		itemCode: aspnet.QueryValue(r, "itemCode"),
		status:   world.StatusOf(aspnet.QueryValue(r, "status")),
	}
	if day, err := time.Parse("01/02/2006", aspnet.QueryValue(r, "dateStart")); err == nil {
		f.from = day
	}
	if day, err := time.Parse("01/02/2006", aspnet.QueryValue(r, "dateEnd")); err == nil {
		f.to = day.AddDate(0, 0, 1)
	}
	if n, err := strconv.Atoi(aspnet.QueryValue(r, "limit")); err == nil {
		f.limit = new(int64(n))
	}
	if n, err := strconv.Atoi(aspnet.QueryValue(r, "offset")); err == nil {
		f.offset = int64(n)
	}
	return f
}

func (f *bitpayFilter) takes(inv *world.Invoice) bool {
	return (f.orderID == "" || inv.Metadata.OrderID != nil && *inv.Metadata.OrderID == f.orderID) &&
		(f.itemCode == "" || inv.Metadata.ItemCode != nil && *inv.Metadata.ItemCode == f.itemCode) &&
		(f.status == "" || inv.Status == f.status) &&
		(f.from.IsZero() || !inv.Created.Before(f.from)) &&
		(f.to.IsZero() || inv.Created.Before(f.to))
}
