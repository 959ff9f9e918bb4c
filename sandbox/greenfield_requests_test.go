package sandbox

import (
	"strings"
	"testing"
	"time"
)

// TestPaymentRequestNeighbours has neighbours of recording 23-payment-requests.
func TestPaymentRequestNeighbours(t *testing.T) {
	c := newCast(t, map[string]string{
		"view": "btcpay.store.canviewpaymentrequests", "change": "btcpay.store.canmodifypaymentrequests",
		"invoices": "btcpay.store.canmodifyinvoices", "nothing": "btcpay.user.canviewprofile",
	})
	const (
		controller = "GreenfieldPaymentRequestsController.cs"
		service    = "PaymentRequestService.cs"
		scopes     = "recording 17-permission-scopes"
		wire       = "wire.md"
		parser     = "neighbours.md, what the parser takes"
		group      = "recording 23-payment-requests"
		library    = "Newtonsoft.Json, JsonTextReader.ReadAsDecimal"
	)
	longTitle := strings.Repeat("x", 5000)
	c.play([]requestStep{
		// Who may.
		{"none", "GET", "{here}/payment-requests", "", 401, `"unauthenticated"`, "", wire},
		{"nothing", "GET", "{here}/payment-requests", "", 403, `"missingPermission":"btcpay.store.canviewpaymentrequests"`, "", scopes},
		{"invoices", "GET", "{here}/payment-requests", "", 403, `canviewpaymentrequests`, "", scopes},
		{"view", "POST", "{here}/payment-requests", `{"title":"x","amount":"1"}`, 403, `canmodifypaymentrequests`, "", scopes},
		{"guest", "GET", "{here}/payment-requests", "", 200, "=[]", "", "wire.md, default store roles"},
		{"guest", "POST", "{here}/payment-requests", `{"title":"x","amount":"1"}`, 403, `canmodifypaymentrequests`, "", "wire.md, default store roles"},
		{"stranger", "GET", "{here}/payment-requests", "", 403, `canviewpaymentrequests`, "", scopes},
		{"admin", "GET", "{here}/payment-requests", "", 200, "=[]", "", "neighbours.md, an administrator reads"},
		{"", "GET", "/api/v1/stores/NoSuch/payment-requests", "", 403, `canviewpaymentrequests`, "", scopes},
		{"employee", "POST", "{here}/payment-requests", `{"title":"by an employee","amount":"20"}`, 200, `"status":"Pending"`, "pr", "wire.md, default store roles"},
		{"manager", "GET", "{here}/payment-requests/{pr}", "", 200, `"id":"{pr}"`, "", group},
		{"view", "GET", "/API/V1/Stores/{store}/Payment-Requests/{pr}", "", 200, `"id":"{pr}"`, "", wire},
		{"view", "GET", "/api/v1/payment-requests/{pr}", "", 200, `"id":"{pr}"`, "", "versions.md, paths without a store"},
		{"view", "GET", "{here}/payment-requests/{pr}/", "", 200, `"id":"{pr}"`, "", parser},
		{"stranger", "GET", "/api/v1/payment-requests/{pr}", "", 403, `canviewpaymentrequests`, "", scopes},
		{"stranger", "GET", "{there}/payment-requests/{pr}", "", 403, `canviewpaymentrequests`, "", scopes},
		{"", "GET", "{here}/payment-requests/NoSuch", "", 403, `canviewpaymentrequests`, "", "versions.md, unknown id"},
		{"", "DELETE", "{here}/payment-requests/NoSuch", "", 403, `canmodifypaymentrequests`, "", "versions.md, unknown id"},
		{"", "POST", "{here}/payment-requests/NoSuch/pay", `{}`, 403, `canviewpaymentrequests`, "", "versions.md, unknown id"},
		{"view", "PUT", "{here}/payment-requests/{pr}", `{"title":"x","amount":"1"}`, 403, `canmodifypaymentrequests`, "", scopes},
		{"view", "DELETE", "{here}/payment-requests/{pr}", "", 403, `canmodifypaymentrequests`, "", scopes},
		{"invoices", "POST", "{here}/payment-requests/{pr}/pay", `{}`, 403, `canviewpaymentrequests`, "", controller},
		{"", "PATCH", "{here}/payment-requests/{pr}", `{}`, 405, "=", "", wire},

		// What a body may hold.
		{"", "POST", "{here}/payment-requests", "", 415, `"status":415`, "", wire},
		{"", "POST", "{here}/payment-requests", `null`, 422, `=[{"path":"","message":"A non-empty request body is required."}]`, "", wire},
		{"", "POST", "{here}/payment-requests", `[]`, 422, `Cannot deserialize the current JSON array`, "", wire},
		{"", "POST", "{here}/payment-requests", `{}`, 422, `=[{"path":"Title","message":"Title is required"},{"path":"Amount","message":"Please provide an amount greater than 0"}]`, "", controller},
		{"", "POST", "{here}/payment-requests", `{"title":"","amount":0,"currency":"NOPE"}`, 422, `=[{"path":"Title","message":"Title is required"},{"path":"Amount","message":"Please provide an amount greater than 0"},{"path":"Currency","message":"Invalid currency"}]`, "", controller},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":null}`, 422, `"path":"amount","message":"Error converting value {null} to type 'System.Decimal'. Path 'amount', line 1, position 26."`, "", library},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":""}`, 422, `Error converting value {null} to type 'System.Decimal'.`, "", library},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"a lot"}`, 422, `"Could not convert string to decimal: a lot. Path 'amount', line 1, position 29."`, "", library},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":true}`, 422, `Unexpected character encountered while parsing value: t.`, "", library},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","status":"Paid"}`, 422, `Error converting value \"Paid\" to type 'BTCPayServer.Client.Models.PaymentRequestStatus'.`, "", "PaymentRequestBaseData.cs"},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","formResponse":[]}`, 422, `JArray`, "", "PaymentRequestBaseData.cs"},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","expiryDate":1.5}`, 422, `=[{"path":"expiryDate","message":"Unexpected json token type, expected is Integer and actual is Float"}]`, "", group},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","expiryDate":99999999999999}`, 422, `"The supplied value is invalid."`, "", "NBitcoin, DateTimeToUnixTimeConverter"},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","expiryDate":253402300800}`, 500, "=", "", "NBitcoin, DateTimeToUnixTimeConverter"},
		{"", "POST", "{here}/payment-requests", `{"title":"a \u0000","amount":"1"}`, 500, "=", "", "neighbours.md, refused late"},
		{"", "POST", "{here}/payment-requests", `{"TITLE":"capitals","AMOUNT":1.50,"Currency":"eur"}`, 200, `"amount":1.50,"currency":"eur"`, "lower", "CurrencyNameTable.cs"},
		{"", "POST", "{here}/payment-requests", `{"title":"x","amount":"1","referenceId":"","description":"","email":"","formId":""}`, 200, `"description":"","email":"","referenceId":null`, "", controller},
		{"", "POST", "{here}/payment-requests", `{"title":7,"amount":1e3,"expiryDate":0}`, 200, `"amount":1000.0`, "seven", parser},
		{"", "GET", "{here}/payment-requests/{seven}", "", 200, `"title":"7"`, "", parser},
		{"", "GET", "{here}/payment-requests/{seven}", "", 200, `"status":"Expired"`, "", service},
		{"", "POST", "{here}/payment-requests", `{"title":"` + longTitle + `","amount":"79228162514264337593543950335"}`, 200, `"amount":79228162514264337593543950335.0`, "", controller},

		// Lists.
		{"", "GET", "{here}/payment-requests?includeArchived=maybe", "", 422, `=[{"path":"includeArchived","message":"The value 'maybe' is not valid."}]`, "", wire},
		{"", "GET", "{here}/payment-requests?includeArchived=1", "", 422, `"The value '1' is not valid."`, "", wire},
		{"", "GET", "{here}/payment-requests?includeArchived=", "", 422, `=[{"path":"includeArchived","message":"The value '' is invalid."}]`, "", "ASP.NET, SimpleTypeModelBinder"},
		{"", "DELETE", "/api/v1/payment-requests/{seven}", "", 200, "=", "", "versions.md, paths without a store"},
		{"", "DELETE", "/api/v1/payment-requests/{seven}", "", 404, `"payment-request-not-found"`, "", group},
		{"", "GET", "{here}/payment-requests/{seven}", "", 200, `"archived":true`, "", controller},
		{"", "GET", "{here}/payment-requests?includearchived=True", "", 200, `"id":"{seven}"`, "", wire},
		{"", "PUT", "{here}/payment-requests/{seven}", `{"title":"changed","amount":"2"}`, 200, `"title":"changed"`, "", controller},
		{"stranger", "GET", "{there}/payment-requests", "", 200, "=[]", "", controller},

		// Changes.
		{"", "PUT", "{here}/payment-requests/{pr}", `{"title":"x","amount":"20.0"}`, 200, `"amount":20.0`, "", controller},
		{"", "PUT", "{here}/payment-requests/{lower}", `{"title":"x","amount":"1.5"}`, 200, `"amount":1.50,"currency":"eur"`, "", controller},
		{"", "PUT", "{here}/payment-requests/{pr}", `{"amount":"-1","currency":"X"}`, 422, `"path":"Currency"`, "", controller},
		{"", "PUT", "{here}/payment-requests/{pr}", `{"title":"x"}`, 422, `=[{"path":"Amount","message":"Please provide an amount greater than 0"}]`, "", group},

		// Paying.
		{"", "POST", "{here}/payment-requests/{pr}/pay", "", 415, `"status":415`, "", wire},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":""}`, 200, `"amount":"20.0"`, "first", "NumericStringJsonConverter.cs"},
		{"guest", "POST", "/api/v1/payment-requests/{pr}/pay", `{"amount":20}`, 200, `"orderId":"PAY_REQUEST_{pr}","paymentRequestId":"{pr}"`, "second", controller},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":"20","allowPendingInvoiceReuse":true}`, 200, `"id":"{second}"`, "", "ListPaymentRequestsViewModel.cs"},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":"19"}`, 422, `=[{"path":"Amount","message":"This payment request doesn't allow custom payment amount"}]`, "", controller},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":"-1"}`, 422, `=[{"path":"Amount","message":"The amount should be more than 0"},{"path":"Amount","message":"This payment request doesn't allow custom payment amount"}]`, "", group},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":"x"}`, 422, `=[{"path":"amount","message":"The supplied value is invalid."}]`, "", "NumericStringJsonConverter.cs"},
		{"", "PUT", "{here}/payment-requests/{pr}", `{"title":"x","amount":"20","currency":"usd"}`, 422, `Amount and currency are not editable`, "", controller},
		{"", "POST", "{here}/invoices/{first}/status", `{"status":"Invalid"}`, 200, ``, "", controller},
		{"", "POST", "{here}/invoices/{second}/status", `{"status":"Invalid"}`, 200, ``, "", controller},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"allowPendingInvoiceReuse":true}`, 200, `"status":"New"`, "third", "ListPaymentRequestsViewModel.cs"},
		{"", "POST", "{here}/invoices/{third}/status", `{"status":"Invalid"}`, 200, ``, "", controller},
		{"", "PUT", "{here}/payment-requests/{pr}", `{"title":"x","amount":"21","currency":"usd"}`, 200, `"amount":21.0,"currency":"usd"`, "", service},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{}`, 200, `"amount":"21.0"`, "fourth", controller},
		{"", "POST", "{here}/invoices/{fourth}/status", `{"status":"Settled"}`, 200, ``, "", controller},
		{"", "GET", "{here}/payment-requests/{pr}", "", 200, `"status":"Completed"`, "", "InvoiceRepository.GetContributionsByPaymentMethodId"},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{}`, 400, `={"code":"already-paid","message":"This payment request is already paid"}`, "", controller},
		{"", "DELETE", "{here}/payment-requests/{pr}", "", 200, "=", "", group},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{}`, 400, `"archived"`, "", controller},
		{"", "POST", "{here}/payment-requests/{pr}/pay", `{"amount":"5"}`, 422, `custom payment amount`, "", controller},

		// What an invoice takes from its payment request.
		{"", "POST", "{here}/payment-requests", `{"title":"gift","amount":"50","currency":"USD","allowCustomPaymentAmounts":true,"email":"c@example.com","referenceId":"ref-9"}`, 200, ``, "gift", group},
		{"", "POST", "{here}/payment-requests/{gift}/pay", `{"amount":"5.005"}`, 200, `"amount":"5.01"`, "part", "neighbours.md, money and values"},
		{"", "GET", "{here}/invoices/{part}", "", 200, `"buyerEmail":"c@example.com"`, "", "UIInvoiceController.CreatePaymentRequestInvoice"},
		{"", "GET", "{here}/invoices?textSearch=ref-9", "", 200, `"id":"{part}"`, "", "UIInvoiceController.CreatePaymentRequestInvoice"},
		{"", "POST", "{here}/payment-requests/{gift}/pay", `{"amount":"70"}`, 200, `"amount":"50.0"`, "", "UIInvoiceController.CreatePaymentRequestInvoice"},
		{"", "POST", "{here}/payment-requests/{gift}/pay", `{"amount":"5.01","allowPendingInvoiceReuse":"true"}`, 200, `"id":"{part}"`, "", "ListPaymentRequestsViewModel.cs"},
		{"", "POST", "{here}/payment-requests/{gift}/pay", `{"amount":"4","allowPendingInvoiceReuse":null}`, 200, `"amount":"4"`, "", controller},
		{"", "PUT", "{here}/invoices/{part}", `{"metadata":{"orderId":"mine"}}`, 200, ``, "", "PaymentRequestRepository.GetInvoicesForPaymentRequest"},
		{"", "POST", "{here}/payment-requests/{gift}/pay", `{"amount":"5.01","allowPendingInvoiceReuse":true}`, 200, `"PAY_REQUEST_{gift}"`, "", "PaymentRequestRepository.GetInvoicesForPaymentRequest"},
		{"stranger", "POST", "{there}/payment-requests", `{"title":"no wallet","amount":"1"}`, 200, ``, "poor", controller},
		{"stranger", "POST", "{there}/payment-requests/{poor}/pay", `{}`, 400, `{"code":"generic-error","message":"No wallet has been linked`, "", controller},
	})
}

// TestPaymentRequestsInParts pays a request in parts: what is due becomes less, and money that comes late does not count
// (by the server's source, InvoiceRepository.GetContributionsByPaymentMethodId).
func TestPaymentRequestsInParts(t *testing.T) {
	c := newCast(t, nil)
	c.play([]requestStep{{"", "POST", "{here}/payment-requests", `{"title":"gift","amount":"50","allowCustomPaymentAmounts":true}`, 200, ``, "gift", "recording 23-payment-requests"}})
	pay := func(body, amount string) (invoice string) {
		t.Helper()
		c.play([]requestStep{{"", "POST", "{here}/payment-requests/{gift}/pay", body, 200, `"amount":"` + amount + `"`, "invoice", "recording 23-payment-requests"}})
		return c.values["invoice"]
	}
	status := func(want string) {
		t.Helper()
		c.play([]requestStep{{"", "GET", "{here}/payment-requests/{gift}", "", 200, `"status":"` + want + `"`, "", "PaymentRequestService.cs"}})
	}
	send := func(invoice string, p Payment) {
		t.Helper()
		if _, err := c.s.Pay(invoice, p); err != nil {
			t.Fatal(err)
		}
	}
	send(pay(`{"amount":20}`, "20"), Payment{Confirmations: 1})
	status("Pending")
	late := pay(`{"amount":10}`, "10")
	if err := c.s.Advance(20 * time.Minute); err != nil {
		t.Fatal(err)
	}
	send(late, Payment{Confirmations: 1})
	status("Pending")
	send(pay(`{}`, "30.00"), Payment{})
	status("Processing")
	if err := c.s.Mine(1); err != nil {
		t.Fatal(err)
	}
	status("Completed")
}

// TestPaymentRequestsOfOlderReleases has what 2.0.8 and 2.3.9 were recorded to answer.
func TestPaymentRequestsOfOlderReleases(t *testing.T) {
	for _, release := range []string{"2.0", "2.3", "2.4"} {
		w := newTestbed(t, Options{Emulate: release})
		requests := "/api/v1/stores/" + w.s.Seed().StoreID + "/payment-requests"
		_, text := w.greenfield("POST", requests, `{"title":"x","amount":"1","currency":"EUR","referenceId":"r"}`)
		one := requests + "/" + member(t, text, "id")
		if has := strings.Contains(text, `"referenceId":"r"`); has != (release != "2.0") {
			t.Errorf("%s: %s", release, text)
		}
		_, text = w.greenfield("PUT", one, `{"title":"x","amount":"1"}`)
		if want := map[bool]string{true: "USD", false: "EUR"}[release == "2.0"]; member(t, text, "currency") != want {
			t.Errorf("%s: %s, want %s", release, text, want)
		}
		if response, text := w.greenfield("GET", requests+"/NoSuch", ""); (response.StatusCode == 403) != (release == "2.4") || response.StatusCode != 403 && !strings.Contains(text, "payment-request-not-found") {
			t.Errorf("%s: %s %s", release, response.Status, text)
		}
	}
}
