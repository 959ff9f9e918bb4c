package root

import (
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// TestWhatWasMadeIsCompared changes one member of an answer at a time, or lets the
// sandbox leave out a method that it does not have. The error names the invoice, the
// order and both values, and has a code of its own; the invoice is not left in doubt.
func TestWhatWasMadeIsCompared(t *testing.T) {
	w := newValuesWorld(t)
	replace := func(pattern, with string) func(string) string {
		return func(answer string) string { return regexp.MustCompile(pattern).ReplaceAllString(answer, with) }
	}
	for _, c := range []struct {
		name, api string
		change    func(string) string
		args      []string
		want      []string
	}{
		{"amount", invoice.APIBitPay, replace(`"price":12.50?,`, `"price":12.51,`), nil, []string{"requested 12.50 USD, created 12.51 USD"}},
		{"amount", invoice.APIGreenfield, replace(`"amount":"12.50?"`, `"amount":"12.51"`), nil, []string{"requested 12.50 USD, created 12.51 USD"}},
		{"currency", invoice.APIBitPay, replace(`"currency":"USD"`, `"currency":"EUR"`), nil, []string{"currency: requested USD, created EUR"}},
		{"currency", invoice.APIGreenfield, replace(`"currency":"USD"`, `"currency":"EUR"`), nil, []string{"currency: requested USD, created EUR"}},
		{"order id", invoice.APIBitPay, replace(`"orderId":"A-1"`, `"orderId":null`), nil, []string{"order id: requested A-1, created -"}},
		{"order id", invoice.APIGreenfield, replace(`"orderId":"A-1"`, `"orderId":"A-2"`), nil, []string{"order id: requested A-1, created A-2"}},
		{"store", invoice.APIGreenfield, replace(`"storeId":"[^"]*"`, `"storeId":"other"`), nil, []string{"store: requested ", ", created other"}},
		{"expiry", invoice.APIBitPay, replace(`"expirationTime":\d+`, `"expirationTime":1999999999000`), []string{"--expires", "30m"}, []string{"expiry: requested ", ", created 2033-05-18T03:33:19Z"}},
		{"expiry", invoice.APIGreenfield, replace(`"expirationTime":\d+`, `"expirationTime":1999999999`), []string{"--expires", "30m"}, []string{"expiry: requested ", ", created 2033-05-18T03:33:19Z"}},
		{"method", invoice.APIBitPay, nil, []string{"--payment-method", "BTC-CHAIN,BTC-LN"}, []string{"payment methods: requested BTC-CHAIN, BTC-LN, created BTC-CHAIN"}},
		{"method", invoice.APIGreenfield, nil, []string{"--payment-method", "BTC-CHAIN", "--payment-method", "BTC-LN"}, []string{"payment methods: requested BTC-CHAIN, BTC-LN, created BTC-CHAIN"}},
	} {
		w.changing(c.change)
		args := append([]string{"invoice", "create", "--amount", "12.50", "--currency", "USD", "--order-id", "A-1", "-o", "json"}, c.args...)
		g := w.run(t, c.api, "", args...)
		posts := w.creations()
		if g.code != 1 || g.stdout != "" || len(posts) != 1 || !strings.Contains(g.stderr, `"code":"made-otherwise"`) {
			t.Errorf("%s, %s: exit %d, %s%s", c.name, c.api, g.code, g.stdout, g.stderr)
			continue
		}
		id := regexp.MustCompile(`"id":"(\w{18,24})"`).FindStringSubmatch(posts[0].answer)[1]
		for _, want := range append(c.want, "invoice "+id+" (order id A-", "btcpayctl invoice get ", " "+id) {
			if !strings.Contains(g.stderr, want) {
				t.Errorf("%s, %s: %q is not in %s", c.name, c.api, want, g.stderr)
			}
		}
		if strings.Contains(strings.ToLower(g.stderr), "nothing was sent") {
			t.Errorf("%s, %s: %s", c.name, c.api, g.stderr)
		}
		w.changing(nil)
		if g := w.run(t, c.api, "", "invoice", "resume", "-o", "json"); g.code != 0 || strings.TrimSpace(g.stdout) != "[]" {
			t.Errorf("%s, %s: it is left open: %s%s", c.name, c.api, g.stdout, g.stderr)
		}
		g = w.run(t, c.api, "", args...)
		if posts := w.creations(); c.change != nil && (g.code != 0 || len(posts) != 1) {
			t.Errorf("%s, %s, as it was: exit %d, %s", c.name, c.api, g.code, g.stderr)
		}
	}
}

// TestBatchEndsAtADifference: the line whose invoice is another is not sent again, and
// those behind it are not sent.
func TestBatchEndsAtADifference(t *testing.T) {
	w := newValuesWorld(t)
	stdin := `{"price":1,"currency":"USD"}` + "\n" + `{"price":2,"currency":"USD","paymentCurrencies":["BTC-CHAIN","BTC-LN"]}` + "\n" + `{"price":3,"currency":"USD"}`
	for _, api := range bothAPIs {
		g := w.run(t, api, stdin, "invoice", "create", "--from", "-", "-o", "jsonl")
		if posts := w.creations(); g.code != 1 || len(posts) != 2 || strings.Count(g.stdout, "\n") != 1 || !strings.Contains(g.stderr, "line 2") {
			t.Errorf("%s: exit %d, %d sent, %s%s", api, g.code, len(posts), g.stdout, g.stderr)
		}
	}
}

// TestTolerance refuses what any payment settles.
func TestTolerance(t *testing.T) {
	w := newValuesWorld(t)
	for tolerance, code := range map[string]int{"100": 2, "100.0": 2, `"100"`: 2, "1e2": 2, "101": 2, "-1": 2, "1000": 2, "99.5": 0, "0": 0} {
		stdin := `{"amount":5,"currency":"USD","checkout":{"paymentTolerance":` + tolerance + `}}`
		g := w.run(t, invoice.APIGreenfield, stdin, "invoice", "create", "--from", "-")
		if posts := w.creations(); g.code != code || (len(posts) == 1) != (code == 0) {
			t.Errorf("%s: exit %d, %d sent, %s", tolerance, g.code, len(posts), g.stderr)
		}
	}
	for tolerance, code := range map[string]int{"100": 0, "101": 2} {
		g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","checkout":{"paymentTolerance":`+tolerance+`}}`, "invoice", "create", "--from", "-", "--allow-any-payment")
		if g.code != code {
			t.Errorf("%s with --allow-any-payment: exit %d, %s", tolerance, g.code, g.stderr)
		}
	}
}
