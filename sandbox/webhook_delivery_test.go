package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWebhookRetries follows an event through all its tries (WebhookSender: after 10 s, a minute, and six times ten
// minutes), with another one that waits behind it.
func TestWebhookRetries(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h := w.makeHook(created(s.URL + "/500"))
	first := w.freeInvoice()
	w.quiet()
	start := w.s.Now()
	second := w.freeInvoice()
	w.quiet()
	if came := s.take(); len(came) != 1 || came[0].Event.InvoiceID != first || came[0].Event.IsRedelivery {
		t.Fatalf("%+v", came)
	}
	ids := map[string]bool{}
	original := h.deliveries("")[0].ID
	for i, pause := range []string{"10s", "1m", "10m", "10m", "10m", "10m", "10m", "10m"} {
		d, err := time.ParseDuration(pause)
		if err != nil {
			t.Fatal(err)
		}
		w.control("clock", fmt.Sprintf(`{"advance":%q}`, d-9*time.Second)) // what the test itself takes is less
		w.quiet()
		if came := s.take(); d > 10*time.Second && len(came) > 0 {
			t.Fatalf("try %d is too early", i+2)
		}
		w.control("clock", `{"advance":"9s"}`)
		w.quiet()
		came := s.take()
		if i == 7 { // the last one, and then the other event
			if len(came) != 2 || came[1].Event.InvoiceID != second || came[1].Event.IsRedelivery {
				t.Fatalf("after the last try: %+v", came)
			}
			came = came[:1]
		}
		if len(came) != 1 {
			t.Fatalf("try %d: %+v", i+2, came)
		}
		e := came[0].Event
		if e.InvoiceID != first || !e.IsRedelivery || e.OriginalDeliveryID != original || e.DeliveryID == original || ids[e.DeliveryID] || e.Timestamp > start.Unix() {
			t.Errorf("try %d: %+v", i+2, e)
		}
		ids[e.DeliveryID] = true
	}
	list := h.deliveries("")
	if len(list) != 10 || list[9].ID != original {
		t.Errorf("%+v", list)
	}
	for i := range list[1:] {
		if list[i].Timestamp < list[i+1].Timestamp {
			t.Errorf("the list is not newest first: %+v", list)
		}
	}
	if last, before := list[0], list[1]; last.Timestamp-before.Timestamp != 600 || last.DeliveryTime != last.Timestamp {
		t.Errorf("the last two tries: %+v %+v", last, before)
	}
}

// TestWebhookJump moves the clock over all tries at once: each is made, with the time for which it was due.
func TestWebhookJump(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.makeHook(created("http://127.0.0.1:1/x"))
	w.freeInvoice()
	w.quiet()
	w.control("clock", `{"advance":"2h"}`)
	eventually(t, "nine tries were made", func() bool { return len(h.deliveries("")) == 9 })
	w.quiet()
	list := h.deliveries("")
	for i, seconds := range []int64{600, 600, 600, 600, 600, 600, 60, 10} {
		if got := list[i].Timestamp - list[i+1].Timestamp; got < seconds-1 || got > seconds+1 {
			t.Errorf("try %d came %d s after the one before, not %d", 9-i, got, seconds)
		}
	}
}

// TestWebhookChangedMeanwhile has webhooks that change while an event is tried again and another one waits behind it
// (WebhookSender.Process: a retry asks for the webhook of now; what waits goes to where the webhook led at the event).
func TestWebhookChangedMeanwhile(t *testing.T) {
	for _, test := range []struct{ name, method, body, want string }{
		{"moved", "PUT", `{"url":"%s/200","secret":"another secret","authorizedEvents":{"everything":false,"specificEvents":["InvoiceCreated"]}}`, "/200 InvoiceCreated, /500 InvoiceCreated"},
		{"no retries", "PUT", `{"url":"%s/200","automaticRedelivery":false}`, "/500 InvoiceCreated"},
		{"switched off", "PUT", `{"url":"%s/200","enabled":false}`, ""},
		{"another event", "PUT", `{"url":"%s/200","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled"]}}`, ""},
		{"event in small letters", "PUT", `{"url":"%s/200","authorizedEvents":{"everything":false,"specificEvents":["invoicecreated"]}}`, ""},
		{"removed", "DELETE", ``, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, s := newTestbed(t, Options{}), newShop(t)
			h := w.makeHook(created(s.URL + "/500"))
			w.freeInvoice()
			w.quiet()
			w.freeInvoice() // waits
			s.take()
			if strings.Contains(test.body, "%s") {
				test.body = fmt.Sprintf(test.body, s.URL)
			}
			if response, answer := w.greenfield(test.method, h.path, test.body); response.StatusCode != 200 {
				t.Fatal(answer)
			}
			w.control("clock", `{"advance":"10s"}`)
			w.quiet()
			if got := s.types(); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestWebhookWhoGets has two webhooks of one store, one that is switched off, one without events and one of another store.
func TestWebhookWhoGets(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	w.makeHook(`{"url":"` + s.URL + `/200"}`)
	w.makeHook(created(s.URL + "/201"))
	w.makeHook(created(s.URL + "/202"))
	w.makeHook(`{"url":"` + s.URL + `/off","enabled":false}`)
	w.makeHook(`{"url":"` + s.URL + `/nothing","authorizedEvents":{"everything":false}}`)
	w.makeHook(`{"url":"` + s.URL + `/unknown","authorizedEvents":{"everything":false,"specificEvents":["NoSuchEvent","invoicecreated"," InvoiceCreated"]}}`)
	w.makeHook(`{"url":"` + s.URL + `/204","authorizedEvents":{"everything":false,"specificEvents":["InvoiceSettled","InvoiceSettled"]}}`)
	w.greenfield("POST", "/api/v1/stores/"+w.otherStore()+"/webhooks", `{"url":"`+s.URL+`/other"}`)
	w.freeInvoice()
	w.quiet()
	var got []string
	for _, p := range s.take() {
		got = append(got, p.Path+" "+p.Event.Type)
	}
	slices.Sort(got)
	if want := []string{"/200 InvoiceCreated", "/200 InvoiceProcessing", "/200 InvoiceSettled", "/201 InvoiceCreated", "/202 InvoiceCreated", "/204 InvoiceSettled"}; !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	// Of a webhook whose list of events is null the server cannot say what it wants, and posts to none.
	confused := w.makeHook(`{"url":"` + s.URL + `/null","authorizedEvents":{"everything":false,"specificEvents":null}}`)
	w.freeInvoice()
	w.quiet()
	if got := s.types(); got != "" {
		t.Errorf("with a null: %s", got)
	}
	w.greenfield("PUT", confused.path, `{"url":"`+s.URL+`/null","enabled":false,"authorizedEvents":{"everything":false,"specificEvents":null}}`)
	w.freeInvoice()
	w.quiet()
	if got := s.take(); len(got) != 6 {
		t.Errorf("with a null that is switched off: %d", len(got))
	}
}

// TestWebhookRedeliver has deliveries that are made again by hand (recordings 22 and 45; GreenfieldStoreWebhooksController).
func TestWebhookRedeliver(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	h, other := w.makeHook(created(s.URL+"/200")), w.makeHook(created(s.URL+"/201"))
	w.freeInvoice()
	w.quiet()
	s.take()
	original := h.deliveries("")[0].ID
	ask := func(h *hook, id string, want int, says string) string {
		t.Helper()
		response, answer := w.greenfield("POST", h.path+"/deliveries/"+id+"/redeliver", "")
		if response.StatusCode != want || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, want %d %s", id, response.StatusCode, answer, want, says)
		}
		w.quiet()
		return strings.Trim(answer, `"`)
	}
	const unknown = "webhookdelivery-not-found"
	ask(h, strings.ToLower(original), 404, unknown)
	ask(h, strings.ToUpper(original), 404, unknown)
	ask(h, "none", 404, unknown)
	ask(h, other.deliveries("")[0].ID, 404, unknown)
	ask(other, original, 404, unknown)
	if got := s.take(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	second := ask(h, original, 200, `"`)
	third := ask(h, second, 200, `"`)
	fourth := ask(h, original, 200, `"`) // the same again
	for i, p := range s.take() {
		if want := []string{second, third, fourth}[i]; p.Event.DeliveryID != want || p.Event.OriginalDeliveryID != original || !p.Event.IsRedelivery || !p.signedWith(h.secret) {
			t.Errorf("%s: %+v", want, p.Event)
		}
	}
	if list := h.deliveries(""); len(list) != 4 || list[0].ID != fourth || list[3].ID != original {
		t.Errorf("%+v", list)
	}
	w.greenfield("PUT", h.path, `{"url":"`+s.URL+`/200","enabled":false}`)
	unsent := ask(h, original, 200, `"`)
	ask(h, unsent, 404, unknown)
	if response, _ := w.greenfield("GET", h.path+"/deliveries/"+unsent, ""); response.StatusCode != 404 || len(s.take()) != 0 || len(h.deliveries("")) != 4 {
		t.Error("a webhook that is switched off delivered")
	}
	w.greenfield("PUT", h.path, created(s.URL+"/500"))
	failed := ask(h, original, 200, `"`) // one that fails is tried again, as any other
	w.control("clock", `{"advance":"10s"}`)
	w.quiet()
	if came := s.take(); len(came) != 2 || came[1].Event.OriginalDeliveryID != original || came[1].Event.DeliveryID == failed {
		t.Errorf("%+v", came)
	}
}

// TestWebhookHeldBack has a webhook whose queue is held back by an event that is tried again: another webhook of the
// store continues, a redelivery by hand waits its turn, and a webhook that is made later gets only what happens then
// (WebhookSender: a queue for each webhook).
func TestWebhookHeldBack(t *testing.T) {
	w, s := newTestbed(t, Options{}), newShop(t)
	held, free := w.makeHook(created(s.URL+"/200")), w.makeHook(created(s.URL+"/201"))
	w.freeInvoice()
	w.quiet()
	delivered := held.deliveries("")[0].ID
	w.greenfield("PUT", held.path, created(s.URL+"/503"))
	w.freeInvoice()
	w.quiet()
	s.take()
	_, answer := w.greenfield("POST", held.path+"/deliveries/"+delivered+"/redeliver", "")
	again := strings.Trim(answer, `"`)
	later := w.makeHook(created(s.URL + "/202"))
	w.freeInvoice()
	w.quiet()
	got := strings.Split(s.types(), ", ")
	slices.Sort(got)
	if want := []string{"/201 InvoiceCreated", "/202 InvoiceCreated"}; !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if n := len(later.deliveries("")) + len(free.deliveries("")); n != 1+3 {
		t.Errorf("%d deliveries to the other ones", n)
	}
	if response, _ := w.greenfield("GET", held.path+"/deliveries/"+again, ""); response.StatusCode != 404 || len(held.deliveries("")) != 2 {
		t.Error("a delivery that waits is in the list")
	}
	w.greenfield("PUT", held.path, created(s.URL+"/200"))
	w.control("clock", `{"advance":"10s"}`)
	w.quiet()
	// The retry and what waited, of which each goes to where the webhook led when it was queued. The redelivery fails there.
	if got := s.types(); got != "/200 InvoiceCreated, /503 InvoiceCreated" {
		t.Error(got)
	}
	w.control("clock", `{"advance":"10s"}`)
	w.quiet()
	if got := s.types(); got != "/200 InvoiceCreated, /503 InvoiceCreated" {
		t.Error(got)
	}
}
