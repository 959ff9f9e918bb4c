package world

// Event is something that happens to an invoice.
type Event string

// The events of an invoice.
const (
	EventCreated             Event = "created"
	EventReceivedPayment     Event = "receivedPayment"
	EventPaidInFull          Event = "paidInFull"
	EventExpired             Event = "expired"
	EventConfirmed           Event = "confirmed"
	EventCompleted           Event = "completed"
	EventMarkedInvalid       Event = "markedInvalid"
	EventPaidAfterExpiration Event = "paidAfterExpiration"
	EventFailedToConfirm     Event = "failedToConfirm"
	EventExpiredPaidPartial  Event = "expiredPaidPartial"
	EventMarkedCompleted     Event = "markedCompleted"
)

// IPNKind is the kind of deliveries that are notifications of an invoice. It is empty in
// state files, which had no other kind at first.
const IPNKind = ""

// Subscribe calls f with each event when it happens, in the order of the subscriptions. f
// runs with the lock held.
func (w *World) Subscribe(f func(*Invoice, Event)) { w.subscribers = append(w.subscribers, f) }

// emit passes an event to all subscribers. Each event is emitted once, where it happens.
func (w *World) emit(inv *Invoice, e Event) {
	for _, f := range w.subscribers {
		f(inv, e)
	}
}

// emitter returns emit for the events of one invoice.
func (w *World) emitter(inv *Invoice) func(Event) {
	return func(e Event) { w.emit(inv, e) }
}

// Create adds a new invoice to the state.
func (w *World) Create(inv *Invoice) {
	w.State.AddInvoice(inv)
	w.emit(inv, EventCreated)
}

// Mark sets a status manually. It reports whether the invoice can have it.
func (w *World) Mark(inv *Invoice, status string) bool {
	if !inv.mark(status, w.emitter(inv)) {
		return false
	}
	w.State.watch(inv)
	w.State.Touch(inv.ID)
	return true
}
