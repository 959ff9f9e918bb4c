package root

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// amountCases are amounts, what the server makes of them, and the two candidates where
// it rounds.
var amountCases = []struct {
	amount, currency, made string
	decimals               int
	lower, upper           string
}{
	{"12.505", "USD", "12.51", 2, "12.50", "12.51"},
	{"12.515", "usd", "12.52", 2, "12.51", "12.52"},
	{"12.504", "EUR", "12.50", 2, "12.50", "12.51"},
	{"1000.5", "JPY", "1001", 0, "1000", "1001"},
	{"1000.4", "jpy", "1000", 0, "1000", "1001"},
	{"5000.5", "SATS", "5001", 0, "5000", "5001"},
	{"10.0155", "KWD", "10.016", 3, "10.015", "10.016"},
	{"0.001234567", "BTC", "0.00123457", 8, "0.00123456", "0.00123457"},
	{"1.123456789", "btc", "1.12345679", 8, "1.12345678", "1.12345679"},
	{"0.3355", "USD", "0.336", 2, "0.335", "0.336"}, // a loss of more than 1 in 100 is none
	{"12.50", "USD", "", 0, "", ""},
	{"12.500000", "USD", "", 0, "", ""},
	{"1000.000", "JPY", "", 0, "", ""},
	{"0.335", "USD", "", 0, "", ""}, // the server keeps it, for the loss would be 1.5 in 100
	{"10.015", "KWD", "", 0, "", ""},
	{"0.00012345", "BTC", "", 0, "", ""},
	{"0.123456789", "XAU", "", 0, "", ""},
	{"0.123456789", "zzz", "", 0, "", ""},
	{"5000", "SATS", "", 0, "", ""},
	{"012.50", "USD", "", 0, "", ""},
}

// forms are the ways to say an amount.
var forms = map[string]func(amount, currency string) (stdin string, args []string){
	"flags": func(amount, currency string) (string, []string) {
		return "", []string{"--amount", amount, "--currency", currency}
	},
	"price as text": func(amount, currency string) (string, []string) {
		return fmt.Sprintf(`{"price":%q,"currency":%q}`, amount, currency), []string{"--from", "-"}
	},
	"price as number": func(amount, currency string) (string, []string) {
		return fmt.Sprintf(`{"price":%s,"currency":%q}`, amount, currency), []string{"--from", "-"}
	},
	"amount as text": func(amount, currency string) (string, []string) {
		return fmt.Sprintf(`{"amount":%q,"currency":%q}`, amount, currency), []string{"--from", "-"}
	},
	"amount as number": func(amount, currency string) (string, []string) {
		return fmt.Sprintf(`{"amount":%s,"currency":%q}`, amount, currency), []string{"--from", "-"}
	},
}

// TestAmountsAreNotChanged asks for each amount in each form on both APIs: it is made
// as it was given, or nothing is sent, or with --round it is told.
func TestAmountsAreNotChanged(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it makes two hundred invoices")
	}
	w, n := newValuesWorld(t), 0
	for _, c := range amountCases {
		w.forgetBatches(t)
		for name, form := range forms {
			for _, api := range bothAPIs {
				if strings.HasPrefix(name, "amount") && api == invoice.APIBitPay || strings.HasSuffix(name, "number") && c.amount[:2] == "01" {
					continue
				}
				n++
				where := fmt.Sprintf("%s %s, %s, %s", c.amount, c.currency, name, api)
				stdin, args := form(c.amount, c.currency)
				line := append([]string{"invoice", "create", "-o", "jsonl"}, args...)
				g := w.run(t, api, stdin, line...)
				posts := w.creations()
				switch {
				case c.made != "":
					decimals := fmt.Sprintf("more decimals than %s, which has %d", strings.ToUpper(c.currency), c.decimals)
					if g.code != 2 || len(posts) > 0 || g.stdout != "" || !strings.Contains(g.stderr, decimals) || !strings.Contains(g.stderr, "give "+c.lower+" or "+c.upper) {
						t.Errorf("%s: exit %d, %d sent, %s", where, g.code, len(posts), g.stderr)
					}
				case g.code != 0 || len(posts) != 1 || !sameAmount(members(t, g.stdout)["amount"], c.amount):
					t.Errorf("%s: exit %d, %d sent, %s%s", where, g.code, len(posts), g.stdout, g.stderr)
				}
				if c.made == "" {
					continue
				}
				g = w.run(t, api, stdin, append(line, "--round")...)
				told := fmt.Sprintf("%s %s is rounded to %s %s", c.amount, strings.ToUpper(c.currency), c.made, strings.ToUpper(c.currency))
				if posts := w.creations(); g.code != 0 || len(posts) != 1 || strings.Contains(posts[0].body, c.amount) || !sameAmount(members(t, g.stdout)["amount"], c.made) || !strings.Contains(g.stderr, told) {
					t.Errorf("%s with --round: exit %d, %s%s", where, g.code, g.stdout, g.stderr)
				}
			}
		}
	}
	t.Logf("%d lines", n)
}

func sameAmount(made any, want string) bool {
	a, err := client.ParseDecimal(fmt.Sprint(made))
	b, other := client.ParseDecimal(want)
	return err == nil && other == nil && a.Cmp(b) == 0
}

// TestTaxIsNotChanged holds the part that is tax to the same rules.
func TestTaxIsNotChanged(t *testing.T) {
	w := newValuesWorld(t)
	for _, c := range []struct{ tax, want string }{
		{"1.005", "has more decimals than USD, which has 2"}, {"-1", "negative"}, {"13", "more than"}, {"1.50", ""}, {"1.500", ""}, {"0", ""},
	} {
		for _, api := range bothAPIs {
			lines := map[string][]string{"": {"--amount", "12.50", "--currency", "USD", "--tax-included", c.tax},
				`{"price":"12.50","currency":"USD","taxIncluded":` + c.tax + `}`: {"--from", "-"}}
			if api == invoice.APIGreenfield {
				lines[`{"amount":"12.50","currency":"USD","metadata":{"taxIncluded":"`+c.tax+`"}}`] = []string{"--from", "-"}
				lines[`{"amount":"12.50","currency":"USD","metadata":{"taxIncluded":`+c.tax+`}}`] = []string{"--from", "-"}
			}
			for stdin, args := range lines {
				g := w.run(t, api, stdin, append([]string{"invoice", "create"}, args...)...)
				posts := w.creations()
				if c.want == "" && (g.code != 0 || len(posts) != 1) || c.want != "" && (g.code != 2 || len(posts) > 0 || !strings.Contains(g.stderr, c.want)) {
					t.Errorf("%s %s %q: exit %d, %d sent, %s", c.tax, api, stdin, g.code, len(posts), g.stderr)
				}
			}
		}
	}
}

// TestAmountsAreNotReinterpreted has spellings that a server reads as another amount.
func TestAmountsAreNotReinterpreted(t *testing.T) {
	w := newValuesWorld(t)
	for _, text := range []string{`010`, `0x10`, `" 1,000.50 "`, `"5,5"`, `"0x10"`, `"1 000"`, `+5`, `"+5"`, `.5`, `5.`, `NaN`, `"NaN"`, `Infinity`, `1_000`, `"１２"`, `"12.50 USD"`, `"$5"`} {
		for _, member := range []string{"price", "amount"} {
			g := w.run(t, invoice.APIGreenfield, `{"`+member+`":`+text+`,"currency":"USD"}`, "invoice", "create", "--from", "-")
			if posts := w.creations(); g.code != 2 || len(posts) > 0 {
				t.Errorf("%s: exit %d, %d sent, %s", text, g.code, len(posts), g.stderr)
			}
		}
		flag := strings.Trim(text, `"`)
		if flag == "010" {
			continue
		}
		g := w.run(t, invoice.APIGreenfield, "", "invoice", "create", "--amount", flag, "--currency", "USD")
		if posts := w.creations(); g.code != 2 || len(posts) > 0 {
			t.Errorf("--amount %q: exit %d, %d sent, %s", flag, g.code, len(posts), g.stderr)
		}
	}
	for text, want := range map[string]string{`1e3`: "1000", `"1e3"`: "1000", `1.5E1`: "15", `12e-1`: "1.2"} {
		for _, api := range bothAPIs {
			g := w.run(t, api, `{"price":`+text+`,"currency":"USD"}`, "invoice", "create", "--from", "-", "-o", "jsonl")
			if g.code != 0 || !sameAmount(members(t, g.stdout)["amount"], want) {
				t.Errorf("%s: exit %d, %s%s", text, g.code, g.stdout, g.stderr)
			}
		}
	}
}

// TestStoreCurrency leaves the currency to a store whose currency has no decimals: what
// the server made of the amount is an error, or with --round a note.
func TestStoreCurrency(t *testing.T) {
	w := newValuesWorld(t)
	w.ask(t, "PUT", "", map[string]any{"defaultCurrency": "JPY"})
	for _, api := range bothAPIs {
		g := w.run(t, api, "", "invoice", "create", "--amount", "1000.5", "--order-id", "A-1", "-o", "json")
		if g.code != 1 || g.stdout != "" || !strings.Contains(g.stderr, `"code":"made-otherwise"`) || !strings.Contains(g.stderr, "requested 1000.5, created 1001") {
			t.Errorf("%s: exit %d, %s%s", api, g.code, g.stdout, g.stderr)
		}
		g = w.run(t, api, "", "invoice", "create", "--amount", "1000.5", "--round", "-o", "json")
		if g.code != 0 || !strings.Contains(g.stderr, "1000.5 JPY is rounded to 1001") {
			t.Errorf("%s: exit %d, %s%s", api, g.code, g.stdout, g.stderr)
		}
	}
}

// TestCurrencyDecimals keeps the table free of doubles.
func TestCurrencyDecimals(t *testing.T) {
	var all []string
	for _, codes := range invoice.CurrencyDecimals {
		all = append(all, strings.Fields(codes)...)
	}
	slices.Sort(all)
	if n := len(all); n < 150 || len(slices.Compact(all)) != n {
		t.Errorf("%d currencies, some twice", n)
	}
}
