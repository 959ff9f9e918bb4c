package apps

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The texts of a point of sale that has none of its own.
const (
	buttonText       = "Buy for {0}"
	customButtonText = "Pay"
	tipText          = "Do you want to leave a tip?"
)

type pointOfSaleData struct {
	*world.PointOfSale
	appData
}

func showPointOfSale(a *world.App) pointOfSaleData { return pointOfSaleData{a.PointOfSale, show(a)} }

// pointOfSaleRequest is the body of a request for a point of sale.
type pointOfSaleRequest struct {
	base
	settings world.PointOfSale
	currency *string
	template *string
}

func bindPointOfSale(w http.ResponseWriter, r *serve.Request) (q pointOfSaleRequest, ok bool) {
	ok = aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"PointOfSaleAppRequest", true, func(m *aspnet.Model) {
		q.base, q.currency, q.template = readBase(m), m.Text("currency"), m.Text("template")
		flag := func(name string) bool { return aspnet.Or(m.Bool(name), false) }
		q.settings = world.PointOfSale{
			Title:       m.Text("title"),
			DefaultView: aspnet.Or(m.Enum("defaultView", aspnet.Nullable("PosViewType"), "Static", "Cart", "Light", "Print"), "Static"),
			ShowItems:   flag("showItems"), ShowCustomAmount: flag("showCustomAmount"), ShowDiscount: flag("showDiscount"),
			ShowSearch: flag("showSearch"), ShowCategories: flag("showCategories"), EnableTips: flag("enableTips"),
			FixedAmountPayButtonText:  aspnet.Or(m.Text("fixedAmountPayButtonText"), buttonText),
			CustomAmountPayButtonText: aspnet.Or(m.Text("customAmountPayButtonText"), customButtonText),
			TipText:                   aspnet.Or(m.Text("tipText"), tipText),
			NotificationURL:           m.Text("notificationUrl"), RedirectURL: m.Text("redirectUrl"), Description: m.Text("description"),
			RedirectAutomatically: m.Bool("redirectAutomatically"), CustomTipPercentages: m.Ints("customTipPercentages"),
			HTMLLang: m.Text("htmlLang"), HTMLMetaTags: metaTags(m.Text("htmlMetaTags")), FormID: m.Text("formId"),
		}
	})
	return q, ok
}

// check returns what is wrong with a request, and reads the items. The name is only checked if it is needed.
func (q *pointOfSaleRequest) check(named bool) []aspnet.FieldError {
	var bad []aspnet.FieldError
	if named {
		bad = q.base.check()
	}
	if !knownCurrency(q.settings.Currency) {
		bad = append(bad, aspnet.FieldError{Path: "Currency", Message: "Invalid currency"})
	}
	items, wrong := parseItems(aspnet.Or(q.template, ""))
	if wrong != "" {
		bad = append(bad, aspnet.FieldError{Path: "Template", Message: wrong})
	}
	q.settings.Items = items
	if q.settings.Title == nil {
		q.settings.Title = aspnet.NullIfEmpty(q.name)
	}
	return bad
}

func (q *pointOfSaleRequest) storable() bool {
	s := &q.settings
	return storable(&q.name, s.Title, s.Description, s.NotificationURL, s.RedirectURL, &s.FixedAmountPayButtonText,
		&s.CustomAmountPayButtonText, &s.TipText, s.HTMLLang, s.HTMLMetaTags, s.FormID, q.template)
}

func createPointOfSale(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindPointOfSale(w, r)
	if !ok {
		return
	}
	st := r.Store()
	q.settings.Currency = aspnet.Or(q.currency, st.DefaultCurrency)
	if bad := q.check(true); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if !q.storable() {
		aspnet.WriteCrash(w)
		return
	}
	a := &world.App{StoreID: st.ID, Type: world.AppPointOfSale, Name: q.name, Archived: aspnet.Or(q.archived, false), PointOfSale: &q.settings}
	r.World.AddApp(a)
	aspnet.WriteJSON(w, http.StatusOK, showPointOfSale(a))
}

// updatePointOfSale resets what the request leaves out, but for the name, the currency and whether it is archived.
func updatePointOfSale(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindPointOfSale(w, r)
	if !ok {
		return
	}
	a := find(w, r, world.AppPointOfSale)
	if a == nil {
		return
	}
	q.settings.Currency = aspnet.Or(q.currency, a.PointOfSale.Currency)
	if bad := q.check(q.name != ""); bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if !q.storable() {
		aspnet.WriteCrash(w)
		return
	}
	if q.name != "" {
		a.Name = q.name
	}
	aspnet.Set(&a.Archived, q.archived)
	a.PointOfSale = &q.settings
	aspnet.WriteJSON(w, http.StatusOK, showPointOfSale(a))
}

func readPointOfSale(w http.ResponseWriter, r *serve.Request) {
	if a := find(w, r, world.AppPointOfSale); a != nil {
		aspnet.WriteJSON(w, http.StatusOK, showPointOfSale(a))
	}
}
