package webhook

import (
	"encoding/json"
	"strings"
	"time"
)

// An Event is the body of a delivery. Ids are texts of the server; convert them to the
// types of package greenfield, as in greenfield.InvoiceID(e.InvoiceID).
type Event struct {
	// DeliveryID is different in each delivery, OriginalDeliveryID is the same in all
	// deliveries of one event to one webhook. Two webhooks with the same address get
	// different ids.
	DeliveryID, OriginalDeliveryID string
	WebhookID                      string
	// IsRedelivery reports whether an earlier delivery of the event was attempted. Use it
	// for logs only: whether that delivery arrived is a question for a [Deduper].
	IsRedelivery bool
	Type         Type
	// Timestamp is when the first delivery was created; redeliveries keep it. The server
	// sends seconds.
	Timestamp time.Time
	StoreID   string
	// InvoiceID is empty if the event is not about an invoice.
	InvoiceID string

	// One of these is set, or none if the type is not known.
	Invoice            *Invoice
	PaymentRequest     *PaymentRequest
	Payout             *Payout
	Subscription       *Subscription
	PendingTransaction *PendingTransaction

	// Extra has the fields that are not in this struct, as they arrived: all of the fields
	// of an unknown type but the ones above.
	Extra map[string]json.RawMessage
}

// IsTest reports whether the event was made by the button "Test" of the server's page: its
// ids name nothing that exists.
func (e Event) IsTest() bool { return strings.HasPrefix(e.OriginalDeliveryID, "__test__") }

// An Invoice has the fields of the events of invoices. A field that the type does not have
// is zero.
type Invoice struct {
	// Metadata is the metadata of the invoice, for instance orderId.
	Metadata map[string]json.RawMessage
	// ManuallyMarked: a user marked the invoice as settled or invalid.
	ManuallyMarked bool
	OverPaid       bool
	// PartiallyPaid: the invoice received payments before it expired.
	PartiallyPaid bool
	// AfterExpiration: the payment was sent after the invoice expired.
	AfterExpiration bool
	// PaymentMethodID is for instance BTC-CHAIN. Servers before 2.0 send BTC.
	PaymentMethodID string
	// Payment is nil unless the type is [TypeInvoiceReceivedPayment] or
	// [TypeInvoicePaymentSettled]. It is nil in test events of these types, too.
	Payment *Payment
	// PullPaymentID names the refund of [TypeInvoiceRefund].
	PullPaymentID string
}

// OrderID returns the text of the field orderId of the metadata, or "".
func (i *Invoice) OrderID() string {
	var text string
	if i == nil || json.Unmarshal(i.Metadata["orderId"], &text) != nil {
		return ""
	}
	return text
}

// A Payment is one payment to an invoice.
type Payment struct {
	ID           string
	ReceivedDate time.Time
	// Value and Fee are in the currency of the payment method.
	Value, Fee Amount
	// Status is what the server sends. Servers of 1.13 send Invalid for good payments: use
	// the state of the invoice.
	Status      string
	Destination string
	Extra       map[string]json.RawMessage
}

// A PaymentRequest has the fields of the events of payment requests.
type PaymentRequest struct {
	ID     string
	Status string
}

// A Payout has the fields of the events of payouts.
type Payout struct {
	ID string
	// PullPaymentID is empty if the payout belongs to no pull payment.
	PullPaymentID string
	State         string
}

// A Subscription has the fields of the events of subscriptions. A field that the type does
// not have is zero.
type Subscription struct {
	// Subscriber is the whole object that the server sent. CustomerID, PlanID, Phase and
	// IsActive are parts of it.
	Subscriber json.RawMessage
	CustomerID string
	PlanID     string
	Phase      string
	IsActive   bool

	// Total is the subscriber's credit after a change of Amount.
	Total, Amount Amount
	Currency      string

	PreviousPhase, CurrentPhase string
	// Reason is why a subscriber was disabled: Suspension or Expiration.
	Reason, SuspensionReason string
	// AutoRenew reports whether the plan was renewed automatically.
	AutoRenew bool
}

// A PendingTransaction has the fields of the events of transactions that wait for
// signatures.
type PendingTransaction struct {
	ID         string
	CryptoCode string
}

// An Amount is the exact text of a decimal number, or empty. client.ParseDecimal reads it.
type Amount string
