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
	for _, text := range []string{`"1,5"`, `"NaN"`, `""`, `{}`, `1e999999999`, `1e401`, `"` + strings.Repeat("1", 2000) + `"`} {
		var d client.Decimal
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%.40s became %.40s", text, d)
		}
	}
}

// A pointer to an amount of 0 must survive omitzero, or a free invoice would
// become one without a price.
func TestDecimalZeroIsSent(t *testing.T) {
	zero, err := client.ParseDecimal("0")
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(struct {
		Price *client.Decimal `json:"price,omitzero"`
	}{&zero})
	if err != nil || string(out) != `{"price":"0"}` {
		t.Errorf("got %s, %v", out, err)
	}
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
