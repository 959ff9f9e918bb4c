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

// TestKilledAtFailedRows kills the program while it hands failed rows over to a file. The
// same line again completes the file, which is then run, and each order has one invoice.
func TestKilledAtFailedRows(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"rows-marked", "failed-written"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newKillScene(t)
			s.env = append(s.env, "BTCPAYCTL_STORE="+s.w.server.Seed.StoreID)
			file, failed := filepath.Join(t.TempDir(), "orders.csv"), filepath.Join(t.TempDir(), "failed.csv")
			rows := "orderId,amount,currency\nA,5,USD\nB,6,CHF\n" // the store has no rate of CHF
			must(t, os.WriteFile(file, []byte(rows), 0o600))
			line := []string{"invoice", "create", "--from", file, "--failed", failed, "-o", "template={{.orderId}}"}
			if _, code := s.run(point, line...); code != -1 {
				t.Fatalf("it was not killed: exit code %d", code)
			}
			if out, code := s.run("", line...); code != 1 || !strings.HasPrefix(out, "A\n") {
				t.Errorf("exit code %d, %s", code, out)
			}
			text, err := os.ReadFile(failed)
			must(t, err)
			if got := string(text); strings.Count(got, "\n") != 2 || !strings.HasPrefix(got, "orderId,amount,currency,btcpayctlError\nB,6,CHF,") {
				t.Errorf("the file has %q", got)
			}
			must(t, os.WriteFile(failed, []byte(strings.ReplaceAll(string(text), "B,6,CHF", "B,6,USD")), 0o600))
			if got := s.must("invoice", "create", "--from", failed, "-o", "template={{.orderId}}"); got != "B\n" {
				t.Errorf("printed %q", got)
			}
			must(t, os.WriteFile(file, []byte(strings.ReplaceAll(rows, "CHF", "USD")), 0o600))
			if got := s.must("invoice", "create", "--from", file, "-o", "template={{.orderId}}"); got != "A\nB\n" {
				t.Errorf("printed %q", got)
			}
			if got := strings.Fields(s.must("invoice", "list", "-o", "template={{.orderId}}")); len(got) != 2 {
				t.Errorf("the invoices are of %q", got)
			}
		})
	}
}
