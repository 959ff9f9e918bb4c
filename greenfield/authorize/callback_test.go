package authorize_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func TestParseCallback(t *testing.T) {
	form := func(body string) *http.Request {
		r := httptest.NewRequest("POST", "/callback/x?tab=1", strings.NewReader(body))
		r.Header.Set("Content-Type", formType)
		return r
	}
	with := func(r *http.Request, name string, values ...string) *http.Request {
		r.Header[name] = values
		return r
	}
	parsed := func(r *http.Request) *http.Request {
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	at := func(r *http.Request, target string) *http.Request {
		r.URL = httptest.NewRequest("POST", target, nil).URL
		return r
	}
	unsized := func(body string) *http.Request {
		r := form("")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
		return r
	}
	get := form("apiKey=" + testKey)
	get.Method = "GET"
	limited := form(theForm.Encode())
	limited.Body = http.MaxBytesReader(httptest.NewRecorder(), limited.Body, 10)
	const json = "application/json"
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int // 0: accepted
		reason string
	}{
		{"a form", form(theForm.Encode()), 0, ""},
		{"a form with a charset", with(form(theForm.Encode()), "Content-Type", formType+"; charset=utf-8"), 0, ""},
		{"JSON", with(form(`{"apiKey":"`+testKey+`","permissions":["btcpay.store.canviewinvoices"]}`), "Content-Type", json), 0, ""},
		{"a form that was parsed before", parsed(form(theForm.Encode())), 0, ""},
		{"without a length", unsized(theForm.Encode()), 0, ""},
		{"GET", get, 405, "the method is not POST"},
		{"no type", with(form("apiKey="+testKey), "Content-Type"), 415, "0 Content-Type headers"},
		{"two types", with(form("apiKey="+testKey), "Content-Type", formType, json), 415, "2 Content-Type headers"},
		{"multipart", with(form("apiKey="+testKey), "Content-Type", "multipart/form-data; boundary=x"), 415, "neither"},
		{"text", with(form("apiKey="+testKey), "Content-Type", "text/plain"), 415, "neither"},
		{"a malformed type", with(form("apiKey="+testKey), "Content-Type", "a/b/c"), 415, "malformed"},
		{"Latin", with(form("apiKey="+testKey), "Content-Type", formType+"; charset=latin1"), 415, "UTF-8"},
		{"compressed", with(form("apiKey="+testKey), "Content-Encoding", "gzip"), 415, "compressed"},
		{"a key in the URL too", at(form("apiKey="+testKey), "/callback?apiKey="+testKey), 400, "the URL has a field apiKey"},
		{"too large", form("apiKey=" + testKey + "&x=" + strings.Repeat("y", 64<<10)), 413, "65536"},
		{"too large without a length", unsized("apiKey=" + testKey + "&x=" + strings.Repeat("y", 64<<10)), 413, "65536"},
		{"larger than the app allows", limited, 413, "more than 10 bytes"},
		{"empty", form(""), 400, "no field apiKey"},
		{"another spelling", form("apikey=" + testKey), 400, "no field apiKey"},
		{"two keys", form("apiKey=" + testKey + "&apiKey=" + strings.Repeat("f", 40)), 400, "more than one field apiKey"},
		{"two keys, parsed before", parsed(form("apiKey=" + testKey + "&apiKey=" + testKey)), 400, "more than one field apiKey"},
		{"two users", form("apiKey=" + testKey + "&userId=a&userId=b"), 400, "more than one field userId"},
		{"a malformed form", form("apiKey=" + testKey + "&x=%zz"), 400, "the form is malformed"},
		{"no key", form("apiKey=" + testKey + "%00"), 400, "the value of apiKey is not a Greenfield API key"},
		{"no user", form("apiKey=" + testKey + "&userId=%1b"), 400, "the value of userId"},
		{"no object", with(form(`["`+testKey+`"]`), "Content-Type", json), 400, "not a JSON object"},
		{"null", with(form(`null`), "Content-Type", json), 400, "not a JSON object"},
		{"two values", with(form(`{"apiKey":"`+testKey+`"}{}`), "Content-Type", json), 400, "not a JSON object"},
		{"an empty object", with(form(`{}`), "Content-Type", json), 400, "no field apiKey"},
		{"two keys in JSON", with(form(`{"apiKey":"`+testKey+`","apiKey":"`+testKey+`"}`), "Content-Type", json), 400, "duplicate field"},
		{"a number", with(form(`{"apiKey":7}`), "Content-Type", json), 400, "the field apiKey has a wrong type"},
		{"permissions as text", with(form(`{"apiKey":"`+testKey+`","permissions":"all"}`), "Content-Type", json), 400, "the field permissions has a wrong type"},
	} {
		got, err := authorize.ParseCallback(c.r)
		if c.status == 0 {
			if err != nil || got.APIKey.Secret().Reveal() != testKey {
				t.Errorf("%s: %+v, %v", c.name, got, err)
			}
			continue
		}
		refused, ok := errors.AsType[*authorize.CallbackError](err)
		if !ok || refused.Status != c.status || !strings.Contains(refused.Reason, c.reason) || !got.APIKey.IsZero() {
			t.Errorf("%s: %v, want %d and %q", c.name, err, c.status, c.reason)
		}
		if strings.Contains(err.Error(), testKey[:8]) {
			t.Errorf("%s: the key is in the error: %v", c.name, err)
		}
	}
	broken := form("")
	broken.Body, broken.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("apiKey="+testKey), errorReader{})), -1
	if _, err := authorize.ParseCallback(broken); !errors.Is(err, errGone) || strings.Contains(err.Error(), testKey) {
		t.Error(err)
	}
}

var errGone = errors.New("the sender is gone")

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errGone }
