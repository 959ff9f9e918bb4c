package sandbox

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPointOfSalePages buys at a point of sale as a customer does, without a credential, and asks for its statistics (by the
// server's source, UIPointOfSaleController.cs, AppService.cs and AppInventoryUpdaterHostedService.cs).
func TestPointOfSalePages(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/shop"})
	api := "/shop/api/v1"
	store := api + "/stores/" + w.s.Seed().StoreID
	_, text := w.greenfield("POST", store+"/apps/pos", `{"appName":"Till","title":"Tea <b>","enableTips":true,"showDiscount":true,"notificationUrl":"https://shop.example/n","template":`+
		`"[{\"id\":\"tea\",\"title\":\"Tea\",\"price\":\"2.50\",\"inventory\":3},{\"id\":\"gift\",\"title\":\"Gift\",\"priceType\":\"Topup\"},{\"id\":\"cup\",\"price\":10,\"taxRate\":\"20\"},{\"id\":\"off\",\"price\":1,\"disabled\":true}]"}`)
	id := member(t, text, "id")
	till, app := "/shop/apps/"+id+"/pos", api+"/apps/"+id
	buy := func(fields, accept string) (status int, location, body string) {
		t.Helper()
		response, body := w.call("POST", till, fields, "Content-Type", "application/x-www-form-urlencoded", "Accept", accept)
		return response.StatusCode, response.Header.Get("Location"), body
	}
	invoice := func(fields string) (id, text string) {
		t.Helper()
		status, location, body := buy(fields, "text/html")
		id, found := strings.CutPrefix(location, "/shop/i/")
		if status != 302 || !found {
			t.Fatalf("%s: %d %s %s", fields, status, location, body)
		}
		_, text = w.greenfield("GET", store+"/invoices/"+id, "")
		return id, text
	}
	has := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%.2000s\nhas no %s", text, want)
			}
		}
	}
	left := func(want string) {
		t.Helper()
		_, text := w.greenfield("GET", api+"/apps/pos/"+id, "")
		has(text, `"inventory":`+want+`,`)
	}

	response, page := w.call("GET", till, "", "Accept", "text/html")
	has(page, "Tea &lt;b&gt;", "Buy for $2.50", "3 left", `value="tea"`)
	if response.StatusCode != 200 || strings.Contains(page, `value="off"`) || strings.Contains(page, `name="__Request`) {
		t.Error(response.Status, page)
	}

	tea, text := invoice("choiceKey=tea&email=a%40shop.example&orderId=o-1")
	has(text, `"amount":"2.50"`, `"orderId":"o-1"`, `"itemCode":"tea"`, `"itemDesc":"Tea"`, `"buyerEmail":"a@shop.example"`, `"redirectURL":"`+w.origin+till+`"`)
	left("2")
	_, text = invoice("choiceKey=cup&amount=1&tip=1.005&discount=10&redirectUrl=https%3A%2F%2Fshop.example%2Fr")
	has(text, `"amount":"11.81"`, `"taxIncluded":1.8`, `"discountAmount":1.0`, `"redirectURL":"https://shop.example/r"`)
	_, text = invoice("choiceKey=gift")
	has(text, `"type":"TopUp"`)
	for fields, want := range map[string]string{"choiceKey=off": "", "choiceKey=none": "", "choiceKey=tea&amount=-5": "/i/"} {
		if status, location, _ := buy(fields, "text/html"); (status == 404) != (want == "") || !strings.Contains(location, want) {
			t.Errorf("%s: %d %s", fields, status, location)
		}
	}
	if status, location, _ := buy("amount=5", "text/html"); status != 302 || location != till {
		t.Errorf("an amount where none is sold: %d %s", status, location)
	}
	for { // until it is sold out
		_, _, body := buy("choiceKey=tea", "application/json")
		if strings.Contains(body, "error") {
			has(body, `{"error":"Inventory for Tea exhausted: 0 available"}`)
			break
		}
		has(body, `{"invoiceId":"`)
	}
	left("0")

	// What is paid is sold. What is not paid comes back.
	if _, err := w.s.Pay(tea, Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Advance(16 * time.Minute); err != nil {
		t.Fatal(err)
	}
	left("2")
	_, text = w.greenfield("GET", app+"/sales?numberOfDays=1", "")
	has(text, `"salesCount":1`)
	_, text = w.greenfield("GET", app+"/top-items", "")
	has(text, `[{"itemCode":"tea","title":"Tea","salesCount":1,"total":"2.5","totalFormatted":"2.50 USD"}]`)
	_, text = w.greenfield("GET", app+"/top-items?offset=1", "")
	has(text, `[]`)

	// A cart, and a keypad.
	w.greenfield("PUT", api+"/apps/pos/"+id, `{"defaultView":"Cart","template":"[{\"id\":\"a\",\"title\":\"A\",\"price\":1,\"inventory\":9},{\"id\":\"b\",\"price\":2}]"}`)
	cart, text := invoice("posData=" + url.QueryEscape(`{"cart":[{"id":"a","count":3},{"id":"b","price":"2.5"}]}`))
	has(text, `"amount":"5.5"`)
	left("6")
	if _, err := w.s.Pay(cart, Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	_, text = w.greenfield("GET", app+"/top-items", "")
	has(text, `"itemCode":"a","title":"A","salesCount":3,"total":"3`, `"itemCode":"b","title":"b","salesCount":1,"total":"2.5`)
	if status, _, _ := buy("posData="+url.QueryEscape(`{"cart":[{"id":""}]}`), "text/html"); status != 404 {
		t.Errorf("an item without an id: %d", status)
	}
	if status, _, _ := buy("", "text/html"); status != 404 {
		t.Errorf("an empty cart: %d", status)
	}
	w.greenfield("PUT", api+"/apps/pos/"+id, `{"defaultView":"Light"}`)
	keypad, text := invoice("posData=" + url.QueryEscape(`{"amounts":[1.5,2]}`))
	has(text, `"amount":"3.5"`)
	if _, err := w.s.Pay(keypad, Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	_, text = w.greenfield("GET", app+"/top-items", "")
	has(text, `"itemCode":"Keypad","title":"Keypad","salesCount":2,"total":"3.5"`)

	w.greenfield("PUT", api+"/apps/pos/"+id, `{"archived":true}`)
	if response, _ := w.call("GET", till, ""); response.StatusCode != 404 {
		t.Error("an archived one:", response.Status)
	}
	if _, _, body := buy("amount=5", "application/json"); body != `{"error":"App not found"}` {
		t.Error(body)
	}
}
