package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
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

// TestWebhookRequestEvents follows payment requests through their lives (recordings 23-payment-requests and
// 37-webhook-events, and by the server's source PaymentRequestService.UpdatePaymentRequestStateIfNeeded).
func TestWebhookRequestEvents(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(`{"url":"` + s.URL + `/200"}`)
	requests := "/api/v1/stores/" + w.s.Seed().StoreID + "/payment-requests"
	ask := func(body string) string {
		t.Helper()
		_, answer := w.greenfield("POST", requests, body)
		return member(t, answer, "id")
	}
	pay := func(id, body string) (invoice string) {
		t.Helper()
		_, answer := w.greenfield("POST", requests+"/"+id+"/pay", body)
		return member(t, answer, "id")
	}
	send := func(invoice string, p Payment) {
		t.Helper()
		if _, err := w.s.Pay(invoice, p); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what, want string) {
		t.Helper()
		w.quiet()
		var got []string
		for _, p := range s.take() {
			var event struct{ Status, PaymentRequestID string }
			if err := json.Unmarshal(p.Body, &event); err != nil || !p.signedWith(h.secret) {
				t.Fatal(err, string(p.Body))
			}
			if event.PaymentRequestID != "" {
				got = append(got, strings.TrimPrefix(p.Event.Type, "PaymentRequest")+":"+event.Status)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	w.greenfield("POST", requests, `{"title":"none"}`)
	expect("refused", "")
	old := ask(`{"title":"please","amount":"5","expiryDate":1600000000}`)
	expect("over at once", "Created:Pending StatusChanged:Expired")
	w.greenfield("PUT", requests+"/"+old, `{"title":"please","amount":"5","expiryDate":4102444800}`)
	expect("a later date does not revive it", "Updated:Expired")
	w.greenfield("PUT", requests+"/"+old, `{"title":"please","amount":"5"}`)
	expect("no date does", "Updated:Expired StatusChanged:Pending")

	one := ask(fmt.Sprintf(`{"title":"one","amount":"5","expiryDate":%d}`, w.s.Now().Unix()+3600))
	send(pay(one, `{}`), Payment{})
	expect("paid", "Created:Pending StatusChanged:Processing")
	if err := w.s.Mine(1); err != nil {
		t.Fatal(err)
	}
	expect("confirmed", "StatusChanged:Completed Completed:Completed")
	if err := w.s.Advance(2 * time.Hour); err != nil {
		t.Fatal(err)
	}
	expect("a completed one does not expire", "")
	w.greenfield("DELETE", requests+"/"+one, "")
	w.greenfield("DELETE", requests+"/"+one, "")
	expect("archived once", "Archived:Completed")

	late := ask(fmt.Sprintf(`{"title":"late","amount":"5","expiryDate":%d}`, w.s.Now().Unix()+60))
	invoice := pay(late, `{}`)
	if err := w.s.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	expect("its time is over", "Created:Pending StatusChanged:Expired")
	send(invoice, Payment{Confirmations: 1})
	expect("money for one that is expired", "")

	marked := ask(`{"title":"marked","amount":"5"}`)
	invoice = pay(marked, `{}`)
	mark := "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices/" + invoice + "/status"
	w.greenfield("POST", mark, `{"status":"Settled"}`)
	expect("marked settled", "Created:Pending StatusChanged:Completed Completed:Completed")
	w.greenfield("POST", mark, `{"status":"Invalid"}`)
	expect("a completed one stays", "")

	doubted := ask(`{"title":"doubted","amount":"5"}`)
	invoice = pay(doubted, `{}`)
	send(invoice, Payment{})
	w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+invoice+"/status", `{"status":"Invalid"}`)
	expect("marked invalid while it is processing", "Created:Pending StatusChanged:Processing StatusChanged:Pending")
}
