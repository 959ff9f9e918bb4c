package root

import (
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
)

// refusal is a 400 of a request that creates an invoice, in the form of one of the APIs.
func refusal(api string, lines ...string) *instead {
	var text strings.Builder
	text.WriteString("Error retrieving a matching payment method or rate.\n")
	for _, line := range append([]string{"Info Creation of invoice starting"}, lines...) {
		text.WriteString("11/29/2026 12:13:54:" + line + "\n")
	}
	body := map[string]string{"code": "generic-error", "message": text.String()}
	if api == "bitpay" {
		body = map[string]string{"error": text.String()}
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return &instead{status: 400, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, body: string(data)}
}

// TestCausesOfNoInvoice seeds causes for which a store cannot create an invoice, and wants
// each of them named by both APIs.
func TestCausesOfNoInvoice(t *testing.T) {
	w := newCauseWorld(t)
	bare := w.ask(http.MethodPost, "", map[string]any{"name": "Bare", "defaultCurrency": "USD"})["id"].(string)
	invoice := func(args ...string) []string { return append([]string{"invoice", "create"}, args...) }
	five := invoice("--amount", "5", "--currency", "USD")
	for _, api := range []string{"greenfield", "bitpay"} {
		for _, c := range []cause{
			{name: "no rate", args: invoice("--amount", "5", "--currency", "CHF"), words: []string{"the store has no exchange rate for BTC_CHF", "add a rule"}},
			{name: "an unknown currency", args: invoice("--amount", "5", "--currency", "NOPE"), words: []string{"does not know this currency", "BTC_NOPE"}},
			{name: "too small", args: invoice("--amount", "0.01", "--currency", "USD"), words: []string{"too small for an on-chain payment"}},
			{name: "another method", args: append(five, "--payment-method", "BTC-LN"), words: []string{"no payment method that was asked for: BTC-LN"}},
			{name: "no Lightning node", instead: refusal(api, "Error BTC-LN: NodeInfo failed to be fetched: Error while connecting to the API: Connection refused",
				"Error BTC-LN: Payment method unavailable (Impossible to create lightning invoice (Connection refused))"), args: five, words: []string{"cannot reach the store's Lightning node now"}},
			{name: "only Lightning", instead: refusal(api, "Error BTC-LN: Payment method unavailable (Lightning Network payment method is not available for top-up invoices)"),
				args: invoice("--any-amount", "--currency", "USD"), words: []string{"accepts only Lightning"}},
			{name: "an exchange is away", instead: refusal(api, "Warning Error from exchange kraken (A task was canceled.)",
				"Error BTC-CHAIN: Unable to get rate(s) BTC_USD, this payment method disabled for this invoice."), args: five, words: []string{"the source of the store's rates did not respond: BTC_USD from kraken", "wait a minute"}},
			{name: "a limit of the store", instead: refusal(api, "Error BTC-CHAIN: Invoice amount below accepted value for payment method"), args: five, words: []string{"below what the store accepts by BTC-CHAIN"}},
			{name: "a stack trace", instead: refusal(api, "Error BTC-CHAIN: Unexpected exception (System.Net.Http.HttpRequestException: Connection refused (nbxplorer:32838)\n ---> System.Net.Sockets.SocketException (111): "+strings.Repeat("x", 600)+")"),
				args: five, words: []string{"Bitcoin node is not available now", "wait a minute"}},
		} {
			c.exit = 3
			w.check(c, api, w.first)
		}
		for node, word := range map[string]string{"away": "Bitcoin node is not available now", "behind": map[string]string{"greenfield": "not synchronised yet: block 50 of 100", "bitpay": "not synchronised"}[api]} {
			w.control("effect", map[string]string{"node": node})
			w.check(cause{name: "the node is " + node, args: five, exit: 3, words: []string{word, "run the same command"}}, api, w.first)
			g := w.in(newHome(t), w.api(api, w.URL, w.first), 3, append(five, "-o", "json")...)
			if !strings.Contains(g.stderr, `"code":"unavailable"`) || !strings.Contains(g.stderr, "Full node not available") {
				t.Errorf("%s, the node is %s: %s", api, node, g.stderr)
			}
		}
		w.control("effect", map[string]string{"node": "ready"})
	}
	w.check(cause{name: "what the store has", args: append(five, "--payment-method", "BTC-LN"), exit: 3, words: []string{"BTC-LN. It has BTC-CHAIN"}}, "greenfield", w.first)
	w.check(cause{name: "no wallet", args: five, exit: 3, words: []string{"the store has no wallet", "connect a wallet"}}, "greenfield", bare)
	w.ask(http.MethodPut, "/"+w.first+"/payment-methods/BTC-CHAIN", map[string]any{"enabled": false})
	w.check(cause{name: "a method that is disabled", args: five, exit: 3, words: []string{"payment methods are all disabled: BTC-CHAIN"}}, "greenfield", w.first)
	w.ask(http.MethodPut, "/"+w.first+"/payment-methods/BTC-CHAIN", map[string]any{"enabled": true})
	w.approve(w.key, bare, w.first)
	w.check(cause{name: "no wallet", args: five, exit: 3, words: []string{"the store has no wallet"}}, "bitpay", bare)
}

// Doctor says what would become of "invoice create", with either kind of key.
func TestDoctorOfInvoices(t *testing.T) {
	w := newCauseWorld(t)
	bare := w.ask(http.MethodPost, "", map[string]any{"name": "Bare", "defaultCurrency": "USD"})["id"].(string)
	doctor := func(api, store string, exit int, words ...string) {
		t.Helper()
		g := w.in(newHome(t), w.api(api, w.URL, store), exit, "doctor")
		for _, word := range words {
			if !strings.Contains(g.stdout, word) {
				t.Errorf("%s: no %q in\n%s", api, word, g.stdout)
			}
		}
	}
	doctor("greenfield", w.first, 0, "would work, by BTC-CHAIN, with a rate for BTC_USD")
	doctor("bitpay", w.first, 0, "would work, with a rate for ")
	doctor("greenfield", bare, 3, "would fail: the store has no wallet")
	w.control("effect", map[string]string{"node": "away"})
	doctor("bitpay", w.first, 3, "no invoice can be created", "would fail: the server's Bitcoin node is not available now")
	w.control("effect", map[string]string{"node": "ready"})
	w.ask(http.MethodPut, "/"+w.first, map[string]any{"name": "Shop", "archived": true})
	doctor("greenfield", w.first, 0, "the store is archived")
	w.approve(w.key, bare, w.first)
	doctor("bitpay", bare, 3, "would fail: the store has no wallet")
}

// A proxy that hides the scheme is reported with the invoice and by doctor, before a buyer
// finds out.
func TestLinkOfAnotherAddress(t *testing.T) {
	w := newCauseWorld(t)
	server := w.behind(func(r *httputil.ProxyRequest) { r.Out.Header.Set("X-Forwarded-Proto", "https") })
	env := w.api("greenfield", server, w.first)
	g := w.in(newHome(t), env, 0, "invoice", "create", "--amount", "5", "--currency", "USD")
	w.says(g, "Note: the buyer's link begins with https://127.0.0.1:", "instead of "+server, "X-Forwarded-Proto")
	g = w.in(newHome(t), env, 0, "doctor")
	if !strings.Contains(g.stdout, "but the server believes to be https://") || !strings.Contains(g.stdout, "X-Forwarded-Proto") {
		t.Errorf("doctor does not report it:\n%s", g.stdout)
	}
	g = w.in(newHome(t), map[string]string{"BTCPAYCTL_SERVER": server, "BTCPAYCTL_STORE": w.first}, 0, "authorize", "--profile", "ci", "--for", "invoice create", "--print-url")
	w.says(g, "Note: the server believes to be https://", "may not load", "X-Forwarded-Proto")
	for _, line := range [][]string{{"invoice", "create", "--amount", "5", "--currency", "USD"}, {"doctor"}} {
		g := w.in(newHome(t), w.api("greenfield", w.URL, w.first), 0, line...)
		if strings.Contains(g.stdout+g.stderr, "proxy") {
			t.Errorf("%q, without a proxy:\n%s%s", line, g.stdout, g.stderr)
		}
	}
}
