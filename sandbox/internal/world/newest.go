package world

import "slices"

// NewestInvoices returns the newest invoices of all stores, newest first, at most so many.
func (st *State) NewestInvoices(most int) []*Invoice {
	lists := make([][]*Invoice, 0, len(st.Stores))
	for id := range st.Stores {
		lists = append(lists, st.invoicesOf[id])
	}
	return newest(lists, most, Older)
}

// NewestWebhookDeliveries returns the newest deliveries of all webhooks that were made, newest first, at most so many.
func (st *State) NewestWebhookDeliveries(most int) []*WebhookDelivery {
	lists := make([][]*WebhookDelivery, 0, len(st.lanes))
	for _, lane := range st.lanes {
		lists = append(lists, lane.sent)
	}
	return newest(lists, most, olderDelivery)
}

// WaitingWebhookDeliveries returns the deliveries that wait for their first attempt, at most so many of each webhook, and
// how many there are in all.
func (st *State) WaitingWebhookDeliveries(most int) (first []*WebhookDelivery, all int) {
	for _, lane := range st.lanes {
		first = append(first, lane.waiting[:min(most, len(lane.waiting))]...)
		all += len(lane.waiting)
	}
	slices.SortFunc(first, func(a, b *WebhookDelivery) int { return a.Number - b.Number })
	return first[:min(most, len(first))], all
}

// newest merges lists that are in an order. Only those whose last elements are the newest can contribute.
func newest[T any](lists [][]T, most int, compare func(a, b T) int) []T {
	lists = slices.DeleteFunc(lists, func(list []T) bool { return len(list) == 0 })
	slices.SortFunc(lists, func(a, b []T) int { return compare(b[len(b)-1], a[len(a)-1]) })
	var found []T
	for _, list := range lists[:min(most, len(lists))] {
		found = append(found, list[max(0, len(list)-most):]...)
	}
	slices.SortFunc(found, func(a, b T) int { return compare(b, a) })
	return found[:min(most, len(found))]
}
