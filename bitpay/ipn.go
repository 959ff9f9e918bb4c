package bitpay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
)

// Notification is an instant payment notification (IPN) that a server posted to
// [InvoiceRequest.NotificationURL].
//
// It is not signed: anyone who knows the address can send one, and the server itself may
// send one late, twice or out of order. Use it only as a hint to read Invoice.ID with
// [InvoiceService.Get].
type Notification struct {
	// Event is nil in plain notifications. If extended notifications are requested, the
	// server sends each one twice: once plain and once with its event.
	Event *Event
	// Invoice has fewer fields than a read invoice, and its state may be ahead of or
	// behind the event.
	Invoice Invoice
	// BuyerFields are the buyer's fields that the request set, by their flat names, such
	// as buyerEmail.
	BuyerFields map[string]string
	// TransactionCurrency is empty on all known servers.
	TransactionCurrency string
	// Warning is the server's own warning that a notification must not be trusted.
	Warning string
}

// notified is an invoice in a notification, with the fields that a read invoice does not
// have.
type notified struct {
	*Invoice
	BuyerFields         map[string]string `json:"buyerFields"`
	TransactionCurrency string            `json:"transactionCurrency"`
	Warning             string            `json:"_warning"`
}

// Event is what happened to an invoice.
type Event struct {
	Code EventCode `json:"code"`
	// Name is the code in words, such as invoice_paidInFull.
	Name string `json:"name"`
}

// EventCode is BitPay's number for an event. Servers may add codes.
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

// maxNotification is enough for the largest posData that servers accept, and too little to
// harm the receiver.
const maxNotification = 1 << 20

// ParseNotification reads the body of a notification, plain or extended. It only checks
// the form: the invoice's id can be used as an id, and everything else is an unverified
// claim of the sender.
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
	if !client.IsID(string(n.ID)) {
		return Notification{}, fmt.Errorf("%w: it has no invoice id", ErrNotification)
	}
	return Notification{extended.Event, *n.Invoice, n.BuyerFields, n.TransactionCurrency, n.Warning}, nil
}
