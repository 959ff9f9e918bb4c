package root

import (
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// TestRefusedBeforeItIsSent has what servers answer with a 500, or take and cannot use.
func TestRefusedBeforeItIsSent(t *testing.T) {
	w := newValuesWorld(t)
	for _, c := range []struct{ api, stdin, want string }{
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"expirationMinutes":10000000000}}`, "the year 9999"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"expirationMinutes":9223372036854775807}}`, "the year 9999"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"expirationMinutes":4000000000,"monitoringMinutes":4000000000}}`, "the year 9999"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"expirationMinutes":"9"}}`, "expirationMinutes"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"expirationMinutes":1.5}}`, "expirationMinutes"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"defaultLanguage":""}}`, `"checkout.defaultLanguage" is empty`},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"redirectURL":""}}`, `"checkout.redirectURL" is empty`},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"paymentMethods":[null]}}`, "paymentMethods[0]"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"paymentMethods":[]}}`, "paymentMethods"},
		{invoice.APIGreenfield, `{"amount":5,"additionalSearchTerms":[null]}`, "additionalSearchTerms[0]"},
		{invoice.APIGreenfield, `{"amount":5,"checkout":{"redirectURL":"javascript:alert(1)"}}`, "redirectURL"},
		{invoice.APIBitPay, `{"price":5,"expirationTime":"2030-01-02T03:04:05Z"}`, "no time in unix milliseconds"},
		{invoice.APIBitPay, `{"price":5,"expirationTime":253402300800000}`, "no time in unix milliseconds"},
		{invoice.APIBitPay, `{"price":5,"expirationTime":1900000000}`, "in the past"},
		{invoice.APIBitPay, `{"price":5,"paymentCurrencies":[null]}`, "paymentCurrencies[0]"},
		{invoice.APIBitPay, `{"price":5,"paymentCurrencies":[]}`, "paymentCurrencies"},
	} {
		g := w.run(t, c.api, c.stdin, "invoice", "create", "--from", "-")
		if posts := w.creations(); g.code != 2 || len(posts) > 0 || !strings.Contains(g.stderr, c.want) {
			t.Errorf("%s: exit %d, %d sent, %s", c.stdin, g.code, len(posts), g.stderr)
		}
	}
	for _, address := range []string{"javascript:alert(1)", "file:///etc/passwd", "ftp://shop.example/x", "/thanks", "shop.example/ipn", "//shop.example", "http:", "HTTP//x"} {
		for _, flag := range []string{"--redirect-url", "--notification-url"} {
			for _, api := range bothAPIs {
				g := w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD", flag, address)
				if posts := w.creations(); g.code != 2 || len(posts) > 0 {
					t.Errorf("%s %s, %s: exit %d, %d sent, %s", flag, address, api, g.code, len(posts), g.stderr)
				}
			}
		}
	}
	for _, line := range []string{"--limit -1", "--offset -1"} {
		if g := w.run(t, invoice.APIGreenfield, "", append([]string{"invoice", "list"}, strings.Fields(line)...)...); g.code != 2 || len(w.took()) > 0 {
			t.Errorf("%s: exit %d, %s", line, g.code, g.stderr)
		}
	}
	g := w.run(t, invoice.APIBitPay, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--notification-url", "https://shop:secret@shop.example/ipn")
	if g.code != 0 || !strings.Contains(g.stderr, "no Authorization header") || strings.Contains(g.stderr, "secret") {
		t.Errorf("exit %d, %s", g.code, g.stderr)
	}
}

// TestMembersOfOlderServers: what only servers of 1.x know is sent.
func TestMembersOfOlderServers(t *testing.T) {
	w := newValuesWorld(t)
	g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","checkout":{"checkoutType":"V2","requiresRefundEmail":false,"paymentMethods":["BTC"],"defaultPaymentMethod":"BTC"}}`,
		"invoice", "create", "--from", "-")
	posts := w.creations()
	if g.code != 0 || len(posts) != 1 || !strings.Contains(posts[0].body, `"checkoutType":"V2","requiresRefundEmail":false`) {
		t.Errorf("exit %d, %v, %s", g.code, posts, g.stderr)
	}
	for api, stdin := range map[string]string{invoice.APIGreenfield: `{"amount":5,"checkout":{"checkoutTypes":"V2"}}`, invoice.APIBitPay: `{"price":5,"checkoutType":"V2"}`} {
		if g := w.run(t, api, stdin, "invoice", "create", "--from", "-"); g.code != 2 || !strings.Contains(g.stderr, "unknown field") {
			t.Errorf("%s: exit %d, %s", stdin, g.code, g.stderr)
		}
	}
}
