package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestWebhookHandler delivers to the SDK's handler: it takes the signature, reads the event, handles each event once
// though one is delivered again, and refuses what another secret signed.
func TestWebhookHandler(t *testing.T) {
	server := sandbox.New(t)
	const text = "a secret of the shop, long enough"
	secret, err := webhook.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var events []webhook.Event
	failing := true
	handled := make(chan webhook.Event, 100)
	handler, err := webhook.NewHandler(webhook.HandlerOptions{
		Secrets: []webhook.Secret{secret},
		Handle: func(_ context.Context, e webhook.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if failing && e.Type == webhook.TypeInvoiceProcessing {
				failing = false
				return errors.New("the shop's database is away")
			}
			events = append(events, e)
			handled <- e
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(chan int, 100)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		w.WriteHeader(answer.Code)
		statuses <- answer.Code
	}))
	defer shop.Close()

	call := func(method, path, body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1/stores/"+server.Seed.StoreID+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "token "+server.Seed.APIKey)
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
		}
		return string(answer)
	}
	id := func(answer string) string {
		var object struct{ ID string }
		if err := json.Unmarshal([]byte(answer), &object); err != nil {
			t.Fatal(err)
		}
		return object.ID
	}
	next := func() webhook.Event {
		t.Helper()
		select {
		case e := <-handled:
			return e
		case <-time.After(2 * time.Minute):
			t.Fatal("no event came")
			return webhook.Event{}
		}
	}
	hook := id(call("POST", "/webhooks", `{"url":"`+shop.URL+`/hook","secret":"`+text+`"}`))
	invoice := id(call("POST", "/invoices", `{"amount":"20","currency":"USD","metadata":{"orderId":"order-7"}}`))
	if e := next(); e.Type != webhook.TypeInvoiceCreated || e.WebhookID != hook || e.InvoiceID != invoice || e.StoreID != server.Seed.StoreID || e.Invoice.OrderID() != "order-7" || len(e.Extra) > 0 {
		t.Errorf("%+v", e)
	}
	if _, err := server.Pay(invoice, sandbox.Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	settled := next()
	if settled.Type != webhook.TypeInvoicePaymentSettled || settled.Invoice.Payment == nil || settled.Invoice.PaymentMethodID != "BTC-CHAIN" || settled.Invoice.Payment.Value != "0.0004" {
		t.Errorf("%+v", settled)
	}
	if e := next(); e.Type != webhook.TypeInvoiceReceivedPayment {
		t.Errorf("%+v", e)
	}
	for range 4 { // created, two of the payment, and processing, which fails
		<-statuses
	}
	for len(handled) == 0 { // until the sandbox knows that it failed
		if err := server.Advance(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		select {
		case e := <-handled:
			handled <- e
		case <-time.After(time.Millisecond):
		}
	}
	if e := next(); e.Type != webhook.TypeInvoiceProcessing || !e.IsRedelivery || e.DeliveryID == e.OriginalDeliveryID {
		t.Errorf("%+v", e)
	}
	if e := next(); e.Type != webhook.TypeInvoiceSettled || e.IsRedelivery {
		t.Errorf("%+v", e)
	}
	<-statuses
	<-statuses

	// What was handled is not handled again, and what another secret signed is refused.
	call("POST", "/webhooks/"+hook+"/deliveries/"+settled.DeliveryID+"/redeliver", "")
	if status := <-statuses; status != http.StatusOK || len(handled) != 0 {
		t.Errorf("again: %d, and %d handled", status, len(handled))
	}
	call("PUT", "/webhooks/"+hook, `{"url":"`+shop.URL+`/hook","secret":"another secret of the shop, as long"}`)
	call("POST", "/webhooks/"+hook+"/deliveries/"+settled.DeliveryID+"/redeliver", "")
	if status := <-statuses; status != http.StatusUnauthorized {
		t.Errorf("with another secret: %d", status)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(events); n != 5 || slices.ContainsFunc(events, func(e webhook.Event) bool { return e.Timestamp.IsZero() }) {
		t.Errorf("%d events", n)
	}
}
