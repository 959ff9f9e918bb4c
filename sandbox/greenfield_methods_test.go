package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// TestPaymentMethods has neighbours of recording 15-payment-methods.
func TestPaymentMethods(t *testing.T) {
	w := newTestbed(t, Options{})
	of := "/api/v1/stores/" + w.s.Seed().StoreID
	check := func(method, path, body string, status int, want string) string {
		t.Helper()
		response, answer := w.greenfield(method, of+path, body)
		if response.StatusCode != status || !strings.Contains(answer, want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, response.StatusCode, answer, status, want)
		}
		return answer
	}
	const (
		all     = "/payment-methods"
		onChain = all + "/BTC-CHAIN"
		first   = "tpubDCZB6sR48s4T5Cr8qHUYSZEFCQMMHRg8AoVKVmvcAP5bRw7ArDKeoNwKAJujV3xCPkBvXH5ejSgbgyN6kREmF7sMd41NdbuHa8n1DZNxSMg"
		second  = "tpubDCZB6sR48s4T6xoXqaYxScvf23kmQvg5QpyFkYnDBjsmviKHLSG9s6cp593Exg87tuMjXXMWDvBRXnJtzppcQf8Z8HdJP1rothfxm4qnPXo"
		two     = `{"config":"2-of-` + first + "-" + second
	)
	// The same method under its other names, the same switch twice, and what is not a switch.
	for _, name := range []string{"BTC", "btc", "btc-onchain", "BTC_OnChain", "OnChain/BTC", "ONCHAIN/btc"} {
		check("GET", all+"/"+name, "", http.StatusOK, `{"enabled":true,"paymentMethodId":"BTC-CHAIN"}`)
	}
	check("GET", all+"/btc-chain", "", http.StatusNotFound, `{"code":"paymentmethod-not-found","message":"The payment method is not found"}`)
	for range 2 {
		check("PUT", onChain, `{"enabled":false}`, http.StatusOK, `{"enabled":false,"paymentMethodId":"BTC-CHAIN"}`)
	}
	check("PUT", onChain, `{"enabled":null,"config":null}`, http.StatusOK, `"enabled":false`)
	check("GET", all+"?onlyEnabled=false", "", http.StatusOK, `"BTC-CHAIN"`)
	check("GET", all+"?onlyEnabled=TRUE", "", http.StatusOK, `[]`)
	check("GET", all+"?onlyEnabled=x", "", http.StatusUnprocessableEntity, `"onlyEnabled"`)
	check("PUT", all+"/onchain/BTC", `{"enabled":true}`, http.StatusOK, `"enabled":true`)

	// Keys that sign together, in either order: the addresses are the same.
	for _, bad := range []string{"0-of-" + first, "3-of-" + first + "-" + second, "x-of-" + first, "-1-of-" + first, "1-of-", first + "-" + second, first + "-[p2tr]", first + "-"} {
		check("PUT", onChain, `{"config":"`+bad+`"}`, http.StatusUnprocessableEntity, `Invalid configuration`)
	}
	for suffix, prefix := range map[string]string{"": "bcrt1q", "-[p2sh]": "2", "-[legacy]": "2"} {
		address := check("POST", onChain+"/wallet/preview?count=1", two+suffix+`"}`, http.StatusOK, `"address":"`+prefix)
		other := check("POST", onChain+"/wallet/preview?count=1", `{"config":"2-of-`+second+"-"+first+suffix+`"}`, http.StatusOK, `"keyPath":"0/0"`)
		if address != other {
			t.Errorf("%s, and with the keys turned %s", address, other)
		}
	}
	check("GET", onChain+"/wallet/preview?count=1", "", http.StatusOK, `"keyPath":"0/0"`)
	check("PUT", onChain, two+`"}`, http.StatusOK, `"accountKey":"`+second+`"}],"label":null`)
	invoice := check("POST", "/invoices", `{"amount":"5","currency":"USD"}`, http.StatusOK, `"New"`)
	check("GET", "/invoices/"+member(t, invoice, "id")+all, "", http.StatusOK, `"destination":"bcrt1q`)

	// Objects that are no settings.
	for _, config := range []string{`{}`, `{"derivationScheme":"x"}`, `{"derivationScheme":"` + first + `","accountKeyPath":"5c9e228d"}`, `{"derivationScheme":null}`} {
		check("PUT", onChain, `{"config":`+config+`}`, http.StatusUnprocessableEntity, `{"path":"AccountKeySettings"`)
	}
	for _, config := range []string{`[]`, `true`, `1.5`, `"-"`} {
		check("PUT", onChain, `{"config":`+config+`}`, http.StatusUnprocessableEntity, "Error converting value "+strings.ReplaceAll(config, `"`, `\"`))
	}

	check("GET", all+"/LightningNetwork", "", http.StatusGone, `"unsupported-in-v2"`)
	check("DELETE", all+"/lnurlpay/BTC", "", http.StatusGone, `"unsupported-in-v2"`)
	check("PUT", all+"/BTC-LN", `{"config":{"connectionString":"type=lnd-rest;server=https://127.0.0.1"}}`, http.StatusOK, `"BTC-LN"`)
	check("PUT", all+"/BTC-LN", `{"config":{}}`, http.StatusUnprocessableEntity, `"ConnectionString"`)
	check("PUT", all+"/BTC-LNURL", `{"enabled":false}`, http.StatusNotFound, `"paymentmethod-not-found"`)
	check("PUT", all+"/BTC_LNURLPAY", `{"config":{"lud12Enabled":false}}`, http.StatusOK, `"config":{"useBech32Scheme":false,"lud12Enabled":false,"lud21Enabled":true},"paymentMethodId":"BTC-LNURL"`)
	check("PUT", all+"/BTC-LNURL", `{"enabled":false}`, http.StatusOK, `{"enabled":false,"paymentMethodId":"BTC-LNURL"}`)

	// What is removed is gone, and removing it again is no error. Without a wallet there is no invoice.
	for range 2 {
		check("DELETE", all+"/btc", "", http.StatusOK, "")
		check("DELETE", all+"/BTC-LNURL", "", http.StatusOK, "")
		check("DELETE", all+"/BTC-LN", "", http.StatusOK, "")
	}
	check("DELETE", all+"/DOGE-CHAIN", "", http.StatusNotFound, `"paymentmethod-not-found"`)
	check("GET", all, "", http.StatusOK, "[]")
	check("GET", onChain+"/wallet/preview", "", http.StatusNotFound, `"paymentmethod-not-configured"`)
	check("POST", onChain+"/wallet/generate", `{}`, http.StatusServiceUnavailable, `"not-available"`)
	check("POST", "/invoices", `{"amount":"5","currency":"USD"}`, http.StatusBadRequest, "")
}
