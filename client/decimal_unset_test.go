package client_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
)

// An amount that was never set is not taken for 0 by anything.
func TestDecimalUnset(t *testing.T) {
	var unset client.Decimal
	zero := client.NewDecimal(0, 0)
	if unset.IsSet() || !unset.IsZero() || !zero.IsSet() || zero.IsZero() {
		t.Error("0 and unset are not told apart")
	}
	for _, other := range []client.Decimal{zero, client.NewDecimal(0, -2), client.NewDecimal(-5, 0), client.NewDecimal(5, 0)} {
		if unset.Equal(other) || other.Equal(unset) || unset.Cmp(other) != -1 || other.Cmp(unset) != 1 {
			t.Errorf("unset and %s have a wrong order", other)
		}
	}
	if unset.Rat() != nil || unset.Sign() != 0 || !unset.Equal(client.Decimal{}) || strings.ContainsAny(unset.String(), "0123456789") {
		t.Errorf("unset has the value %v and prints %s", unset.Rat(), unset)
	}
	for name, encode := range map[string]func() (any, error){
		"JSON":           func() (any, error) { return json.Marshal(unset) },
		"JSON in a list": func() (any, error) { return json.Marshal([]client.Decimal{zero, unset}) },
		"JSON, a member": func() (any, error) { return json.Marshal(struct{ Amount client.Decimal }{}) },
		"text":           func() (any, error) { return unset.MarshalText() },
		"XML":            func() (any, error) { return xml.Marshal(priced{}) },
		"number":         func() (any, error) { return unset.JSONNumber() },
	} {
		if out, err := encode(); !errors.Is(err, client.ErrDecimal) {
			t.Errorf("%s: %s, %v, want ErrDecimal", name, out, err)
		}
	}
	if value, err := unset.Value(); value != nil || err != nil {
		t.Errorf("SQL: %v, %v, want NULL", value, err)
	}
}

// A response without an amount, or with null, leaves it unset, and can be written down
// again where its field says omitzero.
func TestDecimalLeftOut(t *testing.T) {
	for _, text := range []string{`{}`, `{"amount":null}`} {
		var answer struct {
			Amount client.Decimal `json:"amount,omitzero"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Amount.IsSet() {
			t.Errorf("%s became %s, %v", text, answer.Amount, err)
		}
		if out, err := json.Marshal(answer); err != nil || string(out) != `{}` {
			t.Errorf("%s was written as %s, %v", text, out, err)
		}
	}
	for _, text := range []string{`{"amount":0}`, `{"amount":"0.00"}`} {
		var answer struct {
			Amount client.Decimal `json:"amount,omitzero"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || !answer.Amount.IsSet() {
			t.Errorf("%s became %s, %v", text, answer.Amount, err)
		}
		if out, err := json.Marshal(answer); err != nil || !strings.Contains(string(out), `"0`) {
			t.Errorf("%s was written as %s, %v", text, out, err)
		}
	}
}

func TestNewDecimal(t *testing.T) {
	for _, c := range []struct {
		units    int64
		exponent int
		want     string
	}{
		{0, 0, "0"}, {0, -2, "0.00"}, {0, 9, "0"}, {1250, -2, "12.50"}, {-1250, -2, "-12.50"}, {5, -2, "0.05"}, {-5, -1, "-0.5"},
		{1, -28, "0.0000000000000000000000000001"}, {7, 0, "7"}, {7, 3, "7000"}, {-7, 9, "-7000000000"}, {100, -2, "1.00"},
		{math.MaxInt64, -18, "9.223372036854775807"}, {math.MinInt64, -19, "-0.9223372036854775808"}, {math.MaxInt64, 9, "9223372036854775807000000000"},
	} {
		got := client.NewDecimal(c.units, c.exponent)
		if got.String() != c.want {
			t.Errorf("%d × 10^%d = %s, want %s", c.units, c.exponent, got, c.want)
		}
		if parsed, err := client.ParseDecimal(got.String()); err != nil || !parsed.Equal(got) {
			t.Errorf("%s is read as %s, %v", got, parsed, err)
		}
	}
	for _, exponent := range []int{-29, 10, math.MaxInt, math.MinInt} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("an exponent of %d did not panic", exponent)
				}
			}()
			client.NewDecimal(1, exponent)
		}()
	}
}

type priced struct{ Amount client.Decimal }

// Text, XML, maps and databases keep an amount as it is written.
func TestDecimalText(t *testing.T) {
	amount := client.NewDecimal(1250, -2)
	out, err := xml.Marshal(priced{amount})
	if err != nil || string(out) != "<priced><Amount>12.50</Amount></priced>" {
		t.Errorf("XML: %s, %v", out, err)
	}
	var again priced
	if err := xml.Unmarshal(out, &again); err != nil || again.Amount.String() != "12.50" {
		t.Errorf("XML: %s, %v", again.Amount, err)
	}
	if diff := cmp.Diff(amount, client.NewDecimal(125, -1)); diff != "" {
		t.Errorf("go-cmp tells them apart: %s", diff)
	}
	if cmp.Equal(amount, client.Decimal{}) {
		t.Error("go-cmp takes an unset amount for one")
	}
	if got := fmt.Sprintf("%s %v", amount, amount); got != "12.50 12.50" {
		t.Errorf("it prints %s", got)
	}
}

func TestDecimalSQL(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{{"12.50", "12.50"}, {[]byte("-0.001"), "-0.001"}, {int64(-3), "-3"}, {nil, "(unset)"}, {"0", "0"}, {"1e3", "1000"}} {
		d := client.NewDecimal(99, 0)
		if err := d.Scan(c.value); err != nil || d.String() != c.want {
			t.Errorf("%v became %s, %v, want %s", c.value, d, err, c.want)
		}
	}
	for _, value := range []any{12.5, float32(1), "", "NaN", "1,5", []byte(nil), true, "12.50 "} {
		d := client.NewDecimal(99, 0)
		if err := d.Scan(value); !errors.Is(err, client.ErrDecimal) || d.String() != "99" {
			t.Errorf("%v became %s, %v, want ErrDecimal", value, d, err)
		}
	}
	if value, err := client.NewDecimal(1250, -2).Value(); value != "12.50" || err != nil {
		t.Errorf("got %v, %v", value, err)
	}
}

// The wire form for servers that read no string has no leading zeros and no -0.
func TestDecimalJSONNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "00": "0", "-0.00": "0.00", "007": "7", "-007.50": "-7.50", "0.5": "0.5", "-0.5": "-0.5", "00.50": "0.50", "12.50": "12.50",
	} {
		d, err := read(text)
		out, errOut := d.JSONNumber()
		if err != nil || errOut != nil || string(out) != want || !json.Valid(out) {
			t.Errorf("%s was written as %s, %v, %v, want %s", text, out, err, errOut, want)
		}
	}
}
