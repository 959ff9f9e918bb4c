package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilledBesideARow kills the program between the two records of a row, that of the
// batch and that of the operation. What comes after leaves nothing open, and each order
// has one invoice.
func TestKilledBesideARow(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"row-claimed", "row-freed", "row-noted"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newKillScene(t)
			s.env = append(s.env, "BTCPAYCTL_STORE="+s.w.server.Seed.StoreID)
			file := filepath.Join(t.TempDir(), "orders.jsonl")
			write := func(currency string) {
				t.Helper()
				must(t, os.WriteFile(file, []byte(`{"price":"5","currency":"`+currency+`","orderId":"A"}`+"\n"+`{"price":"6","currency":"USD","orderId":"B"}`+"\n"), 0o600))
			}
			write("USD")
			if point == "row-freed" {
				write("CHF") // of which the store has no rate, so nothing is made
			}
			if _, code := s.run(point, "invoice", "create", "--from", file); code != -1 {
				t.Fatalf("it was not killed: exit code %d", code)
			}
			write("USD")
			if got := s.must("invoice", "create", "--from", file, "-o", "template={{.orderId}}"); got != "A\nB\n" {
				t.Errorf("printed %q", got)
			}
			if got := strings.Fields(s.must("invoice", "list", "-o", "template={{.orderId}}")); len(got) != 2 {
				t.Errorf("the invoices are of %q", got)
			}
			if out, code := s.run("", "invoice", "resume", "-o", "name"); code != 0 || out != "" {
				t.Errorf("something is open: exit code %d, %s", code, out)
			}
			if open, err := filepath.Glob(filepath.Join(s.home, "data", "btcpayctl", "ledger", "*.json")); err != nil || len(open) > 0 {
				t.Errorf("left open: %q, %v", open, err)
			}
		})
	}
}
