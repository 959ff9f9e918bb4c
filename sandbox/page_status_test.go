package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// statusOf asks for the status of an invoice as its page does, without a credential.
func (w *testbed) statusOf(path string) map[string]any {
	w.t.Helper()
	response, answer := w.call("GET", path, "")
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("GET %s: %d %.200s", path, response.StatusCode, answer)
	}
	var status map[string]any
	if err := json.Unmarshal([]byte(answer), &status); err != nil {
		w.t.Fatal(err)
	}
	return status
}

// TestStatusNamesTheStore has an invoice of each half and each store, by every path there is, and through its life.
func TestStatusNamesTheStore(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/shop"})
	root, own := "/shop", w.s.Seed().StoreID
	_, answer := w.greenfield("POST", root+"/api/v1/stores", `{"name":"Second <b>","networkFeeMode":"Always","receipt":{"enabled":false}}`)
	second := member(t, answer, "id")
	w.greenfield("PUT", root+"/api/v1/stores/"+second+"/payment-methods/BTC-CHAIN", `{"enabled":true,"config":"tpubDCZB6sR48s4T5Cr8qHUYSZEFCQMMHRg8AoVKVmvcAP5bRw7ArDKeoNwKAJujV3xCPkBvXH5ejSgbgyN6kREmF7sMd41NdbuHa8n1DZNxSMg"}`)
	w.greenfield("PUT", root+"/api/v1/stores/"+second+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_EUR = 40000;"}`)
	_, answer = w.greenfield("POST", root+"/api/v1/stores/"+second+"/invoices", `{"amount":"1234.5","currency":"EUR","metadata":{"buyerEmail":"a@shop.example"},"checkout":{"lazyPaymentMethods":true,"defaultLanguage":"de-DE"}}`)
	lazy := member(t, answer, "id")
	signed := w.signed("POST", root+"/invoices", `{"price":5,"currency":"BTC","taxIncluded":1}`)["id"].(string)

	for _, path := range []string{"/i/" + lazy + "/status", "/I/" + lazy + "/STATUS/", "/invoice/" + lazy + "/status", "/Invoice/Status?InvoiceId=" + lazy, "/i/" + lazy + "/BTC-LN/status"} {
		if s := w.statusOf(root + path); s["storeId"] != second || s["storeName"] != "Second <b>" || s["invoiceId"] != lazy || s["activated"] != true {
			t.Errorf("%s: %v", path, s)
		}
	}
	s := w.statusOf(root + "/i/" + lazy + "/status?lang=nl-BE")
	for name, want := range map[string]any{
		"rate": "€40,000.00", "orderAmountFiat": "€1,234.50", "orderAmount": "0.03086250", "customerEmail": "a@shop.example", "defaultLang": "nl-NL", "rootPath": "/shop/",
		"cryptoImage": "/shop/imlegacy/bitcoin.svg", "merchantRefLink": "/", "receiptLink": nil, "txCountForFee": 1.0,
	} {
		if s[name] != want {
			t.Errorf("%s is %v, not %v", name, s[name], want)
		}
	}
	if s := w.statusOf(root + "/i/" + lazy + "/status?lang=xx"); s["defaultLang"] != "de-DE" {
		t.Error("an unknown language leads to", s["defaultLang"])
	}
	s = w.statusOf(root + "/i/" + signed + "/status")
	if s["storeId"] != own || s["rate"] != nil || s["orderAmountFiat"] != nil || s["taxIncluded"].(map[string]any)["formatted"] != "1.00000000 BTC" {
		t.Error(s)
	}

	w.control("clock", `{"advance":"20m"}`)
	if s := w.statusOf(root + "/i/" + signed + "/status"); s["status"] != "Expired" || s["timeLeft"] != "00:00" || s["storeId"] != own {
		t.Error("an expired invoice:", s)
	}
	w.greenfield("POST", root+"/api/v1/stores/"+own+"/invoices/"+signed+"/status", `{"status":"Settled"}`)
	if s := w.statusOf(root + "/i/" + signed + "/status"); s["status"] != "Settled" || s["storeId"] != own {
		t.Error("a settled invoice:", s)
	}
	w.greenfield("DELETE", root+"/api/v1/stores/"+own+"/invoices/"+signed, "")
	for _, path := range []string{"/i/" + signed + "/status", "/i/" + strings.ToUpper(lazy) + "/status", "/i//status", "/invoice/status", "/i/" + lazy + "/status/ws", "/invoice/status?id=" + lazy} {
		if response, answer := w.call("GET", root+path, ""); response.StatusCode != http.StatusNotFound || answer != "" {
			t.Errorf("GET %s: %d %.100s", path, response.StatusCode, answer)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD"} {
		if response, _ := w.call(method, root+"/i/"+lazy+"/status", ""); response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, response.StatusCode)
		}
	}
}
