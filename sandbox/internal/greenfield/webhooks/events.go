package webhooks

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// common are the fields of all events. Those of an event's own type stand before them, except for what it is about.
type common struct {
	DeliveryID         string `json:"deliveryId"`
	WebhookID          string `json:"webhookId"`
	OriginalDeliveryID string `json:"originalDeliveryId"`
	IsRedelivery       bool   `json:"isRedelivery"`
	Type               string `json:"type"`
	Timestamp          int64  `json:"timestamp"`
	StoreID            string `json:"storeId"`
}

func commonOf(d *world.WebhookDelivery, storeID string) common {
	return common{DeliveryID: d.ID, WebhookID: d.WebhookID, OriginalDeliveryID: d.ID, Type: d.Type, Timestamp: d.Created.Unix(), StoreID: storeID}
}

// invoiceEvent is an event of an invoice.
type invoiceEvent struct {
	AfterExpiration *bool        `json:"afterExpiration,omitempty"`
	PaymentMethodID string       `json:"paymentMethodId,omitempty"`
	PaymentMethod   string       `json:"paymentMethod,omitempty"` // until 1.13
	Payment         *paymentData `json:"payment,omitempty"`
	ManuallyMarked  *bool        `json:"manuallyMarked,omitempty"`
	OverPaid        *bool        `json:"overPaid,omitempty"`
	PartiallyPaid   *bool        `json:"partiallyPaid,omitempty"`
	PullPaymentID   string       `json:"pullPaymentId,omitempty"`
	common
	InvoiceID string          `json:"invoiceId"`
	Metadata  json.RawMessage `json:"metadata"`
}

// requestEvent is an event of a payment request.
type requestEvent struct {
	common
	PaymentRequestID string `json:"paymentRequestId"`
	Status           string `json:"status"`
}

// payoutEvent is an event of a payout.
type payoutEvent struct {
	common
	PayoutID      string            `json:"payoutId"`
	PullPaymentID *string           `json:"pullPaymentId"`
	PayoutState   world.PayoutState `json:"payoutState"`
}

type paymentData struct {
	ID           string `json:"id"`
	ReceivedDate int64  `json:"receivedDate"`
	Value        string `json:"value"`
	Fee          string `json:"fee"`
	Status       string `json:"status"`
	Destination  string `json:"destination"`
}

// Follow announces to webhooks what happens in the world, as a release does.
func Follow(w *world.World, rel release.Release) {
	w.SetWebhookRules(rel.WebhookRules())
	w.Follow(func(h world.Happening) {
		if !rel.Announces(h.Event) {
			return
		}
		if h.Request != nil {
			announceRequest(w, h)
			return
		}
		if h.Payout != nil {
			announcePayout(w, h)
			return
		}
		if h.Subscription != nil {
			announceSubscription(w, h.Subscription)
			return
		}
		event, name := eventOf(h, rel)
		if name == "" {
			return
		}
		inv := h.Invoice
		event.InvoiceID = inv.ID
		w.Announce(inv.StoreID, name, func(d *world.WebhookDelivery) []byte {
			event.common = commonOf(d, inv.StoreID)
			event.Metadata = inv.OwnMetadata()
			return world.EventBody(event)
		})
	})
}

// requestEvents are the names of the events of payment requests.
var requestEvents = map[world.Event]string{
	world.EventRequestCreated:       "PaymentRequestCreated",
	world.EventRequestUpdated:       "PaymentRequestUpdated",
	world.EventRequestArchived:      "PaymentRequestArchived",
	world.EventRequestStatusChanged: "PaymentRequestStatusChanged",
	world.EventRequestCompleted:     "PaymentRequestCompleted",
}

func announceRequest(w *world.World, h world.Happening) {
	storeID := h.Request.StoreID
	w.Announce(storeID, requestEvents[h.Event], func(d *world.WebhookDelivery) []byte {
		return world.EventBody(requestEvent{commonOf(d, storeID), h.Request.ID, h.Request.Status})
	})
}

func announcePayout(w *world.World, h world.Happening) {
	p := h.Payout
	name := map[world.Event]string{
		world.EventPayoutCreated: "PayoutCreated", world.EventPayoutApproved: "PayoutApproved", world.EventPayoutUpdated: "PayoutUpdated",
	}[h.Event]
	if name == "" {
		return
	}
	w.Announce(p.StoreID, name, func(d *world.WebhookDelivery) []byte {
		return world.EventBody(payoutEvent{commonOf(d, p.StoreID), p.ID, aspnet.NullIfEmpty(p.PullPaymentID), p.State})
	})
}

// eventOf returns the fields of an event's own type, and the name of the type; "" if webhooks do not have the event.
func eventOf(h world.Happening, rel release.Release) (event invoiceEvent, name string) {
	overPaid := h.Invoice.Exception == world.ExceptionPaidOver
	switch h.Event {
	case world.EventCreated:
		return event, "InvoiceCreated"
	case world.EventReceivedPayment:
		return paymentEvent(h, rel), "InvoiceReceivedPayment"
	case world.EventPaymentSettled:
		return paymentEvent(h, rel), "InvoicePaymentSettled"
	case world.EventPaidInFull:
		event.OverPaid = &overPaid
		return event, "InvoiceProcessing"
	case world.EventExpired:
		event.PartiallyPaid = new(h.Invoice.Exception == world.ExceptionPaidPartial)
		return event, "InvoiceExpired"
	case world.EventExpiredPaidPartial:
		return event, "InvoiceExpiredPaidPartial"
	case world.EventPaidAfterExpiration:
		return event, "InvoicePaidAfterExpiration"
	case world.EventConfirmed, world.EventMarkedCompleted:
		event.ManuallyMarked, event.OverPaid = new(h.Event == world.EventMarkedCompleted), &overPaid
		return event, "InvoiceSettled"
	case world.EventFailedToConfirm, world.EventMarkedInvalid:
		event.ManuallyMarked = new(h.Event == world.EventMarkedInvalid)
		return event, "InvoiceInvalid"
	case world.EventRefunded:
		event.PullPaymentID = h.PullPaymentID
		return event, "InvoiceRefund"
	default: // completed, which comes right after confirmed
	}
	return event, ""
}

func paymentEvent(h world.Happening, rel release.Release) (event invoiceEvent) {
	plain := func(d money.Decimal) string { return d.Trim(0).Text() }
	p := h.Payment
	event.AfterExpiration = new(h.Invoice.Status == world.StatusExpired || h.Invoice.Status == world.StatusInvalid)
	event.Payment = &paymentData{
		ID: p.Outpoint(), ReceivedDate: p.Received.Unix(), Value: plain(p.Amount), Fee: plain(p.Fee),
		Status: world.StatusProcessing, Destination: p.Address,
	}
	if h.Settled {
		event.Payment.Status = world.StatusSettled
	}
	if rel.ShowsOldPayments() {
		event.PaymentMethod, event.Payment.Status = "BTC", world.StatusInvalid
	} else {
		event.PaymentMethodID = world.OnChain
	}
	return event
}
