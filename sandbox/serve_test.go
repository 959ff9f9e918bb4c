package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

func TestTransport(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/btcpay/"})
	tests := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		want                     map[string]string // headers of the answer
	}{
		{"known path", "GET", "/btcpay/api/v1/health", "", nil, 200, map[string]string{"Content-Type": "application/json; charset=utf-8", "X-Frame-Options": "DENY"}},
		{"other letters", "GET", "/btcpay/API/v1/Health/", "", nil, 200, nil},
		{"outside the root path", "GET", "/api/v1/health", "", nil, 404, map[string]string{"X-Frame-Options": ""}},
		{"a longer root path", "GET", "/btcpayer/api/v1/health", "", nil, 404, nil},
		{"unknown path", "GET", "/btcpay/api/v1/no-such-thing", "", nil, 404, map[string]string{"X-Frame-Options": "DENY", "Content-Type": ""}},
		{"unknown path, by a browser", "GET", "/btcpay/no-such-page", "", []string{"Accept", "text/html"}, 404, map[string]string{"Content-Type": "text/html; charset=utf-8"}},
		{"wrong method", "HEAD", "/btcpay/api/v1/health", "", nil, 405, map[string]string{"Allow": "GET"}},
		{"wrong method, two right ones", "DELETE", "/btcpay/tokens", "", nil, 405, map[string]string{"Allow": "GET, POST"}},
		{"slash behind tokens", "GET", "/btcpay/tokens/", "", nil, 404, nil},
		{"preflight of anything", "OPTIONS", "/btcpay/x", "", []string{"Origin", "http://a.example", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a"}, 204,
			map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "PUT", "Access-Control-Allow-Headers": "x-a"}},
		{"OPTIONS that is no preflight", "OPTIONS", "/btcpay/tokens", "", nil, 405, nil},
		{"another origin", "GET", "/btcpay/tokens", "", []string{"Origin", "http://a.example"}, 200, map[string]string{"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}},
		{"wrong type, Greenfield", "POST", "/btcpay/api/v1/users", "x", []string{"Content-Type", "text/plain"}, 415, map[string]string{"Content-Type": "application/problem+json; charset=utf-8"}},
		{"wrong type, BitPay", "POST", "/btcpay/tokens", "x", []string{"Content-Type", "text/plain"}, 415, map[string]string{"Content-Type": ""}},
		{"bad signature", "GET", "/btcpay/tokens", "", []string{"X-Identity", "00", "X-Signature", "00"}, 401, map[string]string{"Content-Type": "application/json", "X-Frame-Options": ""}},
		{"signed rubbish", "POST", "/btcpay/invoices", "\xff", []string{"X-Identity", "00", "X-Signature", "00"}, 500, map[string]string{"X-Frame-Options": ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, answer := w.call(test.method, test.path, test.body, test.headers...)
			if response.StatusCode != test.status {
				t.Fatalf("%d %s, want %d", response.StatusCode, answer, test.status)
			}
			for name, value := range test.want {
				if got := response.Header.Get(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestSignedURL(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/btcpay"})
	host := strings.TrimPrefix(w.origin, "http://")
	for _, test := range []struct {
		name, path, over string
		headers          []string
		status           int
	}{
		{"as sent", "/btcpay/tokens", w.origin + "/btcpay/tokens", nil, 200},
		{"without the root path", "/btcpay/tokens", w.origin + "/tokens", nil, 401},
		{"query and escapes", "/btcpay/invoices/a%20b?token=1%2F", w.origin + "/btcpay/invoices/a%20b?token=1%2F", nil, 404},
		{"an escaped slash", "/btcpay/invoices/a%2Fb?token=1", w.origin + "/btcpay/invoices/a%2Fb?token=1", nil, 404},
		{"an escape not needed", "/btcpay/invoices/a%7Eb?token=1", w.origin + "/btcpay/invoices/a%7Eb?token=1", nil, 401},
		{"an escape in small letters", "/btcpay/invoices/%c3%bc?token=1", w.origin + "/btcpay/invoices/%c3%bc?token=1", nil, 401},
		{"a query that is not escaped", "/btcpay/invoices?orderId=a[0]", w.origin + "/btcpay/invoices?orderId=a[0]", nil, 401},
		{"https by a proxy", "/btcpay/tokens", "https://" + host + "/btcpay/tokens", []string{"X-Forwarded-Proto", "https"}, 200},
		{"http behind such a proxy", "/btcpay/tokens", w.origin + "/btcpay/tokens", []string{"X-Forwarded-Proto", "https"}, 401},
		{"another host", "/btcpay/tokens", "https://pay.example/btcpay/tokens", []string{"X-Forwarded-Proto", "http, https", "X-Forwarded-Host", "pay.example"}, 200},
		{"Host as it was sent", "/btcpay/tokens", "http://pay.example:80/btcpay/tokens", []string{"Host", "pay.example:80"}, 200},
	} {
		headers := append(sign(w.key, test.over, ""), test.headers...)
		if response, answer := w.call("GET", test.path, "", headers...); response.StatusCode != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, response.StatusCode, answer, test.status)
		}
	}
}

func TestBadInputBody(t *testing.T) {
	w := newTestbed(t, Options{})
	for _, body := range []string{
		`{"price":1e400}`, `{"price":NaN}`, `{"price":"NaN"}`, `{"price":1e30}`, `{"price":{}}`, `{"price":true}`, `[]`, `null`, `"x"`, `{`, "\ufeff{}",
		`{"price":1,"physical":"perhaps"}`, `{"price":1,"nonce":1.5}`, `{"price":1,"buyer":"me"}`, `{"price":1,"paymentCurrencies":"BTC"}`, `{"price":1,"orderId":{}}`,
	} {
		response, answer := w.call("POST", "/invoices", body, sign(w.key, w.origin+"/invoices", strings.TrimPrefix(body, "\ufeff"))...)
		if response.StatusCode != http.StatusBadRequest || answer != `{"error":"Invalid invoice"}` {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
	if response, answer := w.call("POST", "/invoices", `{"expirationTime":"soon"}`, sign(w.key, w.origin+"/invoices", `{"expirationTime":"soon"}`)...); response.StatusCode != 500 || answer != "" {
		t.Errorf("an expiry in text: %d %s", response.StatusCode, answer)
	}
	if response, _ := w.call("POST", "/tokens", strings.Repeat(" ", serve.MaxBody+1)); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without end: %d", response.StatusCode)
	}
}

func TestInvoiceMembers(t *testing.T) {
	w := newTestbed(t, Options{})
	for _, test := range []struct{ name, body, member, want string }{
		{"price keeps its zeros", `{"price":5.50}`, "price", "5.50"},
		{"price in text", `{"price":"1e1"}`, "price", "10.0"},
		{"price with commas", `{"price":"1,5"}`, "price", "15.0"},
		{"price beyond the range", `{"price":1e28,"currency":"BTC"}`, "price", "18446744073709551615.0"},
		{"currency", `{"price":0,"currency":" eur "}`, "currency", "EUR"},
		{"number for a text", `{"price":0,"orderId":12.50}`, "orderId", "12.50"},
		{"the last of two", `{"orderId":"a","price":0,"ORDERID":"b"}`, "orderId", "b"},
		{"posData, text", `{"price":0,"posData":"plain"}`, "posData", "plain"},
		{"posData, object", `{"price":0,"posData":"{\"a\":1.50,\"b\":[],\"a\":{\"c\":null}}"}`, "posData", "{\n  \"a\": {\n    \"c\": null\n  },\n  \"b\": []\n}"},
		{"posData, doubles", `{"price":0,"posData":"{\"a\":1.50,\"b\":1e2,\"c\":1e20,\"d\":12345678901234567890}"}`, "posData",
			"{\n  \"a\": 1.5,\n  \"b\": 100.0,\n  \"c\": 1E+20,\n  \"d\": 12345678901234567890\n}"},
		{"posData, array", `{"price":0,"posData":"[1, 2]"}`, "posData", "[1, 2]"},
		{"tax not over the price", `{"price":2,"taxIncluded":5}`, "taxIncluded", "2.0"},
	} {
		got := w.signed("POST", "/invoices", test.body)
		if text := strings.Trim(mustJSON(t, got[test.member]), "\"\n"); strings.NewReplacer(`\n`, "\n", `\"`, `"`).Replace(text) != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}
