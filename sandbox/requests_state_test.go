package sandbox

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRequestsSurviveRestart has payment requests, apps and subscriptions in a state file. What was due while nothing ran
// happens at the next start.
func TestRequestsSurviveRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	day := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	options := Options{StateFile: file, Now: func() time.Time { return day }}
	first, err := NewHandler(options)
	if err != nil {
		t.Fatal(err)
	}
	w := &testbed{t: t, s: first}
	store := "/api/v1/stores/" + first.Seed().StoreID
	send := func(method, path, body string) string {
		t.Helper()
		status, answer := w.inProcess(method, path, body)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		return answer
	}
	request := member(t, send("POST", store+"/payment-requests", `{"title":"Fee","amount":"12.50","expiryDate":1796342400,"referenceId":"r"}`), "id")
	invoice := member(t, send("POST", store+"/payment-requests/"+request+"/pay", `{}`), "id")
	paid := member(t, send("POST", store+"/payment-requests", `{"title":"Paid","amount":"5"}`), "id")
	if _, err := first.Pay(member(t, send("POST", store+"/payment-requests/"+paid+"/pay", `{}`), "id"), Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	app := member(t, send("POST", store+"/apps/pos", `{"appName":"Till","template":"[{\"id\":\"a<b\",\"more\":1.50}]"}`), "id")
	fund := member(t, send("POST", store+"/apps/crowdfund", `{"appName":"Fund","targetAmount":"10"}`), "id")
	offering := member(t, send("POST", store+"/offerings", `{"appName":"Club","features":[{"id":"gym"}]}`), "id")
	plan := member(t, send("POST", store+"/offerings/"+offering+"/plans", `{"name":"Gold","price":"10","trialDays":7,"features":["gym"]}`), "id")
	subscribe := func(email, more string) string {
		t.Helper()
		body := `{"storeId":"` + first.Seed().StoreID + `","offeringId":"` + offering + `","planId":"` + plan + `","newSubscriberEmail":"` + email + `"` + more + `}`
		id := member(t, send("POST", "/api/v1/plan-checkout", body), "id")
		send("POST", "/api/v1/plan-checkout/"+id, "")
		return id
	}
	subscribe("ann@shop.example", `,"isTrial":true`)
	bought := subscribe("bob@shop.example", "")
	ann, bob := store+"/offerings/"+offering+"/subscribers/ann@shop.example", store+"/offerings/"+offering+"/subscribers/bob@shop.example"
	paths := []string{
		store + "/payment-requests", "/api/v1/apps", "/api/v1/apps/pos/" + app, "/api/v1/apps/crowdfund/" + fund, store + "/offerings",
		ann, ann + "/credits/current", "/api/v1/plan-checkout/" + bought,
	}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = send("GET", path, "")
	}
	if lost := first.Lost(); lost != "" {
		t.Error(lost)
	}
	restart := func() {
		t.Helper()
		if err := w.s.Close(); err != nil {
			t.Fatal(err)
		}
		if w.s, err = NewHandler(options); err != nil {
			t.Fatal(err)
		}
	}
	restart()
	for _, path := range paths {
		if after := send("GET", path, ""); strings.ReplaceAll(after, `\u003c`, "<") != before[path] {
			t.Errorf("%s\nbefore %s\nafter  %s", path, before[path], after)
		}
	}

	// An invoice of before the restart is paid after it.
	if _, err := w.s.Pay(member(t, send("GET", "/api/v1/plan-checkout/"+bought, ""), "invoiceId"), Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	if text := send("GET", bob, ""); !strings.Contains(text, `"phase":"Normal"`) {
		t.Error(text)
	}
	if text := send("POST", store+"/payment-requests/"+request+"/pay", `{"allowPendingInvoiceReuse":true}`); !strings.Contains(text, invoice) {
		t.Error(text)
	}

	day = day.AddDate(0, 0, 20)
	restart()
	defer func() {
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]string{
		ann: `"phase":"Expired"`, bob: `"phase":"Normal"`,
		store + "/payment-requests/" + request: `"status":"Expired"`, store + "/payment-requests/" + paid: `"status":"Completed"`,
	} {
		if text := send("GET", path, ""); !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", path, text, want)
		}
	}
}
