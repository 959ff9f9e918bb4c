package pages

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// payByButton makes an invoice for the form that a merchant's site shows as a pay button, and leads the customer to it. It
// needs no credential, but a store that lets anyone make invoices. Its address looks like one of the Greenfield API
// (recording 46-paging-and-limits; UIPublicPayButtonController.cs of the server).
func payByButton(w http.ResponseWriter, r *serve.Request) {
	field := func(name string) *string { return aspnet.NullIfEmpty(formValue(r, name)) }
	var refusals []world.Flash
	refuse := func(text string) { refusals = append(refusals, world.Flash{Severity: "error", Text: text}) }

	st := r.State.Stores[aspnet.Or(field("storeId"), "")]
	switch {
	case st == nil:
		refuse("Invalid store")
	case !st.AnyoneCanCreateInvoice:
		refuse("Store has not enabled Pay Button")
	}
	var price *money.Decimal
	if text := field("price"); text != nil && strings.TrimSpace(*text) != "" {
		if d, err := money.ParseText(*text); err != nil {
			refuse("The value '" + *text + "' is not valid for Price.")
		} else if price = &d; d.Sign() <= 0 {
			refuse("Price must be greater than 0")
		}
	}
	for _, name := range []string{"ServerIpn", "BrowserRedirect"} {
		if address := field(name); address != nil && !isWebAddress(*address) {
			refuse("The " + name + " field is not a valid fully-qualified http, https, or ftp URL.")
		}
	}
	if refusals != nil {
		showPayButtonError(w, r, refusals)
		return
	}

	now := r.World.Now()
	inv := world.NewInvoice(st, now)
	inv.Base = r.Site.Base()
	if code := strings.ToUpper(strings.TrimSpace(aspnet.Or(field("currency"), ""))); code != "" {
		inv.Currency = code
	}
	if inv.TopUp = price == nil; price != nil {
		inv.Price = money.PriceIn(*price, inv.Currency)
	}
	inv.Metadata = world.Metadata{ItemDesc: field("checkoutDesc"), OrderID: field("orderId")}
	own, err := json.Marshal(inv.Metadata)
	if err != nil {
		panic(err) // every value is of our own types
	}
	inv.Own = own
	inv.RedirectURL = aspnet.Or(field("browserRedirect"), aspnet.Or(st.Website, ""))
	inv.DefaultPaymentMethod = world.PaymentMethodID(aspnet.Or(field("defaultPaymentMethod"), ""))
	inv.NotificationEmail = aspnet.Or(field("notifyEmail"), "")
	inv.NotificationURL = aspnet.Or(field("serverIpn"), "")
	inv.FullNotifications = true
	inv.Lazy = st.LazyPaymentMethods
	asJSON := strings.EqualFold(formValue(r, "jsonResponse"), "true")
	if refusal := world.PriceInvoice(inv, st, nil, r.State.Node, now); refusal != "" {
		if asJSON {
			aspnet.WriteJSON(w, http.StatusBadRequest, map[string][]string{"Store": {refusal}})
			return
		}
		refuse(refusal)
		showPayButtonError(w, r, refusals)
		return
	}
	if !inv.Storable() {
		aspnet.WriteCrash(w)
		return
	}
	r.World.Create(inv)
	r.State.Change() // the wallet gave an address, also to a link
	link := r.Site.Base() + "/i/" + inv.ID
	if query, err := url.ParseQuery(formValue(r, "checkoutQueryString")); err == nil && len(query) > 0 {
		link += "?" + query.Encode()
	}
	if asJSON {
		aspnet.WriteJSON(w, http.StatusOK, struct {
			InvoiceID  string `json:"invoiceId"`
			InvoiceURL string `json:"invoiceUrl"`
		}{inv.ID, link})
		return
	}
	w.Header().Set("Location", link)
	aspnet.WriteEmpty(w, http.StatusFound)
}

// formValue returns a field of the form or, for a link, of the query. Names match in any case.
func formValue(r *serve.Request, name string) string {
	for key, values := range r.PostForm {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	if r.Method == http.MethodPost {
		return "" // the query does not count
	}
	return aspnet.QueryValue(r.Request, name)
}

func isWebAddress(text string) bool {
	for _, scheme := range []string{"http://", "https://", "ftp://"} {
		if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

func showPayButtonError(w http.ResponseWriter, r *serve.Request, refusals []world.Flash) {
	showPage(w, r, "pay-button", "Pay Button request failed", nil, refusals...)
}
