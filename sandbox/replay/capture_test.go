package replay

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

func TestCapture(t *testing.T) {
	page, err := human.ReadPage(strings.NewReader(`<p class="alert">Key <code>abc1</code></p>
		<form><button>One</button></form><form><input name="a.b" value="x"><button>Two</button></form>`))
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Location": {"/there?key=k1"}, "X-Kind": {"some kind"}, "Set-Cookie": {"a=1; Path=/", "b=2; Path=/"}}
	json := &answered{status: 201, header: header, body: []byte(`{"data":[{"id":"i1","n":1.50,"none":null}]}`)}
	json.value, json.json = parsed(t, string(json.body)), true
	html := &answered{status: 200, header: header, body: []byte("raw"), page: page}
	tests := []struct {
		of        *answered
		how, want string // want "": refused
	}{
		{json, "status", "201"},
		{json, "json:data.0.id", "i1"},
		{json, "json:data.0.n", "1.50"},
		{json, "json:data.0.none", "null"},
		{json, "json:data.1.id", ""},
		{json, "json:data.x", ""},
		{json, "json:data.0.id.x", ""},
		{html, "json:data", ""},
		{json, "location:key=([a-z0-9]+)", "k1"},
		{json, "location:token=([a-z0-9]+)", ""},
		{json, "location:key", ""},
		{json, "location:(", ""},
		{json, "header:X-Kind:some (.*)", "kind"},
		{json, "cookie:b", "2"},
		{json, "cookie:c", ""},
		{json, `text:"id":"(.*?)"`, "i1"},
		{html, "text:Key ([a-z0-9]+)", "abc1"},
		{html, "form:1.a.b", "x"},
		{html, "form:0.a.b", ""},
		{html, "form:2.a.b", ""},
		{html, "formwith:Two.a.b", "x"},
		{html, "formwith:Three.a.b", ""},
		{json, "form:0.a", ""},
		{json, "by magic", ""},
	}
	for _, test := range tests {
		got, err := capture(test.how, test.of)
		if got != test.want || (err == nil) == (test.want == "") {
			t.Errorf("%s: %q, %v; want %q", test.how, got, err, test.want)
		}
	}
}

func TestConditions(t *testing.T) {
	a := &answered{status: 200, body: []byte(`{"n":2,"status":"Settled","none":null,"list":[{"x":true}]}`)}
	a.value, a.json = parsed(t, string(a.body)), true
	p := &player{vars: noVariables()}
	p.vars.values["wanted"] = "Settled"
	for until, want := range map[string]bool{
		"json:status=Settled":    true,
		"json:status={{wanted}}": true,
		"json:status=New":        false,
		"json:status!=New":       true,
		"json:status!=Settled":   false,
		"json:absent!=x":         false,
		"json:status~^Set":       true,
		"json:status~^New":       false,
		"json:n>=2":              true,
		"json:n>=3":              false,
		"json:status>=1":         false,
		"json:list.0.x":          true,
		"json:list.1.x":          false,
		"json:none":              false,
		"status=200":             true,
		"status=404":             false,
		"text:Settled":           true,
		"text:Expired":           false,
	} {
		if got, err := p.holds(until, a); err != nil || got != want {
			t.Errorf("%s: %v, %v", until, got, err)
		}
	}
	for _, bad := range []string{"", "sometime", "json:a b=c", "json:status~(", "json:status={{nobody}}"} {
		if _, err := p.holds(bad, a); err == nil {
			t.Errorf("%q is taken for a condition", bad)
		}
	}
}

func TestVariables(t *testing.T) {
	v := noVariables()
	v.values["a.b"] = "x y/ü"
	for text, want := range map[string]string{
		"{{a.b}}!":               "x y/ü!",
		"{{a.b|url}}":            "x%20y%2F%C3%BC",
		"{{a.b|b64}}":            "eCB5L8O8",
		"{{nobody}} and {{a.b}}": "{{nobody}} and x y/ü",
	} {
		if got := v.fill(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"{{now}}", "{{now+60}}", "{{nowMs-5}}", "{{date+0}}", "{{date-1|url}}"} {
		if got, err := v.expand(text); err != nil || strings.Contains(got, "{{") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"{{nobody}}", "{{now+}}", "{{now+99999999999999999999}}", "{{date*2}}"} {
		if got, err := v.expand(text); err == nil {
			t.Errorf("%s became %q", text, got)
		}
	}
}
