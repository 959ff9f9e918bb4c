package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// TestWebhookEvents has the lives of invoices beside those of recording 37-webhook-events, with the speeds, kinds of
// payment and times that it does not have. The rules are those of the server's NBXplorerListener, PaymentService and
// InvoiceWatcher: a payment that is settled when the server sees it is reported as settled first, then as received.
func TestWebhookEvents(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	w.makeHook(`{"url":"` + s.URL + `/200"}`)
	invoices := "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices"
	pay := func(id string, amount string, blocks int, rbf bool) {
		t.Helper()
		if _, err := w.s.Pay(id, Payment{Amount: amount, Confirmations: blocks, RBF: rbf}); err != nil {
			t.Fatal(err)
		}
	}
	mine := func(n int) {
		t.Helper()
		if err := w.s.Mine(n); err != nil {
			t.Fatal(err)
		}
	}
	advance := func(text string) { w.control("clock", `{"advance":"`+text+`"}`) }
	mark := func(id, status string) { w.greenfield("POST", invoices+"/"+id+"/status", `{"status":"`+status+`"}`) }
	const received, settled, full, done = "ReceivedPayment(Processing)", "PaymentSettled(Settled)", "Processing", "Settled"
	for _, test := range []struct {
		name, body string
		act        func(id string)
		want       string
	}{
		{"nothing", `{"amount":"20"}`, func(string) {}, "Created"},
		{"free", `{"amount":"0"}`, func(string) {}, "Created Processing Settled"},
		{"two blocks", `{"amount":"20"}`, func(id string) { pay(id, "", 0, false); mine(1); mine(1) }, "Created " + received + " " + full + " " + settled + " " + done},
		{"with its block", `{"amount":"20"}`, func(id string) { pay(id, "", 1, false) }, "Created " + settled + " " + received + " " + full + " " + done},
		{"at once", `{"amount":"20","checkout":{"speedPolicy":"HighSpeed"}}`, func(id string) { pay(id, "", 0, false); mine(2) }, "Created " + settled + " ReceivedPayment(Settled) " + full + " " + done},
		{"at once with its block", `{"amount":"20","checkout":{"speedPolicy":"HighSpeed"}}`, func(id string) { pay(id, "", 2, false) }, "Created " + settled + " ReceivedPayment(Settled) " + full + " " + done},
		{"replaceable", `{"amount":"20","checkout":{"speedPolicy":"HighSpeed"}}`, func(id string) { pay(id, "", 0, true); mine(1) }, "Created " + received + " " + full + " " + settled + " " + done},
		{"six blocks", `{"amount":"20","checkout":{"speedPolicy":"LowSpeed"}}`, func(id string) { pay(id, "", 5, false); mine(1) }, "Created " + received + " " + full + " " + settled + " " + done},
		{"six blocks at once", `{"amount":"20","checkout":{"speedPolicy":"LowSpeed"}}`, func(id string) { pay(id, "", 0, false); mine(10) }, "Created " + received + " " + full + " " + settled + " " + done},
		{"two halves", `{"amount":"20"}`, func(id string) { pay(id, "0.0002", 0, false); mine(1); pay(id, "", 0, false); mine(1) }, "Created " + received + " " + settled + " " + received + " " + full + " " + settled + " " + done},
		{"two halves in one block", `{"amount":"20"}`, func(id string) { pay(id, "0.0002", 0, false); pay(id, "", 0, false); mine(1) }, "Created " + received + " " + received + " " + full + " " + settled + " " + settled + " " + done},
		{"the second with a block", `{"amount":"20"}`, func(id string) { pay(id, "0.0002", 0, false); pay(id, "", 1, false) }, "Created " + received + " " + settled + " " + settled + " " + received + " " + full + " " + done},
		{"too much", `{"amount":"20"}`, func(id string) { pay(id, "1", 1, false) }, "Created " + settled + " " + received + " Processing(over) Settled(over)"},
		{"too much later", `{"amount":"20"}`, func(id string) { pay(id, "", 0, false); pay(id, "1", 0, false); mine(1) }, "Created " + received + " " + full + " " + received + " " + settled + " " + settled + " Settled(over)"},
		{"any amount", `{"currency":"USD"}`, func(id string) { pay(id, "0.001", 1, false) }, "Created " + settled + " " + received + " " + full + " " + done},
		{"expired", `{"amount":"20"}`, func(string) { advance("16m"); advance("48h") }, "Created Expired"},
		{"expired in part", `{"amount":"20"}`, func(id string) { pay(id, "0.0002", 0, false); advance("16m") }, "Created " + received + " Expired(part) ExpiredPaidPartial"},
		{"a part comes late", `{"amount":"20"}`, func(id string) { advance("16m"); pay(id, "0.0002", 0, false); mine(1) }, "Created Expired ReceivedPayment(Processing,late) PaymentSettled(Settled,late)"},
		{"all comes late", `{"amount":"20"}`, func(id string) { advance("16m"); pay(id, "", 1, false) }, "Created Expired PaymentSettled(Settled,late) ReceivedPayment(Processing,late) PaidAfterExpiration"},
		{"never confirmed", `{"amount":"20"}`, func(id string) { pay(id, "", 0, false); advance("25h"); mine(1) }, "Created " + received + " " + full + " Invalid PaymentSettled(Settled,late)"},
		{"marked settled", `{"amount":"20"}`, func(id string) { mark(id, "Settled"); mark(id, "Settled") }, "Created Settled(marked)"},
		{"marked invalid", `{"amount":"20"}`, func(id string) { mark(id, "Invalid"); mark(id, "invalid") }, "Created Invalid(marked)"},
		{"marked both ways", `{"amount":"20"}`, func(id string) { mark(id, "Settled"); mark(id, "Invalid"); mark(id, "Settled") }, "Created Settled(marked) Invalid(marked) Settled(marked)"},
		{"marked New", `{"amount":"20"}`, func(id string) { mark(id, "New") }, "Created"},
		{"marked after a part", `{"amount":"20"}`, func(id string) { pay(id, "0.0002", 0, false); mark(id, "Settled"); mine(1) }, "Created " + received + " Settled(marked) " + settled},
		{"archived", `{"amount":"20"}`, func(id string) { w.greenfield("DELETE", invoices+"/"+id, ""); pay(id, "", 1, false) }, "Created " + settled + " " + received + " " + full + " " + done},
		{"changed", `{"amount":"20"}`, func(id string) {
			w.greenfield("PUT", invoices+"/"+id, `{"metadata":{"orderId":"later"}}`)
			pay(id, "", 1, false)
		}, "Created " + settled + " " + received + " " + full + " " + done},
		{"refunded", `{"amount":"20"}`, func(id string) {
			pay(id, "", 1, false)
			w.greenfield("POST", invoices+"/"+id+"/refund", `{"refundVariant":"Fiat","payoutMethods":["BTC-CHAIN"]}`)
			w.greenfield("POST", invoices+"/"+id+"/refund", `{"refundVariant":"OverpaidAmount","payoutMethods":["BTC-CHAIN"]}`) // refused
		}, "Created " + settled + " " + received + " " + full + " " + done + " Refund"},
		{"of the BitPay API", "", func(id string) { pay(id, "", 1, false) }, "Created " + settled + " " + received + " " + full + " " + done},
	} {
		t.Run(test.name, func(t *testing.T) {
			var id string
			if test.body == "" {
				id = w.signed("POST", "/invoices", `{"price":20,"orderId":"first"}`)["id"].(string)
			} else {
				_, answer := w.greenfield("POST", invoices, strings.Replace(test.body, "{", `{"metadata":{"orderId":"first"},`, 1))
				id = member(t, answer, "id")
			}
			test.act(id)
			w.quiet()
			var got []string
			for _, p := range s.take() {
				if p.Event.InvoiceID == id {
					got = append(got, eventText(string(p.Body), strings.TrimPrefix(p.Event.Type, "Invoice")))
				}
				if want := map[bool]string{true: "later", false: "first"}[test.name == "changed" && p.Event.Type != "InvoiceCreated"]; p.Event.InvoiceID == id && !strings.Contains(string(p.Body), `"orderId": "`+want+`"`) {
					t.Errorf("the metadata: %s", p.Body)
				}
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// eventText is the name of an event with what its own fields say.
func eventText(body, name string) string {
	var says []string
	for _, status := range []string{"Processing", "Settled"} {
		if strings.Contains(body, `"status": "`+status+`"`) {
			says = append(says, status)
		}
	}
	for field, text := range map[string]string{"afterExpiration": "late", "overPaid": "over", "partiallyPaid": "part", "manuallyMarked": "marked"} {
		if strings.Contains(body, `"`+field+`": true`) {
			says = append(says, text)
		}
	}
	if len(says) == 0 {
		return name
	}
	return fmt.Sprintf("%s(%s)", name, strings.Join(says, ","))
}

// TestWebhookRequestEvent has a payment request that is made (recording 37-webhook-events), and one that is refused.
func TestWebhookRequestEvent(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200"}`)
	requests := "/api/v1/stores/" + w.s.Seed().StoreID + "/payment-requests"
	w.greenfield("POST", requests, `{"title":"none"}`)
	_, answer := w.greenfield("POST", requests, `{"title":"please","amount":"5","expiryDate":1600000000}`)
	w.quiet()
	came := s.take()
	if len(came) != 1 || came[0].Event.Type != "PaymentRequestCreated" || !came[0].signedWith(h.secret) {
		t.Fatalf("%+v", came)
	}
	if id := member(t, answer, "id"); !strings.Contains(string(came[0].Body), "\"paymentRequestId\": \""+id+"\",\n  \"status\": \"Pending\"\n}") {
		t.Errorf("%s", came[0].Body)
	}
}
