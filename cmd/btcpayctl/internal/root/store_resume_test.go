package root

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// lostCreation has the answer to the next creation lost, and the search for it fail.
func (w *storeWorld) lostCreation() (end func()) {
	w.faulty(func(r sentRequest) string {
		switch {
		case r.method == http.MethodPost && strings.HasSuffix(r.path, "/invoices"):
			return "lose"
		case r.method == http.MethodGet && r.path == "/invoices" && strings.Contains(r.query, "orderId"):
			return "drop"
		}
		return ""
	})
	return func() { w.faulty(nil) }
}

var operationID = regexp.MustCompile(`invoice resume ([A-Z0-9]{26})`)

// TestResumeInAnotherStore looks for an invoice whose answer was lost, after its key was
// approved for another store that has an invoice of the same order.
func TestResumeInAnotherStore(t *testing.T) {
	w := newStoreWorld(t)
	shop := w.shop("First \"shop\"")
	w.invoiceIn(shop, "older")
	key := w.approved(shop)
	for name, wanted := range map[string]string{"no store is wanted": "", "a store is wanted": shop} {
		t.Run(name, func(t *testing.T) {
			other, order := w.shop("Other"), "SAME-"+strings.Fields(name)[0]
			home := w.home(key, wanted)
			w.in(home, nil, 0, "pair", "status")
			end := w.lostCreation()
			g := w.in(home, nil, 8, "invoice", "create", "--amount", "7", "--currency", "USD", "--order-id", order)
			end()
			found := operationID.FindStringSubmatch(g.stderr)
			if found == nil {
				t.Fatal(g.stderr)
			}
			w.approve(key, other, shop)
			strange := w.invoiceIn(other, order)
			for _, line := range [][]string{{"invoice", "resume"}, {"invoice", "resume", found[1]}, {"invoice", "resume", found[1], "-o", "jsonl"}} {
				g := w.in(home, nil, -1, line...)
				if g.code == 0 || strings.Contains(g.stdout, strange) || g.stdout != "" {
					t.Errorf("%q: exit %d, %q", line, g.code, g.stdout)
				}
				w.says(g, shop, other)
			}
			if wanted == "" {
				g := w.in(home, nil, 4, "invoice", "resume")
				w.says(g, "operation "+found[1]+" is for store "+shop+`, but its key serves store "Other" (`+other+") now", "btcpayctl doctor --forget "+found[1])
			}
			w.took()
			// Back at the store it was created in, it is found.
			w.approve(key, shop, other)
			g = w.in(home, nil, 0, "invoice", "resume", "-o", "template={{.orderId}}")
			if strings.TrimSpace(g.stdout) != order || creations(w.took()) != 0 {
				t.Errorf("%q\n%s", g.stdout, g.stderr)
			}
		})
	}
}

// TestLostInAnotherStore loses the answer to the first invoice, of a profile that
// believes another store. What finds it tells.
func TestLostInAnotherStore(t *testing.T) {
	w := newStoreWorld(t)
	shop := w.shop("Wrong")
	home := w.home(w.approved(shop), w.second)
	w.faulty(atCreation(1, "lose"))
	g := w.in(home, nil, 1, "invoice", "create", "--amount", "7", "--currency", "USD", "--order-id", "LOST")
	w.faulty(nil)
	if creations(w.took()) != 1 || g.stdout != "" {
		t.Errorf("%q", g.stdout)
	}
	w.says(g, "LOST", `"Wrong" (`+shop+")", w.second, "/stores/"+shop+"/tokens")

	shop = w.shop("Wrong as well")
	home = w.home(w.approved(shop), w.second)
	end := w.lostCreation()
	w.in(home, nil, 8, "invoice", "create", "--amount", "7", "--currency", "USD", "--order-id", "LOST")
	end()
	g = w.in(home, nil, 2, "invoice", "resume")
	if g.stdout != "" {
		t.Error(g.stdout)
	}
	w.says(g, `"Wrong as well" (`+shop+")", w.second)
	if orders := w.orders(w.second); len(orders) != 0 {
		t.Error(orders)
	}
}
