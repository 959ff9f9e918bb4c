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

// addOwn adds the fields of the event's type.
func (s *sample) addOwn(orderID string, now time.Time) {
	switch name := string(s.kind); {
	case strings.HasPrefix(name, "Invoice"):
		s.invoiceID, s.orderID = testID(), cmp.Or(orderID, "sample")
		s.add("invoiceId", s.invoiceID)
		s.add("metadata", map[string]string{"orderId": s.orderID})
		s.addInvoice(now)
	case strings.HasPrefix(name, "PaymentRequest"):
		s.add("paymentRequestId", testID())
		s.add("status", map[webhook.Type]string{webhook.TypePaymentRequestCompleted: "Completed"}[s.kind])
	case strings.HasPrefix(name, "Payout"):
		s.add("payoutId", testID())
		s.add("pullPaymentId", testID())
		s.add("payoutState", "AwaitingApproval")
	case strings.HasPrefix(name, "PendingTransaction"):
		s.add("pendingTransactionId", testID())
		s.add("cryptoCode", "BTC")
	default:
		s.addSubscription()
	}
}

func (s *sample) addInvoice(now time.Time) {
	switch s.kind {
	case webhook.TypeInvoiceReceivedPayment, webhook.TypeInvoicePaymentSettled:
		status := "Processing"
		if s.kind == webhook.TypeInvoicePaymentSettled {
			status = "Settled"
		}
		s.add("afterExpiration", false)
		s.add("paymentMethodId", "BTC-CHAIN")
		s.add("payment", map[string]any{"id": testID(), "receivedDate": now.Unix(), "value": "0.00025", "fee": "0", "status": status, "destination": "bcrt1qsample"})
	case webhook.TypeInvoiceProcessing:
		s.add("overPaid", false)
	case webhook.TypeInvoiceExpired:
		s.add("partiallyPaid", false)
	case webhook.TypeInvoiceSettled:
		s.add("manuallyMarked", false)
		s.add("overPaid", false)
	case webhook.TypeInvoiceInvalid:
		s.add("manuallyMarked", true)
	case webhook.TypeInvoiceRefund:
		s.add("pullPaymentId", testID())
	}
}

func (s *sample) addSubscription() {
	s.add("subscriber", map[string]any{
		"customer": map[string]any{"id": testID()}, "plan": map[string]any{"id": testID()}, "phase": "Normal", "isActive": true,
	})
	switch s.kind {
	case webhook.TypeSubscriberCredited, webhook.TypeSubscriberCharged:
		s.add("total", "10")
		s.add("amount", "5")
		s.add("currency", "USD")
	case webhook.TypeSubscriberPhaseChanged:
		s.add("previousPhase", "Trial")
		s.add("currentPhase", "Normal")
	case webhook.TypeSubscriberDisabled:
		s.add("reason", "Suspension")
	case webhook.TypePlanStarted:
		s.add("autoRenew", false)
	}
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
