package client_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestDecimalKeepsText(t *testing.T) {
	for given, want := range map[string]string{
		`"10.00"`: "10.00", `10.0`: "10.0", `0`: "0", `-0.5`: "-0.5", `"0.00000001"`: "0.00000001",
		`1e3`: "1000", `1.5E-7`: "0.00000015", `15e-1`: "1.5", `20000.000000000000`: "20000.000000000000",
	} {
		var d client.Decimal
		if err := json.Unmarshal([]byte(given), &d); err != nil || d.String() != want {
			t.Errorf("%s became %s, %v, want %s", given, d, err, want)
		}
		if out, err := json.Marshal(d); err != nil || string(out) != `"`+want+`"` {
			t.Errorf("%s was written as %s, %v", given, out, err)
		}
	}
}

func TestDecimalValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		x, errX := client.ParseDecimal(big.NewRat(a, 100).FloatString(2))
		y, errY := client.ParseDecimal(big.NewRat(b, 1000).FloatString(3))
		if errX != nil || errY != nil {
			t.Fatal(errX, errY)
		}
		if want := big.NewRat(a, 100).Cmp(big.NewRat(b, 1000)); x.Cmp(y) != want {
			t.Fatalf("%s.Cmp(%s) = %d, want %d", x, y, x.Cmp(y), want)
		}
	})
}

func TestBadInputAmount(t *testing.T) {
	for _, text := range []string{
		"", "1e400", "1e2", "NaN", "Infinity", "-Infinity", "+1", "1,5", "1_000", "0x10", ".5", "5.", "--1", " 1", "1 ", "１",
		"1." + strings.Repeat("1", 30), strings.Repeat("9", 29), strings.Repeat("0", 100), "1.2.3",
	} {
		if d, err := client.ParseDecimal(text); !errors.Is(err, client.ErrDecimal) {
			t.Errorf("%q became %s, %v, want ErrDecimal", text, d, err)
		}
	}
}

func TestBadInputAmountFromServer(t *testing.T) {
	for _, text := range []string{`"1,5"`, `"NaN"`, `""`, `{}`, `1e999999999`, `1e401`, `"1e5abc"`, `"1e 5"`, `"1e"`, `"1e5e5"`, `"+1"`, `true`, `[1]`, `"` + strings.Repeat("1", 2000) + `"`} {
		var d client.Decimal
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%.40s became %.40s", text, d)
		}
	}
}

// A pointer to an amount of 0 must survive omitzero, or a free invoice would
// become one without a price.
func TestDecimalZeroIsSent(t *testing.T) {
	zero := client.NewDecimal(0, 0)
	out, err := json.Marshal(struct {
		Price *client.Decimal `json:"price,omitzero"`
	}{&zero})
	if err != nil || string(out) != `{"price":"0"}` {
		t.Errorf("got %s, %v", out, err)
	}
}

func drawDecimal(t *rapid.T, label string) client.Decimal {
	text := rapid.StringMatching(`-?[0-9]{1,14}(\.[0-9]{1,14})?`).Draw(t, label)
	d, err := client.ParseDecimal(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if d.String() != text {
		t.Fatalf("%s became %s", text, d)
	}
	return d
}

// An amount survives every way through JSON with its text, and keeps its place among
// others.
func TestDecimalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDecimal(t, "a"), drawDecimal(t, "b")
		if a.Cmp(b) != -b.Cmp(a) || a.Cmp(a) != 0 || a.Cmp(b) != a.Rat().Cmp(b.Rat()) {
			t.Fatalf("%s and %s have no order", a, b)
		}
		if a.Sign() != a.Cmp(client.NewDecimal(0, 0)) || a.Sign() != a.Rat().Sign() {
			t.Fatalf("the sign of %s is %d", a, a.Sign())
		}
		out, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{string(out), strings.Trim(string(out), `"`)} {
			if !json.Valid([]byte(form)) {
				continue // a number may not begin with 00
			}
			var again client.Decimal
			if err := json.Unmarshal([]byte(form), &again); err != nil || again.String() != a.String() {
				t.Fatalf("%s became %s, %v", form, again, err)
			}
		}
	})
}

// What is written with an exponent has the same value.
func TestDecimalExponents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?[eE][+-]?[0-9]{1,2}`).Draw(t, "number")
		var d client.Decimal
		if err := json.Unmarshal([]byte(number), &d); err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		want, _ := new(big.Rat).SetString(number)
		if d.Rat().Cmp(want) != 0 || strings.ContainsAny(d.String(), "eE") {
			t.Fatalf("%s became %s", number, d)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	f.Add(`"12.50"`)
	f.Add(`1e-7`)
	f.Fuzz(func(t *testing.T, text string) {
		var d, again client.Decimal
		if json.Unmarshal([]byte(text), &d) != nil {
			return
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || again.Cmp(d) != 0 {
			t.Errorf("%s became %s and then %s, %v", text, d, again, err)
		}
	})
}
