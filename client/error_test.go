package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
)

// fail asks a server that answers so and returns its error.
func fail(t *testing.T, status int, contentType, body string) *client.Error {
	t.Helper()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}, client.WithRetries(0))
	_, err := client.Call[map[string]any](t.Context(), c, get)
	answer, ok := errors.AsType[*client.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want an *Error", err, err)
	}
	return answer
}

func TestErrorShapes(t *testing.T) {
	const jsonType, problem, html = "application/json; charset=utf-8", "application/problem+json", "text/html; charset=utf-8"
	for _, test := range []struct {
		name        string
		status      int
		contentType string
		body        string
		want        client.Error
		reason      string
	}{
		{"Greenfield", 401, "application/json", `{"code":"unauthenticated","message":"Authentication is required for accessing this endpoint"}`,
			client.Error{Code: client.CodeUnauthenticated, Message: "Authentication is required for accessing this endpoint"},
			"Authentication is required for accessing this endpoint"},
		{"a missing permission", 403, jsonType, `{"missingPermission":"btcpay.store.canviewinvoices","code":"missing-permission","message":"Insufficient API Permissions."}`,
			client.Error{Code: client.CodeMissingPermission, Message: "Insufficient API Permissions.", MissingPermission: "btcpay.store.canviewinvoices"},
			"Insufficient API Permissions."},
		{"validation", 422, jsonType, `[{"path":"Amount","message":"too small"},{"path":"Checkout.PaymentMethods[0]","message":"unknown"}]`,
			client.Error{Fields: []client.FieldError{{Path: "Amount", Message: "too small"}, {Path: "Checkout.PaymentMethods[0]", Message: "unknown"}}},
			"Amount: too small; Checkout.PaymentMethods[0]: unknown"},
		{"BitPay, 401", 401, "application/json", `{"errors":[{"error":"BitId authentication failed"}],"error":"BitId authentication failed"}`,
			client.Error{Message: "BitId authentication failed"}, "BitId authentication failed"},
		{"BitPay, errors alone", 401, "application/json", `{"errors":[{"error":"ApiKey authentication failed"}]}`,
			client.Error{Message: "ApiKey authentication failed"}, "ApiKey authentication failed"},
		{"BitPay", 400, jsonType, `{"error":"Invalid invoice"}`, client.Error{Message: "Invalid invoice"}, "Invalid invoice"},
		{"problem details", 415, problem, `{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.16","title":"Unsupported Media Type","status":415,"traceId":"00-1"}`,
			client.Error{Message: "Unsupported Media Type"}, "Unsupported Media Type"},
		{"problem details with a detail", 400, problem, `{"title":"Bad","detail":"The body is no JSON"}`,
			client.Error{Message: "The body is no JSON"}, "The body is no JSON"},
		{"problem details with members", 400, problem, `{"title":"One or more validation errors occurred.","errors":{"name":["too long","empty"],"id":["none"]}}`,
			client.Error{Message: "One or more validation errors occurred.", Fields: []client.FieldError{
				{Path: "id", Message: "none"}, {Path: "name", Message: "too long"}, {Path: "name", Message: "empty"}}},
			"id: none; name: too long; name: empty"},
		{"problem details without a title", 429, problem, `{"status":429,"traceId":"00-1"}`, client.Error{}, "Too Many Requests (no details)"},
		{"empty", 403, "", "", client.Error{}, "Forbidden (no details)"},
		{"blanks", 404, jsonType, " \r\n", client.Error{}, "Not Found (no details)"},
		{"a status without a name", 520, "", "", client.Error{}, "(no details)"},
		{"a page", 502, html, "<html><head><title>502 Bad\n Gateway &amp; more</title></head></html>",
			client.Error{Page: "502 Bad Gateway & more"}, `an HTML page titled "502 Bad Gateway & more"`},
		{"a page that says it is JSON", 503, jsonType, "<!DOCTYPE html><TITLE lang=en>Sorry</TITLE>", client.Error{Page: "Sorry"}, `an HTML page titled "Sorry"`},
		{"a page without a title", 500, html, "<p>no</p>", client.Error{Page: "(no title)"}, "an HTML page without a title"},
		{"text", 400, "text/plain", "Bad Request: no Host\n", client.Error{Message: "Bad Request: no Host"}, "Bad Request: no Host"},
		{"invalid UTF-8", 400, "application/json", "{\"error\":\"a\xff\xfeb\"}", client.Error{Message: "a\ufffd\ufffdb"}, "a\ufffd\ufffdb"},
		{"text of invalid UTF-8", 400, "text/plain", "a\xffb", client.Error{Message: "a\ufffdb"}, "a\ufffdb"},
		{"a byte order mark", 400, jsonType, "\ufeff{\"error\":\"x\"}", client.Error{Message: "x"}, "x"},
		{"duplicated members", 400, jsonType, `{"error":"first","error":"last"}`, client.Error{Message: "last"}, "last"},
		{"members of other types", 400, jsonType, `{"code":17,"message":"what happened","errors":"none","missingPermission":[]}`,
			client.Error{Message: "what happened"}, "what happened"},
		{"a list of something else", 400, jsonType, `["a",1,null]`, client.Error{}, "Bad Request (no details)"},
		{"null", 400, jsonType, `null`, client.Error{}, "Bad Request (no details)"},
		{"broken JSON", 500, jsonType, `{"error":"x`, client.Error{}, "Internal Server Error (no details)"},
		{"a number", 500, jsonType, `500`, client.Error{}, "Internal Server Error (no details)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := fail(t, test.status, test.contentType, test.body)
			test.want.Method, test.want.Path, test.want.Status = "GET", "/things", test.status
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("want (-) and got (+):\n%s", diff)
			}
			if got.Reason() != test.reason {
				t.Errorf("the reason is %q, want %q", got.Reason(), test.reason)
			}
			if !strings.HasPrefix(got.Error(), "GET /things: ") {
				t.Errorf("got %q", got.Error())
			}
		})
	}
}

func TestErrorIsBounded(t *testing.T) {
	long := strings.Repeat("ä", 3000)
	got := fail(t, 400, "application/json", `{"code":"`+long+`","message":"`+long+`","missingPermission":"`+long+`"}`)
	for _, text := range []string{string(got.Code), got.Message, got.MissingPermission} {
		if len(text) > 2010 || !utf8.ValidString(text) || !strings.HasSuffix(text, "…") {
			t.Errorf("%d bytes were kept, ending in %q", len(text), text[len(text)-4:])
		}
	}
	got = fail(t, 422, "application/json", "["+strings.TrimSuffix(strings.Repeat(`{"path":"a","message":"b"},`, 5000), ",")+"]")
	if len(got.Fields) != 100 {
		t.Errorf("%d complaints were kept", len(got.Fields))
	}
}

func TestErrorInLog(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Error("failed", "err", fail(t, 403, "application/json", `{"code":"missing-permission","message":"no"}`))
	for _, want := range []string{"err.method=GET", "err.path=/things", "err.status=403", "err.code=missing-permission", "err.reason=no"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in %s", want, b.String())
		}
	}
}

func TestBadInputAnswers(t *testing.T) {
	for name, test := range map[string]struct{ body, why string }{
		"empty":         {"", "it is empty"},
		"blank":         {" \n", "it is empty"},
		"a page":        {"<html><title>Welcome</title>", `an HTML page titled "Welcome": a program other than BTCPay Server answers there`},
		"invalid UTF-8": {"{\"name\":\"a\xff\"}", "it is not UTF-8"},
		"no JSON":       {"hello", "unexpected JSON"},
		"half of it":    {`{"name":"a"`, "unexpected JSON"},
		"two of it":     {`{"name":"a"}{}`, "unexpected JSON"},
		"another type":  {`{"name":1}`, "unexpected JSON"},
		"a list":        {`[]`, "unexpected JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, test.body) })
			type thing struct{ Name string }
			got, err := client.Call[thing](t.Context(), c, get)
			unusable, ok := errors.AsType[*client.AnswerError](err)
			if !ok || unusable.Status != 200 || !strings.Contains(err.Error(), "GET /things: the response cannot be used") || !strings.Contains(err.Error(), test.why) {
				t.Errorf("got %v", err)
			}
			if got != (thing{}) {
				t.Errorf("the value is %+v beside an error", got)
			}
		})
	}
}

// Duplicated members: refused where keys and tokens are, the last one elsewhere.
func TestBadInputDuplicatedMembers(t *testing.T) {
	for _, body := range []string{
		`{"name":"first","name":"last"}`, `{"name":"first","NAME":"last"}`, `{"name":"first","Name":"last"}`, `{"name":"first","n\u0061me":"last"}`,
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
		got, err := client.Call[struct{ Name string }](t.Context(), c, get)
		if err != nil || got.Name != "last" {
			t.Errorf("%s: got %q, %v", body, got.Name, err)
		}
		_, err = client.Call[struct{ Name string }](t.Context(), c, auth)
		if !errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: got %v, want ErrDuplicate", body, err)
		}
	}
}

func TestRefuseDuplicates(t *testing.T) {
	for _, fine := range []string{`{}`, `[]`, `1`, `{"a":{"b":1},"c":{"b":1}}`, `[{"a":1},{"a":1}]`, `{"a":"a","b":["b"]}`} {
		if err := client.RefuseDuplicates([]byte(fine)); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	// The Kelvin sign folds to k, as it does in encoding/json.
	for _, twice := range []string{`{"a":1,"a":2}`, `{"a":{"b":[{"c":1,"C":2}]}}`, `[[{"":1,"":2}]]`, "{\"k\":1,\"\u212a\":2}"} {
		if err := client.RefuseDuplicates([]byte(twice)); !errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: got %v", twice, err)
		}
	}
	for _, broken := range []string{``, `{`, `{"a"}`, `{} {}`, `{}]`, strings.Repeat("[", 102)} {
		if err := client.RefuseDuplicates([]byte(broken)); err == nil || errors.Is(err, client.ErrDuplicate) {
			t.Errorf("%s: got %v", broken, err)
		}
	}
}

func TestNothing(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if _, err := client.Call[client.Nothing](t.Context(), c, client.Request{Method: "DELETE", Path: get.Path}); err != nil {
		t.Error(err)
	}
}

func TestDecodeGivesHeaders(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Thing", "1")
		io.WriteString(w, `{"a":1}`)
	})
	into := map[string]int{"b": 2}
	response, err := c.Decode(t.Context(), get, &into)
	if err != nil || response.Header.Get("X-Thing") != "1" || !cmp.Equal(into, map[string]int{"a": 1, "b": 2}) {
		t.Errorf("got %v, %v, %v", response, into, err)
	}
}

func TestRequestThatCannotBeSent(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("it was sent") })
	for _, r := range []client.Request{
		{Method: "GET", Path: []string{".."}}, {Method: "G T", Path: get.Path}, {Method: "POST", Path: get.Path, Body: func() {}},
	} {
		if _, err := c.Do(t.Context(), r); err == nil {
			t.Errorf("%v: no error", r)
		}
	}
}

func FuzzErrorAnswer(f *testing.F) {
	f.Add(422, "application/json", `[{"path":"a","message":"b"}]`)
	f.Add(400, "application/problem+json", `{"title":"a","errors":{"a":["b"]}}`)
	f.Add(502, "text/html", "<title>a")
	f.Add(401, "application/json", `{"errors":[{"error":"a"}]}`)
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		if status = 400 + (status&0x7fff)%200; !json.Valid([]byte(`"` + contentType + `"`)) {
			contentType = "application/json"
		}
		got := client.ParseErrorAnswer(status, contentType, []byte(body))
		if got.Status != status || got.Reason() == "" || !utf8.ValidString(got.Error()) || len(got.Error()) > 1<<20 {
			t.Errorf("got %q", got.Error())
		}
	})
}

// A log or a stack trace as the reason is in Reason, and its first line in Error.
func TestErrorIsOneLine(t *testing.T) {
	for reason, want := range map[string]string{
		"first\r\nsecond\n":        "GET /x: 400 first …",
		"\nfirst\n":                "GET /x: 400 first",
		strings.Repeat("é", 2000):  "GET /x: 400 " + strings.Repeat("é", 300) + " …",
		"all of it":                "GET /x: 400 all of it",
		strings.Repeat("a b ", 74): "GET /x: 400 " + strings.TrimSpace(strings.Repeat("a b ", 74)),
	} {
		e := &client.Error{Method: "GET", Path: "/x", Status: 400, Message: reason}
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if e.Reason() != reason {
			t.Errorf("the reason is %q", e.Reason())
		}
	}
}
