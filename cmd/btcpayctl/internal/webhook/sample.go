package webhook

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// A sample is an event with made-up ids, in the form of a server's.
type sample struct {
	kind                           webhook.Type
	deliveryID, invoiceID, orderID string
	fields                         []sampleField
}

type sampleField struct {
	name  string
	value any
}

// testID is an id as those of the events that the server's button "Test" sends.
func testID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return fmt.Sprintf("__test__%x-%x-%x-%x-%x__test__", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newSample(kind webhook.Type, orderID string, now time.Time) *sample {
	s := &sample{kind: kind, deliveryID: testID()}
	s.add("deliveryId", s.deliveryID)
	s.add("webhookId", testID())
	s.add("originalDeliveryId", s.deliveryID)
	s.add("isRedelivery", false)
	s.add("type", string(kind))
	s.add("timestamp", now.Unix())
	s.add("storeId", testID())
	s.addOwn(orderID, now)
	return s
}

func (s *sample) add(name string, value any) { s.fields = append(s.fields, sampleField{name, value}) }

// ownFields are the fields of a type that are the same in every sample.
var ownFields = map[webhook.Type][]sampleField{
	webhook.TypeInvoiceReceivedPayment: {{"afterExpiration", false}, {"paymentMethodId", "BTC-CHAIN"}},
	webhook.TypeInvoicePaymentSettled:  {{"afterExpiration", false}, {"paymentMethodId", "BTC-CHAIN"}},
	webhook.TypeInvoiceProcessing:      {{"overPaid", false}},
	webhook.TypeInvoiceExpired:         {{"partiallyPaid", false}},
	webhook.TypeInvoiceSettled:         {{"manuallyMarked", false}, {"overPaid", false}},
	webhook.TypeInvoiceInvalid:         {{"manuallyMarked", true}},

	webhook.TypePaymentRequestCreated:       {{"status", "Pending"}},
	webhook.TypePaymentRequestUpdated:       {{"status", "Pending"}},
	webhook.TypePaymentRequestArchived:      {{"status", "Pending"}},
	webhook.TypePaymentRequestStatusChanged: {{"status", "Expired"}},
	webhook.TypePaymentRequestCompleted:     {{"status", "Completed"}},

	webhook.TypePayoutCreated:  {{"payoutState", "AwaitingApproval"}},
	webhook.TypePayoutApproved: {{"payoutState", "AwaitingPayment"}},
	webhook.TypePayoutUpdated:  {{"payoutState", "Completed"}},

	webhook.TypeSubscriberCredited:     {{"total", "10"}, {"amount", "5"}, {"currency", "USD"}},
	webhook.TypeSubscriberCharged:      {{"total", "5"}, {"amount", "5"}, {"currency", "USD"}},
	webhook.TypeSubscriberPhaseChanged: {{"previousPhase", "Trial"}, {"currentPhase", "Normal"}},
	webhook.TypeSubscriberDisabled:     {{"reason", "Suspension"}},
	webhook.TypePlanStarted:            {{"autoRenew", false}},
}

// paymentStatus are the types that have a payment, with its status.
var paymentStatus = map[webhook.Type]string{webhook.TypeInvoiceReceivedPayment: "Processing", webhook.TypeInvoicePaymentSettled: "Settled"}

// addOwn adds the fields of the event's type.
func (s *sample) addOwn(orderID string, now time.Time) {
	switch name := string(s.kind); {
	case strings.HasPrefix(name, "Invoice"):
		s.invoiceID, s.orderID = testID(), cmp.Or(orderID, "sample")
		s.add("invoiceId", s.invoiceID)
		s.add("metadata", map[string]string{"orderId": s.orderID})
		if status := paymentStatus[s.kind]; status != "" {
			s.add("payment", map[string]any{"id": testID(), "receivedDate": now.Unix(), "value": "0.00025", "fee": "0", "status": status, "destination": "bcrt1qsample"})
		}
		if s.kind == webhook.TypeInvoiceRefund {
			s.add("pullPaymentId", testID())
		}
	case strings.HasPrefix(name, "PaymentRequest"):
		s.add("paymentRequestId", testID())
	case strings.HasPrefix(name, "Payout"):
		s.add("payoutId", testID())
		s.add("pullPaymentId", testID())
	case strings.HasPrefix(name, "PendingTransaction"):
		s.add("pendingTransactionId", testID())
		s.add("cryptoCode", "BTC")
	default:
		s.add("subscriber", map[string]any{
			"customer": map[string]any{"id": testID()}, "plan": map[string]any{"id": testID()}, "phase": "Normal", "isActive": true,
		})
	}
	s.fields = append(s.fields, ownFields[s.kind]...)
}

// body writes the event as a server does: on many lines, and nothing is escaped for HTML.
func (s *sample) body() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, field := range s.fields {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%q:", field.name)
		var value bytes.Buffer
		e := json.NewEncoder(&value)
		e.SetEscapeHTML(false)
		if err := e.Encode(field.value); err != nil {
			return nil, err
		}
		text.Write(bytes.TrimSuffix(value.Bytes(), []byte("\n")))
	}
	text.WriteByte('}')
	var body bytes.Buffer
	err := json.Indent(&body, text.Bytes(), "", "  ")
	return body.Bytes(), err
}
