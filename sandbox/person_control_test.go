package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// Every way in which a buyer pays, by the id of the invoice.
func TestPayByControl(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices"
	ask := func(body string) string {
		_, answer := w.greenfield("POST", store, body)
		return member(t, answer, "id")
	}
	status := func(id string) string {
		_, answer := w.greenfield("GET", store+"/"+id, "")
		return member(t, answer, "status") + " " + member(t, answer, "additionalStatus")
	}
	const five = `{"amount":"5","currency":"USD","checkout":{"paymentTolerance":0}}`
	for _, c := range []struct {
		name, body string
		late       time.Duration
		pay        []string
		want       string
	}{
		{"exact", five, 0, []string{``}, "Processing None"},
		{"exact, by name", five, 0, []string{`,"share":"all"`}, "Processing None"},
		{"confirmed", five, 0, []string{`,"confirmations":1`}, "Settled None"},
		{"partial", five, 0, []string{`,"share":"half"`}, "New PaidPartial"},
		{"partial, and late", five, 16 * time.Minute, []string{`,"share":"half"`}, "Expired PaidPartial"},
		{"partial, then the rest", five, 0, []string{`,"share":"half"`, ``}, "Processing None"},
		{"over", five, 0, []string{`,"share":"double"`}, "Processing PaidOver"},
		{"an amount", five, 0, []string{`,"amount":"0.00000001"`}, "New PaidPartial"},
		{"an amount as a number", five, 0, []string{`,"amount":1`}, "Processing PaidOver"},
		{"late", five, 16 * time.Minute, []string{``}, "Expired PaidLate"},
		{"may be replaced", five, 0, []string{`,"rbf":true`}, "Processing None"},
		{"any amount", `{"currency":"USD"}`, 0, []string{`,"amount":"0.001","confirmations":1`}, "Settled None"},
	} {
		id := ask(c.body)
		w.s.Advance(c.late)
		for _, pay := range c.pay {
			if paid := w.control("pay", `{"invoice":"`+id+`"`+pay+`}`); len(paid["txid"].(string)) != 64 || paid["address"] == "" || paid["amount"] == "" {
				t.Errorf("%s: %v", c.name, paid)
			}
		}
		if got := status(id); got != c.want {
			t.Errorf("%s: %s instead of %s", c.name, got, c.want)
		}
	}
	// A payment that pays elsewhere in the end.
	id := ask(five)
	tx := w.control("pay", `{"invoice":"`+id+`","rbf":true}`)["txid"].(string)
	w.control("replace", `{"txid":"`+tx+`"}`)
	w.control("mine", `{}`)
	if got := status(id); got != "New None" && got != "Invalid None" && got != "Processing None" {
		t.Errorf("a payment that was replaced: %s", got)
	}
	if paid := w.control("pay", `{"invoice":"`+id+`"}`); paid["amount"] != "0.0001" {
		t.Errorf("all is due again: %v", paid)
	}
	paid := ask(five)
	w.control("pay", `{"invoice":"`+paid+`"}`)
	for _, ask := range [][2]string{
		{"pay", `{"invoice":"none"}`}, {"pay", `{"invoice":"` + paid + `"}`}, {"pay", `{"invoice":"` + ask(`{"currency":"USD"}`) + `"}`},
		{"pay", `{"invoice":"` + id + `","share":"third"}`}, {"pay", `{"invoice":"` + id + `","share":"half","amount":"1"}`}, {"pay", `{"invoice":"` + id + `","amount":"-1"}`},
		{"pay", `{"invoice":"` + id + `","address":"x","amount":"1"}`}, {"pay", `{"address":"x","share":"half"}`}, {"pay", `{"invoice":"` + id + `","confirmations":-1}`},
		{"replace", `{"txid":"` + tx + `"}`}, {"replace", `{"txid":""}`}, {"replace", `{}`},
	} {
		if response, answer := w.call("POST", "/_sandbox/"+ask[0], ask[1]); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", ask[0], ask[1], response.StatusCode, answer)
		}
	}
}

func TestApproveByControl(t *testing.T) {
	w := newTestbed(t, Options{})
	request := func() (code string) {
		key := newKey(t)
		other := testbed{t: t, s: w.s, origin: w.origin, key: key}
		_, answer := w.call("POST", "/tokens", `{"id":"`+other.sin()+`"}`)
		return answerCode(t, answer)
	}
	approved := func(code string) bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return w.s.state.Pairings[code] == nil
	}
	first := request()
	if got := w.control("approve", `{"code":"`+first+`"}`); got["storeId"] != w.s.Seed().StoreID || !approved(first) {
		t.Error(got)
	}
	second, third := request(), request()
	w.control("approve", `{"code":"`+second+`","refuse":true}`)
	w.control("approve", `{"code":"`+second+`","refuse":true}`)
	if err := w.s.Refuse(third); err != nil {
		t.Error(err)
	}
	for _, ask := range []string{`{"code":"` + first + `"}`, `{"code":"` + second + `"}`, `{"code":"` + third + `"}`, `{"code":"none"}`, `{"code":"none","refuse":true}`, `{}`, `{"code":"` + request() + `","storeId":"none"}`} {
		if response, answer := w.call("POST", "/_sandbox/approve", ask); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", ask, response.StatusCode, answer)
		}
	}
	if err := w.s.Refuse("none"); err == nil {
		t.Error("a code that does not exist is refused")
	}
}

func answerCode(t *testing.T, answer string) string {
	t.Helper()
	const before = `"pairingCode":"`
	for i := range answer {
		if len(answer) >= i+len(before)+7 && answer[i:i+len(before)] == before {
			return answer[i+len(before) : i+len(before)+7]
		}
	}
	t.Fatal(answer)
	return ""
}

func TestConsentByControl(t *testing.T) {
	w := newTestbed(t, Options{})
	keys := make(chan string, 10)
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { keys <- r.PostFormValue("apiKey") }))
	defer program.Close()
	page := w.origin + "/api-keys/authorize?" + url.Values{"permissions": {"btcpay.store.canviewinvoices"}, "applicationName": {"Shop"}, "redirect": {program.URL + "/x"}}.Encode()
	if got := w.control("consent", mustJSON(t, map[string]any{"url": page, "refuse": true})); got["decision"] != "cancelled" || len(keys) != 0 {
		t.Error(got)
	}
	got := w.control("consent", mustJSON(t, map[string]any{"url": page}))
	if got["decision"] != "authorized" || len(keys) != 1 {
		t.Fatal(got)
	}
	if response, _ := w.call("GET", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", "", "Authorization", "token "+<-keys); response.StatusCode != http.StatusOK {
		t.Error(response.StatusCode)
	}
	program.Close()
	for _, ask := range []string{`{}`, `{"url":"x"}`, `{"url":"` + w.origin + `/login"}`, mustJSON(t, map[string]any{"url": page})} {
		if response, answer := w.call("POST", "/_sandbox/consent", ask); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", ask, response.StatusCode, answer)
		}
	}
}
