package bitpay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// What the sandbox posts about an invoice of 0, in the three modes.
func TestNotificationsArrive(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	arrived := make(chan bitpay.Notification, 20)
	receiver := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		n, err := bitpay.ParseNotification(body)
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		arrived <- n
	})
	for name, test := range map[string]struct {
		full, extended bool
		count          int
		events         []bitpay.EventCode
	}{
		"plain":    {false, false, 1, nil},
		"full":     {true, false, 3, nil},
		"extended": {false, true, 7, []bitpay.EventCode{bitpay.EventCreated, bitpay.EventPaidInFull, bitpay.EventConfirmed, bitpay.EventCompleted}},
	} {
		made, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{
			Price: new(decimal(t, "0")), Currency: "USD", OrderID: name, NotificationURL: receiver,
			FullNotifications: test.full, ExtendedNotifications: test.extended, BuyerEmail: "b@example.com",
		})
		if err != nil {
			t.Fatal(err)
		}
		var events []bitpay.EventCode
		for range test.count {
			select {
			case n := <-arrived:
				if n.Invoice.ID != made.ID || n.Invoice.OrderID != name || n.BuyerFields["buyerEmail"] != "b@example.com" || !strings.Contains(n.Warning, "trusted") {
					t.Errorf("%s: got %+v", name, n)
				}
				if n.Event != nil {
					events = append(events, n.Event.Code)
				}
			case <-time.After(patience):
				t.Fatalf("%s: a notification did not come", name)
			}
		}
		if fmt.Sprint(events) != fmt.Sprint(test.events) {
			t.Errorf("%s: got the events %v, want %v", name, events, test.events)
		}
	}
}

func TestBadInputNotification(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "a page": "<html>", "no JSON": "id=abc", "a list": "[]", "null": "null", "a text": `"abc"`, "no id": "{}", "an empty id": `{"id":""}`,
		"an id with a slash": `{"id":"../../api"}`, "an id that is none": `{"id":{}}`, "no data": `{"event":{"code":1001},"data":null}`,
		"data without an id": `{"event":{"code":1001},"data":{}}`, "an event in words": `{"event":"created","data":{"id":"abc"}}`,
		"invalid UTF-8": "{\"id\":\"abc\",\"orderId\":\"\xff\"}", "too large": `{"id":"abc","posData":"` + strings.Repeat("a", 1<<20) + `"}`,
		"too deep": `{"id":"abc","x":` + strings.Repeat("[", 20_000), "half": `{"id":"abc"`, "two": `{"id":"abc"}{"id":"abd"}`,
		"a list of zeros": `{"id":"abc","cryptoInfo":[` + strings.Repeat("0,", 400_000) + `0]}`,
	} {
		if n, err := bitpay.ParseNotification([]byte(body)); !errors.Is(err, bitpay.ErrNotification) {
			t.Errorf("%s: got %+v, %v, want ErrNotification", name, n, err)
		}
	}
	n, err := bitpay.ParseNotification([]byte(`{"id":"first","id":"last","unknown":{"a":[1]},"status":"frozen"}`))
	if err != nil || n.Invoice.ID != "last" || n.Invoice.Status != "frozen" {
		t.Errorf("got %+v, %v", n, err)
	}
}

func FuzzParseNotification(f *testing.F) {
	f.Add([]byte(`{"id":"abc","price":0.0,"status":"new","exceptionStatus":false,"amountPaid":"0.00000000"}`))
	f.Add([]byte(`{"event":{"code":1001,"name":"invoice_created"},"data":{"id":"abc","buyerFields":{"buyerEmail":"b"},"invoiceTime":1795421440812}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := bitpay.ParseNotification(body)
		if err != nil {
			if !errors.Is(err, bitpay.ErrNotification) {
				t.Errorf("got %v", err)
			}
			return
		}
		if n.Invoice.ID == "" || strings.ContainsAny(string(n.Invoice.ID), "/.% ") {
			t.Errorf("the id is %q", n.Invoice.ID)
		}
		if _, err := json.Marshal(n.Invoice); err != nil {
			t.Errorf("it cannot be written: %v", err)
		}
	})
}
