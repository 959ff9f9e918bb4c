package rate

import (
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// TestCheckComplete: the server leaves out pairs without a rate, and writes a pair in its
// own way.
func TestCheckComplete(t *testing.T) {
	rates := []bitpay.Rate{{CurrencyPair: "BTC_USD"}, {CurrencyPair: "SATS_EUR"}}
	for pairs, missing := range map[string]string{
		"BTC_USD":                                "",
		"btc-usd":                                "",
		"BTCUSD sats_eur BTC_USD":                "",
		"BTC_EUR":                                "no rate for BTC_EUR",
		"BTC_USD USD_BTC BTC_ZZZ":                "no rate for USD_BTC, BTC_ZZZ",
		"":                                       "",
		"BTC_USD BTC_ZZZ BTC_ZZZ SATS_EUR TSA_B": "no rate for BTC_ZZZ, BTC_ZZZ, TSA_B",
	} {
		err := checkComplete(strings.Fields(pairs), rates)
		if (err == nil) != (missing == "") || err != nil && !strings.HasSuffix(err.Error(), missing) {
			t.Errorf("%q: %v", pairs, err)
		}
	}
	if err := checkComplete(nil, nil); err == nil || !strings.Contains(err.Error(), "default pairs") {
		t.Errorf("without a rate of the default pairs: %v", err)
	}
}
