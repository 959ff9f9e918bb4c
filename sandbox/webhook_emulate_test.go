package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestWebhooksOfOlderServers has what versions.md and recordings 22 of older servers show.
func TestWebhooksOfOlderServers(t *testing.T) {
	for _, test := range []struct {
		version                        string
		unknown                        int  // id below the store
		storeless, retries404, hasTime bool // of a path, of a refusal, of a delivery
		payment                        string
	}{
		{"1.13.5", 404, false, true, false, `"paymentMethod": "BTC"`},
		{"2.0.8", 404, false, true, false, `"paymentMethodId": "BTC-CHAIN"`},
		{"2.3.3", 404, false, true, false, `"paymentMethodId": "BTC-CHAIN"`},
		{"2.3.4", 404, false, false, true, `"paymentMethodId": "BTC-CHAIN"`},
		{"2.3.9", 404, false, false, true, `"paymentMethodId": "BTC-CHAIN"`},
		{"2.4.1", 403, true, false, true, `"paymentMethodId": "BTC-CHAIN"`},
		{"newer", 403, true, false, true, `"paymentMethodId": "BTC-CHAIN"`},
	} {
		t.Run(test.version, func(t *testing.T) {
			w, s := newTestbed(t, Options{Emulate: test.version}), newShop(t)
			h := w.makeHook(`{"url":"` + s.URL + `/404","authorizedEvents":{"everything":false,"specificEvents":["InvoicePaymentSettled"]}}`)
			ask := func(method, path string, want int, says string) {
				t.Helper()
				response, answer := w.greenfield(method, path, "")
				if response.StatusCode != want || !strings.Contains(answer, says) {
					t.Errorf("%s %s: %d %s, want %d %s", method, path, response.StatusCode, answer, want, says)
				}
			}
			says := map[int]string{404: "webhook-not-found", 403: "missing-permission"}[test.unknown]
			ask("GET", w.webhooks()+"/none", test.unknown, says)
			ask("GET", "/api/v1/stores/"+w.otherStore()+"/webhooks/"+h.id, test.unknown, says)
			if test.unknown == 404 { // the handler looks, and the list of deliveries finds none
				ask("GET", w.webhooks()+"/none/deliveries", 200, "[]")
				ask("GET", w.webhooks()+"/none/deliveries/x", 404, "webhookdelivery-not-found")
				ask("GET", "/api/v1/stores/none/webhooks", 403, "missing-permission")
			} else {
				ask("GET", w.webhooks()+"/none/deliveries", 403, "missing-permission")
			}
			if response, _ := w.greenfield("GET", "/api/v1/webhooks/"+h.id, ""); (response.StatusCode == http.StatusOK) != test.storeless {
				t.Errorf("without the store: %d", response.StatusCode)
			}
			paid := w.signed("POST", "/invoices", `{"price":20}`)
			w.control("pay", fmt.Sprintf(`{"address":%q,"amount":"0.0004","confirmations":6}`, paid["bitcoinAddress"]))
			w.quiet()
			came := s.take()
			if len(came) != 1 || !strings.Contains(string(came[0].Body), test.payment) {
				t.Fatalf("%+v, want %s", came, test.payment)
			}
			_, answer := w.greenfield("GET", h.path+"/deliveries", "")
			if strings.Contains(answer, `"deliveryTime"`) != test.hasTime {
				t.Errorf("a delivery: %s", answer)
			}
			w.control("clock", `{"advance":"10s"}`)
			w.quiet()
			if again := len(s.take()) == 1; again != test.retries404 {
				t.Errorf("a refusal is tried again: %t", again)
			}
			ask("DELETE", h.path, 200, "")
			ask("GET", h.path, 404, "webhook-not-found")
			ask("GET", h.path+"/deliveries", 200, "[]")
		})
	}
}
