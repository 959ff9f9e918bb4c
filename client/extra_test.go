package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
)

type widget struct {
	ID      string `json:"id"`
	URL     string `json:"url,omitzero"`
	Enabled *bool  `json:"enabled,omitzero"`
	Hidden  string `json:"-"`
	widgetBase

	Extra map[string]json.RawMessage `json:"-"`
}

type widgetBase struct {
	Count  int
	hidden int //nolint:unused // it must not count as a JSON field
}

func (h *widget) UnmarshalJSON(data []byte) error {
	type members widget
	extra, err := client.UnmarshalExtra(data, (*members)(h))
	h.Extra = extra
	return err
}

func (h widget) MarshalJSON() ([]byte, error) {
	type members widget
	return client.MarshalExtra(members(h), h.Extra)
}

// Fields that a type does not have survive reading and writing, and known ones are not
// among them.
func TestExtra(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                             `{"id":"","Count":0}`,
		`null`:                           `{"id":"","Count":0}`,
		`{"id":"a","Count":7}`:           `{"id":"a","Count":7}`,
		`{"ID":"a","COUNT":7,"Url":"b"}`: `{"id":"a","url":"b","Count":7}`, // in another case
		`{"\u0069d":"a"}`:                `{"id":"a","Count":0}`,           // escaped
		`{"id":"a","new":1}`:             `{"id":"a","Count":0,"new":1}`,
		` { "new" : [ 1 , {"a":"]}"} ] , "id":"a" } `:       `{"id":"a","Count":0,"new":[1,{"a":"]}"}]}`,
		`{"z":null,"a":{"b":{"c":[[],{}]}},"id":"x"}`:       `{"id":"x","Count":0,"a":{"b":{"c":[[],{}]}},"z":null}`,
		`{"n":12345678901234567890.50,"e":"\"\\","t":true}`: `{"id":"","Count":0,"e":"\"\\","n":12345678901234567890.50,"t":true}`,
		`{"a":1,"a":2}`:          `{"id":"","Count":0,"a":2}`, // the last one counts
		`{"a":1,"A":2}`:          `{"id":"","Count":0,"A":2}`,
		`{"hidden":1}`:           `{"id":"","Count":0,"hidden":1}`,
		`{"Hidden":1,"base":2}`:  `{"id":"","Count":0,"Hidden":1,"base":2}`,
		`{"Extra":{"a":1}}`:      `{"id":"","Count":0,"Extra":{"a":1}}`,
		`{"":1,"a\u0000b":"\n"}`: `{"id":"","Count":0,"":1,"a\u0000b":"\n"}`,
	} {
		var h widget
		if err := client.Unmarshal([]byte(text), &h); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := json.Marshal(h); err != nil || string(got) != want {
			t.Errorf("%s became %s, %v, want %s", text, got, err, want)
		}
	}
	// In a list each object has its own.
	var list []widget
	if err := client.Unmarshal([]byte(`[{"a":1},{"id":"b"},{"c":{}}]`), &list); err != nil || len(list) != 3 || string(list[0].Extra["a"]) != "1" || list[1].Extra != nil || list[2].Extra["c"] == nil {
		t.Errorf("got %v, %v", list, err)
	}
	// A second response replaces the first.
	h := list[0]
	if err := json.Unmarshal([]byte(`{"id":"b"}`), &h); err != nil || h.Extra != nil {
		t.Errorf("got %v, %v", h, err)
	}
	// Extra holds a copy: the body may be reused.
	body := []byte(`{"a":"secret"}`)
	if err := h.UnmarshalJSON(body); err != nil {
		t.Fatal(err)
	}
	copy(body, `{"a":"XXXXXX"}`)
	if string(h.Extra["a"]) != `"secret"` {
		t.Errorf("Extra changed to %s", h.Extra["a"])
	}
}

func TestExtraAlone(t *testing.T) {
	if text, err := client.MarshalExtra(struct{}{}, map[string]json.RawMessage{"a": json.RawMessage(`1`), "b": json.RawMessage(`2`)}); err != nil || string(text) != `{"a":1,"b":2}` {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestExtraRefused(t *testing.T) {
	for why, extra := range map[string]map[string]json.RawMessage{
		"field \"id\"":        {"id": json.RawMessage(`"b"`)},
		"field \"URL\"":       {"URL": json.RawMessage(`"b"`)}, // another case, and left out of the JSON
		"field \"count\"":     {"count": json.RawMessage(`1`)},
		"twice":               {"a": json.RawMessage(`1`), "A": json.RawMessage(`1`)},
		"\"n\" is not JSON":   {"n": json.RawMessage(`1,"id":"b"`)},
		"\"o\" is not JSON":   {"o": json.RawMessage(`1}`)},
		"\"e\" is not JSON":   {"e": nil},
		"\"nan\" is not JSON": {"nan": json.RawMessage(`NaN`)},
	} {
		for _, err := range []error{client.CheckExtra(widget{}, extra), second(json.Marshal(widget{Extra: extra}))} {
			if refused, ok := errors.AsType[*client.RequestError](err); !ok || refused.Member != "Extra" || !strings.Contains(err.Error(), why) {
				t.Errorf("%v: got %v, want a RequestError about %s", extra, err, why)
			}
		}
	}
	var many strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&many, `,"x%d":0`, i)
	}
	var h widget
	if err := client.Unmarshal([]byte(`{"id":"a"`+many.String()+`}`), &h); err == nil || !strings.Contains(err.Error(), "1000 unknown fields") {
		t.Errorf("an object of 1001 unknown fields: %v", err)
	}
	for _, text := range []string{`[]`, `"a"`, `{"id":7}`, `{"a":1`} {
		if err := client.Unmarshal([]byte(text), &h); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func second(_ []byte, err error) error { return err }

// extraFields finds the same fields as encoding/json.
func FuzzExtra(f *testing.F) {
	for _, seed := range []string{`{"id":"a","b":[1,"]"],"c":{"d":"}\""}}`, `{"a" : 1.5e3 ,"K":null}`, `{"\u0061":"\\","":{}}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		type nothing struct{}
		extra, err := client.UnmarshalExtra(text, new(nothing))
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || err != nil {
			return
		}
		folded := map[string]bool{}
		for name := range want {
			folded[strings.ToUpper(name)] = true
		}
		if len(folded) != len(want) {
			return // names that differ in case
		}
		for name, value := range want {
			if string(extra[name]) != string(value) {
				t.Errorf("%q of %q is %q, want %q", name, text, extra[name], value)
			}
		}
		if len(extra) != len(want) {
			t.Errorf("%q has %d fields, want %d", text, len(extra), len(want))
		}
	})
}

// A list is decoded as encoding/json decodes it, whatever happened to its text.
func TestExtraList(t *testing.T) {
	same := func(text string) {
		t.Helper()
		got, want := []widget{{ID: "old", URL: "old"}}, []widget{}
		err, refused := client.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &want)
		if (err == nil) != (refused == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, %v, want %v, %v", text, got, err, want, refused)
		}
	}
	list := `[{"id":"a","x":[1,{"y":"]"}]}, {"Count":2} ,null,{"url":"\"u","é":{}}]`
	for _, text := range []string{
		list, "[]", "[ ]", "null", "[", "]", "[,]", "[{},]", "[{}{}]", "[{} {}]", "[1]", "[[]]", "[{}]]", "[{}]x", "[{}", `["`, "{}", "7", "[\n{}\n,\n{}\n]", "[null,null]", "[{}, 5]",
	} {
		same(text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := []byte(list)
		for range 1 + random.IntN(2) {
			at := random.IntN(len(text))
			switch random.IntN(3) {
			case 0:
				text[at] = `[]{},:" 1n\\`[random.IntN(12)]
			case 1:
				text = slices.Delete(text, at, at+1)
			case 2:
				text = slices.Insert(text, at, text[random.IntN(len(text))])
			}
		}
		if utf8.Valid(text) {
			same(string(text))
		}
	}
}
