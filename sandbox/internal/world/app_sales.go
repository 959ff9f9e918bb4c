package world

import (
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Sale is something that an app sold: one item, or an amount.
type Sale struct {
	ItemCode string
	Price    money.Decimal
	Day      time.Time
}

// lightSales is the code of what was sold as an amount.
const lightSales = "Keypad"

// SalesOf returns what an app sold since a time by invoices that are paid. In statistics of items only invoices count that
// have the currency of the app.
func (st *State) SalesOf(a *App, since time.Time, forItems bool) []Sale {
	if a.PointOfSale == nil {
		return nil // the page of a crowdfund is missing
	}
	items := a.Items()
	var sales []Sale
	for _, inv := range st.appInvoices[a.ID] {
		paid := inv.Status == StatusProcessing || inv.Status == StatusSettled
		if !paid || inv.Created.Before(since) || forItems && !strings.EqualFold(inv.Currency, a.PointOfSale.Currency) {
			continue
		}
		day := inv.Created.Truncate(24 * time.Hour)
		code := orEmptyText(inv.Metadata.ItemCode)
		if code == "" {
			code = lightSales
		}
		order := posDataOf(inv)
		for _, c := range order.Cart {
			price, err := money.Parse(string(c.Price))
			if itemOf(items, c.ID) == nil || err != nil {
				continue
			}
			for range min(c.Count, mostSold) {
				sales = append(sales, Sale{c.ID, price, day})
			}
		}
		for _, text := range order.Amounts {
			if amount, err := money.Parse(string(text)); err == nil {
				sales = append(sales, Sale{code, amount, day})
			}
		}
		if len(order.Cart) == 0 && len(order.Amounts) == 0 {
			sales = append(sales, Sale{code, inv.paidNet(), day})
		}
	}
	return sales
}

// mostSold bounds how often an item of one order is counted.
const mostSold = 10_000

func (inv *Invoice) paidNet() money.Decimal {
	sum := money.Decimal{}
	for _, p := range inv.Counted() {
		sum = sum.Add(p.Amount.Sub(p.Fee).Mul(inv.Prompt.Rate))
	}
	return sum
}

// ItemSales is how often an item was sold, and for how much.
type ItemSales struct {
	ItemCode string
	Title    string
	Count    int
	Total    money.Decimal
}

// TopItems returns what an app sold by items, what was sold most first.
func (st *State) TopItems(a *App) []ItemSales {
	items, at := a.Items(), map[string]int{}
	var all []ItemSales
	for _, s := range st.SalesOf(a, time.Time{}, true) {
		i, known := at[s.ItemCode]
		if !known {
			i = len(all)
			at[s.ItemCode] = i
			title := s.ItemCode
			if it := itemOf(items, s.ItemCode); it != nil && it.Title != nil {
				title = *it.Title
			}
			all = append(all, ItemSales{ItemCode: s.ItemCode, Title: title})
		}
		all[i].Count++
		all[i].Total = all[i].Total.Add(s.Price)
	}
	slices.SortStableFunc(all, func(a, b ItemSales) int { return b.Count - a.Count })
	return all
}
