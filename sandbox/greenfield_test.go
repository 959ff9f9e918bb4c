package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// member gives one text of an answer.
func member(t *testing.T, answer, name string) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(answer), &members); err != nil {
		t.Fatalf("%v in %.200s", err, answer)
	}
	return strings.Trim(string(members[name]), `"`)
}

// TestGreenfieldSurvivesRestart reads the same after a restart from the state file.
func TestGreenfieldSurvivesRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first, err := NewHandler(Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	w := &testbed{t: t, s: first}
	store := "/api/v1/stores/" + first.Seed().StoreID
	send := func(method, path, body string) string {
		t.Helper()
		response, answer := w.inProcess(method, path, body)
		if response != http.StatusOK && response != http.StatusCreated {
			t.Fatalf("%s %s: %d %s", method, path, response, answer)
		}
		return answer
	}
	user := member(t, send("POST", "/api/v1/users", `{"email":"guest@shop.example","password":"a word for you"}`), "id")
	send("POST", store+"/users", `{"id":"`+user+`","storeRole":"Guest"}`)
	send("POST", "/api/v1/users/"+user+"/lock", `{"locked":true}`)
	lazy := member(t, send("POST", store+"/invoices", `{"amount":"20","metadata":{"orderId":7,"own":{"deep":[1.50,null]}},"checkout":{"lazyPaymentMethods":true,"defaultLanguage":"EN"},"receipt":{"showQR":false},"additionalSearchTerms":["red"]}`), "id")
	marked := member(t, send("POST", store+"/invoices", `{"amount":"20"}`), "id")
	send("POST", store+"/invoices/"+marked+"/status", `{"status":"Settled"}`)
	send("POST", store+"/invoices/"+marked+"/refund", `{"refundVariant":"Fiat","payoutMethods":["BTC-CHAIN"]}`)
	send("POST", store+"/payment-requests", `{"title":"Fee","amount":"1.50"}`)
	pull := "/api/v1/pull-payments/" + member(t, send("POST", store+"/pull-payments", `{"amount":"1.50","currency":"BTC","expiresAt":4102444800}`), "id")
	address, err := first.state.Stores[first.Seed().StoreID].Wallet.Address(1000)
	if err != nil {
		t.Fatal(err)
	}
	payout := member(t, send("POST", store+"/payouts", `{"destination":"`+address+`","payoutMethodId":"BTC","amount":"0.10","approved":true,"metadata":{"two":[1],"a":null}}`), "id")
	send("POST", store+"/payouts/"+payout+"/mark", `{"state":"InProgress","paymentProof":{"proofType":"own","id":1}}`)
	send("PUT", store+"/payout-processors/OnChainAutomatedPayoutSenderFactory/BTC", `{"intervalSeconds":90,"threshold":0.10}`)
	paths := []string{
		store, store + "/users", store + "/invoices?includePaymentMethods=true", store + "/invoices?textSearch=re", store + "/invoices/" + lazy,
		store + "/pull-payments", pull, store + "/payouts", store + "/payout-processors/OnChainAutomatedPayoutSenderFactory",
		store + "/payment-requests", "/api/v1/users", "/api/v1/server/info", store + "/payment-methods/BTC-CHAIN?includeConfig=true",
	}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = send("GET", path, "")
	}
	if !strings.Contains(before[store+"/invoices?textSearch=re"], lazy) {
		t.Error("the invoice is not found by its term")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if w.s, err = NewHandler(Options{StateFile: file}); err != nil {
		t.Fatal(err)
	}
	defer w.s.Close()
	for _, path := range paths {
		if after := send("GET", path, ""); after != before[path] {
			t.Errorf("%s\nbefore %s\nafter  %s", path, before[path], after)
		}
	}
	send("POST", store+"/invoices/"+lazy+"/payment-methods/BTC-CHAIN/activate", "")
	if methods := send("GET", store+"/invoices/"+lazy+"/payment-methods", ""); !strings.Contains(methods, `"activated":true`) {
		t.Error(methods)
	}
}

// inProcess calls the handler without a listener.
func (w *testbed) inProcess(method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "token "+w.s.Seed().APIKey)
	recorder := httptest.NewRecorder()
	w.s.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String()
}

// TestMoneyTexts has the ways to write an amount, as facts and recordings of the server tell them.
func TestMoneyTexts(t *testing.T) {
	w := newTestbed(t, Options{})
	path := "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices"
	for body, want := range map[string]string{
		`{"amount":"1,5"}`:            "15",
		`{"amount":"1e2"}`:            "100",
		`{"amount":5.10}`:             "5.1",
		`{"amount":"5.10"}`:           "5.10",
		`{"amount":"10.125"}`:         "10.13",
		`{"amount":" 7 "}`:            "7",
		`{"AMOUNT":"7"}`:              "7",
		`{"amount":"1","amount":"2"}`: "2",
		`{"amount":"0.00"}`:           "0.0",
	} {
		response, answer := w.greenfield("POST", path, body)
		if got := member(t, answer, "amount"); response.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %d %s, want %s", body, response.StatusCode, got, want)
		}
	}
}

// TestRefundAmounts has what goes back, by each way to say how much.
func TestRefundAmounts(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	_, answer := w.greenfield("POST", store+"/invoices", `{"amount":"20","currency":"USD"}`)
	path := store + "/invoices/" + member(t, answer, "id")
	_, methods := w.greenfield("GET", path+"/payment-methods", "")
	w.control("pay", `{"address":"`+member(t, strings.Trim(methods, "[]"), "destination")+`","amount":"0.0006","confirmations":1}`)
	refund := func(body string) (int, string, string) {
		response, answer := w.greenfield("POST", path+"/refund", `{"payoutMethods":["BTC"],`+body+`}`)
		if response.StatusCode != http.StatusOK {
			return response.StatusCode, answer, ""
		}
		return response.StatusCode, member(t, answer, "amount"), member(t, answer, "currency")
	}
	for body, want := range map[string]string{
		`"refundVariant":"RateThen"`:                                            "0.0006 BTC",
		`"refundVariant":"CurrentRate"`:                                         "0.0006 BTC",
		`"refundVariant":"fiat"`:                                                "30.00 USD",
		`"refundVariant":"OverpaidAmount"`:                                      "0.0002 BTC",
		`"refundVariant":"RateThen","subtractPercentage":50`:                    "0.00030 BTC",
		`"refundVariant":"Custom","customAmount":"1000","customCurrency":"jpy"`: "1000 jpy",
		`"refundVariant":"Custom","customAmount":"5","customCurrency":"BTC"`:    "5 BTC",
	} {
		if status, amount, currency := refund(body); status != http.StatusOK || amount+" "+currency != want {
			t.Errorf("%s: %d %s %s, want %s", body, status, amount, currency, want)
		}
	}
	w.greenfield("PUT", store+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_USD = 100000;"}`)
	if _, amount, _ := refund(`"refundVariant":"CurrentRate"`); amount != "0.0003" {
		t.Errorf("at twice the rate %s goes back", amount)
	}
	w.greenfield("PUT", store+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_EUR = 1;"}`)
	if status, answer, _ := refund(`"refundVariant":"CurrentRate"`); status != http.StatusInternalServerError {
		t.Errorf("without a rate for the current one: %d %s", status, answer)
	}
	for _, body := range []string{
		`"refundVariant":"Custom","customAmount":"1","customCurrency":"USD"`, // also without a rate
		`"refundVariant":"Custom","customAmount":"-1","customCurrency":"USD"`,
		`"refundVariant":"RateThen","subtractPercentage":101`,
		`"refundVariant":"RateThen","subtractPercentage":-1`,
	} {
		if status, answer, _ := refund(body); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
}

// TestDeletedStoreStays has what a member who deletes a store loses, and what stays for the others.
func TestDeletedStoreStays(t *testing.T) {
	w := newTestbed(t, Options{})
	_, answer := w.greenfield("POST", "/api/v1/users", `{"email":"second@shop.example","password":"a word for you"}`)
	second := member(t, answer, "id")
	_, answer = w.greenfield("POST", "/api/v1/users/"+second+"/api-keys", `{"permissions":["unrestricted"]}`)
	key := "token " + member(t, answer, "apiKey")
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	w.greenfield("POST", store+"/users", `{"id":"`+second+`","storeRole":"Owner"}`)
	inv := w.signed("POST", "/invoices", `{"price":20}`)
	if response, answer := w.call("DELETE", store, "", "Authorization", key); response.StatusCode != http.StatusOK || answer != "" {
		t.Fatal(response.StatusCode, answer)
	}
	for _, path := range []string{store, store + "/invoices", "/api/v1/invoices/" + inv["id"].(string)} {
		if response, _ := w.call("GET", path, "", "Authorization", key); response.StatusCode != http.StatusForbidden {
			t.Errorf("GET %s: %d", path, response.StatusCode)
		}
		if response, _ := w.greenfield("GET", path, ""); response.StatusCode != http.StatusOK {
			t.Errorf("GET %s by the one who is left: %d", path, response.StatusCode)
		}
	}
	if _, answer := w.call("GET", "/api/v1/stores", "", "Authorization", key); answer != "[]" {
		t.Error(answer)
	}

	// The last member goes too, an administrator, who may still look.
	w.greenfield("DELETE", store, "")
	if _, answer := w.greenfield("GET", "/api/v1/stores", ""); answer != "[]" {
		t.Error(answer)
	}
	if response, _ := w.greenfield("GET", store+"/invoices", ""); response.StatusCode != http.StatusOK {
		t.Error("an administrator looks:", response.StatusCode)
	}
	if response, _ := w.greenfield("POST", store+"/invoices", `{"amount":"5"}`); response.StatusCode != http.StatusForbidden {
		t.Error("an administrator makes an invoice:", response.StatusCode)
	}
	if response, _ := w.call("GET", "/invoices", "", sign(w.key, w.origin+"/invoices", "")...); response.StatusCode != http.StatusOK {
		t.Error("the token is no longer good:", response.StatusCode)
	}
	w.control("clock", `{"advance":"48h"}`)
}

// TestChangeMe changes what lets one in: the password by the old one alone, and the e-mail to one that nobody has.
func TestChangeMe(t *testing.T) {
	w := newTestbed(t, Options{})
	seed := w.s.Seed()
	basic := func(email, password string) int {
		credential := base64.StdEncoding.EncodeToString([]byte(email + ":" + password))
		response, _ := w.call("GET", "/api/v1/users/me", "", "Authorization", "Basic "+credential)
		return response.StatusCode
	}
	change := func(body string, want int) {
		t.Helper()
		if response, answer := w.greenfield("PUT", "/api/v1/users/me", body); response.StatusCode != want {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
	change(`{"currentPassword":"not it","newPassword":"another one"}`, http.StatusUnprocessableEntity)
	change(`{"newPassword":"another one"}`, http.StatusUnprocessableEntity)
	change(`{"currentPassword":"`+seed.Password+`","newPassword":"short"}`, http.StatusUnprocessableEntity)
	if got := basic(seed.Email, seed.Password); got != http.StatusOK {
		t.Error("the old password was changed:", got)
	}
	change(`{"currentPassword":"`+seed.Password+`","newPassword":"another one","email":"me@shop.example"}`, http.StatusOK)
	if got := basic("ME@shop.example", "another one"); got != http.StatusOK {
		t.Error("the new ones do not let in:", got)
	}
	if got := basic(seed.Email, "another one"); got != http.StatusUnauthorized {
		t.Error("the old e-mail lets in:", got)
	}
	if response, answer := w.greenfield("DELETE", "/api/v1/users/me", ""); response.StatusCode != http.StatusForbidden {
		t.Error("the only administrator went:", response.StatusCode, answer)
	}
}
