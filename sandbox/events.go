package sandbox

// event is something that happened to an invoice.
type event string

const (
	eventCreated             event = "created"
	eventReceivedPayment     event = "receivedPayment"
	eventPaidInFull          event = "paidInFull"
	eventExpired             event = "expired"
	eventConfirmed           event = "confirmed"
	eventCompleted           event = "completed"
	eventMarkedInvalid       event = "markedInvalid"
	eventPaidAfterExpiration event = "paidAfterExpiration"
	eventFailedToConfirm     event = "failedToConfirm"
	eventExpiredPaidPartial  event = "expiredPaidPartial"
	eventMarkedCompleted     event = "markedCompleted"
)

// ipnKind is the kind of these deliveries. It has no name in state files, which knew no other for long.
const ipnKind = ""

// subscribe has f called with each event, when it happens, in the order of the subscriptions. The lock is held then.
func (s *World) subscribe(f func(*invoice, event)) { s.subscribers = append(s.subscribers, f) }

// emit hands an event to everyone who subscribed. It is called once for each, by what makes it happen.
func (s *World) emit(inv *invoice, e event) {
	for _, f := range s.subscribers {
		f(inv, e)
	}
}

// emitter is emit for the events of one invoice.
func (s *World) emitter(inv *invoice) func(event) {
	return func(e event) { s.emit(inv, e) }
}

// create puts a new invoice into the state.
func (s *World) create(inv *invoice) {
	s.state.addInvoice(inv)
	s.emit(inv, eventCreated)
}

// mark sets a status by hand; false means it cannot be.
func (s *World) mark(inv *invoice, status string) bool {
	if !inv.mark(status, s.emitter(inv)) {
		return false
	}
	s.state.watch(inv)
	s.state.touch(inv.ID)
	return true
}
