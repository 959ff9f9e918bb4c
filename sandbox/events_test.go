package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestEventsOnce has two subscribers, who get each event once and in its order, from both APIs, control and the clock.
func TestEventsOnce(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices"
	var first, second []string
	note := func(into *[]string) func(*world.Invoice, world.Event) {
		return func(inv *world.Invoice, e world.Event) { *into = append(*into, fmt.Sprint(inv.Price.Text(), " ", e)) }
	}
	w.s.world.Lock()
	w.s.world.Subscribe(note(&first))
	w.s.world.Subscribe(note(&second))
	w.s.world.Unlock()
	want := func(events ...string) {
		t.Helper()
		w.s.world.Lock()
		defer w.s.world.Unlock()
		for _, got := range []*[]string{&first, &second} {
			if text := strings.Join(*got, ", "); text != strings.Join(events, ", ") {
				t.Errorf("%s\nwant %s", text, strings.Join(events, ", "))
			}
			*got = nil
		}
	}
	paid := w.signed("POST", "/invoices", `{"price":20}`)
	_, marked := w.greenfield("POST", store, `{"amount":"21","currency":"USD"}`)
	_, left := w.greenfield("POST", store, `{"amount":"22","currency":"USD"}`)
	want("20 created", "21 created", "22 created")
	w.greenfield("GET", store, "")
	w.greenfield("GET", store+"/"+member(t, left, "id"), "")
	want()
	w.control("pay", `{"address":"`+paid["bitcoinAddress"].(string)+`","amount":"0.0004"}`)
	want("20 receivedPayment", "20 paidInFull")
	w.control("mine", `{"blocks":1}`)
	want("20 confirmed", "20 completed")
	for _, status := range []string{"Invalid", "Invalid", "New"} { // the last two are refused
		w.greenfield("POST", store+"/"+member(t, marked, "id")+"/status", `{"status":"`+status+`"}`)
	}
	want("21 markedInvalid")
	w.control("clock", `{"advance":"16m"}`)
	want("22 expired")
	w.control("clock", `{"advance":"16m"}`)
	w.control("mine", `{"blocks":1}`)
	want()
}
