package world

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// AppItem is what an app sells, as far as selling needs it.
type AppItem struct {
	ID          string         `json:"id"`
	Title       *string        `json:"title"`
	Disabled    bool           `json:"disabled"`
	Description *string        `json:"description"`
	PriceType   string         `json:"priceType"`
	Price       *money.Decimal `json:"price"`
	Inventory   *int64         `json:"inventory"`
	TaxRate     *money.Decimal `json:"taxRate"`
}

// The ways in which an item has a price.
const (
	PriceFixed   = "Fixed"
	PriceTopup   = "Topup"   // the customer decides
	PriceMinimum = "Minimum" // the customer may pay more
)

// Items returns what the app sells.
func (a *App) Items() []AppItem {
	var raw []json.RawMessage
	switch {
	case a.PointOfSale != nil:
		raw = a.PointOfSale.Items
	case a.Crowdfund != nil:
		raw = a.Crowdfund.Perks
	}
	items := make([]AppItem, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &items[i]); err != nil {
			panic(err) // it was written by the reader of a template
		}
	}
	return items
}

func itemOf(items []AppItem, id string) *AppItem {
	if i := slices.IndexFunc(items, func(it AppItem) bool { return it.ID == id }); i >= 0 {
		return &items[i]
	}
	return nil
}

// CartItem is an item of an order, with what the customer pays for one.
type CartItem struct {
	ID        string       `json:"id"`
	Price     money.Number `json:"price"`
	Title     *string      `json:"title"`
	Count     int64        `json:"count"`
	Inventory *int64       `json:"inventory"` // always null, like the others that the server does not read
	Image     *string      `json:"image"`

	each money.Decimal
}

// Order is what a customer orders at a point of sale. What the settings do not allow does not count.
type Order struct {
	Choice                         string // the id of one item; "" for a cart or an amount
	Cart                           []CartItem
	Amounts                        []money.Decimal // of a keypad
	Amount, Custom, Tip, Discount  *money.Decimal
	Email, OrderID, NotificationTo *string
	RedirectTo                     string // "" for the page of the app
	Page, Base                     string // the addresses of the app's page and of the server
}

// SetPrice sets what a customer pays for one.
func (c *CartItem) SetPrice(price money.Decimal) { c.each = price }

// Sell makes the invoice of an order. It returns a refusal in the server's words, or that there is no such item.
func (w *World) Sell(a *App, o Order) (inv *Invoice, refusal string, known bool) {
	settings, items := a.PointOfSale, slices.DeleteFunc(a.Items(), func(it AppItem) bool { return it.Disabled })
	if o.Choice != "" {
		o.Cart = []CartItem{{ID: o.Choice, Count: 1, each: positive(o.Amount)}}
	}
	sum := orderSum{digits: money.Digits(strings.ToUpper(settings.Currency))}
	if settings.ShowDiscount {
		sum.discount = positive(o.Discount)
		if hundred := money.New(100, 0); sum.discount.Cmp(hundred) > 0 {
			sum.discount = hundred
		}
	}
	if o.Choice == "" && o.Amounts == nil && o.Amount != nil {
		sum.add(positive(o.Amount), 1, nil)
	}
	for i := range o.Amounts {
		o.Amounts[i] = positive(&o.Amounts[i])
		sum.add(o.Amounts[i], 1, nil)
	}
	wanted := map[string]int64{}
	for i := range o.Cart {
		c := &o.Cart[i]
		c.Count = max(1, c.Count)
		wanted[c.ID] += c.Count
	}
	var chosen []AppItem
	for i := range o.Cart {
		c := &o.Cart[i]
		it := itemOf(items, c.ID)
		if it == nil {
			return nil, "", false
		}
		if it.Inventory != nil && (*it.Inventory <= 0 || *it.Inventory < wanted[c.ID]) {
			return nil, "Inventory for " + orEmptyText(it.Title) + " exhausted: " + strconv.FormatInt(*it.Inventory, 10) + " available", true
		}
		chosen = append(chosen, *it)
		if it.PriceType != PriceTopup && it.Price != nil && c.each.Cmp(*it.Price) < 0 {
			c.each = *it.Price
		}
		c.Price = c.each.Number()
		sum.add(c.each, c.Count, it.TaxRate)
	}
	if settings.ShowCustomAmount && o.Custom != nil {
		sum.add(positive(o.Custom), 1, nil)
	}
	if settings.EnableTips {
		sum.tip = positive(o.Tip).Round(sum.digits)
	}
	open := settings.DefaultView == "Static" && slices.ContainsFunc(chosen, func(it AppItem) bool { return it.PriceType == PriceTopup })
	inv = w.saleInvoice(a, o, chosen, sum, open)
	if refusal := PriceInvoice(inv, w.State.Stores[a.StoreID], nil, w.State.Node, w.Now()); refusal != "" {
		return nil, refusal, true
	}
	w.Create(inv)
	return inv, "", true
}

func positive(d *money.Decimal) money.Decimal {
	if d == nil || d.Sign() < 0 {
		return money.Decimal{}
	}
	return *d
}

func orEmptyText(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// orderSum adds up the lines of an order, each rounded.
type orderSum struct {
	digits                   int
	discount                 money.Decimal // percent
	tip, off, tax, beforeTax money.Decimal
}

func (s *orderSum) add(price money.Decimal, count int64, taxRate *money.Decimal) {
	hundred := money.New(100, 0)
	line := price.Mul(money.New(count, 0))
	off := line.Mul(s.discount).Div(hundred).Round(s.digits)
	line = line.Sub(off)
	s.off = s.off.Add(off)
	if taxRate != nil {
		s.tax = s.tax.Add(line.Mul(*taxRate).Div(hundred).Round(s.digits))
	}
	s.beforeTax = s.beforeTax.Add(line)
}

func (s *orderSum) total() money.Decimal {
	return s.beforeTax.Round(s.digits).Add(s.tax).Add(s.tip).Round(s.digits)
}

// posData is what the metadata of an order's invoice says of the order.
type posData struct {
	Cart               []CartItem     `json:"cart"`
	Amounts            []money.Number `json:"amounts"`
	CustomAmount       money.Number   `json:"customAmount"`
	DiscountPercentage money.Number   `json:"discountPercentage"`
	TipPercentage      money.Number   `json:"tipPercentage"`
	ItemsTotal         money.Number   `json:"itemsTotal"`
	DiscountAmount     money.Number   `json:"discountAmount"`
	Subtotal           money.Number   `json:"subTotal"`
	Tax                money.Number   `json:"tax"`
	Tip                money.Number   `json:"tip"`
	Total              money.Number   `json:"total"`
}

// saleInvoice makes the invoice of an order, without a price method.
func (w *World) saleInvoice(a *App, o Order, chosen []AppItem, sum orderSum, open bool) *Invoice {
	st, settings := w.State.Stores[a.StoreID], a.PointOfSale
	inv := NewInvoice(st, w.Now())
	inv.Currency = strings.ToUpper(settings.Currency)
	inv.TopUp, inv.Lazy, inv.Base, inv.AppID = open, st.LazyPaymentMethods, o.Base, a.ID
	inv.Terms = []string{"pos-app_" + a.ID}
	inv.FullNotifications, inv.ExtendedNotifications = true, true
	inv.NotificationURL = orEmptyText(settings.NotificationURL)
	if to := orEmptyText(o.NotificationTo); to != "" {
		inv.NotificationURL = to
	}
	inv.RedirectURL = o.Page
	for _, url := range []string{orEmptyText(settings.RedirectURL), o.RedirectTo} {
		if url != "" {
			inv.RedirectURL = url
		}
	}
	if settings.RedirectAutomatically != nil {
		inv.RedirectAutomatically = *settings.RedirectAutomatically
	}
	data := posData{Cart: o.Cart, CustomAmount: "0.0", DiscountPercentage: "0.0", TipPercentage: "0.0", ItemsTotal: "0.0", DiscountAmount: "0.0", Subtotal: "0.0", Tax: "0.0", Tip: "0.0", Total: "0.0"}
	for _, amount := range o.Amounts {
		data.Amounts = append(data.Amounts, amount.Number())
	}
	if data.Cart == nil {
		data.Cart = []CartItem{}
	}
	metadata := struct {
		OrderID     string        `json:"orderId"`
		OrderURL    string        `json:"orderUrl"`
		ItemCode    *string       `json:"itemCode,omitempty"`
		ItemDesc    *string       `json:"itemDesc,omitempty"`
		BuyerEmail  *string       `json:"buyerEmail,omitempty"`
		TaxIncluded *money.Number `json:"taxIncluded,omitempty"`
		PosData     posData       `json:"posData"`
	}{OrderURL: o.Page, BuyerEmail: o.Email}
	if !open {
		inv.Price = money.PriceIn(sum.total(), inv.Currency)
		before := sum.beforeTax.Round(sum.digits)
		data.ItemsTotal, data.DiscountAmount, data.Subtotal = before.Add(sum.off).Number(), sum.off.Number(), before.Number()
		data.Tax, data.Tip, data.Total = sum.tax.Number(), sum.tip.Number(), sum.total().Number()
		if sum.tax.Sign() > 0 {
			metadata.TaxIncluded = new(sum.tax.Number())
		}
	}
	metadata.PosData = data
	if len(chosen) == 1 {
		metadata.ItemCode, metadata.ItemDesc = &chosen[0].ID, chosen[0].Title
	}
	metadata.OrderID = random.Base58(16)
	if o.OrderID != nil {
		metadata.OrderID = *o.OrderID
	}
	own, err := json.Marshal(metadata)
	if err != nil {
		panic(err) // every value is of our own types
	}
	inv.SetOwnMetadata(own)
	return inv
}

// followApp keeps the inventory of an app: an invoice takes what it is for, and gives it back when it expires or is
// marked invalid. An invoice that names one item counts for that, any other for its cart.
func (w *World) followApp(h Happening) {
	a := w.State.Apps[h.Invoice.AppID]
	sign := int64(1)
	switch h.Event {
	case EventCreated:
		sign = -1
	case EventExpired, EventMarkedInvalid:
	default:
		return
	}
	if a == nil || a.PointOfSale == nil {
		return
	}
	counts := map[string]int64{}
	if code := orEmptyText(h.Invoice.Metadata.ItemCode); code != "" {
		counts[code] = sign
	} else {
		for _, c := range cartOf(h.Invoice) {
			counts[c.ID] += sign * c.Count
		}
	}
	for i, it := range a.Items() {
		if by := counts[it.ID]; by != 0 && it.Inventory != nil {
			free, err := parseFree(a.PointOfSale.Items[i])
			if err != nil {
				panic(err) // it was written by the reader of a template
			}
			free.setNumber("inventory", min(max(*it.Inventory+by, math.MinInt32), math.MaxInt32))
			a.PointOfSale.Items[i] = free.encode()
		}
	}
	w.State.Change()
}

// cartOf reads the cart in the metadata of an invoice.
func cartOf(inv *Invoice) []CartItem { return posDataOf(inv).Cart }

func posDataOf(inv *Invoice) posData {
	var metadata struct {
		PosData posData `json:"posData"`
	}
	if json.Unmarshal(inv.Own, &metadata) != nil { // the owner replaced it
		return posData{}
	}
	return metadata.PosData
}
