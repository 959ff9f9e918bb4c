package once_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// made creates an invoice of an order.
func made(t testing.TB, w *world, h half, j once.Journal, a asked) client.InvoiceID {
	t.Helper()
	id, err := h.create(t.Context(), j, w.store(), a)
	must(t, err)
	w.wantOne(t, a.orderID, id)
	return id
}

// wantSame calls again, with the same journal and with one that lost everything.
func wantSame(t testing.TB, w *world, h half, j once.Journal, a asked, id client.InvoiceID) {
	t.Helper()
	for _, j := range []once.Journal{j, once.Memory()} {
		if again, err := h.create(t.Context(), j, w.store(), a); again != id || err != nil {
			t.Errorf("%+v: %q, %v; want %q", a, again, err, id)
		}
	}
	w.wantOne(t, a.orderID, id)
}

func wantConflict(t testing.TB, got client.InvoiceID, err error, about string, invoices ...client.InvoiceID) {
	t.Helper()
	e, ok := errors.AsType[*once.ConflictError](err)
	if !ok || got != "" || !slices.Equal(slices.Sorted(slices.Values(e.Invoices)), slices.Sorted(slices.Values(invoices))) || !strings.Contains(err.Error(), about) {
		t.Errorf("%q, %v; want a conflict about %q and %v", got, err, about, invoices)
	}
}

func wantUnknown(t testing.TB, got client.InvoiceID, err error) *once.UnknownError {
	t.Helper()
	e, ok := errors.AsType[*once.UnknownError](err)
	if !ok || got != "" || e.Key.OrderID == "" || e.Since.IsZero() {
		t.Fatalf("%q, %v; want an unknown outcome", got, err)
	}
	return e
}

func TestCreateOnce(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, name string) {
		j, _ := openFile(t)
		first := asked{"A-1007", "12.50", "USD"}
		id := made(t, w, h, j, first)
		wantSame(t, w, h, j, first, id)
		wantSame(t, w, h, j, asked{"A-1007", "12.5", "usd"}, id)
		wantSame(t, w, h, j, asked{"A-1007", "12.50", ""}, id)

		for about, other := range map[string]asked{
			"asked 10, got 12.50": {"A-1007", "10", "USD"}, "asked EUR, got USD": {"A-1007", "12.50", "EUR"},
			"any amount": {"A-1007", "", "USD"}, "asked 0, got 12.50": {"A-1007", "0", "USD"},
		} {
			got, err := h.create(t.Context(), j, w.store(), other)
			wantConflict(t, got, err, about, id)
			got, err = h.create(t.Context(), once.Memory(), w.store(), other)
			wantConflict(t, got, err, strings.TrimSuffix(about, "0"), id)
		}
		w.wantOne(t, "A-1007", id)

		// Another case is another order, and so is another Unicode form.
		for _, orderID := range []string{"a-1007", "A-1007/2", "\u00e9", "e\u0301", "\U0001f600 tea", "1.50", "true", strings.Repeat("\u65e5", 341), "a&b=c#d?e"} {
			a := asked{orderID, "1", "USD"}
			wantSame(t, w, h, j, a, made(t, w, h, j, a))
		}
		posts := w.posts.Load()
		for _, orderID := range []string{"", " ", " A-1007", "A-1007 ", "A\n1", "\xff", strings.Repeat("x", 1025)} {
			_, err := h.create(t.Context(), j, w.store(), asked{orderID, "1", "USD"})
			if _, refused := errors.AsType[*client.RequestError](err); !refused || !strings.Contains(err.Error(), "order") && !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("%.20q: %v", orderID, err)
			}
		}
		if name == greenfieldHalf { // the server would convert it to UTC, and not find it
			if _, err := h.create(t.Context(), j, w.store(), asked{"2026-11-30T12:00:00+02:00", "1", "USD"}); err == nil || !strings.Contains(err.Error(), "convert to UTC") {
				t.Errorf("a time with an offset: %v", err)
			}
		}
		for _, store := range []client.StoreID{"", "../x"} {
			if _, err := h.create(t.Context(), j, store, first); err == nil {
				t.Errorf("store %q was accepted", store)
			}
		}
		if _, err := h.create(t.Context(), nil, w.store(), first); err == nil {
			t.Error("no journal was accepted")
		}
		if n := w.posts.Load() - posts; n != 0 {
			t.Errorf("%d invoices were requested", n)
		}

		// A new credential of the same store finds the order.
		wantSame(t, w, w.half(t, name, w.store()), j, first, id)
	})
}

// An invoice remains that of its order in every state.
func TestCreateOnceInEveryState(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j, _ := openFile(t)
		orders := map[string]func(id client.InvoiceID) error{
			"archived": func(id client.InvoiceID) error { return w.owner.Invoices.Archive(t.Context(), w.store(), id) },
			"invalid": func(id client.InvoiceID) error {
				_, err := w.owner.Invoices.Mark(t.Context(), w.store(), id, greenfield.InvoiceStatusInvalid)
				return err
			},
			"paid": func(id client.InvoiceID) error {
				_, err := w.Pay(string(id), sandbox.Payment{})
				return err
			},
			"new": func(client.InvoiceID) error { return nil },
		}
		ids := map[string]client.InvoiceID{}
		for orderID, change := range orders {
			ids[orderID] = made(t, w, h, j, asked{orderID, "5", "USD"})
			must(t, change(ids[orderID]))
		}
		free := asked{"free", "0", "USD"}
		idOfFree := made(t, w, h, j, free)
		must(t, w.Advance(25*time.Hour)) // the rest expires
		wantSame(t, w, h, j, free, idOfFree)
		for orderID, id := range ids {
			wantSame(t, w, h, j, asked{orderID, "5", "USD"}, id)
		}

		// An invoice of any amount gets the amount that was paid.
		top := asked{"top-up", "", "USD"}
		id := made(t, w, h, j, top)
		wantSame(t, w, h, j, top, id)
		got, err := h.create(t.Context(), once.Memory(), w.store(), asked{"top-up", "3", "USD"})
		wantConflict(t, got, err, "asked 3", id)
		_, err = w.Pay(string(id), sandbox.Payment{Amount: "0.001"})
		must(t, err)
		must(t, w.Mine(6))
		if again, err := h.create(t.Context(), j, w.store(), top); again != id || err != nil {
			t.Errorf("%q, %v", again, err)
		}
		w.wantOne(t, top.orderID, id)
	})
}

// Invoices that the owner or another program created.
func TestCreateOnceForeign(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		foreign := func(orderID, amount string) client.InvoiceID {
			request := greenfield.InvoiceRequest{Amount: decimal(amount), Currency: "USD"}
			request.Metadata.SetText(greenfield.MetaOrderID, orderID)
			invoice, err := w.owner.Invoices.Create(t.Context(), w.store(), request)
			must(t, err)
			return invoice.ID
		}
		j, _ := openFile(t)
		posts := w.posts.Load()
		wantSame(t, w, h, j, asked{"one", "100", "USD"}, foreign("one", "100"))
		cheap := foreign("cheap", "10")
		for range 2 {
			got, err := h.create(t.Context(), j, w.store(), asked{"cheap", "100", "USD"})
			wantConflict(t, got, err, "asked 100, got 10", cheap)
		}
		wantSame(t, w, h, j, asked{"cheap", "10", "USD"}, cheap) // a conflict is not recorded
		a, b := foreign("two", "1"), foreign("two", "1")
		got, err := h.create(t.Context(), j, w.store(), asked{"two", "1", "USD"})
		wantConflict(t, got, err, "several", a, b)
		if n := w.posts.Load() - posts; n != 4 {
			t.Errorf("%d invoices were requested, want the owner's 4", n)
		}
	})
}

// One that the server rounds exists, and stays that of the order.
func TestCreateOnceRounded(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j, _ := openFile(t)
		for range 2 {
			got, err := h.create(t.Context(), j, w.store(), asked{"A", "10.12345", "USD"})
			found := w.withOrder(t, w.store(), "A")
			if len(found) != 1 {
				t.Fatal(found, err)
			}
			wantConflict(t, got, err, "asked 10.12345, got 10.12", found[0])
		}
	})
}

// The same order id in another store and on another server is another order.
func TestCreateOnceElsewhere(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, name string) {
		j, _ := openFile(t)
		a := asked{"A", "0", "USD"} // needs no wallet
		id := made(t, w, h, j, a)
		second := w.secondStore(t)
		other := w.half(t, name, second)
		otherID, err := other.create(t.Context(), j, second, a)
		if found := w.withOrder(t, second, "A"); err != nil || otherID == id || !slices.Equal(found, []client.InvoiceID{otherID}) {
			t.Errorf("%q, %v; the store has %v", otherID, err, found)
		}
		w2 := newWorld(t)
		made(t, w2, w2.half(t, name, w2.store()), j, a)
		wantSame(t, w, h, j, a, id)

		// A key of another store than the named one gets no invoice of it.
		if got, err := other.create(t.Context(), j, w.store(), a); got != "" || err == nil {
			t.Errorf("%q, %v", got, err)
		}
		w.wantOne(t, "A", id)
	})
}

// A BitId key names no store, so the store of the new invoice is compared.
func TestCreateOnceOtherStoreOfKey(t *testing.T) {
	w := newWorld(t)
	h, second, j := w.half(t, bitpayHalf, w.store()), w.secondStore(t), once.Memory()
	for range 2 {
		got, err := h.create(t.Context(), j, second, asked{"A", "1", "USD"})
		found := w.withOrder(t, w.store(), "A")
		if len(found) != 1 {
			t.Fatal(found, err)
		}
		wantConflict(t, got, err, "storeId: asked "+string(second), found[0])
	}
}

// Both APIs share the orders of a journal.
func TestCreateOnceInBothAPIs(t *testing.T) {
	w, j := newWorld(t), once.Memory()
	a := asked{"A", "1", "USD"}
	id := made(t, w, w.half(t, bitpayHalf, w.store()), j, a)
	wantSame(t, w, w.half(t, greenfieldHalf, w.store()), j, a, id)
}

func TestCreateOnceAtOnce(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		file, path := openFile(t)
		other, err := once.File(path)
		must(t, err)
		memory := once.Memory()
		for orderID, journals := range map[string][]once.Journal{"file": {file, other}, "memory": {memory, memory}} {
			var group sync.WaitGroup
			ids := make([]client.InvoiceID, 8)
			for i := range ids {
				group.Go(func() {
					var err error
					if ids[i], err = h.create(t.Context(), journals[i%2], w.store(), asked{orderID, "1", "USD"}); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if ids = slices.Compact(ids); len(ids) != 1 {
				t.Errorf("got %v", ids)
			}
			w.wantOne(t, orderID, ids[0])
		}
	})
}

// lost are the ways in which a response to an executed request gets lost.
var lost = map[string]sandbox.Fault{
	"dropped":   {Executed: true, Drop: true},
	"reset":     {Executed: true, Reset: true},
	"504":       {Executed: true, Status: http.StatusGatewayTimeout},
	"500":       {Executed: true, Status: http.StatusInternalServerError, Body: "{}"},
	"redirect":  {Executed: true, Status: http.StatusFound, Header: http.Header{"Location": {"/login"}}},
	"307":       {Executed: true, Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/elsewhere"}}},
	"cut":       {CutAfter: new(5)},
	"empty":     {Executed: true, Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: "{}"},
	"page":      {Executed: true, Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>"},
	"other":     {Executed: true, Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: strings.ReplaceAll(anotherInvoice, "STORE", "Other")},
	"timed out": {Executed: true, Status: http.StatusRequestTimeout},
}

// anotherInvoice is of another order, in either API: a cache sent it.
const anotherInvoice = `{"id":"X","storeId":"STORE","amount":"1","currency":"USD","metadata":{"orderId":"B"},` +
	`"data":{"id":"X","price":1,"currency":"USD","orderId":"B"}}`

func TestCreateOnceLost(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j, _ := openFile(t)
		for name, f := range lost {
			f.Method, f.Path = http.MethodPost, h.path
			fault, err := w.Fault(f)
			must(t, err)
			a := asked{"lost " + name, "1", "USD"}
			wantSame(t, w, h, j, a, made(t, w, h, j, a))
			if fault.Met() != 1 {
				t.Errorf("%s: the fault met %d requests", name, fault.Met())
			}
		}
	})
}

// Requests that the server never executes, or later.
func TestCreateOnceUnknown(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, name string) {
		j, path := openFile(t)
		for what, f := range map[string]sandbox.Fault{
			"504": {Status: http.StatusGatewayTimeout}, "reset": {Reset: true}, "redirect": {Status: http.StatusFound, Header: http.Header{"Location": {"/x"}}},
		} {
			a := asked{"unknown " + what, "1", "USD"}
			f.Method, f.Path = http.MethodPost, h.path
			_, err := w.Fault(f)
			must(t, err)
			before := w.posts.Load()
			got, err := h.create(t.Context(), j, w.store(), a)
			if e := wantUnknown(t, got, err); e.Lost == nil || !client.FateUnknown(err) {
				t.Errorf("%v: %v", a, err)
			}
			// Calling again, in another process and with a new key, sends nothing.
			reopened, err := once.File(path)
			must(t, err)
			for _, h := range []half{h, w.half(t, name, w.store())} {
				got, err = h.create(t.Context(), reopened, w.store(), a)
				wantUnknown(t, got, err)
			}
			got, err = h.create(t.Context(), j, w.store(), asked{a.orderID, "2", "USD"})
			wantConflict(t, got, err, "asked 2, got 1")
			if n := w.posts.Load() - before; n != 1 {
				t.Errorf("%s: requested %d times", what, n)
			}
			key := once.Key{Server: w.address, Store: w.store(), OrderID: a.orderID}
			if open, err := j.Unknown(); err != nil || len(open) != 1 || open[0].Key != key {
				t.Errorf("%v, %v", open, err)
			}
			if what == "reset" {
				// The user is sure, and sends it again.
				must(t, once.Forget(t.Context(), j, key))
				wantSame(t, w, h, j, a, made(t, w, h, j, a))
				continue
			}
			// The request is executed late: the look-up of the next call finds the invoice.
			late, err := h.create(t.Context(), once.Memory(), w.store(), a)
			must(t, err)
			wantSame(t, w, h, j, a, late)
		}
	})
}

// If the look-up fails, the outcome stays unknown, and nothing is sent twice.
func TestCreateOnceLookUpFails(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j, _ := openFile(t)
		a := asked{"A", "1", "USD"}
		reads, err := w.Fault(sandbox.Fault{Method: http.MethodGet, Path: h.path, Times: -1, Status: http.StatusBadGateway})
		must(t, err)
		if got, err := h.create(t.Context(), j, w.store(), a); got != "" || err == nil || !strings.Contains(err.Error(), "nothing was sent") {
			t.Errorf("%q, %v", got, err)
		}
		if n := w.posts.Load(); n != 0 {
			t.Errorf("requested %d times without a look-up", n)
		}
		reads.Remove()
		// The first look-up is answered as usual.
		_, err = w.Fault(sandbox.Fault{Method: http.MethodGet, Path: h.path, Latency: time.Nanosecond})
		must(t, err)
		reads, err = w.Fault(sandbox.Fault{Method: http.MethodGet, Path: h.path, Times: -1, Drop: true})
		must(t, err)
		_, err = w.Fault(sandbox.Fault{Method: http.MethodPost, Path: h.path, Executed: true, Drop: true})
		must(t, err)
		for range 2 {
			got, err := h.create(t.Context(), j, w.store(), a)
			if e := wantUnknown(t, got, err); e.LookUp == nil {
				t.Error(err)
			}
		}
		reads.Remove()
		if found := w.withOrder(t, w.store(), "A"); len(found) != 1 || w.posts.Load() != 1 {
			t.Fatal(found, w.posts.Load())
		} else {
			wantSame(t, w, h, j, a, found[0])
		}
	})
}

// A refused request leaves nothing behind, so that a corrected one is sent.
func TestCreateOnceRefused(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j, _ := openFile(t)
		if _, err := h.create(t.Context(), j, w.store(), asked{"A", "1", "NOPE"}); err == nil || client.FateUnknown(err) {
			t.Fatal(err)
		}
		a := asked{"A", "2", "USD"}
		wantSame(t, w, h, j, a, made(t, w, h, j, a))
	})
}

// failing is a journal whose disk is full after some writes.
type failing struct {
	once.Journal
	writes int
}

var errFull = errors.New("the disk is full")

type failingEntry struct {
	once.Entry
	journal *failing
}

func (j *failing) Begin(ctx context.Context, key once.Key) (once.Entry, error) {
	e, err := j.Journal.Begin(ctx, key)
	return failingEntry{e, j}, err
}

func (e failingEntry) Save(r once.Record) error {
	if e.journal.writes == 0 {
		return errFull
	}
	e.journal.writes--
	return e.Entry.Save(r)
}

func TestCreateOnceDiskFull(t *testing.T) {
	halves(t, func(t *testing.T, w *world, h half, _ string) {
		j := &failing{Journal: once.Memory()}
		a := asked{"A", "1", "USD"}
		if _, err := h.create(t.Context(), j, w.store(), a); !errors.Is(err, errFull) || w.posts.Load() != 0 {
			t.Errorf("%v, after %d requests", err, w.posts.Load())
		}
		j.writes = 1 // the invoice cannot be recorded, and is found by its order id
		id := made(t, w, h, j, a)
		wantSame(t, w, h, j, a, id)
	})
}
