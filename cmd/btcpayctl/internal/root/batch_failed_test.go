package root

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// mixedRows has five orders: the server refuses is wrong.
func mixedRows(table bool) string {
	if table {
		return "Order ID;Amount;Currency;Description\nA-1;1;USD;\nA-2;2;XQZ;\"Tea; green\"\nA-3;3;USD;\nA-4;-4;USD;\nA-5;5;USD;\n"
	}
	return orderRow("A-1", 1) + strings.Replace(orderRow("A-2", 2), "USD", "XQZ", 1) + orderRow("A-3", 3) + orderRow("A-4", -4) + orderRow("A-5", 5)
}

// TestKeepGoing: rows that fail do not end the batch, and the same line tries them again.
func TestKeepGoing(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		for _, table := range []bool{false, true} {
			w := newValuesWorld(t)
			name := w.file(t, mixedRows(table))
			if g := w.batch(t, api, name); g.code != 2 || len(w.creations()) != 0 {
				t.Errorf("%s, without the flag: exit %d\n%s", api, g.code, g.stderr)
			}
			g := w.batch(t, api, name, "--keep-going")
			g.wantOrders(t, 1, "A-1", "A-3", "A-5")
			for _, want := range []string{"Rows: created 3, found 0, failed 2, of 5 rows.", "error: rows without an invoice: 2 of 5. line ", "and continue with: btcpayctl invoice create --", "--from " + name + " --keep-going"} {
				if !strings.Contains(g.stderr, want) {
					t.Errorf("%s: %q is missing\n%s", api, want, g.stderr)
				}
			}
			w.file(t, fixed5(table))
			w.batch(t, api, name, "--keep-going").wantOrders(t, 0, numbered(5)...)
			w.wantEachOnce(t, api, numbered(5)...)
		}
	}
}

// fixed5 are the rows of mixedRows, corrected.
func fixed5(table bool) string {
	text := strings.ReplaceAll(mixedRows(table), "XQZ", "USD")
	return strings.NewReplacer(`"-4"`, `"4"`, ";-4;", ";4;").Replace(text)
}

// TestFailedRows: failed rows go to a file, which is corrected and run. The first file finds
// their invoices afterwards.
func TestFailedRows(t *testing.T) {
	t.Parallel()
	for _, api := range bothAPIs {
		for _, table := range []bool{false, true} {
			w := newValuesWorld(t)
			name, failed := w.file(t, mixedRows(table)), filepath.Join(w.home, "failed")
			g := w.batch(t, api, name, "--failed", failed)
			g.wantOrders(t, 1, "A-1", "A-3", "A-5")
			info, err := os.Stat(failed)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Fatalf("%v, %v\n%s", info, err, g.stderr)
			}
			text, _ := os.ReadFile(failed)
			for _, want := range []string{"btcpayctlError", "A-2", "A-4", "line ", "-4 is negative"} {
				if !strings.Contains(string(text), want) {
					t.Errorf("%s: %q is not in\n%s", api, want, text)
				}
			}
			if strings.Contains(string(text), "A-3") {
				t.Errorf("%s: %s", api, text)
			}
			next := g.next()
			if !strings.Contains(g.stderr, "and run: btcpayctl invoice create --") || len(next) != 0 {
				t.Errorf("%s: %q\n%s", api, next, g.stderr)
			}
			// As it is, its rows fail again.
			if g := w.batch(t, api, failed, "--keep-going"); g.code != 1 || !strings.Contains(g.stderr, "failed 2, of 2 rows") {
				t.Errorf("%s: exit %d\n%s", api, g.code, g.stderr)
			}
			fixed := strings.NewReplacer("XQZ", "USD", `"-4"`, `"4"`, ";-4;", ";4;").Replace(string(text))
			if err := os.WriteFile(failed, []byte(fixed), 0o600); err != nil {
				t.Fatal(err)
			}
			w.batch(t, api, failed).wantOrders(t, 0, "A-2", "A-4")
			w.took()
			if g := w.batch(t, api, name, "--failed", failed); g.code != 2 || !strings.Contains(g.stderr, "failed exists") || len(w.creations()) != 0 {
				t.Errorf("%s, the file exists: exit %d\n%s", api, g.code, g.stderr)
			}
			w.file(t, fixed5(table))
			g = w.batch(t, api, name)
			g.wantOrders(t, 0, numbered(5)...)
			if n := len(w.creations()); n != 0 {
				t.Errorf("%s: %d were made again\n%s", api, n, g.stderr)
			}
			w.wantEachOnce(t, api, numbered(5)...)
		}
	}
}

// TestInDoubtIsNotFailed: a row whose request may have been carried out is not among the
// failed ones. It is looked up, and only then sent again.
func TestInDoubtIsNotFailed(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		for _, again := range []string{"resume", "the same line"} {
			w := newValuesWorld(t)
			name, failed := w.file(t, mixedRows(false)), filepath.Join(w.home, "failed.jsonl")
			w.faulty(atCreation(3, "drop"))
			g := w.batch(t, api, name, "--failed", failed)
			g.wantOrders(t, 8, "A-1", "A-5")
			w.faulty(nil)
			text, err := os.ReadFile(failed)
			if err != nil || strings.Contains(string(text), "A-3") || strings.Count(string(text), "\n") != 2 {
				t.Fatalf("%s: %v\n%s\n%s", api, err, text, g.stderr)
			}
			next := g.next()
			if len(next) != 2 || !strings.Contains(g.stderr, "in doubt 1") || !strings.Contains(g.stderr, "Failed rows, which are in ") {
				t.Fatalf("%s: %q\n%s", api, next, g.stderr)
			}
			// The file is run while the row is still in doubt.
			fixed := strings.NewReplacer("XQZ", "USD", `"-4"`, `"4"`).Replace(string(text))
			if err := os.WriteFile(failed, []byte(fixed), 0o600); err != nil {
				t.Fatal(err)
			}
			w.batch(t, api, failed).wantOrders(t, 0, "A-2", "A-4")
			if again == "resume" {
				w.paste(t, api, next[1], "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 1, "A-1", "A-3", "A-5")
			} else {
				w.batch(t, api, name, "--failed", failed).wantOrders(t, 8, "A-1", "A-5")
				w.paste(t, api, next[1], "-o", "template={{.id}} {{.orderId}}").wantOrders(t, 1, "A-1", "A-3", "A-5")
			}
			w.wantEachOnce(t, api, numbered(5)...)
			w.file(t, fixed5(false))
			w.batch(t, api, name).wantOrders(t, 0, numbered(5)...)
			w.wantEachOnce(t, api, numbered(5)...)
		}
	}
}

// TestKeepGoingNothingMade: a batch without an invoice leaves nothing, and prints nothing.
func TestKeepGoingNothingMade(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		bad := strings.Replace(orderRow("A-1", 1), "USD", "XQZ", 1) + orderRow("A-2", -1)
		g := w.batch(t, api, w.file(t, bad), "--keep-going")
		if g.code != 1 || g.stdout != "" || !strings.Contains(g.stderr, "correct line 1, 2, and run the same command") {
			t.Errorf("%s: exit %d\n%s%s", api, g.code, g.stdout, g.stderr)
		}
		if left, _ := filepath.Glob(filepath.Join(w.home, ".local", "share", "btcpayctl", "batches", "*.*")); len(left) != 1 {
			t.Errorf("%s: left behind: %q", api, left)
		}
		for _, args := range [][]string{{"--amount", "5", "--keep-going"}, {"--amount", "5", "--failed", "x"}} {
			if g := w.run(t, api, "", append([]string{"invoice", "create", "--currency", "USD"}, args...)...); g.code != 2 || !strings.Contains(g.stderr, "need --from") {
				t.Errorf("%s, %q: exit %d\n%s", api, args, g.code, g.stderr)
			}
		}
		name := w.file(t, orderRows(1))
		for _, failed := range []string{"-", name, filepath.Join(w.home, "none", "failed"), w.home} {
			if g := w.batch(t, api, name, "--failed", failed); g.code != 2 || !strings.Contains(g.stderr, "Nothing was sent.") || len(w.creations()) > 1 {
				t.Errorf("%s, %s: exit %d\n%s", api, failed, g.code, g.stderr)
			}
		}
	}
}

// TestKeepGoingEnds: what holds for all rows ends the batch.
func TestKeepGoingEnds(t *testing.T) {
	t.Parallel()
	for _, api := range someAPIs() {
		w := newValuesWorld(t)
		failed := filepath.Join(w.home, "failed")
		w.responding(nthCreation(2), 403, "")
		g := w.batch(t, api, w.file(t, orderRows(4)), "--failed", failed)
		if orders, _ := g.ordersOf(); g.code < 3 || len(orders) != 1 || !strings.Contains(g.stderr, "line 2: ") {
			t.Errorf("%s: exit %d, %q\n%s", api, g.code, orders, g.stderr)
		}
		if _, err := os.Stat(failed); err == nil {
			t.Errorf("%s: the row of a failure that is not its own was written", api)
		}
	}
}
