package world

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// announcing returns a world with a webhook that wants everything, and what announces an event of an invoice. The
// address can be sent to by no client, so that a delivery needs no network.
func announcing(t *testing.T, file string) (w *World, h *Webhook, announce func(n int)) {
	t.Helper()
	w, err := Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(nil); err != nil {
		t.Fatal(err)
	}
	act := func(do func()) {
		if err := w.Act(func() error { do(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	act(func() {
		st := w.State.NewStore(&User{ID: "u"}, NewStoreSettings(), w.Now())
		delete(st.Members, "u")
		h = w.State.AddWebhook(st.ID, WebhookSettings{URL: "none:x", Enabled: true, Everything: true, Events: []*string{}})
	})
	return w, h, func(n int) {
		act(func() {
			for i := range n {
				w.Announce(h.StoreID, "InvoiceSettled", func(d *WebhookDelivery) []byte {
					return EventBody(map[string]any{
						"deliveryId": d.ID, "webhookId": h.ID, "originalDeliveryId": d.ID, "isRedelivery": false, "type": d.Type, "timestamp": d.Created.Unix(),
						"storeId": h.StoreID, "invoiceId": fmt.Sprintf("invoice-%014d", i), "manuallyMarked": false, "overPaid": false, "metadata": map[string]string{"orderId": fmt.Sprint("order ", i)},
					})
				})
			}
		})
	}
}

// delivered waits until nothing waits.
func delivered(t *testing.T, w *World, h *Webhook, n int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		w.Lock()
		sent := 0
		if lane := w.State.lanes[h.ID]; lane != nil {
			sent = len(lane.sent)
		}
		w.Unlock()
		if sent == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d deliveries were made", sent, n)
		}
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestWebhookLoad makes many deliveries, whose list and memory stay small, and has many webhooks that wait for a retry
// without a goroutine of their own.
func TestWebhookLoad(t *testing.T) {
	n := 5_000
	if testing.Short() {
		n = 1_000
	}
	before := heapInUse()
	w, h, announce := announcing(t, "")
	defer w.Close()
	announce(n)
	delivered(t, w, h, n)
	each := (heapInUse() - before) / uint64(n)
	t.Logf("a delivery takes %d bytes", each)
	if each > 1500 {
		t.Errorf("a delivery takes %d bytes", each)
	}
	goroutines := runtime.NumGoroutine()
	if err := w.Act(func() error {
		for range 500 {
			w.State.AddWebhook(h.StoreID, WebhookSettings{URL: "none:x", Enabled: true, Everything: true, AutomaticRedelivery: true, Events: []*string{}})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	announce(2)
	delivered(t, w, h, n+2)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		w.Lock()
		busy := w.UnderWay()
		w.Unlock()
		now := runtime.NumGoroutine()
		if busy == 0 && now <= goroutines+2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d deliveries are under way, in %d goroutines; %d before", busy, now, goroutines)
		}
	}
	if err := w.Act(func() error {
		for _, h := range slices.Clone(w.State.WebhooksOf(h.StoreID)) {
			w.State.RemoveWebhook(h)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(w.State.WebhookDeliveries)+len(w.State.lanes)+len(w.State.Webhooks) > 0 {
		t.Error("what was removed is kept")
	}
}

// TestTortureWebhookLoad makes 100,000 deliveries of one webhook, with a state file.
func TestTortureWebhookLoad(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	const n = 100_000
	file := filepath.Join(t.TempDir(), "state.json")
	w, h, announce := announcing(t, file)
	most := uint64(0)
	start := time.Now()
	for range n / 1000 {
		announce(1000)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	delivered(t, w, h, n)
	took := time.Since(start)
	kept := heapInUse()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	page := again.State.WebhookDeliveriesOf(again.State.Webhooks[h.ID], -1)
	t.Attr("figure", fmt.Sprintf("memory of 100,000 deliveries to a webhook | %d MiB | ≤ 200 MiB", kept>>20))
	t.Attr("figure", fmt.Sprintf("memory at most while they are made, with a state file | %d MiB | ≤ 200 MiB", most>>20))
	t.Attr("figure", fmt.Sprintf("they were made in | %v | -", took.Round(time.Second/10)))
	t.Attr("figure", fmt.Sprintf("they are kept | %d | = %d", len(page), n))
	if most > 200<<20 || len(page) != n {
		t.Errorf("%d MiB, and %d are kept", most>>20, len(page))
	}
}
