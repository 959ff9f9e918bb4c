package money

import (
	"strings"
	"testing"
)

func TestRates(t *testing.T) {
	const fixed = "BTC_USD = 50000; BTC_EUR = 40000;"
	tests := []struct{ name, script, spread, pair, want string }{
		{"as it stands", fixed, "0", "BTC_USD", "50000"},
		{"turned round", fixed, "0", "USD_BTC", "0.00002"},
		{"no rule", fixed, "0", "BTC_JPY", "PreprocessError"},
		{"one currency", fixed, "0", "BTC_BTC", "1.0"},
		{"any currency", "X_X = 1; " + fixed, "0", "BTC_JPY", "1"},
		{"the most exact rule", "X_X = 1; BTC_X = 2; " + fixed, "0", "BTC_USD", "50000"},
		{"through another pair", "BTC_X = BTC_USD * USD_X; USD_JPY = 150; BTC_USD = 50000", "0", "BTC_JPY", "7500000"},
		{"computed", "BTC_USD = (1 + 2) * 4 - 6 / 4", "0", "BTC_USD", "10.5"},
		{"negative", "BTC_USD = -(5 - 7)", "0", "BTC_USD", "2"},
		{"spread", fixed, "0.1", "BTC_EUR", "36000.0"},
		{"an exchange", "X_X = kraken(X_X)", "0", "BTC_USD", "RateUnavailable"},
		{"by nothing", "BTC_USD = 1 / 0", "0", "BTC_USD", "DivideByZero"},
		{"in a circle", "BTC_USD = BTC_EUR; BTC_EUR = BTC_USD", "0", "BTC_USD", "PreprocessError"},
		{"satoshis", fixed, "0", "SATS_USD", "0.00050000"},
		{"satoshis in bitcoin", fixed, "0", "SATS_BTC", "0.00000001"},
		{"bitcoin in satoshis", fixed, "0", "BTC_SATS", "100000000"},
		{"dollars in satoshis", fixed, "0", "USD_SATS", "2000"},
		{"satoshis without a rate of bitcoin", fixed, "0", "SATS_CHF", "PreprocessError"},
		{"a rule for satoshis", fixed + "SATS_USD = 0.001;", "0", "SATS_USD", "0.001"},
		{"a rule for satoshis in bitcoin", fixed + "SATS_BTC = 0.0000001;", "0", "SATS_BTC", "0.00000001"},
		{"satoshis, and an exchange", "X_X = kraken(X_X)", "0", "BTC_SATS", "100000000"},
		{"comment", "// the dollar\nBTC_USD = 5; // fixed", "0", "BTC_USD", "5"},
	}
	for _, test := range tests {
		pair, ok := ParsePair(test.pair)
		if !ok {
			t.Fatal(test.pair)
		}
		script, err := ParseScript(test.script)
		if err != nil {
			t.Fatalf("%q: %v", test.script, err)
		}
		result := NewCalculator(dec(t, test.spread), script).Rate(pair)
		got := result.Err
		if got == "" {
			got = result.Value.Text()
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestRateScriptText(t *testing.T) {
	script, err := ParseScript("BTC_USD = 50000; btc_eur=40000 ;")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := script.String(), "BTC_USD = 50000;\nBTC_EUR = 40000;"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	dropped, err := ParseScript("BTC_USD = 50000; SATS_BTC = 0.1; SATS_USD = 0.001")
	if got, want := dropped.String(), "BTC_USD = 50000;\nSATS_USD = 0.001;"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"BTC_USD = = 5", "BTC_USD", "BTC_USD = ", "B = 1", "BTC_USD = 5 5", "BTC_USD = (1", "BTC_USD = kraken(", "BTC_USD = " + strings.Repeat("(", 1000)} {
		if _, err := ParseScript(bad); err == nil {
			t.Errorf("%.40q is taken for a script", bad)
		}
	}
}

func TestParsePair(t *testing.T) {
	for text, want := range map[string]string{"btc-usd": "BTC_USD", "BTC_USD": "BTC_USD", "btcusd": "BTC_USD", "SATSUSD": "SATS_USD", " BTC_EUR ": "BTC_EUR"} {
		if pair, ok := ParsePair(text); !ok || pair.String() != want {
			t.Errorf("%q is %s (%v), want %s", text, pair, ok, want)
		}
	}
	dropped, err := ParseScript("BTC_USD = 50000; SATS_BTC = 0.1; SATS_USD = 0.001")
	if got, want := dropped.String(), "BTC_USD = 50000;\nSATS_USD = 0.001;"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"", "BTC", "_", "BTC_", "BTC_USD_EUR", "B", "BTC/USD"} {
		if pair, ok := ParsePair(bad); ok {
			t.Errorf("%q is taken for %s", bad, pair)
		}
	}
}

func FuzzRateScript(f *testing.F) {
	for _, text := range []string{"BTC_USD = 50000;", "X_X = kraken(X_X) * 1.1;", "BTC_X = BTC_USD * USD_X;\n", "A_B=-(1+2)/3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		script, err := ParseScript(text)
		if err != nil {
			return
		}
		again, err := ParseScript(script.String())
		if err != nil || again.String() != script.String() {
			t.Fatalf("%q is written as %q, which is not the same script (%v)", text, script, err)
		}
		if len(text) < 200 {
			newEvaluator(script).evaluate(Pair{"BTC", "USD"}, 0)
		}
	})
}

// TestBadInputRateScript has scripts whose rules lead to each other without end.
func TestBadInputRateScript(t *testing.T) {
	sum := strings.Repeat("BTC_EUR + ", 900) + "BTC_EUR"
	script := "BTC_USD = " + sum + "; BTC_EUR = " + strings.ReplaceAll(sum, "EUR", "USD") + ";"
	parsed, err := ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, errText := newEvaluator(parsed).evaluate(Pair{"BTC", "USD"}, 0); errText == "" {
		t.Error("a circle of rules gives a rate")
	}
}

// What a request names as a pair takes any text, and splits at the first separator.
func TestAnyPair(t *testing.T) {
	for text, want := range map[string]Pair{
		"btc_usd": {"BTC", "USD"}, "BTC-EUR": {"BTC", "EUR"}, "BTCUSD": {"BTC", "USD"}, "BTC_USD;BTC_EUR": {"BTC", "USD;BTC_EUR"},
		"A-B-C": {"A", "B_C"}, "_BTC__USD_": {"BTC", "USD"}, "BTC_é": {"BTC", "É"},
	} {
		if pair, ok := AnyPair(text); !ok || pair != want {
			t.Errorf("%q is %v, %t", text, pair, ok)
		}
	}
	for _, none := range []string{"", "_", "BTC", "BTC_", "-"} {
		if pair, ok := AnyPair(none); ok {
			t.Errorf("%q is %v", none, pair)
		}
	}
}
