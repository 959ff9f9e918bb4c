package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWebhookLists has the list of deliveries at its edges (recording 45-webhook-deliveries-neighbours), and deliveries
// that are old (wire 8.1, CleanupWebhookDeliveriesTask: the content goes after 60 days, the entry stays).
func TestWebhookLists(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200"}`)
	w.freeInvoice()
	w.quiet()
	posts := s.take()
	for query, want := range map[string]int{"": 3, "?count=": 3, "?count=0": 0, "?count=1": 1, "?count=2": 2, "?count=3": 3, "?count=4": 3, "?count=2147483647": 3, "?COUNT=1": 1, "?count=%201": 1, "?other=1": 3} {
		if got := h.deliveries(query); len(got) != want || want > 0 && got[0].ID != posts[2].Event.DeliveryID {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]string{"?count=-1": "500 ", "?count=2147483648": "422 [{\"path\":\"count\",\"message\":\"The value '2147483648' is not valid.\"}]", "?count=x": "422 [{\"path\":\"count\",\"message\":\"The value 'x' is not valid.\"}]", "?count=1.5": "422 [{\"path\":\"count\",\"message\":\"The value '1.5' is not valid.\"}]"} {
		response, answer := w.greenfield("GET", h.path+"/deliveries"+query, "")
		if got := fmt.Sprint(response.StatusCode, " ", answer); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	one := h.path + "/deliveries/" + posts[0].Event.DeliveryID
	ask := func(path string) (int, string, string) {
		response, answer := w.greenfield("GET", path, "")
		return response.StatusCode, response.Header.Get("Content-Type"), answer
	}
	for _, path := range []string{one + "/request", strings.Replace(one, "/stores/"+w.s.Seed().StoreID, "", 1) + "/request"} {
		if status, kind, answer := ask(path); status != 200 || kind != "application/json" || answer != string(posts[0].Body) {
			t.Errorf("%d %s %s", status, kind, answer)
		}
	}
	w.control("clock", `{"advance":"1416h"}`) // 59 days
	if status, _, _ := ask(one + "/request"); status != 200 {
		t.Errorf("after 59 days: %d", status)
	}
	w.control("clock", `{"advance":"48h"}`)
	for _, path := range []string{one + "/request", one + "/redeliver"} {
		method := map[bool]string{true: "GET", false: "POST"}[strings.HasSuffix(path, "request")]
		if response, answer := w.greenfield(method, path, ""); response.StatusCode != 409 || member(t, answer, "code") != "webhookdelivery-pruned" {
			t.Errorf("%s: %d %s", path, response.StatusCode, answer)
		}
	}
	if status, _, _ := ask(one); status != 200 || len(h.deliveries("")) != 3 {
		t.Errorf("an old delivery: %d", status)
	}
}

// TestWebhookBytes has metadata that two JSON libraries may write in different ways: what is signed, sent and shown is one.
func TestWebhookBytes(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(created(s.URL + "/200"))
	_, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices",
		`{"amount":"0","metadata":{"z":{"a":[],"b":{},"c":[1,[2]]},"t":"ö<&>'\"\\\/\b\f\n\r\t\u0001\u007f\u0085\u2028\u2029😀","n":1.50,"e":1e3,"x":null,"y":true,"deliveryId":"mine"}}`)
	id := member(t, answer, "id")
	w.quiet()
	d := h.deliveries("")[0]
	want := fmt.Sprintf(`{
  "deliveryId": %q,
  "webhookId": %q,
  "originalDeliveryId": %q,
  "isRedelivery": false,
  "type": "InvoiceCreated",
  "timestamp": %d,
  "storeId": %q,
  "invoiceId": %q,
  "metadata": {
    "z": {
      "a": [],
      "b": {},
      "c": [
        1,
        [
          2
        ]
      ]
    },
    "t": "ö<&>'\"\\/\b\f\n\r\t\u0001%s\u0085\u2028\u2029😀",
    "n": 1.5,
    "e": 1000.0,
    "x": null,
    "y": true,
    "deliveryId": "mine"
  }
}`, d.ID, h.id, d.ID, d.Timestamp, w.s.Seed().StoreID, id, "\u007f")
	came := s.take()
	if len(came) != 1 || string(came[0].Body) != want || !came[0].signedWith(h.secret) {
		t.Fatalf("%s\nwant %s", came[0].Body, want)
	}
	_, answer = w.greenfield("POST", h.path+"/deliveries/"+d.ID+"/redeliver", "")
	w.quiet()
	want = strings.Replace(strings.Replace(want, d.ID, strings.Trim(answer, `"`), 1), "false", "true", 1)
	if came := s.take(); len(came) != 1 || string(came[0].Body) != want {
		t.Errorf("%s\nwant %s", came[0].Body, want)
	}
}

// TestWebhookRedeliveredOrder has an event with fields of its own: they stand before the common ones, and behind them
// when the event is delivered again (WebhookSender reads it without knowing its type).
func TestWebhookRedeliveredOrder(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled"]}}`)
	w.freeInvoice()
	w.quiet()
	w.greenfield("POST", h.path+"/deliveries/"+h.deliveries("")[0].ID+"/redeliver", "")
	w.quiet()
	names := func(body []byte) string {
		var all []string
		d := json.NewDecoder(bytes.NewReader(body))
		for depth := 0; d.More() || depth > 0; {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if name, ok := token.(string); ok && depth == 1 && len(all)%2 == 0 {
				all = append(all, name, "")
				var value any
				if err := d.Decode(&value); err != nil {
					t.Fatal(err)
				}
			}
			switch token {
			case json.Delim('{'):
				depth++
			case json.Delim('}'):
				depth--
			}
		}
		return strings.Join(slices.DeleteFunc(all, func(name string) bool { return name == "" }), " ")
	}
	came := s.take()
	if len(came) != 2 {
		t.Fatalf("%+v", came)
	}
	const common = "deliveryId webhookId originalDeliveryId isRedelivery type timestamp"
	if got := names(came[0].Body); got != "manuallyMarked overPaid "+common+" storeId invoiceId metadata" {
		t.Error(got)
	}
	if got := names(came[1].Body); got != common+" manuallyMarked overPaid storeId invoiceId metadata" {
		t.Error(got)
	}
}
