package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestInvoiceOnce creates invoices through a proxy that cuts answers, resets
// connections, gives up with 504 and executes late. Each order has one invoice
// at most, and each invoice is printed, or named by exit code 8 and found by
// resume.
func TestInvoiceOnce(t *testing.T) { createThroughFaults(t, 40) }

// TestTortureInvoiceOnce is [TestInvoiceOnce], longer.
func TestTortureInvoiceOnce(t *testing.T) {
	torture(t)
	createThroughFaults(t, 1000)
}

func createThroughFaults(t *testing.T, orders int) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	faults := []string{"none", "cut", "close", "reset", "504", "late"}
	p := newFaultyProxy(w.server.URL, nil, func() string { return faults[rand.N(len(faults))] })
	t.Cleanup(p.Close)
	s := newShell(t)
	s.pairKey(w, p.URL)

	var mu sync.Mutex
	told, codes := map[string]bool{}, map[int]int{}
	var clerks sync.WaitGroup
	next := make(chan int)
	// The last is found by reading all invoices, the one before through an escape.
	names := []string{"order-%d", `"<>[\]^{|}%% ä %d`, "tea 🍵 %d"}
	for range 6 { // most of the time they wait
		clerks.Go(func() {
			for i := range next {
				r := s.run("invoice", "create", "--amount", "1", "--currency", "USD", "--order-id", fmt.Sprintf(names[i%len(names)], i), "-o", "name")
				mu.Lock()
				codes[r.code]++
				if r.code == 0 {
					told[strings.TrimSpace(r.stdout)] = true
				} else if r.code != 8 || r.stdout != "" || !strings.Contains(r.stderr, "btcpayctl invoice resume ") {
					t.Errorf("order %d: exit %d\n%s%s", i, r.code, r.stdout, r.stderr)
				}
				mu.Unlock()
			}
		})
	}
	for i := range orders {
		next <- i
	}
	close(next)
	clerks.Wait()
	p.late.Wait()
	if open := len(s.openOperations()); open != codes[8] {
		t.Errorf("%d operations are open, and %d were named", open, codes[8])
	}
	t.Logf("%d orders: %d printed, %d named by exit code 8", orders, codes[0], codes[8])
	twice, untold := s.settleInvoices(told)
	t.Attr("figure", fmt.Sprintf("orders with two invoices, of %d through a faulty proxy | %d | = 0", orders, twice))
	t.Attr("figure", fmt.Sprintf("invoices of these neither printed nor named | %d | = 0", untold))
}
