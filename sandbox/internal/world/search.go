package world

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// terms are what the invoice is found by: those of the creation, the payments, and the price of a top-up invoice that was
// paid. Metadata that replaced others is not searched (CreateInvoiceAsync in the server's InvoiceRepository.cs, and
// neighbours.md). The store's id is one more.
func (inv *Invoice) terms() []string {
	named := inv.FirstNames
	if named == nil {
		named = inv.names()
	}
	terms := slices.Concat([]string{inv.ID, inv.Created.Format("01/02/2006 15:04:05 -07:00")}, named, inv.Terms)
	if !inv.TopUp || inv.Price.Sign() != 0 {
		terms = append(terms, inv.Price.Text())
	}
	if inv.Prompt != nil && inv.Prompt.Address != "" {
		terms = append(terms, inv.Prompt.Address, inv.firstDue().Text())
	}
	for _, p := range inv.Payments {
		terms = append(terms, p.TxID)
	}
	return terms
}

// HasTerm reports whether a term that the invoice is found by begins with a text.
func (inv *Invoice) HasTerm(start string) bool {
	return strings.HasPrefix(inv.StoreID, start) ||
		slices.ContainsFunc(inv.terms(), func(term string) bool { return term != "" && strings.HasPrefix(term, start) })
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

// searchText holds the terms of a store's invoices in one text, since that is searched faster than many. A zero character,
// which no term has, is before each term.
type searchText struct {
	text  []byte
	begin []int // where the terms of an invoice begin
	of    []*Invoice
}

// searched adds terms that an invoice is found by.
func (st *State) searched(inv *Invoice, terms ...string) {
	s := st.searchOf[inv.StoreID]
	if s == nil {
		s = &searchText{}
		st.searchOf[inv.StoreID] = s
	}
	s.begin, s.of = append(s.begin, len(s.text)), append(s.of, inv)
	for _, term := range terms {
		if term != "" && Storable(term) {
			s.text = append(append(s.text, 0), term...)
		}
	}
}

// search returns a store's invoices that have a term with this beginning, oldest first.
func (st *State) search(storeID, start string) []*Invoice {
	if strings.HasPrefix(storeID, start) {
		return st.invoicesOf[storeID]
	}
	s := st.searchOf[storeID]
	if s == nil || !Storable(start) {
		return nil
	}
	var found []*Invoice
	start = "\x00" + start
	for at := 0; ; {
		next := bytes.Index(s.text[at:], []byte(start))
		if next < 0 {
			break
		}
		at += next
		i := sort.SearchInts(s.begin, at+1) - 1 // the last that begins here or before
		found = append(found, s.of[i])
		if i+1 == len(s.begin) {
			break
		}
		at = s.begin[i+1] // one term is enough
	}
	slices.SortFunc(found, Older)
	return slices.Compact(found)
}
