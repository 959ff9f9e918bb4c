package replay

import (
	"strings"
	"testing"
)

// TestExchangesOfAllRecordings reads every recording as tests of clients do.
func TestExchangesOfAllRecordings(t *testing.T) {
	recordings, err := LoadAll("../testdata/recordings/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	exchanges, deliveries := map[string]int{}, 0
	for _, r := range recordings {
		all, err := r.Exchanges()
		if err != nil {
			t.Error(r.Server.Version, err)
		}
		for _, e := range all {
			for _, text := range []string{e.Request.Path, e.Request.Token, string(e.Request.JSON), string(e.Response.JSON)} {
				if strings.Contains(text, "{{") || strings.Contains(text, `"$any"`) || strings.Contains(text, `"$number"`) {
					t.Errorf("%v: a value is without an example: %s", e, text)
				}
			}
			exchanges[e.Version]++
		}
		bodies, err := r.Deliveries()
		if err != nil {
			t.Error(r.Server.Version, err)
		}
		deliveries += len(bodies)
	}
	for _, version := range []string{"1.13.5", "2.0.8", "2.3.9", "2.4.1"} {
		if exchanges[version] < 600 {
			t.Errorf("there are %d exchanges of %s", exchanges[version], version)
		}
	}
	if deliveries < 20 {
		t.Errorf("there are %d deliveries", deliveries)
	}
}

func TestExchanges(t *testing.T) {
	const text = `{"group": "g", "server": {"version": "2.4.1", "env": {"BTCPAY_ROOTPATH": "/pay"}}, "vars": {"mail": "a@example.com"}, "steps": [
		{"name": "page", "request": {"method": "GET", "path": "/page"}, "capture": {"key": "form:0.apiKey", "id": "location:id=(.*)"},
			"response": {"status": 200, "page": {"forms": [{"fields": [{"name": "apiKey", "value": "{{key}}"}]}]}}},
		{"name": "again", "request": {"method": "GET", "path": "/page"}, "capture": {"same": "form:0.apiKey"},
			"response": {"status": 200, "page": {"forms": [{"fields": [{"name": "apiKey", "value": "{{key}}"}]}]}}},
		{"name": "call", "request": {"method": "POST", "path": "/x/{{mail|url}}?at={{now+60}}", "auth": {"token": "{{same}}"}, "json": {"price": {"$number": "5.0"}}},
			"response": {"status": 200, "json": {"key": "{{key}}", "url": "{{server}}/i", "n": {"$any": "number", "like": "int", "example": 7},
				"list": {"$any": "array", "like": "unordered", "items": [{"$any": "string", "like": "hex:2", "example": "ab"}]},
				"any": {"$any": "value"}, "may": {"$any": "optional"}}}},
		{"name": "receive", "receive": {"path": "/hook", "count": 1}, "received": [{"method": "POST", "json": {"id": "{{key}}"}}, {"text": ""}]}]}`
	r, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	exchanges, err := r.Exchanges()
	if err != nil || len(exchanges) != 3 {
		t.Fatal(exchanges, err)
	}
	call := exchanges[2]
	key := call.Request.Token
	if len(key) != 40 || call.String() != "2.4.1 g: call" {
		t.Errorf("%v has the token %q", call, key)
	}
	for _, c := range [][2]string{
		{call.Request.Path, "/x/a%40example.com?at=1795428060"},
		{string(call.Request.JSON), `{"price":5.0}`},
		{string(call.Response.JSON), `{"key":"` + key + `","url":"https://shop.example.com/pay/i","n":7,"list":["ab"],"any":null}`},
	} {
		if c[0] != c[1] {
			t.Errorf("got  %s\nwant %s", c[0], c[1])
		}
	}
	deliveries, err := r.Deliveries()
	if err != nil || len(deliveries) != 1 || string(deliveries[0]) != `{"id":"`+key+`"}` {
		t.Errorf("got %s, %v", deliveries, err)
	}
	for _, broken := range [][2]string{
		{`"example": 7`, `"of": 7`},
		{`/x/{{mail|url}}`, `/x/{{nobody}}`},
		{`"id": "{{key}}"`, `"id": "{{nobody}}"`},
	} {
		r, err := parse([]byte(strings.Replace(text, broken[0], broken[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		_, exchangeErr := r.Exchanges()
		_, deliveryErr := r.Deliveries()
		if exchangeErr == nil && deliveryErr == nil {
			t.Errorf("%s was read", broken[1])
		}
	}
}
