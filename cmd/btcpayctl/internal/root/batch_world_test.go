package root

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// someAPIs are both, and one in the inner loop.
func someAPIs() []string {
	if testing.Short() {
		return bothAPIs[:1]
	}
	return bothAPIs
}

// orderRow is one row of a file.
func orderRow(id string, amount int) string {
	if id == "" {
		return fmt.Sprintf(`{"price":"%d","currency":"USD"}`+"\n", amount)
	}
	return fmt.Sprintf(`{"price":"%d","currency":"USD","orderId":%q}`+"\n", amount, id)
}

func orderRows(n int) string {
	var rows strings.Builder
	for i := range n {
		rows.WriteString(orderRow(fmt.Sprint("A-", i+1), i+1))
	}
	return rows.String()
}

func (w *valuesWorld) file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(w.home, "orders.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// batch runs a file of rows.
func (w *valuesWorld) batch(t *testing.T, api, name string, args ...string) *given {
	t.Helper()
	return w.run(t, api, "", append([]string{"invoice", "create", "--from", name, "-o", "template={{.id}} {{.orderId}}"}, args...)...)
}

// paste runs a line as it was printed.
func (w *valuesWorld) paste(t *testing.T, api, line string, args ...string) *given {
	t.Helper()
	g := &given{home: w.home, env: map[string]string{"BTCPAYCTL_NO_INPUT": "1"}}
	if api == invoice.APIGreenfield {
		g.env["BTCPAYCTL_SERVER"], g.env["BTCPAYCTL_STORE"], g.env["BTCPAYCTL_API_KEY"] = w.URL, w.Seed.StoreID, w.Seed.APIKey
	}
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "btcpayctl" {
		t.Fatalf("%q is no line to paste", line)
	}
	return g.run(t, append(words[1:], args...)...)
}

var nextLine = regexp.MustCompile(`(?m)^(?:  Next: |        (?:or[^:]*: |then[^:]*: |or |then ))(btcpayctl [^\n]*)$`)

// next are the lines of an error that can be pasted.
func (g *given) next() (lines []string) {
	for _, m := range nextLine.FindAllStringSubmatch(g.stderr, -1) {
		lines = append(lines, m[1])
	}
	return lines
}

// ordersOf are the order ids that a template printed, sorted, and the ids of the invoices.
func (g *given) ordersOf() (orders, ids []string) {
	for line := range strings.Lines(g.stdout) {
		id, order, _ := strings.Cut(strings.TrimSpace(line), " ")
		orders, ids = append(orders, order), append(ids, id)
	}
	return orders, ids
}

// wantOrders holds what was printed against what should be, in this order.
func (g *given) wantOrders(t *testing.T, code int, want ...string) {
	t.Helper()
	if orders, _ := g.ordersOf(); g.code != code || !slices.Equal(orders, want) {
		t.Errorf("exit %d, printed %q, want %d and %q\n%s", g.code, orders, code, want, g.stderr)
	}
}

// onServer are the invoices of the store by order id.
func (w *valuesWorld) onServer(t *testing.T, api string) map[string]int {
	t.Helper()
	g := w.run(t, api, "", "invoice", "list", "-o", "template={{.id}} {{.orderId}}")
	if g.code != 0 {
		t.Fatal(g.stderr)
	}
	orders, _ := g.ordersOf()
	count := map[string]int{}
	for _, order := range orders {
		count[order]++
	}
	w.took()
	return count
}

// wantEachOnce wants these orders and no others on the server, each once.
func (w *valuesWorld) wantEachOnce(t *testing.T, api string, want ...string) {
	t.Helper()
	have := w.onServer(t, api)
	for _, order := range want {
		if have[order] != 1 {
			t.Errorf("order %s has %d invoices", order, have[order])
		}
		delete(have, order)
	}
	if len(have) > 0 {
		t.Errorf("others have invoices: %v", have)
	}
}

// atCreation is a fault of the nth request for an invoice.
func atCreation(n int, fault string) func(sentRequest) string {
	seen := 0
	return func(r sentRequest) string {
		if r.method != http.MethodPost || !strings.HasSuffix(r.path, "/invoices") {
			return ""
		}
		if seen++; seen == n {
			return fault
		}
		return ""
	}
}

func numbered(n int) (orders []string) {
	for i := range n {
		orders = append(orders, fmt.Sprint("A-", i+1))
	}
	return orders
}
