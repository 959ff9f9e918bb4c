package world

import (
	"net/http"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
)

// TestWebhookPauses has attempts that take long: the pause begins when one ended, and what waited behind it counts from
// there. The world's clock stands still, so that nothing here waits.
func TestWebhookPauses(t *testing.T) {
	start := time.Unix(1_800_000_000, 0).UTC()
	w, err := Open("", func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(nil); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Lock()
	defer w.Unlock() // no lane is tried meanwhile
	h := w.State.AddWebhook("s", WebhookSettings{URL: "http://a/", Enabled: true, Everything: true, AutomaticRedelivery: true})
	for range 2 {
		w.Announce("s", "InvoiceCreated", func(d *WebhookDelivery) []byte { return EventBody(map[string]any{"deliveryId": d.ID, "type": d.Type}) })
	}
	first, second := w.State.lanes[h.ID].waiting[0], w.State.lanes[h.ID].waiting[1]
	done := func(o deliver.Outcome) {
		t.Helper()
		attempt, _ := w.nextWebhookAttempt(h.ID)
		if attempt == nil {
			t.Fatal("nothing is due")
		}
		attempt.Done(o)
	}
	waits := func(want time.Time) {
		t.Helper()
		if attempt, at := w.nextWebhookAttempt(h.ID); attempt != nil || !at.Equal(want) {
			t.Fatalf("%v, next at %v, not %v", attempt, at, want)
		}
	}
	at := start.Add(100*time.Second + 10*time.Second)
	done(deliver.Outcome{Err: "slow", Took: 100*time.Second + 900*time.Millisecond})
	waits(at)
	w.clock.advance(at.Sub(start))
	done(deliver.Outcome{Status: http.StatusServiceUnavailable, Took: 3 * time.Second})
	at = at.Add(3*time.Second + time.Minute)
	waits(at)
	w.clock.advance(at.Sub(w.Now()))
	done(deliver.Outcome{Status: http.StatusOK})
	if first.Retry != nil || len(w.State.WebhookDeliveriesOf(h, -1)) != 3 {
		t.Errorf("%+v", first)
	}
	done(deliver.Outcome{Status: http.StatusInternalServerError})
	if second.Retry == nil || !second.Retry.Due.Equal(at.Add(10*time.Second)) || !second.Created.Equal(start) || !second.Sent.Equal(at) {
		t.Errorf("the one behind it: %+v %+v", second, second.Retry)
	}
	list := w.State.WebhookDeliveriesOf(h, -1)
	if list[3].ID != first.ID && list[3].ID != second.ID || !list[0].Created.Equal(at) {
		t.Errorf("the list: %+v", list)
	}
	if got := w.State.WebhookDeliveriesOf(h, 1); len(got) != 1 || got[0] != list[0] {
		t.Errorf("the newest: %+v", got)
	}
}

// TestRedelivered has bodies that are not as the server writes them now.
func TestRedelivered(t *testing.T) {
	const body = `{"overPaid":false,"deliveryId":"a","webhookId":"w","originalDeliveryId":"o","isRedelivery":true,"type":"T","timestamp":1,"storeId":"s","n":1.0,"m":{"deliveryId":"x"}}`
	want := `{
  "deliveryId": "b",
  "webhookId": "w",
  "originalDeliveryId": "o",
  "isRedelivery": true,
  "type": "T",
  "timestamp": 1,
  "overPaid": false,
  "storeId": "s",
  "n": 1.0,
  "m": {
    "deliveryId": "x"
  }
}`
	if got := string(redelivered([]byte(body), "b")); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := redelivered([]byte("{"), "b"); got != nil {
		t.Errorf("%s", got)
	}
}
