package main

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestListOfAWholeStore lists a store whose invoices were made many a second: whole,
// and in parts by --limit and --offset, with both APIs. Each invoice is in it once.
func TestListOfAWholeStore(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sandbox.Options{TieSeed: rand.Uint64()})
	s := newShell(t)
	s.pairKey(w, w.server.URL)
	var created []time.Time
	for second := time.Now(); len(created) < 1200; second = second.Add(-time.Second) {
		created = append(created, slices.Repeat([]time.Time{second.Truncate(time.Second)}, 1+rand.IntN(200))...)
	}
	ids, err := w.server.AddPast(w.server.Seed.StoreID, created)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	s.env["BTCPAYCTL_API_KEY"] = w.server.Seed.APIKey
	list := func(args ...string) []string {
		return strings.Fields(s.run(append([]string{"invoice", "list", "-o", "name"}, args...)...).ok())
	}
	var orders [][]string
	for _, api := range []string{"bitpay", "greenfield"} {
		list := func(args ...string) []string {
			if api == "greenfield" {
				args = append(args, "--store", w.server.Seed.StoreID)
			}
			return list(append(args, "--api", api)...)
		}
		whole := list()
		if !slices.Equal(slices.Sorted(slices.Values(whole)), ids) {
			t.Errorf("%s: %d lines, not the %d invoices once each", api, len(whole), len(ids))
		}
		orders = append(orders, whole)
		for _, size := range []int{250, 7, 1} {
			var parts []string
			for range 4 {
				parts = append(parts, list("--limit", strconv.Itoa(size), "--offset", strconv.Itoa(len(parts)))...)
			}
			if !slices.Equal(parts, whole[:min(4*size, len(whole))]) {
				t.Errorf("%s: four parts of %d are not what the whole list begins with", api, size)
			}
		}
		if rest := list("--offset", strconv.Itoa(len(ids)-3)); !slices.Equal(rest, whole[len(ids)-3:]) {
			t.Errorf("%s: the last three are %v", api, rest)
		}
	}
	if !slices.Equal(orders[0], orders[1]) {
		t.Error("the two APIs list in different orders")
	}
}
