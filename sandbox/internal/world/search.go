package world

import (
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// HasTerm reports whether a term that the invoice is found by begins with a text. The terms are those of the creation,
// the payments, and the price of a top-up invoice that was paid. Metadata that replaced others is not searched
// (CreateInvoiceAsync in the server's InvoiceRepository.cs, and neighbours.md).
func (inv *Invoice) HasTerm(start string) bool {
	begins := func(term string) bool { return term != "" && strings.HasPrefix(term, start) }
	named := inv.FirstNames
	if named == nil {
		named = inv.names()
	}
	if begins(inv.ID) || begins(inv.StoreID) || slices.ContainsFunc(named, begins) || slices.ContainsFunc(inv.Terms, begins) {
		return true
	}
	if inv.Prompt != nil && begins(inv.Prompt.Address) || slices.ContainsFunc(inv.Payments, func(p *Payment) bool { return begins(p.TxID) }) {
		return true
	}
	if start[0] < '0' || start[0] > '9' { // what is left are numbers, and costs more
		return false
	}
	return begins(inv.Created.Format("01/02/2006 15:04:05 -07:00")) ||
		(!inv.TopUp || inv.Price.Sign() != 0) && begins(inv.Price.Text()) ||
		inv.Prompt != nil && inv.Prompt.Address != "" && begins(inv.firstDue().Text())
}

// names are the terms that are in the metadata.
func (inv *Invoice) names() []string {
	names := make([]string, 0, 2)
	for _, name := range [...]*string{inv.Metadata.OrderID, inv.Metadata.BuyerEmail} {
		if name != nil {
			names = append(names, *name)
		}
	}
	return names
}

// firstDue is what was due before any payment.
func (inv *Invoice) firstDue() money.Decimal {
	if inv.TopUp {
		return money.Decimal{}
	}
	return money.Coins(inv.Price.Div(inv.Prompt.Rate))
}
