package pages

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type saleContent struct {
	ID, StoreName, Currency, Button string
	Description                     string
	Items                           []saleItem
	Custom                          bool
}

type saleItem struct {
	ID, Title, Price, Button string
	Description              string
	Left                     *int64 // in stock; nil for without end
	Any                      bool   // the customer decides on the price
	Least                    string
}

// publicTill returns the point of sale that the path names; nil if there is none, or it is archived.
func publicTill(r *serve.Request) *world.App {
	a := r.State.Apps[r.PathValue("appId")]
	if a == nil || a.PointOfSale == nil || a.Archived {
		return nil
	}
	return a
}

// tillPage is the public page of a point of sale.
func tillPage(w http.ResponseWriter, r *serve.Request) {
	letFrame(w)
	a := publicTill(r)
	if a == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	settings := a.PointOfSale
	code := strings.ToUpper(settings.Currency)
	content := saleContent{
		ID: a.ID, StoreName: r.State.Stores[a.StoreID].Name, Currency: code, Button: settings.CustomAmountPayButtonText,
		Description: aspnet.Or(settings.Description, ""), Custom: settings.ShowCustomAmount || settings.DefaultView == "Light",
	}
	for _, it := range a.Items() {
		if it.Disabled {
			continue
		}
		item := saleItem{ID: it.ID, Title: aspnet.Or(it.Title, it.ID), Description: aspnet.Or(it.Description, ""), Left: it.Inventory, Any: it.PriceType != world.PriceFixed}
		price := aspnet.Or(it.Price, money.Decimal{})
		switch {
		case it.PriceType == world.PriceTopup:
			item.Price = "Any amount"
		case price.Sign() == 0:
			item.Price = "Free"
		default:
			item.Price, item.Least = money.InCurrency(price, code), price.Text()
			if it.PriceType == world.PriceMinimum {
				item.Price += " minimum"
			}
		}
		item.Button = settings.FixedAmountPayButtonText
		if it.PriceType == world.PriceTopup {
			item.Button = settings.CustomAmountPayButtonText
		}
		item.Button = strings.NewReplacer("{0}", item.Price, "{Price}", item.Price).Replace(item.Button)
		content.Items = append(content.Items, item)
	}
	showPage(w, r, "point-of-sale", aspnet.Or(settings.Title, a.Name), content)
	w.Header().Del("Cache-Control")
}

// sell makes the invoice of an order, and leads to it. A program that takes JSON first gets its id.
func sell(w http.ResponseWriter, r *serve.Request) {
	letFrame(w)
	wantsJSON := strings.HasPrefix(r.Header.Get("Accept"), "application/json")
	refuse := func(message string) {
		if wantsJSON {
			aspnet.WriteJSON(w, http.StatusOK, map[string]string{"error": message})
			return
		}
		r.AddFlash("error", message)
		redirect(w, r, "/apps/"+r.PathValue("appId")+"/pos")
	}
	a := publicTill(r)
	switch {
	case a == nil && wantsJSON:
		refuse("App not found")
		return
	case a == nil:
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	o, ok := orderOf(r, a)
	view := a.PointOfSale.DefaultView
	switch {
	case o.Choice == "" && !a.PointOfSale.ShowCustomAmount && view != "Cart" && view != "Light":
		redirect(w, r, "/apps/"+a.ID+"/pos")
		return
	case !ok, view == "Print", view == "Cart" && o.Choice == "" && len(o.Cart) == 0:
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	inv, refusal, known := r.World.Sell(a, o)
	switch {
	case !known:
		aspnet.WriteEmpty(w, http.StatusNotFound)
	case refusal != "":
		refuse(refusal)
	case wantsJSON:
		aspnet.WriteJSON(w, http.StatusOK, map[string]string{"invoiceId": inv.ID})
	case inv.Price.Sign() == 0 && !inv.TopUp && r.State.Stores[a.StoreID].Receipt.Enabled:
		redirect(w, r, "/i/"+inv.ID+"/receipt")
	default:
		redirect(w, r, "/i/"+inv.ID)
	}
}

// orderOf reads an order from the query and the form; false if an item of its cart has no id. What does not convert counts
// as missing.
func orderOf(r *serve.Request, a *world.App) (o world.Order, ok bool) {
	decimal := func(name string) *money.Decimal {
		if d, err := money.ParseText(r.FormValue(name)); err == nil {
			return &d
		}
		return nil
	}
	text := func(name string) *string { return aspnet.NullIfEmpty(r.FormValue(name)) }
	o = world.Order{
		Choice: r.FormValue("choiceKey"), Amount: decimal("amount"), Custom: decimal("customAmount"), Tip: decimal("tip"), Discount: decimal("discount"),
		Email: text("email"), OrderID: text("orderId"), NotificationTo: text("notificationUrl"), RedirectTo: r.FormValue("redirectUrl"),
		Page: r.Site.Base() + "/apps/" + a.ID + "/pos", Base: r.Site.Base(),
	}
	var data struct {
		Cart []struct {
			ID    string      `json:"id"`
			Count json.Number `json:"count"`
			Price json.Number `json:"price"`
		} `json:"cart"`
		Amounts []json.Number `json:"amounts"`
	}
	if json.Unmarshal([]byte(r.FormValue("posData")), &data) != nil {
		return o, true
	}
	for _, item := range data.Cart {
		count, err := item.Count.Int64()
		price, err2 := money.ParseText(item.Price.String())
		if item.ID == "" {
			return o, false
		}
		c := world.CartItem{ID: item.ID, Count: 1}
		if err == nil {
			c.Count = min(max(count, 1), 1<<31-1)
		}
		if err2 == nil {
			c.SetPrice(price)
		}
		o.Cart = append(o.Cart, c)
	}
	for _, amount := range data.Amounts {
		if d, err := money.ParseText(amount.String()); err == nil {
			o.Amounts = append(o.Amounts, d)
		}
	}
	return o, true
}
