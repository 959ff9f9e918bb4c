package sandbox

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// TestBodyFaults has the words of the server's library for bodies that do not parse.
func TestBodyFaults(t *testing.T) {
	const end = "Unexpected end when deserializing object. "
	for body, want := range map[string][]aspnet.FieldError{
		`{"a":1}`:               nil,
		`{"a":1,}`:              nil,
		`{} behind`:             nil,
		"{\"a\":\"\n\t\"}":      nil,
		``:                      nil, // told by other words
		`{`:                     {{Path: "", Message: end + "Path '', line 1, position 1."}},
		`{"a"`:                  {{Path: "a", Message: "Unexpected end when setting a's value. Path 'a', line 1, position 4."}, {Path: "a", Message: end + "Path 'a', line 1, position 4."}},
		`{"a":`:                 {{Path: "a", Message: "Unexpected end when setting a's value. Path 'a', line 1, position 5."}, {Path: "a", Message: end + "Path 'a', line 1, position 5."}},
		`{"a":1`:                {{Path: "a", Message: end + "Path 'a', line 1, position 6."}},
		`{"a":[1`:               {{Path: "a[0]", Message: "Unexpected end when deserializing array. Path 'a[0]', line 1, position 7."}},
		"{\n \"ä\": 1 \"b\"}":   {{Path: "ä", Message: "After parsing a value an unexpected character was encountered: \". Path 'ä', line 2, position 8."}},
		`{a:1}`:                 nil,
		`{'a':'"\''}`:           nil,
		`{"a":01}`:              nil,
		`{"a":-.5e1,b:0XfF}`:    nil,
		`{"a":[,NaN,]}`:         nil,
		"{//\n/**/a:undefined}": nil,
		`{-:1}`:                 {{Path: "", Message: "Invalid property identifier character: -. Path '', line 1, position 1."}},
		`{a-b:1}`:               {{Path: "", Message: "Invalid JavaScript property identifier character: -. Path '', line 1, position 2."}},
		`{"a":08}`:              {{Path: "a", Message: "Unexpected character encountered while parsing value: 0. Path 'a', line 1, position 6."}},
		`x`:                     {{Path: "", Message: "Unexpected character encountered while parsing value: x. Path '', line 0, position 0."}},
		` x`:                    {{Path: "", Message: "Unexpected character encountered while parsing value: x. Path '', line 1, position 1."}},
		`{"a" 1}`:               {{Path: "a", Message: "Invalid character after parsing property name. Expected ':' but got: 1. Path 'a', line 1, position 5."}},
		`{"a":{"b":x}}`:         {{Path: "a.b", Message: "Unexpected character encountered while parsing value: x. Path 'a.b', line 1, position 11."}},
		`{"a":"b`:               {{Path: "a", Message: `Unterminated string. Expected delimiter: ". Path 'a', line 1, position 7.`}},
		`{"a":"\x"}`:            {{Path: "a", Message: "Bad JSON escape sequence. Path 'a', line 1, position 9."}},
	} {
		f := &aspnet.Faults{}
		aspnet.ReadBody([]byte(body), f)
		if !reflect.DeepEqual(f.All, want) {
			t.Errorf("%s\n got %q\nwant %q", body, f.All, want)
		}
	}
}

// FuzzReadBody sets the reader against the standard library's: what one takes the other takes, and they agree on it, but
// for what the server takes besides.
func FuzzReadBody(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,"x",null,true,{"B":{}}]}`, `[[],{}]`, `{"a":"é","A":1}`, `"text"`, `{"a":1,}`, `{"a":`, `-0`, `{'a':[.5,0x1F,NaN,,],/**/b:"\n"}`, `{"a":1e5}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		bad := &aspnet.Faults{}
		n := aspnet.ReadBody(body, bad)
		if json.Valid(body) && strings.Count(string(body), "{")+strings.Count(string(body), "[") <= aspnet.MaxBodyDepth {
			if len(bad.All) > 0 {
				t.Fatalf("%q is valid: %q", body, bad.All)
			}
			var want, got any
			if json.Unmarshal(body, &want) != nil || json.Unmarshal(n.Raw, &got) != nil || !reflect.DeepEqual(want, got) {
				t.Fatalf("%q is read as %q", body, n.Raw)
			}
		}
		if len(bad.All) == 0 && utf8.Valid(body) && len(n.Raw) > 0 && !json.Valid(n.JSON()) {
			t.Fatalf("%q is written as %q", body, n.JSON())
		}
		for _, fault := range bad.All {
			if utf8.Valid(body) && !utf8.ValidString(fault.Message) || !strings.HasSuffix(fault.Message, ".") {
				t.Fatalf("%q: %q", body, fault)
			}
		}
	})
}

// TestBadInputGreenfield sends bodies that would be dear to whoever is careless.
func TestBadInputGreenfield(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it sends megabytes")
	}
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	list := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	for _, test := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"many faults", "POST", "/api/v1/stores", `{"name":"many","additionalTrackedRates":` + list(100_000, "{}") + `}`, 422},
		{"many members", "POST", "/api/v1/stores", `{"name":"many",` + manyMembers(70_000)[1:], 200},
		{"a name of three megabytes, around many values", "POST", "/api/v1/stores", `{"name":"many","` + strings.Repeat("n", 3<<20) + `":` + list(70_000, "1") + `}`, 200},
		{"many unknown methods", "POST", store + "/invoices", `{"amount":"1","checkout":{"paymentMethods":` + list(100_000, `"X"`) + `}}`, 422},
		{"many permissions", "POST", "/api/v1/api-keys", `{"permissions":` + list(50_000, `"btcpay.store.canfly:x"`) + `}`, 200},
		{"deep metadata", "POST", store + "/invoices", `{"amount":"0","metadata":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + `}`, 422},
		{"an amount of a million digits", "POST", store + "/invoices", `{"amount":"` + strings.Repeat("9", 1_000_000) + `"}`, 422},
		{"an amount beyond doubles", "POST", store + "/invoices", `{"amount":1e400}`, 422},
		{"a span beyond time", "POST", store + "/invoices", `{"amount":"0","checkout":{"expirationMinutes":9223372036854775807}}`, 422},
		{"a span of text beyond time", "POST", store + "/invoices", `{"amount":"0","checkout":{"expirationMinutes":"99999999.00:00"}}`, 422},
		{"metadata of another kind", "PUT", store + "/invoices/none", `{"metadata":[]}`, 403},
		{"a body over the limit", "POST", "/api/v1/stores", `{"name":"` + strings.Repeat("x", serve.MaxBody) + `"}`, 413},
		{"a preview without end", "GET", store + "/payment-methods/BTC-CHAIN/wallet/preview?count=2147483647", "", 200},
		{"a preview from nowhere", "GET", store + "/payment-methods/BTC-CHAIN/wallet/preview?offset=-1", "", 500},
		{"a time before time", "GET", store + "/invoices?startDate=-1", "", 422},
		{"a number beyond numbers", "GET", store + "/invoices?take=99999999999999999999", "", 422},
		{"a refund of nothing", "POST", store + "/invoices/none/refund", "{}", 403},
	} {
		response, answer := w.greenfield(test.method, test.path, test.body)
		if response.StatusCode != test.status {
			t.Errorf("%s: %d, want %d: %.200s", test.name, response.StatusCode, test.status, answer)
		}
		var faults []aspnet.FieldError
		if response.StatusCode == 422 && (json.Unmarshal([]byte(answer), &faults) != nil || len(faults) == 0 || len(faults) > aspnet.MaxFaults+1) {
			t.Errorf("%s: %.200s", test.name, answer)
		}
	}
	if response, answer := w.greenfield("GET", "/api/v1/users/me", ""); response.StatusCode != http.StatusOK {
		t.Errorf("after all that: %d %s", response.StatusCode, answer)
	}
}

// TestSpans has the ways to write a span of time.
func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"9": 9 * 24 * time.Hour, "00:00:45": 45 * time.Second, "1:2": time.Hour + 2*time.Minute, "2.01:00:00": 49 * time.Hour,
		"-00:30": -30 * time.Minute, "00:00:01.5": 1500 * time.Millisecond, " 00:01 ": time.Minute,
	} {
		if got, ok := aspnet.ParseSpan(text); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ":", "x", "24:00:00", "00:60", "00:00:60", "1:2:3:4", "1.5", "--1", "00:00:01.", "00:00:01.12345678", "40000"} {
		if got, ok := aspnet.ParseSpan(text); ok {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}
