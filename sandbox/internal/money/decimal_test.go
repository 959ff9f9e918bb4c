package money

import (
	"testing"

	"pgregory.net/rapid"
)

func dec(t testing.TB, text string) Decimal {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "5.00": "5.00", "-1": "-1", "1e1": "10", "1E-2": "0.01", "1.50e1": "15.0", "0.0000000000000000000000000001": "0.0000000000000000000000000001",
		"0.00000000000000000000000000005": "0.0000000000000000000000000000", "79228162514264337593543950335": "79228162514264337593543950335",
		"1e-2000": "0.0000000000000000000000000000",
	} {
		if got, err := Parse(text); err != nil || got.Text() != want {
			t.Errorf("%s is %s (%v), want %s", text, got.Text(), err, want)
		}
	}
	for _, text := range []string{"", "-", ".", "1e30", "1e400", "79228162514264337593543950336", "NaN", "0x10", "--1", "1.2.3", "1 2"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
	for text, want := range map[string]string{"1,5": "15", " 2 ": "2", "1e2": "100", "3-": "-3", "+4": "4", "1,000.50": "1000.50"} {
		if got, err := ParseText(text); err != nil || got.Text() != want {
			t.Errorf("text %q is %s (%v), want %s", text, got.Text(), err, want)
		}
	}
}

// TestArithmetic has the texts of recordings 63-bitpay-invoices, 64-bitpay-ipn and 16-store-rates.
func TestArithmetic(t *testing.T) {
	tests := []struct {
		what string
		got  Decimal
		want string
	}{
		{"exact quotient", dec(t, "10.5").Div(dec(t, "50000")), "0.00021"},
		{"quotient of equal scales", dec(t, "1.00").Div(dec(t, "50000")), "0.00002"},
		{"quotient that keeps zeros", dec(t, "5.00").Div(dec(t, "5")), "1.00"},
		{"endless quotient", dec(t, "1").Div(dec(t, "3")), "0.3333333333333333333333333333"},
		{"endless quotient, rounded up", dec(t, "2").Div(dec(t, "3")), "0.6666666666666666666666666667"},
		{"negative quotient", dec(t, "-1").Div(dec(t, "4")), "-0.25"},
		{"product", dec(t, "0.0002").Mul(dec(t, "50000")), "10.0000"},
		{"sum", dec(t, "1.50").Add(dec(t, "0.5")), "2.00"},
		{"coins round up", Coins(dec(t, "1000").Div(dec(t, "6000000"))), "0.00016667"},
		{"coins of nothing", Coins(dec(t, "0.0000")), "0"},
		{"satoshis", Satoshis(dec(t, "0.00021")), "21000.0000000000000"},
		{"satoshis of nothing", Satoshis(Decimal{}), "0.00000000"},
		{"rounded away from zero", dec(t, "10.125").Round(2), "10.13"},
		{"rounded below zero", dec(t, "-10.125").Round(2), "-10.13"},
		{"not rounded", dec(t, "10.5").Round(2), "10.5"},
		{"price with more digits", roundPrice(dec(t, "10.129"), 2), "10.13"},
		{"price without digits", roundPrice(dec(t, "1000.4"), 0), "1000"},
		{"price too small to round", roundPrice(dec(t, "0.001"), 2), "0.001"},
		{"price that would lose much", roundPrice(dec(t, "0.0146"), 2), "0.0146"},
		{"beyond the range", dec(t, "79228162514264337593543950335").Mul(dec(t, "10")), "79228162514264337593543950335"},
	}
	for _, test := range tests {
		if got := test.got.Text(); got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}

func TestDecimalProperties(t *testing.T) {
	number := rapid.StringMatching(`-?[0-9]{1,8}(\.[0-9]{1,5})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, err := Parse(number.Draw(t, "a"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse(number.Draw(t, "b"))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(a.Text()); err != nil || back.Text() != a.Text() {
			t.Fatalf("%s reads back as %s (%v)", a, back, err)
		}
		if sum := a.Add(b).Sub(b); sum.Cmp(a) != 0 {
			t.Fatalf("%s + %s - %s = %s", a, b, b, sum)
		}
		if b.Sign() != 0 {
			if q := a.Mul(b).Div(b); q.Cmp(a) != 0 {
				t.Fatalf("%s * %s / %s = %s", a, b, b, q)
			}
		}
	})
}

func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"0", "1e400", "-0.00", "1e-400", "9999999999999999999999999999999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseText(text)
		if err != nil {
			return
		}
		if d.scale < 0 || d.scale > maxScale || d.int().CmpAbs(maxCoef) > 0 {
			t.Fatalf("%q became %s, outside the number type", text, d)
		}
		if back, err := Parse(d.Text()); err != nil || back.Cmp(d) != 0 {
			t.Fatalf("%s reads back as %s (%v)", d, back, err)
		}
	})
}

// A price below zero, such as that of a tax, keeps the decimals of its currency.
func TestPriceIn(t *testing.T) {
	for asked, want := range map[string]string{
		"12.505": "12.51", "-12.505": "-12.51", "-1": "-1", "0": "0", "0.0004": "0.0004", "0.123456789": "0.123", "-0.123456789": "-0.12",
	} {
		price, err := ParseText(asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := PriceIn(price, "USD").Text(); got != want {
			t.Errorf("%s becomes %s, want %s", asked, got, want)
		}
	}
}
