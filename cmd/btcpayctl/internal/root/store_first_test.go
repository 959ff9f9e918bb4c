package root

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// provenStoreOf is what a profile has of the store of its key.
func (w *storeWorld) provenStoreOf(home string) (id, name, invoice string) {
	w.t.Helper()
	g := w.in(home, nil, 0, "profile", "list", "-o", "json")
	var profiles []struct {
		Name        string
		ProvenStore *struct{ ID, Name, Invoice string }
	}
	if err := json.Unmarshal([]byte(g.stdout), &profiles); err != nil || len(profiles) == 0 {
		w.t.Fatal(err, g.stdout)
	}
	if p := profiles[0].ProvenStore; p != nil {
		return p.ID, p.Name, p.Invoice
	}
	return "", "", ""
}

// TestFirstInvoiceShowsStore creates the first invoice of a key whose profile believes
// another store, which nothing can tell before. It is an error that names what was
// created, and nothing more is created.
func TestFirstInvoiceShowsStore(t *testing.T) {
	w := newStoreWorld(t)
	for name, line := range map[string][]string{
		"one":            {"invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A-1"},
		"as JSON":        {"invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A-1", "-o", "json"},
		"unless exists":  {"invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "A-1", "--unless-exists"},
		"many":           {"invoice", "create", "--from", "FILE"},
		"many, by lines": {"invoice", "create", "--from", "FILE", "-o", "jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			shop := w.shop("Wrong shop")
			right := w.shop("Right \u202e\"shop\"")
			key := w.approved(shop)
			home := w.home(key, right)
			file := filepath.Join(home, "orders.jsonl")
			if err := os.WriteFile(file, []byte(orderRows(3)), 0o600); err != nil {
				t.Fatal(err)
			}
			line := slices.Clone(line)
			for i := range line {
				line[i] = strings.ReplaceAll(line[i], "FILE", file)
			}
			g := w.in(home, nil, 1, line...)
			sent := w.took()
			if creations(sent) != 1 || g.stdout != "" {
				t.Errorf("%q, and printed %q", requests(sent), g.stdout)
			}
			id, shown, invoice := w.provenStoreOf(home)
			if id != shop || shown != "Wrong shop" {
				t.Errorf("the profile has %q (%q)", shown, id)
			}
			plain := strings.ReplaceAll(g.stderr, `\"`, `"`)
			for _, word := range []string{invoice, "A-1", `"Wrong shop" (` + shop + ")", right, "/stores/" + shop + "/tokens", "profile shop", "do not give the invoice to the buyer"} {
				if !strings.Contains(plain, word) {
					t.Errorf("%q is not said:\n%s", word, g.stderr)
				}
			}
			if strings.Contains(g.stderr, "Nothing was") || strings.Contains(g.stderr, "Rows that have") && !strings.Contains(g.stderr, "their invoice: 0 of 3.") {
				t.Error(g.stderr)
			}
			// The same again, and what is printed, create nothing more.
			again := w.in(home, nil, -1, line...)
			for _, next := range append(g.next(), "btcpayctl invoice list") {
				if strings.Contains(next, "profile set") || strings.Contains(next, "pair client") {
					continue
				}
				if g := w.in(home, nil, -1, strings.Fields(next)[1:]...); g.code == 0 {
					t.Errorf("%s: exit 0\n%s%s", next, g.stdout, g.stderr)
				}
			}
			if sent := w.took(); again.code != 2 || creations(sent) != 0 {
				t.Errorf("again: exit %d, %q\n%s", again.code, requests(sent), again.stderr)
			}
			w.says(again, shop, right)
			// The owner puts it right, with the same key: each order once in the shop
			// that was meant.
			w.approve(key, right, shop)
			g = w.in(home, nil, 0, line...)
			want := map[string]int{"A-1": 1}
			if strings.HasPrefix(name, "many") {
				want = map[string]int{"A-1": 1, "A-2": 1, "A-3": 1}
			}
			if got := w.orders(right); !maps.Equal(got, want) {
				t.Errorf("the right shop has %v", got)
			}
			if n := w.orders(shop); len(n) != 1 || n["A-1"] != 1 {
				t.Errorf("the wrong shop has %v", n)
			}
			if id, shown, _ := w.provenStoreOf(home); id != right || shown != `Right \u202e'shop'` {
				t.Errorf("the profile has %q (%q)\n%s", shown, id, g.stderr)
			}
		})
	}
}

// TestStoreLooks counts what is asked beside the invoices: one look in a process, and
// none at invoices where the store is known.
func TestStoreLooks(t *testing.T) {
	w := newStoreWorld(t)
	shop := w.shop("Looked at")
	key := w.approved(shop)
	tokens, list, status, create := "GET /tokens, with a credential", "GET /invoices, with a credential", "GET /i/ID/status", "POST /invoices, with a credential"
	row := func(home string, n int) string {
		file := filepath.Join(home, fmt.Sprint(n, ".jsonl"))
		var rows strings.Builder
		for i := range n {
			rows.WriteString(orderRow(fmt.Sprint(home, i), 5))
		}
		if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	check := func(what, home string, env map[string]string, code int, want []string, line ...string) *given {
		t.Helper()
		w.took()
		g := w.in(home, env, code, line...)
		if got := requests(w.took()); !slices.Equal(got, want) {
			t.Errorf("%s: %q\nwant %q", what, got, want)
		}
		return g
	}
	one := []string{"invoice", "create", "--amount", "5", "--currency", "USD"}
	none := w.home(key, "")
	check("without a selection, before anything is known", none, nil, 0, []string{"GET /tokens, with a credential", create, status}, one...)
	check("the next one", none, nil, 0, []string{tokens, create}, one...)
	g := check("a list without a selection", none, nil, 0, []string{tokens, list}, "invoice", "list", "-o", "json", "--jq", ".[0].store")
	if g.stdout != shop+"\n" {
		t.Errorf("the list names the store %q, not %s", g.stdout, shop)
	}

	own := w.home(key, shop)
	check("the profile's store, looked up before", own, nil, 0, []string{tokens, list, status, create}, one...)
	check("the profile's store, known", own, nil, 0, []string{tokens, create}, one...)
	check("many", own, nil, 0, []string{tokens, create, create, create}, "invoice", "create", "--from", row(own, 3))
	check("a list", own, nil, 0, []string{tokens, list}, "invoice", "list")
	check("a list, by flag", own, nil, 0, []string{tokens, list}, "invoice", "list", "--store", shop)

	empty := w.shop("Empty")
	newKey := w.approved(empty)
	fresh := w.home(newKey, empty)
	g = check("named, and nothing can tell", fresh, nil, 2, []string{tokens, list}, append(one, "--store", empty)...)
	w.says(g, "it is not known which store the key serves", "there is none yet", "leave the store out")
	g = check("many, of a profile's store that has no invoice", fresh, nil, 0, []string{tokens, list, create, status, create, create}, "invoice", "create", "--from", row(fresh, 3))
	w.says(g, `Note: the key serves store "Empty" (`+empty+`), as invoice `)
	check("named, once it is known", fresh, nil, 0, []string{tokens, create}, append(one, "--store", empty)...)

	env := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_PRIVATE_KEY_FILE": newKey.file}
	bare := newHome(t)
	check("a key of the environment", bare, env, 0, []string{create}, one...)
	check("a list, by a key of the environment", bare, env, 0, []string{list}, "invoice", "list")
	env["BTCPAYCTL_STORE"] = empty
	check("a key and a store of the environment", bare, env, 0, []string{tokens, list, status, create}, one...)
	check("a key that a profile knows", fresh, env, 0, []string{tokens, create}, one...)
	legacy := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": w.legacyKey(empty), "BTCPAYCTL_STORE": empty}
	check("a legacy key", bare, legacy, 0, []string{list, status, create}, one...)

	check("a dry run", own, nil, 0, nil, append(one, "--dry-run", "--store", shop)...)
	check("a dry run of what is known to be another's", own, nil, 2, nil, append(one, "--dry-run", "--store", empty)...)
	g = check("a dry run that knows nothing", bare, env, 0, nil, append(one, "--dry-run")...)
	w.says(g, "one of them must show that it serves store "+empty, "Nothing was sent")
}

// TestLookStopsNoSale has checkout pages, lists and tokens fail in every way. A
// profile's store is believed then, and told as not proven; one that is named is not.
func TestLookStopsNoSale(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: each fault has a store and a key of its own")
	}
	w := newStoreWorld(t)
	shop := w.shop("Shop")
	w.invoiceIn(shop, "older")
	key := w.approved(shop)
	one := []string{"invoice", "create", "--amount", "5", "--currency", "USD"}
	status := func(answer func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) bool {
		return func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/i/") {
				return false
			}
			answer(rw, r)
			return true
		}
	}
	get := func(path string, code int) func(http.ResponseWriter, *http.Request) bool {
		return func(rw http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || r.URL.Path != path {
				return false
			}
			if code == 0 {
				panic(http.ErrAbortHandler)
			}
			rw.WriteHeader(code)
			return true
		}
	}
	say := func(code int, body string) func(http.ResponseWriter, *http.Request) {
		return func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(code)
			fmt.Fprint(rw, strings.ReplaceAll(body, "INV", strings.Split(r.URL.Path, "/")[2]))
		}
	}
	type fault struct {
		meddle func(http.ResponseWriter, *http.Request) bool
		named  int // the exit code where the store is named
		silent bool
	}
	for name, f := range map[string]fault{
		"no page":           {status(say(404, "")), 2, false},
		"another page":      {status(say(200, "<html><title>Shop</title>")), 2, false},
		"nothing":           {status(say(200, "")), 2, false},
		"a refusal":         {status(say(403, "")), 2, false},
		"a failure":         {status(say(500, "boom")), 2, false},
		"a log-in":          {status(func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/login", http.StatusFound) }), 2, false},
		"a broken line":     {status(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), 7, false},
		"another invoice":   {status(say(200, `{"invoiceId":"x","storeId":"`+w.second+`"}`)), 2, false},
		"no store":          {status(say(200, `{"invoiceId":"INV","storeId":null}`)), 2, false},
		"an id that is not": {status(say(200, `{"invoiceId":"INV","storeId":"a\u001b[2Jb"}`)), 2, false},
		"two stores":        {status(say(200, `{"invoiceId":"INV","storeId":"`+shop+`","storeid":"`+w.second+`"}`)), 2, false},
		"much":              {status(say(200, `{"invoiceId":"INV","x":"`+strings.Repeat("y", 9<<20)+`"}`)), 2, false},
		"tokens fail":       {get("/tokens", 500), 3, true},
		"tokens break":      {get("/tokens", 0), 7, true},
		"tokens are kept":   {get("/tokens", 403), 5, true},
		"lists are kept":    {get("/invoices", 403), 5, true},
		"lists fail":        {get("/invoices", 500), 3, true},
		"lists break":       {get("/invoices", 0), 7, true},
	} {
		t.Run(name, func(t *testing.T) {
			home := w.home(key, shop)
			w.meddling(f.meddle)
			defer w.meddling(nil)
			g := w.in(home, nil, 0, one...)
			sent := w.took()
			if creations(sent) != 1 {
				t.Errorf("%q", requests(sent))
			}
			if told := strings.Contains(g.stderr, "Note: whether the key serves store "+shop+", as profile shop says, is not proven: "); told == f.silent || strings.Contains(g.stderr, "\x1b") {
				t.Errorf("it says\n%s", g.stderr)
			}
			if id, _, _ := w.provenStoreOf(home); id != "" && !f.silent {
				t.Error("it is proven by", name)
			}
			w.took()
			g = w.in(w.home(key, shop), nil, f.named, append(one, "--store", shop)...)
			if sent := w.took(); creations(sent) != 0 || strings.Contains(g.stderr, "\x1b") {
				t.Errorf("named: %q\n%s", requests(sent), g.stderr)
			}
		})
	}
	// One of 0 has no page; the next of a batch has.
	home := w.home(w.approved(w.shop("Free")), w.second)
	file := filepath.Join(home, "orders.jsonl")
	if err := os.WriteFile(file, []byte(`{"price":"0","currency":"USD","orderId":"F-1"}`+"\n"+orderRow("F-2", 5)+orderRow("F-3", 5)), 0o600); err != nil {
		t.Fatal(err)
	}
	g := w.in(home, nil, 1, "invoice", "create", "--from", file, "--allow-zero")
	if n := creations(w.took()); n != 2 {
		t.Errorf("%d invoices\n%s", n, g.stderr)
	}
	w.says(g, "F-2", `"Free" (`, w.second)
}

// TestLookTakesItsTime bounds a look by --timeout: a checkout page that never comes
// keeps no buyer waiting.
func TestLookTakesItsTime(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it waits for ten seconds")
	}
	w := newStoreWorld(t)
	shop := w.shop("Slow")
	home := w.home(w.approved(shop), shop)
	done := make(chan struct{})
	defer close(done)
	var asked atomic.Int64
	w.meddling(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/i/") {
			return false
		}
		asked.Add(1)
		select {
		case <-done:
		case <-r.Context().Done():
		case <-time.After(2 * time.Minute):
		}
		return true
	})
	defer w.meddling(nil)
	file := filepath.Join(home, "orders.jsonl")
	if err := os.WriteFile(file, []byte(orderRows(4)), 0o600); err != nil {
		t.Fatal(err)
	}
	g := w.in(home, nil, 0, "invoice", "create", "--from", file, "--timeout", "10s")
	if n := creations(w.took()); n != 4 || asked.Load() != 1 {
		t.Errorf("%d invoices, and the page was asked for %d times\n%s", n, asked.Load(), g.stderr)
	}
	w.says(g, "is not proven: ")
}
