package root

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// TestOrderInDoubt: an order that something else may make is not sent, whichever line it
// comes by.
func TestOrderInDoubt(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		one := []string{"invoice", "create", "--amount", "5", "--currency", "USD", "--order-id"}
		w.faulty(atCreation(1, "drop, down"))
		g := w.run(t, api, "", append(one, "A-1")...)
		w.faulty(nil)
		resume := g.next()
		if g.code != 8 || len(resume) != 1 {
			t.Fatalf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		w.took()
		wantRefused := func(g *given, why string) {
			t.Helper()
			if g.code != 8 || g.stdout != "" || len(w.creations()) != 0 || !strings.Contains(g.stderr, why) || !strings.Contains(g.stderr, "Nothing was sent.") {
				t.Errorf("%s: exit %d, want %q\n%s", api, g.code, why, g.stderr)
			}
		}
		wantRefused(w.run(t, api, "", append(one, "A-1")...), "order A-1 may already have an invoice")
		wantRefused(w.run(t, api, orderRow("A-0", 1)+orderRow("A-1", 5), "invoice", "create", "--from", "-"), "line 2: order A-1 may already have an invoice")
		if g := w.run(t, api, "", append(one, "A-2")...); g.code != 0 {
			t.Errorf("%s, another order: exit %d\n%s", api, g.code, g.stderr)
		}
		if g := w.run(t, api, "", append(one, "A-1", "--allow-same-order")...); g.code != 0 || len(w.creations()) != 2 {
			t.Errorf("%s, allowed: exit %d\n%s", api, g.code, g.stderr)
		}
		// What another run made is told.
		g = w.paste(t, api, resume[0], "--abandon")
		list := w.run(t, api, "", "invoice", "list", "--order-id", "A-1", "-o", "name")
		if id := strings.TrimSpace(list.stdout); id == "" || g.code != 0 && !strings.Contains(g.stderr, "A-1") || g.code == 0 && !strings.Contains(g.stderr+g.stdout, id) {
			t.Errorf("%s: exit %d, invoice %q\n%s%s", api, g.code, list.stdout, g.stdout, g.stderr)
		}

		// A batch that is not finished has its orders, those that were not sent, too.
		name := w.file(t, orderRow("B-1", 1)+orderRow("B-2", 2)+orderRow("B-3", 3))
		w.faulty(atCreation(2, "drop, down"))
		if g := w.batch(t, api, name); g.code != 8 {
			t.Fatalf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		w.faulty(nil)
		w.took()
		why := "is line 3 of orders.jsonl, a batch that is not finished"
		wantRefused(w.run(t, api, "", append(one, "B-3")...), why)
		wantRefused(w.run(t, api, orderRow("B-3", 3), "invoice", "create", "--from", "-"), why)
		other := "greenfield"
		if api == other {
			other = "bitpay"
		}
		if g := w.batch(t, other, name); g.code != 8 || len(w.creations()) != 0 || !strings.Contains(g.stderr, "was started for another store or key") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
	}
}

// TestUnlessExists takes the invoice that has the order id.
func TestUnlessExists(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		create := func(id, amount string, args ...string) *given {
			return w.run(t, api, "", append([]string{"invoice", "create", "--amount", amount, "--currency", "USD", "--order-id", id, "-o", "name"}, args...)...)
		}
		for _, id := range []string{"A-1", "17", "ünï", "a b&c=d%"} {
			first := create(id, "5", "--unless-exists")
			again := create(id, "5.0", "--unless-exists")
			if first.code != 0 || again.code != 0 || first.stdout != again.stdout || len(w.creations()) != 1 || !strings.Contains(again.stderr, "None was created") {
				t.Errorf("%s, %s: exit %d and %d\n%s%s", api, id, first.code, again.code, first.stderr, again.stderr)
			}
			other := create(id, "6", "--unless-exists")
			if other.code != 1 || other.stdout != "" || len(w.creations()) != 0 || !strings.Contains(other.stderr, "order "+id+" already has invoice "+strings.TrimSpace(first.stdout)) ||
				!strings.Contains(other.stderr, "requested 6 USD, found 5") || !strings.Contains(other.stderr, "None was created.") {
				t.Errorf("%s, %s, another amount: exit %d\n%s", api, id, other.code, other.stderr)
			}
			second := create(id, "5")
			if second.code != 0 || second.stdout == first.stdout {
				t.Errorf("%s, %s, without: exit %d\n%s", api, id, second.code, second.stderr)
			}
			both := create(id, "5", "--unless-exists")
			if both.code != 1 || !strings.Contains(both.stderr, "2 invoices have the order id") || len(w.creations()) != 1 {
				t.Errorf("%s, %s, two: exit %d\n%s", api, id, both.code, both.stderr)
			}
		}
		if g := w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--unless-exists"); g.code != 2 || len(w.creations()) != 0 {
			t.Errorf("%s, no order id: exit %d\n%s", api, g.code, g.stderr)
		}
		if g := w.run(t, api, orderRow("", 1), "invoice", "create", "--from", "-", "--unless-exists"); g.code != 2 || len(w.creations()) != 0 {
			t.Errorf("%s, a row without one: exit %d\n%s", api, g.code, g.stderr)
		}
		create("C-2", "2")
		w.took()
		g := w.run(t, api, orderRow("C-1", 1)+orderRow("C-2", 2)+orderRow("C-3", 3), "invoice", "create", "--from", "-", "--unless-exists", "-o", "template={{.id}} {{.orderId}}")
		g.wantOrders(t, 0, "C-1", "C-2", "C-3")
		if n := len(w.creations()); n != 2 {
			t.Errorf("%s: %d were made", api, n)
		}
	}
}

// TestUnlessExistsByState: an invoice that expired unpaid does not count, any other one
// does, whatever its state.
func TestUnlessExistsByState(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		create := func(id string, args ...string) *given {
			return w.run(t, api, "", append([]string{"invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", id, "-o", "name"}, args...)...)
		}
		mark := func(id string) { w.ask(t, "POST", "/invoices/"+id+"/status", map[string]string{"status": "Invalid"}) }
		first := map[string]string{}
		for _, id := range []string{"expired", "part", "paid", "invalid", "archived", "replaced"} {
			g := create(id)
			first[id] = strings.TrimSpace(g.stdout)
		}
		w.sandbox(t, "pay", first["part"], "--share", "half")
		w.sandbox(t, "pay", first["paid"])
		mark(first["invalid"])
		w.ask(t, "DELETE", "/invoices/"+first["archived"], nil)
		mark(first["replaced"])
		second := strings.TrimSpace(create("replaced").stdout)
		w.took()
		for id, want := range map[string]string{"part": first["part"], "paid": first["paid"], "invalid": first["invalid"], "archived": first["archived"], "replaced": second} {
			if g := create(id, "--unless-exists"); g.code != 0 || strings.TrimSpace(g.stdout) != want || len(w.creations()) != 0 || !strings.Contains(g.stderr, "None was created.") {
				t.Errorf("%s, %s: exit %d, %q and not %q\n%s", api, id, g.code, g.stdout, want, g.stderr)
			}
		}
		w.sandbox(t, "clock", "48h")
		for id, made := range map[string]int{"part": 0, "paid": 0, "invalid": 0, "expired": 1} {
			g := create(id, "--unless-exists")
			if n := len(w.creations()); g.code != 0 || n != made || (strings.TrimSpace(g.stdout) == first[id]) != (made == 0) {
				t.Errorf("%s, %s, later: exit %d, %d made, %q\n%s", api, id, g.code, n, g.stdout, g.stderr)
			}
			if made == 1 && !strings.Contains(g.stderr, "order expired has an invoice that expired unpaid ("+first[id]+"). A new one is created.") {
				t.Errorf("%s, %s: %s", api, id, g.stderr)
			}
		}
		if g := create("expired", "--unless-exists"); g.code != 0 || len(w.creations()) != 0 || strings.TrimSpace(g.stdout) == first["expired"] {
			t.Errorf("%s, again: exit %d, %q\n%s", api, g.code, g.stdout, g.stderr)
		}
		// A finished file, whose second invoice expires.
		name := w.file(t, orderRow("B-1", 1)+orderRow("B-2", 2))
		_, ids := w.batch(t, api, name, "--unless-exists").ordersOf()
		w.sandbox(t, "pay", ids[0])
		w.sandbox(t, "clock", "48h")
		w.took()
		_, again := w.batch(t, api, name, "--unless-exists").ordersOf()
		if n := len(w.creations()); len(again) != 2 || n != 1 || again[0] != ids[0] || again[1] == ids[1] {
			t.Errorf("%s: %q and then %q, %d made", api, ids, again, n)
		}
	}
}

// TestUnlessExistsUnlike: another amount or currency is an error that names both.
func TestUnlessExistsUnlike(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A")
		w.run(t, api, "", "invoice", "create", "--any-amount", "--currency", "USD", "--order-id", "B")
		w.took()
		for line, want := range map[string]string{
			"--amount 5 --currency EUR --order-id A":    "currency: requested EUR, found USD",
			"--amount 5.01 --currency usd --order-id A": "amount: requested 5.01 usd, found 5",
			"--any-amount --currency USD --order-id A":  "amount: requested any amount, found 5",
			"--amount 5 --currency USD --order-id B":    "amount: requested 5 USD, found any amount",
			"--any-amount --currency EUR --order-id B":  "currency: requested EUR, found USD",
			"--amount 5.0 --currency usd --order-id A":  "",
			"--any-amount --currency USD --order-id B":  "",
		} {
			g := w.run(t, api, "", strings.Fields("invoice create --unless-exists -o name "+line)...)
			if ok := g.code == 0 && want == "" || g.code == 1 && want != "" && strings.Contains(g.stderr, want); !ok || len(w.creations()) != 0 {
				t.Errorf("%s, %s: exit %d\n%s", api, line, g.code, g.stderr)
			}
		}
	}
}

// TestUnlessExistsAtOnce looks many orders up in one request, if the API can.
func TestUnlessExistsAtOnce(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	w.run(t, invoice.APIGreenfield, orderRow("A-2", 2)+`{"amount":3,"currency":"USD","metadata":{"orderId":1.50}}`, "invoice", "create", "--from", "-")
	w.took()
	rows := orderRows(4) + `{"amount":3,"currency":"USD","metadata":{"orderId":1.50}}` + "\n" + orderRow("A-5", 5)
	g := w.run(t, invoice.APIGreenfield, rows, "invoice", "create", "--from", "-", "--unless-exists", "-o", "template={{.orderId}}")
	asked, made := 0, 0
	for _, r := range w.took() {
		switch {
		case r.method == http.MethodPost:
			made++
		case strings.Contains(r.query, "orderId="):
			asked++
		}
	}
	if g.code != 0 || strings.Count(g.stdout, "\n") != 6 || made != 4 || asked != 1 {
		t.Errorf("exit %d, %d made, %d look-ups\n%s%s", g.code, made, asked, g.stdout, g.stderr)
	}
	// The second row of an order finds the invoice of the first.
	g = w.run(t, invoice.APIGreenfield, orderRow("C-1", 1)+orderRow("C-1", 1), "invoice", "create", "--from", "-", "--unless-exists", "--allow-same-order", "-o", "name")
	if ids := strings.Fields(g.stdout); g.code != 0 || len(ids) != 2 || ids[0] != ids[1] || len(w.creations()) != 1 {
		t.Errorf("exit %d, %q\n%s", g.code, ids, g.stderr)
	}
}

// TestSameOrderAtOnce has others create an order while one process is at it. They say so,
// and afterwards it can be created once more, as it always could.
func TestSameOrderAtOnce(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		// The first request is held until all others have ended.
		const others = 4
		arrived, ended := make(chan struct{}), make(chan struct{})
		var once sync.Once
		w.mu.Lock()
		w.meddle = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/invoices") {
				once.Do(func() {
					close(arrived)
					<-ended
				})
			}
			return false
		}
		w.mu.Unlock()
		create := func() *given {
			return w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A-1", "-o", "name")
		}
		first := make(chan *given)
		go func() { first <- create() }()
		<-arrived
		var all sync.WaitGroup
		for range others {
			all.Go(func() {
				if g := create(); g.code != 8 || !strings.Contains(g.stderr, "another process is creating an invoice of order A-1 now") {
					t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
				}
			})
		}
		all.Wait()
		close(ended)
		if g := <-first; g.code != 0 {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		w.wantEachOnce(t, api, "A-1")
		if g := create(); g.code != 0 {
			t.Errorf("%s, afterwards: exit %d\n%s", api, g.code, g.stderr)
		}
	}
}
