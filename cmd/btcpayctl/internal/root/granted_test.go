package root

import (
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// TestNotGrantedIsTold: an invoice that can be used is printed, and what it does not have of
// the request is told with it.
func TestNotGrantedIsTold(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	replace := func(pattern, with string) func(string) string {
		return func(answer string) string { return regexp.MustCompile(pattern).ReplaceAllString(answer, with) }
	}
	for _, c := range []struct {
		api, fields string
		change      func(string) string
		want        string
	}{
		{invoice.APIGreenfield, `"checkout":{"defaultPaymentMethod":"DOGE-CHAIN"}`, nil, "the default payment method DOGE-CHAIN is not offered, only BTC-CHAIN"},
		{invoice.APIGreenfield, `"defaultPaymentMethod":"DOGE-CHAIN"`, nil, "the default payment method DOGE-CHAIN is not offered, only BTC-CHAIN"},
		{invoice.APIBitPay, `"defaultPaymentMethod":"BTC-LN"`, nil, "the default payment method BTC-LN is not offered, only BTC-CHAIN"},
		{invoice.APIGreenfield, `"transactionSpeed":"low"`, replace(`"speedPolicy":"LowSpeed"`, `"speedPolicy":"HighSpeed"`), "the speed policy: requested LowSpeed, but it is HighSpeed"},
		{invoice.APIGreenfield, `"redirectURL":"https://shop.example/x"`, replace(`"redirectURL":"[^"]*"`, `"redirectURL":null`), "the redirect URL: requested https://shop.example/x, but it is -"},
		{invoice.APIGreenfield, `"checkout":{"defaultLanguage":"fr-FR","monitoringMinutes":60}`, replace(`"monitoringMinutes":60`, `"monitoringMinutes":1440`), "the monitoring minutes: requested 60, but it is 1440"},
		{invoice.APIGreenfield, `"checkout":{"paymentTolerance":5}`, replace(`"paymentTolerance":5(\.0)?`, `"paymentTolerance":0`), "the payment tolerance: requested 5, but it is 0"},
		{invoice.APIBitPay, `"itemDesc":"Tea"`, replace(`"itemDesc":"Tea"`, `"itemDesc":"Coffee"`), "itemDesc: asked Tea, got Coffee"},
		{invoice.APIGreenfield, `"checkout":{"defaultPaymentMethod":"BTC","speedPolicy":"LowSpeed","redirectURL":"https://shop.example/{InvoiceId}","redirectAutomatically":true,"paymentTolerance":"2.50"}`, nil, ""},
		{invoice.APIBitPay, `"defaultPaymentMethod":"BTC-OnChain","transactionSpeed":"low","redirectURL":"https://shop.example/x"`, nil, ""},
	} {
		w.changing(c.change)
		g := w.run(t, c.api, `{"amount":"5","currency":"USD","orderId":"A-1",`+c.fields+`}`, "invoice", "create", "--from", "-", "-o", "name")
		id := strings.TrimSpace(g.stdout)
		if g.code != 0 || id == "" {
			t.Errorf("%s, %s: exit %d\n%s", c.api, c.fields, g.code, g.stderr)
		}
		told := "Note: invoice " + id + " (order id A-1): "
		if c.want == "" && strings.Contains(g.stderr, told) || c.want != "" && !strings.Contains(g.stderr, told+c.want+".\n") {
			t.Errorf("%s, %s: want %q\n%s", c.api, c.fields, c.want, g.stderr)
		}
	}
}
