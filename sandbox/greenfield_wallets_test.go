package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// TestWalletOverview has what a wallet was paid, and what there is none of, as
// recordings 25-apps, 29-lightning-absent and 30-wallets have it.
func TestWalletOverview(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	check := func(path string, status int, want string) {
		t.Helper()
		response, answer := w.greenfield("GET", path, "")
		if response.StatusCode != status || !strings.HasPrefix(answer, want) {
			t.Errorf("%s: %d %s, want %d %s", path, response.StatusCode, answer, status, want)
		}
	}
	check(store+"/payment-methods/BTC-CHAIN/wallet", http.StatusOK, `{"balance":"0","unconfirmedBalance":"0","confirmedBalance":"0","label":"tpub`)
	for _, payment := range []string{`"amount":"0.0006","confirmations":1`, `"amount":"0.25"`} {
		_, answer := w.greenfield("POST", store+"/invoices", `{"amount":"20","currency":"USD"}`)
		_, methods := w.greenfield("GET", store+"/invoices/"+member(t, answer, "id")+"/payment-methods", "")
		w.control("pay", `{"address":"`+member(t, strings.Trim(methods, "[]"), "destination")+`",`+payment+`}`)
	}
	check(store+"/payment-methods/BTC/wallet", http.StatusOK, `{"balance":"0.2506","unconfirmedBalance":"0.25","confirmedBalance":"0.0006"`)
	check(store+"/payment-methods/DOGE-CHAIN/wallet", http.StatusNotFound, `{"code":"unknown-paymentMethodId"`)
	_, answer := w.greenfield("POST", "/api/v1/stores", `{"name":"Empty"}`)
	check("/api/v1/stores/"+member(t, answer, "id")+"/payment-methods/BTC-CHAIN/wallet", http.StatusServiceUnavailable, `{"code":"not-available"`)
	check(store+"/apps", http.StatusOK, `[]`)
	for _, of := range []string{store, "/api/v1/server"} {
		check(of+"/lightning/BTC/info", http.StatusNotFound, `{"code":"lightning-not-configured"`)
		check(of+"/lightning/DOGE/invoices", http.StatusNotFound, `{"code":"unknown-cryptocode"`)
	}
}
