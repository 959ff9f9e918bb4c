package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// TestStoreRates has neighbours of recording 16-store-rates, by the rules of the server's public source
// (GreenfieldStoreRateConfigurationController, StoreBlob.RateSettings, DefaultRulesCollection).
func TestStoreRates(t *testing.T) {
	w := newTestbed(t, Options{})
	of := "/api/v1/stores/" + w.s.Seed().StoreID
	check := func(method, path, body string, status int, want string) {
		t.Helper()
		response, answer := w.greenfield(method, of+path, body)
		if response.StatusCode != status || !strings.Contains(answer, want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, response.StatusCode, answer, status, want)
		}
	}
	const configuration = "/rates/configuration"
	check("GET", configuration+"/primary", "", http.StatusOK, `"isCustomScript":true`)
	check("GET", configuration+"/PRIMARY", "", http.StatusOK, `"isCustomScript":true`)
	check("GET", configuration+"/Fallback", "", http.StatusNotFound, `"fallback-disabled"`)
	check("GET", configuration+"/secondary", "", http.StatusUnprocessableEntity, `[{"path":"rateSource","message":"The value 'secondary' is not valid."}]`)
	check("PUT", configuration+"/secondary", `{"isCustomScript":false}`, http.StatusUnprocessableEntity, "rateSource")

	// An exchange is named in any case. Where none is, it follows the store's currency.
	check("PUT", configuration, `{"isCustomScript":false,"preferredSource":"KRAKEN"}`, http.StatusOK, `"effectiveScript":"X_X = kraken(X_X);","preferredSource":"kraken"`)
	check("PUT", configuration, `{"isCustomScript":false,"preferredSource":""}`, http.StatusOK, `X_INR = coindcx(X_INR);","preferredSource":"kraken"`)
	for currency, source := range map[string]string{"JPY": "bitbank", "MXN": "coingecko"} {
		check("PUT", "", `{"name":"Shop","defaultCurrency":"`+currency+`"}`, http.StatusOK, currency)
		check("GET", configuration, "", http.StatusOK, `"preferredSource":"`+source+`"`)
	}
	check("PUT", configuration, `{"isCustomScript":true,"effectiveScript":""}`, http.StatusOK, `"isCustomScript":true,"effectiveScript":"X_EUR = kraken(X_EUR);`)

	// All that is wrong is named at once, and nothing changes.
	check("PUT", configuration, `{"isCustomScript":true,"effectiveScript":"BTC_USD = 2;"}`, http.StatusOK, "BTC_USD = 2;")
	check("PUT", configuration, `{"isCustomScript":true,"effectiveScript":"=","preferredSource":"kraken","spread":-1}`, http.StatusUnprocessableEntity,
		`[{"path":"Spread","message":"Spread value must be in %, between 0 and 100"},{"path":"EffectiveScript","message":"Script syntax is invalid"},`+
			`{"path":"PreferredSource","message":"You can't set the preferredSource if you are using custom scripts"}]`)
	check("PUT", configuration, `{"isCustomScript":false,"effectiveScript":"BTC_USD = 1;","preferredSource":"x"}`, http.StatusUnprocessableEntity, `check /misc/rate-sources`)
	check("POST", configuration+"/preview?currencyPair=x", `{"isCustomScript":true,"effectiveScript":"BTC_USD = 1;","spread":101}`, http.StatusUnprocessableEntity, `"Spread"`)
	check("GET", configuration, "", http.StatusOK, `"effectiveScript":"BTC_USD = 2;"`)

	// The fallback has what the primary settings lack, for invoices as well, and their spread.
	check("GET", "/rates?currencyPair=BTC_USD&currencyPair=BTC_CHF", "", http.StatusOK,
		`[{"currencyPair":"BTC_USD","rate":"2","errors":[]},{"currencyPair":"BTC_CHF","rate":null,"errors":["PreprocessError"]}]`)
	check("POST", "/invoices", `{"amount":"5","currency":"CHF"}`, http.StatusBadRequest, "Unable to get rate BTC_CHF")
	check("PUT", configuration+"/fallback", `{"isCustomScript":true,"effectiveScript":"BTC_CHF = 40; BTC_USD = 7;","spread":50}`, http.StatusOK, `"spread":50.00`)
	check("GET", configuration, "", http.StatusOK, `"spread":50.00`)
	check("GET", "/rates?currencyPair=btc_chf&currencyPair=BTC-CHF&currencyPair=BTCUSD&currencyPair=?&currencyPair=BTC_BTC", "", http.StatusOK,
		`[{"currencyPair":"BTC_CHF","rate":"20.0","errors":[]},{"currencyPair":"BTC_USD","rate":"1.0","errors":[]}]`)
	check("POST", "/invoices", `{"amount":"5","currency":"CHF"}`, http.StatusOK, `"currency":"CHF"`)
	check("PUT", configuration, `{"isCustomScript":true,"effectiveScript":"BTC_EUR = 2;"}`, http.StatusOK, `"spread":0`)
	check("GET", configuration+"/fallback", "", http.StatusOK, `"spread":0.00,"isCustomScript":true,"effectiveScript":"BTC_CHF = 40;`)
	check("POST", configuration+"/preview", `{"isCustomScript":false}`, http.StatusOK, `[]`)
	check("POST", configuration+"/preview?currencyPair=BTC_CHF", `{"isCustomScript":false,"preferredSource":"kraken"}`, http.StatusOK, `"rate":"40"`)
	check("POST", configuration+"/preview?currencyPair=BTC_GBP", `{"isCustomScript":false,"preferredSource":"kraken"}`, http.StatusOK, `"rate":null`)

	// Whose store it is.
	response, _ := w.greenfield("GET", "/api/v1/stores/NOSUCH"+configuration, "")
	if response.StatusCode != http.StatusForbidden {
		t.Error("a store that does not exist:", response.Status)
	}
	old := newTestbed(t, Options{Emulate: "2.0"})
	for path, status := range map[string]int{configuration: 200, configuration + "/primary": 404, configuration + "/fallback": 404} {
		if response, _ := old.greenfield("GET", "/api/v1/stores/"+old.s.Seed().StoreID+path, ""); response.StatusCode != status {
			t.Errorf("2.0.8 %s: %s", path, response.Status)
		}
	}
}
