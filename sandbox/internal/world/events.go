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

	// EventPaymentSettled and EventRefunded are only events of webhooks.
	EventPaymentSettled Event = "paymentSettled"
	EventRefunded       Event = "refunded"

	// EventRequestCreated and the following ones are events of a payment request.
	EventRequestCreated       Event = "requestCreated"
	EventRequestUpdated       Event = "requestUpdated"
	EventRequestArchived      Event = "requestArchived"
	EventRequestStatusChanged Event = "requestStatusChanged"
	EventRequestCompleted     Event = "requestCompleted"

	// EventPayoutCreated and the following ones are events of a payout.
	EventPayoutCreated  Event = "payoutCreated"
	EventPayoutApproved Event = "payoutApproved"
	EventPayoutUpdated  Event = "payoutUpdated" // it has another state
	// EventPayoutClaimed follows the creation, and the approval of a payout that is approved at once. Webhooks do not have it.
	EventPayoutClaimed Event = "payoutClaimed"

	// EventSubscription is an event of a subscription.
	EventSubscription Event = "subscription"
)

// Happening is an event with what it is about.
type Happening struct {
	Event   Event
	Invoice *Invoice // nil for an event of something else

	Payment *Payment // of EventReceivedPayment and EventPaymentSettled
	Settled bool     // whether the payment is settled, as the event shows it

	PullPaymentID string // of EventRefunded

	Request *PaymentRequest // of an event of one
	Payout  *Payout         // of an event of one

	Subscription *SubscriptionEvent // of EventSubscription
}

// SubscriptionEvent is an event of a subscription, as webhooks show it.
type SubscriptionEvent struct {
	StoreID    string
	Type       string
	Own        any // the fields of the type
	Subscriber SubscriberView
}

// IPNKind is the kind of deliveries that are notifications of an invoice. It is empty in
// state files, which had no other kind at first.
const IPNKind = ""

// Follow calls f with each event when it happens, in the order of the subscriptions. f
// runs with the lock held.
func (w *World) Follow(f func(Happening)) { w.subscribers = append(w.subscribers, f) }

// Subscribe is like Follow for the events that notifications have.
func (w *World) Subscribe(f func(*Invoice, Event)) {
	w.Follow(func(h Happening) {
		if h.Invoice != nil && h.Event != EventPaymentSettled && h.Event != EventRefunded {
			f(h.Invoice, h.Event)
		}
	})
}

// emit passes an event to all subscribers. Each event is emitted once, where it happens. What an invoice is for follows
// after that.
func (w *World) emit(h Happening) {
	for _, f := range w.subscribers {
		f(h)
	}
	if h.Invoice != nil && h.Invoice.PaymentRequestID != "" {
		w.followPaymentRequest(h)
	}
	if h.Invoice != nil && h.Invoice.AppID != "" {
		w.followApp(h)
	}
	if h.Invoice != nil && h.Invoice.PlanCheckoutID != "" {
		w.followPlanCheckout(h)
	}
	if h.Invoice != nil {
		w.Bells.ring(h.Invoice.ID)
	}
}

// emitter returns emit for the events of one invoice.
func (w *World) emitter(inv *Invoice) func(Event) {
	return func(e Event) { w.emit(Happening{Event: e, Invoice: inv}) }
}

// Refund adds the pull payment of a refund.
func (w *World) Refund(inv *Invoice, p *PullPayment) {
	w.State.AddPullPayment(p)
	w.emit(Happening{Event: EventRefunded, Invoice: inv, PullPaymentID: p.ID})
}

// Create adds a new invoice to the state.
func (w *World) Create(inv *Invoice) {
	w.State.AddInvoice(inv)
	w.emit(Happening{Event: EventCreated, Invoice: inv})
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
