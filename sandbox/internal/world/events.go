package world

// Event is something that happened to an invoice.
type Event string

// What may happen to an invoice.
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

// IPNKind is the kind of the deliveries of an invoice's notifications. It has no name in state files, which knew no other for long.
const IPNKind = ""

// Subscribe has f called with each event, when it happens, in the order of the subscriptions. The lock is held then.
func (s *World) Subscribe(f func(*Invoice, Event)) { s.subscribers = append(s.subscribers, f) }

// emit hands an event to everyone who subscribed. It is called once for each, by what makes it happen.
func (s *World) emit(inv *Invoice, e Event) {
	for _, f := range s.subscribers {
		f(inv, e)
	}
}

// emitter is emit for the events of one invoice.
func (s *World) emitter(inv *Invoice) func(Event) {
	return func(e Event) { s.emit(inv, e) }
}

// Create puts a new invoice into the state.
func (s *World) Create(inv *Invoice) {
	s.State.AddInvoice(inv)
	s.emit(inv, EventCreated)
}

// Mark sets a status by hand; false means it cannot be.
func (s *World) Mark(inv *Invoice, status string) bool {
	if !inv.mark(status, s.emitter(inv)) {
		return false
	}
	s.State.watch(inv)
	s.State.Touch(inv.ID)
	return true
}
