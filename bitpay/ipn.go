package bitpay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
)

// Notification is an instant payment notification (IPN) that a server posted
// to [InvoiceRequest.NotificationURL].
//
// It is not signed: anyone who knows the address can send one, and the server
// itself may send one late, twice or out of order. Take it for a hint to read
// Invoice.ID with [InvoiceService.Get], and for nothing else.
type Notification struct {
	// Event is nil in plain notifications. With extended ones, each is sent
	// once plain and once with its event.
	Event *Event
	// Invoice has fewer members than a read, and its state may be ahead of or
	// behind the event.
	Invoice Invoice
	// BuyerFields are those members of the request's buyer that were given, by
	// their flat names, such as buyerEmail.
	BuyerFields map[string]string
	// TransactionCurrency is empty from all known servers.
	TransactionCurrency string
	// Warning is the server's own, that a notification must not be trusted.
	Warning string
}

// notified is an invoice in a notification, with the members that no read has.
type notified struct {
	*Invoice
	BuyerFields         map[string]string `json:"buyerFields"`
	TransactionCurrency string            `json:"transactionCurrency"`
	Warning             string            `json:"_warning"`
}

// Event says what happened to an invoice.
type Event struct {
	Code EventCode `json:"code"`
	// Name is the code in words, such as invoice_paidInFull.
	Name string `json:"name"`
}

// EventCode is BitPay's number of an event. Servers may add codes.
type EventCode int

// The events that servers send.
const (
	EventCreated            EventCode = 1001
	EventReceivedPayment    EventCode = 1002
	EventPaidInFull         EventCode = 1003
	EventExpired            EventCode = 1004
	EventConfirmed          EventCode = 1005
	EventCompleted          EventCode = 1006
	EventMarkedInvalid      EventCode = 1008
	EventPaidAfterExpiry    EventCode = 1009
	EventFailedToConfirm    EventCode = 1013
	EventExpiredPaidPartial EventCode = 2000
	EventMarkedComplete     EventCode = 2008
	EventRefund             EventCode = 2009
)

// ErrNotification is wrapped by the errors of [ParseNotification].
var ErrNotification = errors.New("not a notification about an invoice")

// maxNotification leaves room for the largest posData that servers take and
// for nothing that would harm the receiver.
const maxNotification = 1 << 20

// ParseNotification reads the body of a notification, plain or extended. It
// answers for its form alone: the invoice's id can be used as such, and all
// else is a claim of whoever sent it.
func ParseNotification(body []byte) (Notification, error) {
	if len(body) > maxNotification {
		return Notification{}, fmt.Errorf("%w: it has %d bytes", ErrNotification, len(body))
	}
	var extended struct {
		Event *Event          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if err := client.Unmarshal(body, &extended); err != nil {
		return Notification{}, fmt.Errorf("%w: %w", ErrNotification, err)
	}
	if extended.Data != nil {
		body = extended.Data
	}
	n := notified{Invoice: new(Invoice)}
	if err := client.Unmarshal(body, &n); err != nil {
		return Notification{}, fmt.Errorf("%w: %w", ErrNotification, err)
	}
	if !idPattern().MatchString(string(n.ID)) {
		return Notification{}, fmt.Errorf("%w: it has no invoice id", ErrNotification)
	}
	return Notification{extended.Event, *n.Invoice, n.BuyerFields, n.TransactionCurrency, n.Warning}, nil
}
