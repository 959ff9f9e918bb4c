package root

import (
	"net/http"
	"strings"
	"sync"
	"testing"
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
			if other.code != 1 || other.stdout != "" || len(w.creations()) != 0 || !strings.Contains(other.stderr, strings.TrimSpace(first.stdout)) {
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
