package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// hook is a webhook of the seed's store, made by a request.
type hook struct {
	w                *testbed
	id, secret, path string
}

func (w *testbed) webhooks() string { return "/api/v1/stores/" + w.s.Seed().StoreID + "/webhooks" }

func (w *testbed) makeHook(body string) *hook {
	w.t.Helper()
	response, answer := w.greenfield("POST", w.webhooks(), body)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %d %s", body, response.StatusCode, answer)
	}
	id := member(w.t, answer, "id")
	return &hook{w, id, member(w.t, answer, "secret"), w.webhooks() + "/" + id}
}

// otherStore makes a second store of the seed's account.
func (w *testbed) otherStore() string {
	_, answer := w.greenfield("POST", "/api/v1/stores", `{"name":"second"}`)
	return member(w.t, answer, "id")
}

func (w *testbed) freeInvoice() string {
	w.t.Helper()
	_, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", `{"amount":"0","currency":"USD"}`)
	return member(w.t, answer, "id")
}

// quiet waits until nothing is under way.
func (w *testbed) quiet() {
	w.t.Helper()
	eventually(w.t, "nothing is under way", func() bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return w.s.world.UnderWay() == 0
	})
}

type deliveryEntry struct {
	ID                      string
	Timestamp, DeliveryTime int64
	HTTPCode                *int
	ErrorMessage            *string
	Status                  string
}

func (h *hook) deliveries(query string) []deliveryEntry {
	h.w.t.Helper()
	response, answer := h.w.greenfield("GET", h.path+"/deliveries"+query, "")
	var list []deliveryEntry
	if err := json.Unmarshal([]byte(answer), &list); err != nil || response.StatusCode != http.StatusOK {
		h.w.t.Fatalf("%d %s: %v", response.StatusCode, answer, err)
	}
	return list
}

// outcomes are what came of the deliveries, newest first.
func (h *hook) outcomes() string {
	h.w.t.Helper()
	var all []string
	for _, d := range h.deliveries("") {
		text := d.Status
		if d.HTTPCode != nil {
			text += fmt.Sprint(" ", *d.HTTPCode)
		}
		if d.ErrorMessage != nil {
			text += ": " + *d.ErrorMessage
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestWebhookBodies has what a request may set, beside recording 22-webhooks. What is not in a recording follows from the
// server's model of a webhook (StoreWebhookData, StoreRepository.CreateWebhook) and its JSON library.
func TestWebhookBodies(t *testing.T) {
	w := newTestbed(t, Options{})
	long := strings.Repeat("s", 100_000)
	for _, test := range []struct{ name, body, want string }{
		// The secret: absent, null and empty are one; anything else is kept.
		{"secret null", `{"url":"http://a/","secret":null}`, `"secret":"?"`},
		{"secret empty", `{"url":"http://a/","secret":""}`, `"secret":"?"`},
		{"secret blank", `{"url":"http://a/","secret":" "}`, `"secret":" "`},
		{"secret number", `{"url":"http://a/","secret":12}`, `"secret":"12"`},
		{"secret long", `{"url":"http://a/","secret":"` + long + `"}`, `"secret":"` + long + `"`},
		{"secret object", `{"url":"http://a/","secret":{}}`, "422 secret"},
		// Flags cannot be null; an empty text is read as null.
		{"enabled null", `{"url":"http://a/","enabled":null}`, `Error converting value {null} to type 'System.Boolean'. Path 'enabled', line 1, position 33.`},
		{"enabled empty", `{"url":"http://a/","enabled":""}`, `{null}`},
		{"enabled text", `{"url":"http://a/","enabled":"FALSE"}`, `"enabled":false`},
		{"enabled number", `{"url":"http://a/","enabled":0}`, `"enabled":false`},
		{"enabled word", `{"url":"http://a/","enabled":"no"}`, `Could not convert string to boolean: no.`},
		{"redelivery null", `{"url":"http://a/","automaticRedelivery":null}`, `Path 'automaticRedelivery'`},
		// The events: names are not checked, kept twice, and null is not the same as an empty list.
		{"events null", `{"url":"http://a/","authorizedEvents":null}`, `"authorizedEvents":{"everything":true,"specificEvents":[]}`},
		{"events empty", `{"url":"http://a/","authorizedEvents":{}}`, `{"everything":true,"specificEvents":[]}`},
		{"events list", `{"url":"http://a/","authorizedEvents":["InvoiceCreated"]}`, `422 authorizedEvents`},
		{"everything null", `{"url":"http://a/","authorizedEvents":{"everything":null}}`, `Path 'authorizedEvents.everything'`},
		{"specific null", `{"url":"http://a/","authorizedEvents":{"everything":false,"specificEvents":null}}`, `{"everything":false,"specificEvents":null}`},
		{"specific empty", `{"url":"http://a/","authorizedEvents":{"everything":false,"specificEvents":[]}}`, `{"everything":false,"specificEvents":[]}`},
		{"specific twice", `{"url":"http://a/","authorizedEvents":{"specificEvents":["A","A","a"]}}`, `{"everything":true,"specificEvents":["A","A","a"]}`},
		{"specific with null", `{"url":"http://a/","authorizedEvents":{"specificEvents":[null,1]}}`, `[null,"1"]`},
		{"specific text", `{"url":"http://a/","authorizedEvents":{"specificEvents":"A"}}`, `Error converting value \"A\" to type 'System.String[]'.`},
		{"names in capitals", `{"URL":"http://a/","AuthorizedEvents":{"EVERYTHING":false}}`, `{"everything":false,`},
		{"a field twice", `{"url":"http://b/","url":"http://a/"}`, `"url":"http://a/"`},
		{"unknown field", `{"url":"http://a/","id":"mine","storeId":"other"}`, `"url":"http://a/"`},
		{"no object", `[]`, `BTCPayServer.Client.Models.CreateStoreWebhookRequest`},
		{"nothing", ``, "415"},
	} {
		response, answer := w.greenfield("POST", w.webhooks(), test.body)
		got := fmt.Sprint(response.StatusCode, " ", strings.NewReplacer(`[{"path":"`, "", `"url":"http://a/"`, `"url":"http://a/"`).Replace(answer))
		if test.want == `"secret":"?"` {
			if secret := member(t, answer, "secret"); len(secret) < 20 || len(secret) > 22 {
				t.Errorf("%s: %s", test.name, answer)
			}
			continue
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %.300s\nwant %.200s", test.name, got, test.want)
		}
	}
}

// TestWebhookAddresses has what the platform takes as an absolute address (facts: neighbours, "stored as they are";
// wire 8.1: on Linux a path counts as one).
func TestWebhookAddresses(t *testing.T) {
	w := newTestbed(t, Options{})
	for address, want := range map[string]int{
		"http://shop.example/hook": 200, "HTTPS://SHOP.EXAMPLE": 200, "http://shop.example:8080?x=1#y": 200, "http://[::1]:3000/x": 200,
		"http://user:pass@shop.example/": 200, "javascript:alert(1)": 200, "file:///etc/passwd": 200, "ftp://x/": 200, "mailto:a@b.example": 200,
		"/hook": 200, "//shop.example/hook": 200, "localhost:3000/hook": 200, " http://shop.example/ ": 200, "http://bücher.example/": 200,
		"": 422, " ": 422, "shop.example/hook": 422, "hook": 422, "../hook": 422, "?x=1": 422, "http:": 422, "http://": 422, "http:///hook": 422,
		"http://shop.example:99999/": 422, "http://shop.example:x/": 422, "http://a b/": 422, "http://[::1/": 422, "1http://a/": 422,
		"http://shop.example/" + strings.Repeat("x", 70_000): 422,
	} {
		body, err := json.Marshal(map[string]string{"url": address})
		if err != nil {
			t.Fatal(err)
		}
		response, answer := w.greenfield("POST", w.webhooks(), string(body))
		if response.StatusCode != want {
			t.Errorf("%.80q: %d, want %d: %.200s", address, response.StatusCode, want, answer)
		}
		if want == 200 && member(t, answer, "url") != address {
			t.Errorf("%q is kept as %s", address, answer)
		}
	}
}

// TestWebhookPaths has webhooks of one's own, of another store, and ones that are gone, by each way to name them
// (recordings 22-webhooks and 31-aliases; by the source, the store of an id is remembered for ten minutes).
func TestWebhookPaths(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.makeHook(`{"url":"http://127.0.0.1:1/"}`)
	other := w.otherStore()
	alias := "/api/v1/webhooks/" + h.id
	ask := func(method, path, body string, want int, says string) {
		t.Helper()
		response, answer := w.greenfield(method, path, body)
		if response.StatusCode != want || !strings.Contains(answer, says) {
			t.Errorf("%s %s: %d %s, want %d %s", method, path, response.StatusCode, answer, want, says)
		}
	}
	ask("GET", h.path, "", 200, h.id)
	ask("GET", h.path+"/", "", 200, h.id)
	ask("GET", alias, "", 200, h.id)
	ask("GET", strings.ToUpper(w.webhooks()[:14])+w.webhooks()[14:], "", 200, h.id) // the words of a path match in any case
	ask("GET", w.webhooks()+"/"+strings.ToLower(h.id), "", 403, "missing-permission")
	ask("GET", "/api/v1/webhooks/"+strings.ToUpper(h.id), "", 403, "missing-permission")
	ask("GET", "/api/v1/stores/"+other+"/webhooks/"+h.id, "", 403, "canmodifywebhooks")
	ask("GET", "/api/v1/stores/"+other+"/webhooks/"+h.id+"/deliveries", "", 403, "canmodifywebhooks")
	ask("PUT", "/api/v1/stores/"+other+"/webhooks/"+h.id, `{"url":"http://a/"}`, 403, "canmodifywebhooks")
	ask("GET", alias+"?storeId="+other, "", 403, "missing-permission")
	ask("GET", alias+"?storeId="+w.s.Seed().StoreID, "", 200, h.id)
	ask("GET", "/api/v1/webhooks", "", 404, "")
	ask("POST", h.path, `{}`, 405, "")
	ask("GET", "/api/v1/stores/"+other+"/webhooks", "", 200, "[]")
	ask("PUT", alias, `{"url":"http://b/","authorizedEvents":{"everything":false}}`, 200, `"everything":false`)
	ask("PUT", alias, `{"url":"http://b/"}`, 200, `"everything":true`) // what is left out goes back to its default
	ask("PUT", alias, `{}`, 422, "Invalid Url")
	ask("DELETE", alias, "", 200, "")
	ask("DELETE", alias, "", 404, "webhook-not-found") // the same again
	ask("GET", h.path, "", 404, "webhook-not-found")
	ask("PUT", h.path, `{}`, 422, "Invalid Url") // the body is looked at first
	ask("PUT", h.path, `{"url":"http://a/"}`, 404, "webhook-not-found")
	ask("GET", h.path+"/deliveries", "", 200, "[]")
	ask("GET", h.path+"/deliveries?count=-1", "", 500, "")
	ask("GET", h.path+"/deliveries/x", "", 404, "webhookdelivery-not-found")
	ask("GET", "/api/v1/stores/"+other+"/webhooks/"+h.id, "", 403, "missing-permission")
	ask("GET", w.webhooks(), "", 200, "[]")
	w.control("clock", `{"advance":"9m"}`)
	ask("GET", h.path, "", 404, "webhook-not-found") // asked for, so it is remembered ten minutes more
	w.control("clock", `{"advance":"9m"}`)
	ask("GET", h.path, "", 404, "webhook-not-found")
	w.control("clock", `{"advance":"11m"}`)
	ask("GET", h.path, "", 403, "missing-permission")
	ask("GET", alias+"/deliveries", "", 403, "missing-permission")
}

// TestWebhookPermission has keys with and without the permission, which seeing needs as well (recording 22-webhooks).
func TestWebhookPermission(t *testing.T) {
	w := newTestbed(t, Options{})
	h := w.makeHook(`{"url":"http://127.0.0.1:1/"}`)
	store := w.s.Seed().StoreID
	for permission, want := range map[string]int{
		"btcpay.store.webhooks.canmodifywebhooks":            200,
		"btcpay.store.webhooks.canmodifywebhooks:" + store:   200,
		"btcpay.store.canmodifystoresettings":                200,
		"unrestricted":                                       200,
		"btcpay.store.canviewstoresettings":                  403,
		"btcpay.store.canmodifyinvoices":                     403,
		"btcpay.store.webhooks.canmodifywebhooks:otherStore": 403,
	} {
		_, answer := w.greenfield("POST", "/api/v1/api-keys", `{"permissions":["`+permission+`"]}`)
		key := member(t, answer, "apiKey")
		for _, path := range []string{w.webhooks(), h.path, "/api/v1/webhooks/" + h.id, h.path + "/deliveries"} {
			if response, answer := w.call("GET", path, "", "Authorization", "token "+key); response.StatusCode != want {
				t.Errorf("%s %s: %d, want %d: %s", permission, path, response.StatusCode, want, answer)
			}
		}
	}
}
