package webhook

import (
	"errors"
	"fmt"
	"time"
)

// MaxBody is the size of the largest body that [Parse] reads, in bytes.
const MaxBody = 1 << 20

// ErrEvent is wrapped by the errors of [Parse].
var ErrEvent = errors.New("unreadable webhook event")

// Parse reads the body of a delivery; call [Verify] first. Names of fields are compared
// with their case. It refuses duplicate fields, wrong types, unusable ids, JSON that is
// nested too deeply, text that is not UTF-8 and bodies of more than [MaxBody] bytes. A
// field that is missing or null is zero, except for deliveryId, webhookId, type and
// timestamp, which are required.
func Parse(body []byte) (Event, error) {
	if len(body) > MaxBody {
		return Event{}, fmt.Errorf("%w: it has more than %d bytes", ErrEvent, MaxBody)
	}
	fields, err := parseObject(body)
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	r := &reader{fields: fields}
	e := Event{
		DeliveryID:         r.id("deliveryId"),
		OriginalDeliveryID: r.id("originalDeliveryId"),
		WebhookID:          r.id("webhookId"),
		IsRedelivery:       r.boolean("isRedelivery"),
		Type:               Type(r.word("type", "-_.:/")),
		Timestamp:          r.time("timestamp"),
		StoreID:            r.id("storeId"),
		InvoiceID:          r.id("invoiceId"),
	}
	r.require(e.DeliveryID != "", "deliveryId")
	r.require(e.WebhookID != "", "webhookId")
	r.require(e.Type != "", "type")
	r.require(e.Timestamp != time.Time{}, "timestamp")
	// Old servers misspelled it.
	misspelled := r.id("orignalDeliveryId")
	switch {
	case e.OriginalDeliveryID == "":
		e.OriginalDeliveryID = misspelled
	case misspelled != "" && misspelled != e.OriginalDeliveryID:
		r.fail("originalDeliveryId", "two different values")
	}
	if e.OriginalDeliveryID == "" {
		e.OriginalDeliveryID = e.DeliveryID
	}
	switch families[e.Type] {
	case invoiceFamily:
		e.Invoice = r.invoice()
	case paymentRequestFamily:
		e.PaymentRequest = &PaymentRequest{ID: r.id("paymentRequestId"), Status: r.text("status")}
	case payoutFamily:
		e.Payout = &Payout{ID: r.id("payoutId"), PullPaymentID: r.id("pullPaymentId"), State: r.text("payoutState")}
	case subscriptionFamily:
		e.Subscription = r.subscription()
	case pendingTransactionFamily:
		e.PendingTransaction = &PendingTransaction{ID: r.id("pendingTransactionId"), CryptoCode: r.text("cryptoCode")}
	case unknownFamily:
	}
	if r.err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrEvent, r.err)
	}
	e.Extra = r.rest()
	return e, nil
}

func (r *reader) invoice() *Invoice {
	i := &Invoice{
		Metadata:        r.object("metadata"),
		ManuallyMarked:  r.boolean("manuallyMarked"),
		OverPaid:        r.boolean("overPaid"),
		PartiallyPaid:   r.boolean("partiallyPaid"),
		AfterExpiration: r.boolean("afterExpiration"),
		PaymentMethodID: r.text("paymentMethodId"),
		PullPaymentID:   r.id("pullPaymentId"),
	}
	if before2 := r.text("paymentMethod"); i.PaymentMethodID == "" {
		i.PaymentMethodID = before2
	}
	if payment := r.inner("payment"); payment != nil {
		i.Payment = &Payment{
			ID:           payment.text("id"),
			ReceivedDate: payment.time("receivedDate"),
			Value:        payment.amount("value"),
			Fee:          payment.amount("fee"),
			Status:       payment.text("status"),
			Destination:  payment.text("destination"),
			Extra:        payment.rest(),
		}
		r.take(payment)
	}
	return i
}

func (r *reader) subscription() *Subscription {
	s := &Subscription{
		Subscriber:       r.fields["subscriber"],
		Total:            r.amount("total"),
		Amount:           r.amount("amount"),
		Currency:         r.text("currency"),
		PreviousPhase:    r.text("previousPhase"),
		CurrentPhase:     r.text("currentPhase"),
		Reason:           r.text("reason"),
		SuspensionReason: r.text("suspensionReason"),
		AutoRenew:        r.boolean("autoRenew"),
	}
	subscriber := r.inner("subscriber")
	if subscriber == nil {
		s.Subscriber = nil
		return s
	}
	s.Phase, s.IsActive = subscriber.text("phase"), subscriber.boolean("isActive")
	if customer := subscriber.inner("customer"); customer != nil {
		s.CustomerID = customer.text("id")
		subscriber.take(customer)
	}
	if plan := subscriber.inner("plan"); plan != nil {
		s.PlanID = plan.text("id")
		subscriber.take(plan)
	}
	r.take(subscriber)
	return s
}
