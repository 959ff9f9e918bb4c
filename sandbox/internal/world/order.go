package world

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"
)

// InvoiceQuery selects invoices of a store.
type InvoiceQuery struct {
	StoreID      string
	Orders       map[string]bool // order ids, "" for none; empty selects all
	From, To     time.Time       // of the creation, both inclusive; zero for any
	Search       string          // the beginning of a term
	WithArchived bool
	Takes        func(*Invoice) bool // any other condition; nil for none
	Skip         int64
	Take         *int64 // nil for all
}

// InvoicePage returns the invoices that a query selects, newest first, from Skip on and at most Take of them.
//
// The server orders by the second of the creation and by nothing else. Its database decides which of the invoices of one
// second comes first, and decides otherwise for each skip and take: a reader who pages by offset meets some invoices
// twice and others never. The same [World.TieSeed] decides the same way.
func (w *World) InvoicePage(q *InvoiceQuery) []*Invoice {
	wanted := int64(math.MaxInt64)
	if q.Take != nil {
		wanted = *q.Take
	}
	end := q.Skip + wanted
	if end < 0 { // beyond what can be counted
		end = math.MaxInt64
	}
	all, archived := w.State.candidates(q)
	takes := q.Takes
	if archived && !q.WithArchived {
		takes = func(inv *Invoice) bool { return !inv.Archived && (q.Takes == nil || q.Takes(inv)) }
	}
	var found []*Invoice
	passed := int64(0) // selected ones before those that were found
	if takes == nil {
		found, passed = window(all, q.Skip, end)
	} else {
		for _, inv := range slices.Backward(all) {
			if int64(len(found)) >= end && (len(found) == 0 || !inv.Created.Equal(found[len(found)-1].Created)) {
				break // the last second is whole
			}
			if takes(inv) {
				found = append(found, inv)
			}
		}
	}
	skip, end := q.Skip-passed, end-passed
	for from := 0; from < len(found); {
		to := from + 1
		for to < len(found) && found[to].Created.Equal(found[from].Created) {
			to++
		}
		if to-from > 1 && int64(to) > skip {
			w.shuffle(found[from:to], q.Skip, wanted)
		}
		from = to
	}
	return found[min(skip, int64(len(found))):min(end, int64(len(found)))]
}

// window returns, newest first, the invoices from one position to another, counted from the newest, and the whole
// seconds that these are in. The second result is how many newer ones there are.
func window(all []*Invoice, from, to int64) ([]*Invoice, int64) {
	n := int64(len(all))
	first, last := n-min(to, n), n-min(from, n) // in all, which is oldest first
	if first == last {
		return nil, n - last
	}
	for first > 0 && all[first-1].Created.Equal(all[first].Created) {
		first--
	}
	for last < n && all[last].Created.Equal(all[last-1].Created) {
		last++
	}
	found := slices.Clone(all[first:last])
	slices.Reverse(found)
	return found, n - last
}

// candidates returns invoices, oldest first, that hold all which a query selects but for archived ones and its other
// conditions, and whether archived ones may be among them.
func (st *State) candidates(q *InvoiceQuery) (all []*Invoice, archived bool) {
	archived = true
	switch {
	case len(q.Orders) > 0:
		for id := range q.Orders {
			all = append(all, st.byOrder[orderKey{q.StoreID, id}]...)
		}
		if len(q.Orders) > 1 {
			slices.SortFunc(all, Older)
		}
		if q.Search != "" {
			all = slices.DeleteFunc(all, func(inv *Invoice) bool { return !inv.HasTerm(q.Search) })
		}
	case q.Search != "":
		all = st.search(q.StoreID, q.Search)
	case q.WithArchived:
		all = st.invoicesOf[q.StoreID]
	default:
		all, archived = st.liveOf[q.StoreID], false
	}
	if !q.From.IsZero() {
		all = all[sort.Search(len(all), func(i int) bool { return !all[i].Created.Before(q.From) }):]
	}
	if !q.To.IsZero() {
		all = all[:sort.Search(len(all), func(i int) bool { return all[i].Created.After(q.To) })]
	}
	return all, archived
}

// orderKey is an order id in a store.
type orderKey struct{ storeID, orderID string }

func orderOf(inv *Invoice) orderKey {
	key := orderKey{storeID: inv.StoreID}
	if inv.Metadata.OrderID != nil {
		key.orderID = *inv.Metadata.OrderID
	}
	return key
}

// insertInvoice inserts into a list that is oldest first.
func insertInvoice(list []*Invoice, inv *Invoice) []*Invoice {
	at, _ := slices.BinarySearchFunc(list, inv, Older)
	return slices.Insert(list, at, inv)
}

func removeInvoice(list []*Invoice, inv *Invoice) []*Invoice {
	if at, found := slices.BinarySearchFunc(list, inv, Older); found {
		return slices.Delete(list, at, at+1)
	}
	return list
}

// Archive archives an invoice, or takes it back.
func (st *State) Archive(inv *Invoice, archived bool) {
	if inv.Archived == archived {
		return
	}
	inv.Archived = archived
	if archived {
		st.liveOf[inv.StoreID] = removeInvoice(st.liveOf[inv.StoreID], inv)
	} else {
		st.liveOf[inv.StoreID] = insertInvoice(st.liveOf[inv.StoreID], inv)
	}
}

func (w *World) shuffle(same []*Invoice, skip, take int64) {
	tie := mix(mix(w.TieSeed^uint64(skip)) ^ uint64(take))
	slices.SortFunc(same, func(a, b *Invoice) int {
		return cmp.Or(cmp.Compare(mix(tie^uint64(a.Number)), mix(tie^uint64(b.Number))), a.Number-b.Number)
	})
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
