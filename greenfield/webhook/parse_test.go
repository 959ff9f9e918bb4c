package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// allTypes are those that the documents and the pages of the servers name.
var allTypes = strings.Fields(`
	InvoiceCreated InvoiceReceivedPayment InvoicePaymentSettled InvoiceProcessing InvoiceExpired InvoiceSettled InvoiceInvalid
	InvoiceExpiredPaidPartial InvoicePaidAfterExpiration InvoiceRefund
	PaymentRequestCreated PaymentRequestUpdated PaymentRequestArchived PaymentRequestStatusChanged PaymentRequestCompleted
	PayoutCreated PayoutApproved PayoutUpdated
	SubscriberCreated SubscriberCredited SubscriberCharged SubscriberActivated SubscriberPhaseChanged SubscriberDisabled
	SubscriberNeedUpgrade PaymentReminder PlanStarted CreditRefunded
	PendingTransactionCreated PendingTransactionSignatureCollected PendingTransactionBroadcast PendingTransactionCancelled`)

func TestTypes(t *testing.T) {
	t.Parallel()
	if len(allTypes) != 32 {
		t.Fatalf("%d types", len(allTypes))
	}
	for _, name := range allTypes {
		if !webhook.Type(name).IsKnown() {
			t.Errorf("%s is not known", name)
		}
		if webhook.Type(strings.ToLower(name)).IsKnown() {
			t.Errorf("%s is known in lower case", name)
		}
		// A server's test event may have none of the type's own fields.
		e, err := webhook.Parse([]byte(with(t, body("d", "__test__d", "i"), "type", fmt.Sprintf("%q", name))))
		if err != nil || !e.IsTest() || e.InvoiceID != "i" || e.Extra != nil {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

// TestRecordedEvents reads what servers sent: no field is lost.
func TestRecordedEvents(t *testing.T) {
	t.Parallel()
	seen := map[webhook.Type]bool{}
	for _, d := range recorded(t) {
		e, err := webhook.Parse([]byte(d.Body))
		if err != nil {
			t.Errorf("%s %s: %v in %s", d.Version, d.Group, err, d.Body)
			continue
		}
		seen[e.Type] = true
		if e.Extra != nil || e.Invoice != nil && e.Invoice.Payment != nil && e.Invoice.Payment.Extra != nil {
			t.Errorf("%s %s: fields without a place: %v", d.Version, e.Type, e.Extra)
		}
		var sent struct {
			DeliveryID, OriginalDeliveryID, WebhookID, Type, StoreID, InvoiceID, PaymentRequestID, PayoutID, PullPaymentID, Status, PayoutState, Currency string
			PaymentMethodID, PaymentMethod, PreviousPhase, CurrentPhase, Reason, SuspensionReason                                                         string
			IsRedelivery, OverPaid, ManuallyMarked, PartiallyPaid, AfterExpiration, AutoRenew                                                             bool
			Timestamp                                                                                                                                     int64
			Metadata                                                                                                                                      map[string]json.RawMessage
			Payment                                                                                                                                       *struct {
				ID, Status, Destination string
				Value, Fee              json.Number
				ReceivedDate            int64
			}
			Total, Amount json.Number
			Subscriber    *struct {
				Phase          string
				IsActive       bool
				Customer, Plan struct{ ID string }
			}
		}
		must(t, json.Unmarshal([]byte(d.Body), &sent))
		// Read again from the event, in the form of what was sent.
		got := sent
		got.DeliveryID, got.OriginalDeliveryID, got.WebhookID, got.Type = e.DeliveryID, e.OriginalDeliveryID, e.WebhookID, string(e.Type)
		got.StoreID, got.InvoiceID, got.IsRedelivery, got.Timestamp = e.StoreID, e.InvoiceID, e.IsRedelivery, e.Timestamp.Unix()
		switch {
		case e.Invoice != nil:
			i := e.Invoice
			got.OverPaid, got.ManuallyMarked, got.PartiallyPaid, got.AfterExpiration = i.OverPaid, i.ManuallyMarked, i.PartiallyPaid, i.AfterExpiration
			got.PullPaymentID, got.Metadata = i.PullPaymentID, i.Metadata
			if sent.PaymentMethodID+sent.PaymentMethod != i.PaymentMethodID || (sent.Payment == nil) != (i.Payment == nil) {
				t.Errorf("%s %s: the payment is %+v", d.Version, e.Type, i)
			} else if p := i.Payment; p != nil {
				want := *sent.Payment
				if p.ID != want.ID || p.Status != want.Status || p.Destination != want.Destination || string(p.Value) != want.Value.String() ||
					string(p.Fee) != want.Fee.String() || p.ReceivedDate.Unix() != want.ReceivedDate {
					t.Errorf("%s %s: the payment is %+v", d.Version, e.Type, p)
				}
			}
		case e.PaymentRequest != nil:
			got.PaymentRequestID, got.Status = e.PaymentRequest.ID, e.PaymentRequest.Status
		case e.Payout != nil:
			got.PayoutID, got.PullPaymentID, got.PayoutState = e.Payout.ID, e.Payout.PullPaymentID, e.Payout.State
		case e.Subscription != nil:
			s := e.Subscription
			got.Total, got.Amount, got.Currency, got.AutoRenew = json.Number(s.Total), json.Number(s.Amount), s.Currency, s.AutoRenew
			got.PreviousPhase, got.CurrentPhase, got.Reason, got.SuspensionReason = s.PreviousPhase, s.CurrentPhase, s.Reason, s.SuspensionReason
			if u := sent.Subscriber; u.Phase != s.Phase || u.IsActive != s.IsActive || u.Customer.ID != s.CustomerID || u.Plan.ID != s.PlanID || !json.Valid(s.Subscriber) {
				t.Errorf("%s %s: the subscriber is %+v", d.Version, e.Type, s)
			}
		default:
			t.Errorf("%s: the type is not known", e.Type)
		}
		if got, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", sent); got != want {
			t.Errorf("%s %s:\n got %s\nwant %s", d.Version, e.Type, got, want)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d types are recorded", len(seen))
	}
}

func TestParseFields(t *testing.T) {
	t.Parallel()
	plain := body("d", "o", "i")
	for name, c := range map[string]struct {
		body string
		ok   func(webhook.Event) bool
	}{
		"unknown type": {with(t, plain, "type", `"Some.Plugin:Event"`), func(e webhook.Event) bool {
			return !e.Type.IsKnown() && e.Invoice == nil && e.InvoiceID == "i"
		}},
		"unknown type with fields of others": {with(t, plain, "type", `"Later", "payment": 7, "metadata": [1]`), func(e webhook.Event) bool {
			return string(e.Extra["payment"]) == "7" && string(e.Extra["metadata"]) == "[1]"
		}},
		"unknown field": {with(t, plain, "type", `"InvoiceSettled", "later": {"x": [1.50]}`), func(e webhook.Event) bool {
			return string(e.Extra["later"]) == `{"x": [1.50]}` && e.Invoice != nil
		}},
		"names in another case are other names": {with(t, plain, "type", `"InvoiceSettled", "Type": "InvoiceInvalid", "INVOICEID": "x"`), func(e webhook.Event) bool {
			return e.Type == webhook.TypeInvoiceSettled && e.InvoiceID == "i" && len(e.Extra) == 2
		}},
		"nulls": {with(t, plain, "type", `"InvoiceReceivedPayment", "payment": null, "metadata": null, "overPaid": null, "paymentMethodId": null`), func(e webhook.Event) bool {
			return e.Invoice.Payment == nil && e.Invoice.Metadata == nil && !e.Invoice.OverPaid
		}},
		"misspelled by old servers": {strings.Replace(plain, "originalDeliveryId", "orignalDeliveryId", 1), func(e webhook.Event) bool {
			return e.OriginalDeliveryID == "o"
		}},
		"no original id": {strings.Replace(plain, "originalDeliveryId", "another", 1), func(e webhook.Event) bool {
			return e.OriginalDeliveryID == "d"
		}},
		"payment of 1.x": {with(t, plain, "type", `"InvoiceReceivedPayment", "paymentMethod": "BTC", "payment": {"value": "0.10", "fee": 1E-8, "later": true}`), func(e webhook.Event) bool {
			p := e.Invoice.Payment
			return e.Invoice.PaymentMethodID == "BTC" && p.Value == "0.10" && p.Fee == "1E-8" && string(p.Extra["later"]) == "true"
		}},
		"order id": {with(t, plain, "type", `"InvoiceCreated", "metadata": {"orderId": "ö <&> \"1\""}`), func(e webhook.Event) bool {
			return e.Invoice.OrderID() == `ö <&> "1"`
		}},
		"order id that is a number": {with(t, plain, "type", `"InvoiceCreated", "metadata": {"orderId": 7}`), func(e webhook.Event) bool {
			return e.Invoice.OrderID() == "" && string(e.Invoice.Metadata["orderId"]) == "7"
		}},
	} {
		if e, err := webhook.Parse([]byte(c.body)); err != nil || !c.ok(e) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func TestBadInputEvent(t *testing.T) {
	t.Parallel()
	plain := body("d", "o", "i")
	field := func(name, value string) string { return with(t, plain, name, value) }
	for name, text := range map[string]string{
		"empty":                  "",
		"null":                   "null",
		"array":                  "[" + plain + "]",
		"text":                   `"x"`,
		"no fields":              "{}",
		"two":                    plain + plain,
		"more":                   plain + "x",
		"cut":                    plain[:len(plain)-1],
		"byte order mark":        "\ufeff" + plain,
		"not UTF-8":              strings.Replace(plain, `"w"`, "\"\xff\"", 1),
		"duplicate":              field("type", `"InvoiceSettled", "type": "InvoiceInvalid"`),
		"duplicate by an escape": field("type", `"InvoiceSettled", "\u0074ype": "InvoiceInvalid"`),
		"duplicate inside":       field("type", `"InvoiceSettled", "metadata": {"a": [{"b": 1, "b": 2}]}`),
		"duplicate behind":       field("type", `"InvoiceSettled", "metadata": {"a": {}, "c": [], "a": 1}`),
		"deep":                   field("type", `"X", "x": `+strings.Repeat("[", 100)+strings.Repeat("]", 100)),
		"very deep":              field("type", `"X", "x": `+strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000)),
		"large":                  field("type", `"X", "x": "`+strings.Repeat("x", webhook.MaxBody)+`"`),
		"no delivery":            strings.Replace(plain, `"deliveryId"`, `"other"`, 1),
		"empty delivery":         field("deliveryId", `""`),
		"null delivery":          field("deliveryId", "null"),
		"number as an id":        field("deliveryId", "7"),
		"object as an id":        field("deliveryId", "{}"),
		"path as an id":          field("invoiceId", `"../x"`),
		"line break in an id":    field("deliveryId", `"a\nb"`),
		"half of a pair":         field("deliveryId", `"\ud800"`),
		"long id":                field("deliveryId", `"`+strings.Repeat("x", 200)+`"`),
		"no type":                field("type", "null"),
		"type with a blank":      field("type", `"Invoice Settled"`),
		"type with an escape":    field("type", `"\u001b[2J"`),
		"text as a boolean":      field("isRedelivery", `"true"`),
		"number as a boolean":    field("isRedelivery", "1"),
		"text as a time":         field("timestamp", `"1795420942"`),
		"fraction as a time":     field("timestamp", "1795420942.5"),
		"exponent as a time":     field("timestamp", "1e9"),
		"negative time":          field("timestamp", "-1"),
		"milliseconds":           field("timestamp", "1795420942000"),
		"huge time":              field("timestamp", "1"+strings.Repeat("0", 400)),
		"no time":                field("timestamp", "null"),
		"metadata as a text":     field("type", `"InvoiceSettled", "metadata": "x"`),
		"payment as a text":      field("type", `"InvoiceReceivedPayment", "payment": "x"`),
		"value as a word":        field("type", `"InvoiceReceivedPayment", "payment": {"value": "much"}`),
		"value as an object":     field("type", `"InvoiceReceivedPayment", "payment": {"value": {}}`),
		"long value":             field("type", `"InvoiceReceivedPayment", "payment": {"value": 1`+strings.Repeat("0", 100)+`}`),
		"infinite value":         field("type", `"InvoiceReceivedPayment", "payment": {"value": NaN}`),
		"date of a payment":      field("type", `"InvoiceReceivedPayment", "payment": {"receivedDate": "yesterday"}`),
		"subscriber":             field("type", `"PlanStarted", "subscriber": []`),
		"subscriber's customer":  field("type", `"PlanStarted", "subscriber": {"customer": 7}`),
		"subscriber's plan":      field("type", `"PlanStarted", "subscriber": {"plan": {"id": 7}}`),
		"payout":                 field("type", `"PayoutCreated", "payoutId": 7`),
		"payment request":        field("type", `"PaymentRequestCreated", "status": 7`),
		"two original ids":       field("type", `"InvoiceSettled", "orignalDeliveryId": "another"`),
	} {
		if e, err := webhook.Parse([]byte(text)); !errors.Is(err, webhook.ErrEvent) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range recorded(f) {
		f.Add([]byte(d.Body))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := webhook.Parse(text)
		if err != nil {
			if !errors.Is(err, webhook.ErrEvent) {
				t.Errorf("%v", err)
			}
			return
		}
		if e.DeliveryID == "" || e.OriginalDeliveryID == "" || e.Type == "" || e.Timestamp.IsZero() || !json.Valid(text) {
			t.Errorf("%+v", e)
		}
	})
}

func FuzzVerify(f *testing.F) {
	const key = "the secret of the hook"
	raw := body("d", "d", "i")
	f.Add(sign(key, []byte(raw)), raw)
	f.Fuzz(func(t *testing.T, signature, raw string) {
		err := webhook.VerifySignature([]webhook.Secret{secret(t, key)}, signature, []byte(raw))
		if (err == nil) != (signature == sign(key, []byte(raw))) {
			t.Errorf("%q for %q: %v", signature, raw, err)
		}
	})
}
