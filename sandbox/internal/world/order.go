package world

import (
	"cmp"
	"math"
	"slices"
)

// InvoicePage returns a store's invoices that a filter takes, newest first, from skip on and at most take of them; nil
// takes all.
//
// The server orders by the second of the creation and by nothing else. Its database decides which of the invoices of one
// second comes first, and decides otherwise for each skip and take: a reader who pages by offset meets some invoices
// twice and others never. The same [World.TieSeed] decides the same way.
func (w *World) InvoicePage(storeID string, takes func(*Invoice) bool, skip int64, take *int64) []*Invoice {
	wanted := int64(math.MaxInt64)
	if take != nil {
		wanted = *take
	}
	end := skip + wanted
	if end < 0 { // beyond what can be counted
		end = math.MaxInt64
	}
	var found []*Invoice
	for _, inv := range slices.Backward(w.State.invoicesOfStore(storeID)) {
		if int64(len(found)) >= end && (len(found) == 0 || !inv.Created.Equal(found[len(found)-1].Created)) {
			break // the last second is whole
		}
		if takes(inv) {
			found = append(found, inv)
		}
	}
	for from := 0; from < len(found); {
		to := from + 1
		for to < len(found) && found[to].Created.Equal(found[from].Created) {
			to++
		}
		if to-from > 1 && int64(to) > skip {
			w.shuffle(found[from:to], skip, wanted)
		}
		from = to
	}
	return found[min(skip, int64(len(found))):min(end, int64(len(found)))]
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
