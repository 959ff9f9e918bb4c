package root

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// TestBatchGoesOn stops a batch at its third row, whose answer is lost with the server, or
// which never reached it. The line that is printed, and the first line again, go on. What
// came by a pipe goes on likewise.
func TestBatchGoesOn(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for _, fault := range []string{"lose, down", "drop, down"} {
			for _, way := range []string{"as printed", "again", "piped, as printed", "piped, again"} {
				if testing.Short() && (way == "again" || way == "piped, as printed") {
					continue
				}
				t.Run(api+", "+fault+", "+way, func(t *testing.T) { batchGoesOn(t, api, fault, way) })
			}
		}
	}
}

func batchGoesOn(t *testing.T, api, fault, way string) {
	t.Parallel()
	w := newValuesWorld(t)
	piped, printed := strings.HasPrefix(way, "piped"), strings.HasSuffix(way, "printed")
	name := w.file(t, orderRows(5))
	first := func() *given {
		if piped {
			return w.run(t, api, orderRows(5), "invoice", "create", "--from", "-", "-o", "template={{.id}} {{.orderId}}")
		}
		return w.batch(t, api, name)
	}
	w.faulty(atCreation(3, fault))
	g := first()
	g.wantOrders(t, 8, "A-1", "A-2")
	lines := g.next()
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "btcpayctl invoice resume ") || !strings.Contains(g.stderr, "line 3: ") {
		t.Fatalf("the way on is %q\n%s", lines, g.stderr)
	}
	w.faulty(nil)
	// Whoever only knows that something is open comes to the same line.
	if open := w.run(t, api, "", "invoice", "resume"); open.code != 8 || len(open.next()) != 2 || !strings.HasSuffix(open.next()[0], lines[0][strings.LastIndexByte(lines[0], ' '):]) {
		t.Errorf("exit %d, the way on is %q\n%s", open.code, open.next(), open.stderr)
	}
	on := func() *given {
		if printed {
			return w.paste(t, api, lines[0], "-o", "template={{.id}} {{.orderId}}")
		}
		return first()
	}
	g = on()
	if strings.HasPrefix(fault, "drop") {
		// It may still come as far as anyone can know.
		g.wantOrders(t, 8, "A-1", "A-2", "A-4", "A-5")
		if g := on(); g.code != 8 {
			t.Errorf("a second time: exit %d\n%s", g.code, g.stderr)
		}
		again := g.next()
		if len(again) != 2 || !strings.HasSuffix(again[1], " --send-again") {
			t.Fatalf("the way on is %q\n%s", again, g.stderr)
		}
		g = w.paste(t, api, again[1], "-o", "template={{.id}} {{.orderId}}")
	}
	g.wantOrders(t, 0, numbered(5)...)
	w.wantEachOnce(t, api, numbered(5)...)
	if g := w.run(t, api, "", "invoice", "resume"); g.code != 0 {
		t.Errorf("something is left open: exit %d\n%s", g.code, g.stderr)
	}
	if g := w.paste(t, api, lines[0]); g.code != 6 {
		t.Errorf("resumed after its end: exit %d\n%s", g.code, g.stderr)
	}
}

// TestBatchDone runs a file again that is done.
func TestBatchDone(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		name := w.file(t, orderRows(3)+orderRow("", 7))
		g := w.batch(t, api, name)
		if orders, _ := g.ordersOf(); g.code != 0 || len(orders) != 4 || len(w.creations()) != 4 {
			t.Fatalf("exit %d: %s%s", g.code, g.stdout, g.stderr)
		}
		_, ids := g.ordersOf()
		g = w.batch(t, api, name)
		if _, again := g.ordersOf(); g.code != 0 || len(again) != 4 || !slices.Equal(again[:3], ids[:3]) || again[3] == ids[3] || len(w.creations()) != 1 {
			t.Errorf("%s, again: exit %d, %q and not %q\n%s", api, g.code, again, ids, g.stderr)
		}
		if !strings.Contains(g.stderr, "Rows whose existing invoice is printed: 3. --again") {
			t.Errorf("%s: %s", api, g.stderr)
		}
		g = w.batch(t, api, name, "--again")
		if _, anew := g.ordersOf(); g.code != 0 || len(w.creations()) != 4 || slices.Equal(anew, ids) {
			t.Errorf("%s, --again: exit %d\n%s", api, g.code, g.stderr)
		}
		// An order in another row is another order.
		w.file(t, orderRow("A-1", 1)+orderRow("A-2", 99))
		g = w.batch(t, api, name)
		if g.code != 2 || len(w.creations()) != 0 || !strings.Contains(g.stderr, "line 2: order A-2 created invoice ") {
			t.Errorf("%s, changed: exit %d\n%s", api, g.code, g.stderr)
		}
		// One that is paid is no invoice to be paid.
		_, ids = w.batch(t, api, w.file(t, orderRows(3))).ordersOf()
		w.ask(t, "POST", "/invoices/"+ids[1]+"/status", map[string]string{"status": "Settled"})
		w.took()
		g = w.batch(t, api, name)
		if g.code != 1 || g.stdout != "" || len(w.creations()) != 0 || !strings.Contains(g.stderr, "line 2: order A-2 already created invoice "+ids[1]+", which is settled") {
			t.Errorf("%s, paid: exit %d\n%s", api, g.code, g.stderr)
		}
		if g = w.batch(t, api, name, "--unless-exists"); g.code != 1 || len(w.creations()) != 0 {
			// The order has more than one by now.
			g.wantOrders(t, 0, numbered(3)...)
		}
	}
}

// TestBatchPipedAgain: what comes by a pipe is new each time that the last one is finished.
func TestBatchPipedAgain(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		for i, rows := range []string{orderRows(2), orderRows(2), orderRow("", 1), orderRow("", 1), orderRows(1) + orderRow("", 1)} {
			g := w.run(t, api, rows, "invoice", "create", "--from", "-", "-o", "name")
			if made, want := len(w.creations()), strings.Count(rows, "\n"); g.code != 0 || made != want || strings.Count(g.stdout, "\n") != want {
				t.Errorf("%s, %d: exit %d, %d made\n%s%s", api, i, g.code, made, g.stdout, g.stderr)
			}
		}
	}
}

// TestBatchCorrected: a row that the server refuses is corrected in the file, and the same
// line goes on. A row that was sent is not changed in silence.
func TestBatchCorrected(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		bad := strings.Replace(orderRows(4), `"3","currency":"USD"`, `"3","currency":"XQZ"`, 1)
		name := w.file(t, bad)
		g := w.batch(t, api, name)
		g.wantOrders(t, 3, "A-1", "A-2")
		if lines := g.next(); !strings.Contains(g.stderr, "correct line 3, and continue with: btcpayctl invoice create --") {
			t.Errorf("%s: the way on is %q\n%s", api, lines, g.stderr)
		}
		w.creations()
		for _, rows := range []string{strings.Replace(orderRows(4), `"price":"1"`, `"price":"9"`, 1), strings.Replace(orderRows(4), `"price":"2"`, `"price":"2","itemDesc":"Tea"`, 1)} {
			w.file(t, rows)
			if g := w.batch(t, api, name); g.code != 2 || g.stdout != "" || len(w.creations()) != 0 || !strings.Contains(g.stderr, "rows were changed after their invoice was requested: line ") {
				t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
			}
		}
		// A row before them, one that is gone, another order of the rows, a new one.
		w.file(t, orderRow("A-0", 8)+"\n"+orderRow("A-4", 4)+orderRow("A-3", 3)+orderRow("A-2", 2)+orderRow("A-5", 5))
		g = w.batch(t, api, name)
		g.wantOrders(t, 0, "A-0", "A-4", "A-3", "A-2", "A-5")
		if !strings.Contains(g.stderr, "rows that are no longer there: 1") {
			t.Errorf("%s: %s", api, g.stderr)
		}
		w.wantEachOnce(t, api, "A-0", "A-1", "A-2", "A-3", "A-4", "A-5")
	}
}

// TestBatchNameless: rows without order ids are known by their place and content.
func TestBatchNameless(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	name := w.file(t, orderRow("", 1)+orderRow("", 1)+orderRow("", 2)+orderRow("", 3))
	w.faulty(atCreation(4, "lose, down"))
	if g := w.batch(t, invoice.APIBitPay, name); g.code != 8 || strings.Count(g.stdout, "\n") != 3 {
		t.Fatalf("exit %d\n%s", g.code, g.stderr)
	}
	w.faulty(nil)
	w.file(t, orderRow("", 1)+orderRow("", 5)+orderRow("", 2)+orderRow("", 3))
	if g := w.batch(t, invoice.APIBitPay, name); g.code != 2 || !strings.Contains(g.stderr, "line 2 (order ") {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	w.file(t, orderRow("", 1)+orderRow("", 1)+orderRow("", 2)+orderRow("", 3))
	if g := w.batch(t, invoice.APIBitPay, name); g.code != 0 || strings.Count(g.stdout, "\n") != 4 {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	if have := w.onServer(t, invoice.APIBitPay); len(have) != 4 {
		t.Errorf("there are %d invoices: %v", len(have), have)
	}
}

// TestBatchNothingMade: a batch that fails before its first invoice leaves nothing.
func TestBatchNothingMade(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		name := w.file(t, `{"price":1,"currency":"XQZ","orderId":"A-1"}`)
		if g := w.batch(t, api, name); g.code != 3 || g.stdout != "" || strings.Contains(g.stderr, "resume") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		if left, _ := filepath.Glob(filepath.Join(w.home, ".local", "share", "btcpayctl", "batches", "*.*")); len(left) != 1 || filepath.Base(left[0]) != "all.lock" {
			t.Errorf("%s: left behind: %q", api, left)
		}
	}
}

// TestBatchShared has several processes run one file at once. Each prints all invoices,
// and each order has one.
func TestBatchShared(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		const rows, processes = 12, 3
		name := w.file(t, orderRows(rows))
		var all sync.WaitGroup
		runs := make([]*given, processes)
		for i := range runs {
			all.Go(func() { runs[i] = w.batch(t, api, name) })
		}
		all.Wait()
		for _, g := range runs {
			g.wantOrders(t, 0, numbered(rows)...)
			if g.stdout != runs[0].stdout {
				t.Errorf("%s: two processes print other invoices\n%s%s", api, g.stdout, runs[0].stdout)
			}
		}
		w.wantEachOnce(t, api, numbered(rows)...)
	}
}

// TestBatchDoubledOrder: an order id that stands twice is refused, whatever its type.
func TestBatchDoubledOrder(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	for _, api := range bothAPIs {
		for first, second := range map[string]string{`"A"`: `"A"`, `"7"`: `7`, `1.50`: `1.5`, `true`: `"true"`} {
			rows := fmt.Sprintf(`{"price":1,"currency":"USD","orderId":%s}`+"\n"+`{"price":1,"currency":"USD"}`+"\n"+`{"price":2,"currency":"USD","orderId":%s}`, first, second)
			if api == invoice.APIGreenfield {
				rows = fmt.Sprintf(`{"amount":1,"currency":"USD","metadata":{"orderId":%s}}`+"\n\n"+`{"amount":2,"currency":"USD","metadata":{"orderId":%s}}`, first, second)
			} else if first == "1.50" || first == "true" || second == "7" {
				continue
			}
			g := w.run(t, api, rows, "invoice", "create", "--from", "-")
			if g.code != 2 || len(w.creations()) != 0 || !strings.Contains(g.stderr, "standard input, line 3: order id ") || !strings.Contains(g.stderr, " is also on line 1") {
				t.Errorf("%s, %s and %s: exit %d\n%s", api, first, second, g.code, g.stderr)
			}
			g = w.run(t, api, rows, "invoice", "create", "--from", "-", "--allow-same-order")
			if g.code != 0 || len(w.creations()) < 2 {
				t.Errorf("%s, %s and %s, allowed: exit %d\n%s", api, first, second, g.code, g.stderr)
			}
		}
	}
}

// TestBatchAbandon closes a batch: what is there is printed, nothing is sent, and the file
// is not made twice afterwards.
func TestBatchAbandon(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for fault, found := range map[string]int{"lose, down": 3, "drop, down": 2} {
			w := newValuesWorld(t)
			name := w.file(t, orderRows(5))
			w.faulty(atCreation(3, fault))
			g := w.batch(t, api, name)
			w.faulty(nil)
			w.took()
			lines := g.next()
			g = w.paste(t, api, lines[0], "--abandon", "-o", "template={{.id}} {{.orderId}}")
			g.wantOrders(t, 0, numbered(found)...)
			if len(w.creations()) != 0 || !strings.Contains(g.stderr, fmt.Sprintf("Rows with an invoice: %d of 5.", found)) {
				t.Errorf("%s: %s", api, g.stderr)
			}
			if g := w.run(t, api, "", "invoice", "resume"); g.code != 0 {
				t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
			}
			w.batch(t, api, name).wantOrders(t, 0, numbered(5)...)
			w.wantEachOnce(t, api, numbered(5)...)
		}
	}
}

// TestBatchOfALostLedger: where the operation of a row is gone, the row is looked up
// before it is sent.
func TestBatchOfALostLedger(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for _, fault := range []string{"lose, down", "drop, down"} {
			w := newValuesWorld(t)
			name := w.file(t, orderRows(3))
			w.faulty(atCreation(2, fault))
			w.batch(t, api, name)
			w.faulty(nil)
			if err := os.RemoveAll(filepath.Join(w.home, ".local", "share", "btcpayctl", "ledger")); err != nil {
				t.Fatal(err)
			}
			w.batch(t, api, name).wantOrders(t, 0, numbered(3)...)
			w.wantEachOnce(t, api, numbered(3)...)
		}
	}
}

// TestBatchOfAnotherKey can be closed by whoever has another key, and by them alone.
func TestBatchOfAnotherKey(t *testing.T) {
	t.Parallel()
	w := newValuesWorld(t)
	name := w.file(t, orderRows(3))
	w.faulty(atCreation(2, "drop, down"))
	lines := w.batch(t, invoice.APIBitPay, name).next()
	w.faulty(nil)
	id := lines[0][strings.LastIndexByte(lines[0], ' ')+1:]
	if g := w.run(t, invoice.APIGreenfield, "", "invoice", "resume", id); g.code != 4 || len(w.creations()) != 1 {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	if g := w.run(t, invoice.APIGreenfield, "", "invoice", "resume"); g.code != 0 {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	g := w.run(t, invoice.APIGreenfield, "", "invoice", "resume", id, "--abandon")
	if g.code != 0 || !strings.Contains(g.stderr, "Line 1: order A-1 has invoice ") || !strings.Contains(g.stderr, "Line 2: this key cannot read whether order A-2 has an invoice") {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	// The operation of the row in doubt is left to its own key.
	if g := w.run(t, invoice.APIBitPay, "", "invoice", "resume"); g.code != 8 || !strings.Contains(g.stderr, "order id A-2") {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
}

// TestBatchOfALivingProcess: a batch that a process works on is not told as interrupted.
func TestBatchOfALivingProcess(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		w.faulty(atCreation(2, "drop, down"))
		lines := w.batch(t, api, w.file(t, orderRows(3))).next()
		w.faulty(nil)
		batches := ledger.OpenBatches(filepath.Join(w.home, ".local", "share", "btcpayctl", "batches"), time.Now)
		work, err := batches.Open(lines[0][strings.LastIndexByte(lines[0], ' ')+1:])
		if err != nil {
			t.Fatal(err)
		}
		if !work.Attend(t.Context()) {
			t.Fatal("another process is there")
		}
		g := w.run(t, api, "", "invoice", "resume")
		if g.code != 8 || !strings.Contains(g.stderr, "another process is creating the invoices of orders.jsonl now: 1 of 3") || strings.Contains(g.stderr, "is not finished") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
		work.Close()
		if g := w.run(t, api, "", "invoice", "resume"); g.code != 8 || !strings.Contains(g.stderr, "is not finished") {
			t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
		}
	}
}

// TestBatchOutput: what standard output does not take, or an expression cannot use, is made
// and found again.
func TestBatchOutput(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		name := w.file(t, orderRows(3))
		for _, args := range [][]string{{"--jq", `.[].orderId | tonumber`}, {"-o", "jsonl", "--jq", `.orderId | tonumber`}} {
			g := w.run(t, api, "", append([]string{"invoice", "create", "--from", name}, args...)...)
			if g.code != 1 || strings.Contains(strings.ToLower(g.stderr), "nothing was sent") || !strings.Contains(g.stderr, "btcpayctl invoice resume ") {
				t.Errorf("%s %q: exit %d\n%s", api, args, g.code, g.stderr)
			}
		}
		w.batch(t, api, name).wantOrders(t, 0, numbered(3)...)
		w.wantEachOnce(t, api, numbered(3)...)
	}
}

// TestBatchSameOrderLost: of two rows of one order, the invoice of the first is not taken
// for that of the second, whose request was lost.
func TestBatchSameOrderLost(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		for fault, code := range map[string]int{"drop": 8, "lose": 0} {
			w := newValuesWorld(t)
			name := w.file(t, orderRow("A-1", 5)+orderRow("A-1", 5))
			w.faulty(atCreation(2, fault))
			g := w.batch(t, api, name, "--allow-same-order")
			if g.code != code {
				t.Fatalf("%s, %s: exit %d\n%s", api, fault, g.code, g.stderr)
			}
			if code != 0 {
				w.faulty(nil)
				g = w.paste(t, api, g.next()[0]+" --send-again", "-o", "template={{.id}} {{.orderId}}")
			}
			g.wantOrders(t, 0, "A-1", "A-1")
			if _, ids := g.ordersOf(); len(ids) == 2 && ids[0] == ids[1] || w.onServer(t, api)["A-1"] != 2 {
				t.Errorf("%s, %s: %q were printed, and there are %v", api, fault, ids, w.onServer(t, api))
			}
		}
	}
}

// TestBatchLeavesNothingOpen: a process that is killed between the note that a row is done
// and the end of its operation leaves the operation, and the next one ends it.
func TestBatchLeavesNothingOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it interrupts a batch in many ways")
	}
	t.Parallel()
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		name := w.file(t, orderRows(3))
		ledgerDir := filepath.Join(w.home, ".local", "share", "btcpayctl", "ledger")
		var kept []byte
		at := ""
		stop := atCreation(3, "lose, down")
		w.faulty(func(r sentRequest) string {
			if records, _ := filepath.Glob(filepath.Join(ledgerDir, "*.json")); len(records) == 1 && strings.Contains(r.body, "A-2") {
				at = records[0]
				kept, _ = os.ReadFile(at)
			}
			return stop(r)
		})
		w.batch(t, api, name).wantOrders(t, 8, numbered(2)...)
		w.faulty(nil)
		if len(kept) == 0 {
			t.Fatal("no record of the second row was seen")
		}
		// As it was before the last step.
		if err := os.WriteFile(at, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		w.batch(t, api, name).wantOrders(t, 0, numbered(3)...)
		if left, _ := filepath.Glob(filepath.Join(ledgerDir, "*.json")); len(left) > 0 {
			t.Errorf("%s: left open: %q", api, left)
		}
		w.wantEachOnce(t, api, numbered(3)...)
	}
}

// TestBatchAbandonOfALostLedger: a row whose operation is gone is looked up before its
// batch is closed, so that the file again does not make its invoice a second time.
func TestBatchAbandonOfALostLedger(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for fault, found := range map[string]int{"lose, down": 2, "drop, down": 1} {
			w := newValuesWorld(t)
			name := w.file(t, orderRows(3))
			w.faulty(atCreation(2, fault))
			lines := w.batch(t, api, name).next()
			w.faulty(nil)
			if err := os.RemoveAll(filepath.Join(w.home, ".local", "share", "btcpayctl", "ledger")); err != nil {
				t.Fatal(err)
			}
			w.paste(t, api, lines[0], "--abandon", "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 0, numbered(found)...)
			w.batch(t, api, name).wantOrders(t, 0, numbered(3)...)
			w.wantEachOnce(t, api, numbered(3)...)
		}
	}
}
