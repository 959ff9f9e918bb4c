package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

type change struct {
	Name   client.Opt[string]            `json:"name,omitzero"`
	Amount client.Opt[client.Decimal]    `json:"amount,omitzero"`
	Active client.Opt[bool]              `json:"active,omitzero"`
	Secret client.Opt[client.SentSecret] `json:"secret,omitzero"`
}

// Absent, null and set are encoded and decoded as three states.
func TestOpt(t *testing.T) {
	for want, c := range map[string]change{
		`{}`:                            {},
		`{"name":""}`:                   {Name: client.Set("")},
		`{"name":null}`:                 {Name: client.Null[string]()},
		`{"amount":"0","active":false}`: {Amount: client.Set(client.NewDecimal(0, 0)), Active: client.Set(false)},
		`{"amount":null,"active":true}`: {Amount: client.Null[client.Decimal](), Active: client.Set(true)},
	} {
		text, err := json.Marshal(c)
		if err != nil || string(text) != want {
			t.Errorf("got %s, %v, want %s", text, err, want)
		}
		var again change
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != want {
			t.Errorf("read and written again it is %s, %v, want %s", second, err, want)
		}
	}
	if value, ok := client.Set("").Get(); !ok || value != "" {
		t.Error("an empty text is not a value")
	}
	for _, none := range []client.Opt[string]{{}, client.Null[string]()} {
		if _, ok := none.Get(); ok {
			t.Error("Get returned true for an Opt without a value")
		}
	}
	if zero := client.Set(0); zero.IsZero() || zero.IsNull() || !client.Null[int]().IsNull() || client.Null[int]().IsZero() {
		t.Error("IsZero or IsNull is wrong")
	}
	// An unset amount does not become null or an absent field.
	if text, err := json.Marshal(change{Amount: client.Set(client.Decimal{})}); !errors.Is(err, client.ErrDecimal) {
		t.Errorf("got %s, %v, want ErrDecimal", text, err)
	}
	var amount client.Opt[client.Decimal]
	if err := json.Unmarshal([]byte(`"ten"`), &amount); err == nil || !amount.IsZero() {
		t.Errorf("got %v, %v", amount, err)
	}
}

// A secret in an Opt is encoded only in a request.
func TestOptOfSecret(t *testing.T) {
	var got string
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		got = string(all)
	})
	body := &change{Name: client.Set("a"), Secret: client.Set(client.NewSentSecret(client.NewSecret("hunter2")))}
	if _, err := c.Do(t.Context(), client.Request{Method: "PUT", Path: []string{"hooks"}, Body: body}); err != nil || got != `{"name":"a","secret":"hunter2"}` {
		t.Errorf("sent %s, %v", got, err)
	}
	if text, err := json.Marshal(body); err == nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("encoded as %s", text)
	}
	if text := fmt.Sprintf("%+v %v %#v", body, body.Secret, *body); strings.Contains(text, "hunter2") {
		t.Errorf("printed as %s", text)
	}
	if _, err := c.Do(t.Context(), client.Request{Method: "PUT", Path: []string{"hooks"}, Body: change{Name: client.Set("a"), Secret: client.Null[client.SentSecret]()}}); err != nil || got != `{"name":"a","secret":null}` {
		t.Errorf("sent %s, %v", got, err)
	}
}
