package world

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// TestInvoicePage sets pages that are found by indexes against a look at each invoice, while invoices come and change.
func TestInvoicePage(t *testing.T) {
	w, err := Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(1_700_000_000, 0).UTC()
	var all []*Invoice
	orders := func() string { return "o" + strconv.Itoa(random.IntN(8)) }
	change := func() {
		if len(all) < 400 || random.IntN(4) == 0 {
			inv := &Invoice{ID: "i" + strconv.Itoa(len(all)), StoreID: "store" + strconv.Itoa(random.IntN(2)), Status: StatusExpired, Created: start.Add(time.Duration(random.IntN(60)) * time.Second), TopUp: random.IntN(3) == 0}
			inv.Price = money.New(int64(random.IntN(500)), 2)
			inv.Archived = random.IntN(5) == 0
			if random.IntN(3) > 0 {
				inv.Metadata.OrderID = new(orders())
			}
			w.State.AddInvoice(inv)
			all = append(all, inv)
			return
		}
		inv := all[random.IntN(len(all))]
		switch random.IntN(3) {
		case 0:
			w.State.Archive(inv, !inv.Archived)
		case 1:
			body := `{"orderId":"` + orders() + `"}`
			if random.IntN(4) == 0 {
				body = "{}"
			}
			w.State.ReplaceMetadata(inv, aspnet.ReadBody([]byte(body), &aspnet.Faults{}))
		case 2:
			inv.Payments = append(inv.Payments, &Payment{TxID: "p" + strconv.Itoa(random.IntN(50))})
			w.State.searched(inv, inv.Payments[len(inv.Payments)-1].TxID)
		}
	}
	for range 1200 {
		change()
		q := &InvoiceQuery{StoreID: "store" + strconv.Itoa(random.IntN(2)), Skip: int64(random.IntN(30)), WithArchived: random.IntN(2) == 0}
		if random.IntN(3) > 0 {
			q.Take = new(int64(random.IntN(20)))
		}
		if random.IntN(3) == 0 {
			q.Orders = map[string]bool{orders(): true, orders(): true, []string{"", "x"}[random.IntN(2)]: true}
		}
		if random.IntN(3) == 0 {
			q.From = start.Add(time.Duration(random.IntN(60)) * time.Second)
		}
		if random.IntN(3) == 0 {
			q.To = start.Add(time.Duration(random.IntN(60)) * time.Second)
		}
		if random.IntN(3) == 0 {
			q.Search = []string{"o1", "i2", "p", "store", "store1", "1", "1.", "nothing", "11/14"}[random.IntN(9)]
		}
		if random.IntN(4) == 0 {
			q.Takes = func(inv *Invoice) bool { return inv.TopUp }
		}
		if got, want := ids(w.InvoicePage(q)), ids(scanned(w, all, q)); got != want {
			t.Fatalf("%+v\n got %s\nwant %s", q, got, want)
		}
	}
	before := *w.State
	w.State.index() // as after a restart
	for key, list := range before.byOrder {
		if !slices.Equal(list, w.State.byOrder[key]) {
			t.Errorf("%v: another list after a restart", key)
		}
	}
	for store, list := range before.liveOf {
		if !slices.Equal(list, w.State.liveOf[store]) {
			t.Errorf("%s: another list after a restart", store)
		}
	}
	for _, start := range []string{"o1", "p1", "i", "2"} {
		if !slices.Equal(before.search("store0", start), w.State.search("store0", start)) {
			t.Errorf("a search for %s finds others after a restart", start)
		}
	}
}

func ids(list []*Invoice) string {
	var all []string
	for _, inv := range list {
		all = append(all, inv.ID)
	}
	return strings.Join(all, " ")
}

// scanned is [World.InvoicePage] by a look at each invoice.
func scanned(w *World, all []*Invoice, q *InvoiceQuery) []*Invoice {
	found := slices.Clone(all)
	slices.SortFunc(found, func(a, b *Invoice) int { return Older(b, a) })
	found = slices.DeleteFunc(found, func(inv *Invoice) bool {
		return inv.StoreID != q.StoreID || inv.Archived && !q.WithArchived || len(q.Orders) > 0 && !q.Orders[orderOf(inv).orderID] ||
			!q.From.IsZero() && inv.Created.Before(q.From) || !q.To.IsZero() && inv.Created.After(q.To) ||
			q.Search != "" && !inv.HasTerm(q.Search) || q.Takes != nil && !q.Takes(inv)
	})
	take := int64(1<<63 - 1)
	if q.Take != nil {
		take = *q.Take
	}
	for from := 0; from < len(found); {
		to := from + 1
		for to < len(found) && found[to].Created.Equal(found[from].Created) {
			to++
		}
		w.shuffle(found[from:to], q.Skip, take)
		from = to
	}
	found = found[min(q.Skip, int64(len(found))):]
	return found[:min(take, int64(len(found)))]
}

// TestAgendaIsBounded has blocks and payments that leave an invoice open, each of which once left an entry.
func TestAgendaIsBounded(t *testing.T) {
	w, err := Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	now := w.Now()
	for i := range 100 {
		w.State.AddInvoice(&Invoice{
			ID: strconv.Itoa(i), Status: StatusNew, Currency: "USD", Price: money.New(20, 0), SpeedLimit: "LowSpeed", Created: now, Expires: now.Add(time.Hour), Monitored: now.Add(2 * time.Hour),
			Prompt: &Prompt{Address: "a" + strconv.Itoa(i), Rate: money.New(50_000, 0)},
		})
	}
	for range 100 {
		w.Receive(w.State.InvoiceAt("a1"), money.New(1, 8), false, 0)
		w.Mine(1)
	}
	if n := len(w.State.agenda); n > 200 {
		t.Errorf("%d entries for 100 invoices", n)
	}
	if n := len(w.State.confirming); n != 1 {
		t.Errorf("%d invoices wait for blocks", n)
	}
}
