package bitpay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// shop makes another store that can be paid.
func (w *world) shop(name string) string {
	w.t.Helper()
	id := w.store(map[string]any{"name": name, "defaultCurrency": "USD"})
	key := "tpubDCZB6sR48s4T5Cr8qHUYSZEFCQMMHRg8AoVKVmvcAP5bRw7ArDKeoNwKAJujV3xCPkBvXH5ejSgbgyN6kREmF7sMd41NdbuHa8n1DZNxSMg"
	send[json.RawMessage](w, "PUT", map[string]any{"enabled": true, "config": key}, "api", "v1", "stores", id, "payment-methods", "BTC-CHAIN")
	send[json.RawMessage](w, "PUT", map[string]any{"isCustomScript": true, "effectiveScript": "BTC_USD = 30000;", "spread": 0}, "api", "v1", "stores", id, "rates", "configuration")
	return id
}

// revokeAll takes all tokens of a key away.
func (w *world) revokeAll(c *bitpay.Client, storeID string) {
	w.t.Helper()
	for {
		tokens, err := c.Tokens(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if len(tokens) == 0 {
			return
		}
		if _, err := w.owner.Open(w.t.Context(), "/stores/"+storeID+"/tokens/"+tokens[0].Value.Reveal()+"/revoke"); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.owner.Press(w.t.Context(), "Revoke"); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) approve(c *bitpay.Client, storeID string) {
	w.t.Helper()
	pairing, err := c.RequestPairing(w.t.Context(), bitpay.PairingRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Approve(w.t.Context(), pairing.ApproveURL, storeID); err != nil {
		w.t.Fatal(err)
	}
}

func amount(t *testing.T, text string) *client.Decimal {
	t.Helper()
	d, err := client.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

// TestStore learns the store of a key before and after its first invoice, past
// invoices without a checkout page, and after the key was approved for another store.
func TestStore(t *testing.T) {
	w := newWorld(t)
	first, second := w.shop("Tea & Co"), w.shop("Books \u202e\x1b[2J")
	c, _ := w.paired(first)
	want := func(id, name, invoice string) {
		t.Helper()
		got, err := c.OwnStore(t.Context())
		if err != nil || got != (bitpay.Store{ID: bitpay.StoreID(id), Name: name, InvoiceID: bitpay.InvoiceID(invoice)}) {
			t.Fatalf("got %+v, %v; want %s", got, err, id)
		}
	}
	if got, err := c.OwnStore(t.Context()); !errors.Is(err, bitpay.ErrNoInvoice) || !errors.Is(err, bitpay.ErrStoreUnknown) {
		t.Fatalf("without an invoice: %+v, %v", got, err)
	}
	create := func(price string) string {
		t.Helper()
		invoice, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: amount(t, price), Currency: "USD", OrderID: "A-1"})
		if err != nil {
			t.Fatal(err)
		}
		return string(invoice.ID)
	}
	free := create("0")
	if _, err := c.OwnStore(t.Context()); !errors.Is(err, bitpay.ErrStoreUnknown) || errors.Is(err, bitpay.ErrNoInvoice) {
		t.Fatal("with one of 0:", err)
	}
	paid := create("5")
	want(first, "Tea & Co", paid)
	create("0")
	archived := create("7")
	if _, err := w.admin.Do(t.Context(), client.Request{Method: "DELETE", Path: []string{"api", "v1", "stores", first, "invoices", archived}}); err != nil {
		t.Fatal(err)
	}
	want(first, "Tea & Co", paid)
	for id, tells := range map[string]bool{paid: true, free: false, archived: false, "nosuchinvoice": false} {
		status, err := c.Invoices.CheckoutStatus(t.Context(), bitpay.InvoiceID(id))
		if tells && (err != nil || status != bitpay.CheckoutStatus{InvoiceID: bitpay.InvoiceID(id), OrderID: "A-1", Status: "New", StoreID: bitpay.StoreID(first), StoreName: "Tea & Co"}) ||
			!tells && !errors.Is(err, bitpay.ErrNoCheckout) {
			t.Errorf("%s: %+v, %v", id, status, err)
		}
	}
	// A key that was paired a moment ago, of a store that has invoices.
	other, _ := w.paired(first)
	if got, err := other.OwnStore(t.Context()); err != nil || got.ID != bitpay.StoreID(first) {
		t.Errorf("a new key: %+v, %v", got, err)
	}
	// The same key, approved for another store.
	w.revokeAll(c, first)
	if _, err := c.OwnStore(t.Context()); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Error("after the revocation:", err)
	}
	w.approve(c, second)
	if _, err := c.OwnStore(t.Context()); !errors.Is(err, bitpay.ErrNoInvoice) {
		t.Error("the store that approved it has no invoice:", err)
	}
	want(second, "Books \u202e\x1b[2J", create("9"))
	w.revokeAll(c, second)
	w.approve(c, first)
	want(first, "Tea & Co", paid)

	// A legacy key is a store's, too; who only names a store proves nothing.
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(w.legacyKey(first)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.client(legacy).OwnStore(t.Context()); err != nil || got.ID != bitpay.StoreID(first) {
		t.Errorf("a legacy key: %+v, %v", got, err)
	}
	if _, err := w.client(bitpay.Anonymous{StoreID: bitpay.StoreID(second)}).OwnStore(t.Context()); err == nil {
		t.Error("a store that is only named was taken for proven")
	}
	if _, err := w.client(nil).OwnStore(t.Context()); !errors.Is(err, bitpay.ErrNoCredential) {
		t.Error(err)
	}
}

func (w *world) legacyKey(storeID string) string {
	w.t.Helper()
	if _, err := w.owner.Open(w.t.Context(), "/stores/"+storeID+"/tokens"); err != nil {
		w.t.Fatal(err)
	}
	page, err := w.owner.Press(w.t.Context(), "Generate")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == "ApiKey" {
				return field.Value
			}
		}
	}
	w.t.Fatal("the page shows no key")
	return ""
}

// A checkoutServer lists invoices, and answers for their checkout pages as it is told.
type checkoutServer struct {
	mu     sync.Mutex
	sent   []*http.Request
	page   func(w http.ResponseWriter, id string)
	listed string
}

func (s *checkoutServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.sent = append(s.sent, r.Clone(r.Context()))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if id, ok := strings.CutPrefix(r.URL.Path, "/i/"); ok {
		s.page(w, strings.TrimSuffix(id, "/status"))
		return
	}
	fmt.Fprint(w, s.listed)
}

func listOf(ids ...string) string {
	var rows []string
	for _, id := range ids {
		rows = append(rows, fmt.Sprintf(`{"id":%q,"price":5,"currency":"USD","status":"new"}`, id))
	}
	return `{"data":[` + strings.Join(rows, ",") + `]}`
}

// TestStoreAnswers looks at the bounds of a look, at what it sends, and at answers that
// are not beyond doubt.
func TestStoreAnswers(t *testing.T) {
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprint("inv", i))
	}
	none := func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusNotFound) }
	say := func(body string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, id string) { fmt.Fprint(w, strings.ReplaceAll(body, "INV", id)) }
	}
	for name, test := range map[string]struct {
		listed string
		page   func(http.ResponseWriter, string)
		store  string
		err    error
		looks  int
	}{
		"it tells":             {listOf("inv1", "inv2"), say(`{"invoiceId":"INV","storeId":"S","storeName":"x","more":[1]}`), "S", nil, 1},
		"none of many tells":   {listOf(many...), none, "", bitpay.ErrStoreUnknown, 5},
		"all were free":        {`{"data":[{"id":"a","price":0,"currency":"USD","status":"complete"},{"id":"b","price":0,"currency":"USD","status":"confirmed"}]}`, none, "", bitpay.ErrStoreUnknown, 0},
		"an open price":        {`{"data":[{"id":"a","price":0,"currency":"USD","status":"expired"}]}`, say(`{"invoiceId":"INV","storeId":"S"}`), "S", nil, 1},
		"no invoice":           {`{"data":[]}`, none, "", bitpay.ErrNoInvoice, 0},
		"another invoice":      {listOf("inv1", "inv2"), say(`{"invoiceId":"inv9","storeId":"S"}`), "", bitpay.ErrStoreUnknown, 1},
		"no invoice in it":     {listOf("inv1"), say(`{"storeId":"S"}`), "", bitpay.ErrStoreUnknown, 1},
		"no store in it":       {listOf("inv1"), say(`{"invoiceId":"INV","storeName":"x"}`), "", bitpay.ErrStoreUnknown, 1},
		"a store that is none": {listOf("inv1"), say(`{"invoiceId":"INV","storeId":"../S"}`), "", bitpay.ErrStoreUnknown, 1},
		"a number for a store": {listOf("inv1"), say(`{"invoiceId":"INV","storeId":7}`), "", bitpay.ErrStoreUnknown, 1},
		"two stores":           {listOf("inv1"), say(`{"invoiceId":"INV","storeId":"S","StoreID":"T"}`), "", bitpay.ErrStoreUnknown, 1},
		"a page":               {listOf("inv1"), say(`<html><title>Log in</title>`), "", bitpay.ErrStoreUnknown, 1},
		"nothing":              {listOf("inv1"), say(``), "", bitpay.ErrStoreUnknown, 1},
		"a refusal":            {listOf("inv1"), func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusUnauthorized) }, "", bitpay.ErrStoreUnknown, 1},
		"a failure":            {listOf("inv1"), func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusInternalServerError) }, "", bitpay.ErrStoreUnknown, 1},
		"another place": {listOf("inv1"), func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "/login")
			w.WriteHeader(http.StatusFound)
		}, "", bitpay.ErrStoreUnknown, 1},
		"the connection breaks": {listOf("inv1"), func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, "", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &checkoutServer{page: test.page, listed: test.listed}
			c := newClient(t, serve(t, s.ServeHTTP), bitpay.Generate())
			got, err := c.OwnStore(t.Context())
			if got.ID != bitpay.StoreID(test.store) || test.err != nil && !errors.Is(err, test.err) || test.err == nil && (err == nil) != (test.store != "") {
				t.Errorf("got %+v, %v", got, err)
			}
			if _, lost := errors.AsType[*client.NetworkError](err); lost == (test.err != nil || err == nil) {
				t.Errorf("the kind of %v", err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			looks := 0
			for _, r := range s.sent {
				if !strings.HasPrefix(r.URL.Path, "/i/") {
					continue
				}
				looks++
				for _, header := range []string{"Authorization", "X-Signature", "X-Identity", "Cookie"} {
					if value := r.Header.Get(header); value != "" {
						t.Errorf("%s was sent: %s", header, value)
					}
				}
				if r.Method != http.MethodGet || r.URL.RawQuery != "" {
					t.Errorf("sent %s %s", r.Method, r.URL)
				}
			}
			// Go asks once more where a connection that it kept breaks.
			if name != "the connection breaks" && (looks != test.looks || len(s.sent) != looks+1) {
				t.Errorf("%d checkout pages of %d requests, want %d", looks, len(s.sent), test.looks)
			}
		})
	}
	c := newClient(t, "https://btcpay.example.com", bitpay.Generate())
	for _, id := range []string{"", "../invoices", "a b", strings.Repeat("x", 65)} {
		if _, err := c.Invoices.CheckoutStatus(t.Context(), bitpay.InvoiceID(id)); err == nil {
			t.Errorf("%q was asked for", id)
		} else if _, ok := errors.AsType[*client.RequestError](err); !ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestStoreOfLargeInvoices: a list of more than 8 MiB is requested shorter.
func TestStoreOfLargeInvoices(t *testing.T) {
	large := strings.Repeat(" ", 3<<20)
	var limits []string
	c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/i/") {
			fmt.Fprint(w, `{"invoiceId":"inv0","storeId":"S"}`)
			return
		}
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil {
			t.Error(err)
		}
		limits = append(limits, r.URL.Query().Get("limit"))
		fmt.Fprint(w, strings.TrimSuffix(listOf("inv0"), "}]}"))
		for range min(limit, 3) { // so large are the newest
			fmt.Fprint(w, large)
		}
		fmt.Fprint(w, "}]}")
	}), bitpay.Generate())
	got, err := c.OwnStore(t.Context())
	if err != nil || got.ID != "S" || !slices.Equal(limits, []string{"25", "5", "1"}) {
		t.Errorf("%+v, %v, after lists of %v", got, err, limits)
	}
}

// TestRecordedCheckout reads what a real server told of an invoice at each step of its
// life.
func TestRecordedCheckout(t *testing.T) {
	r, err := replay.Load("../sandbox/testdata/recordings/2.4.1/53-status-pages.json")
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]int{}
	for _, e := range exchanges(t, r) {
		id, ok := strings.CutPrefix(e.Request.Path, "/i/")
		id, isStatus := strings.CutSuffix(id, "/status")
		if !ok || !isStatus || e.Request.Method != http.MethodGet || strings.Contains(id, "/") {
			continue
		}
		var sent struct{ StoreID string }
		if e.Response.Status == http.StatusOK {
			if err := json.Unmarshal(e.Response.JSON, &sent); err != nil {
				t.Fatal(err)
			}
		}
		status, err := respond(t, e.Response.Status, string(e.Response.JSON), bitpay.Generate()).Invoices.CheckoutStatus(t.Context(), bitpay.InvoiceID(id))
		switch {
		case e.Response.Status == http.StatusNotFound:
			statuses["none"]++
			if !errors.Is(err, bitpay.ErrNoCheckout) {
				t.Errorf("%s: %v", e.Name, err)
			}
		case err != nil || string(status.StoreID) != sent.StoreID || status.StoreName != "Shop shop" || status.InvoiceID != bitpay.InvoiceID(id):
			t.Errorf("%s: %+v, %v", e.Name, status, err)
		default:
			statuses[status.Status]++
		}
	}
	for _, want := range []string{"New", "Expired", "Settled", "none"} {
		if statuses[want] == 0 {
			t.Errorf("no recorded status is %s: %v", want, statuses)
		}
	}
	t.Log(statuses)
}

// TestRatesOfAStore asks for the rates of a store with the key of another.
func TestRatesOfAStore(t *testing.T) {
	w := newWorld(t)
	own, second := w.server.Seed.StoreID, w.shop("second")
	c, _ := w.paired(own)
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(w.legacyKey(own)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*bitpay.Client{"BitId": c, "legacy key": w.client(legacy)} {
		for store, want := range map[string]string{"": "BTC_USD 50000", own: "BTC_USD 50000", second: "BTC_USD 30000"} {
			options := bitpay.RateOptions{StoreID: bitpay.StoreID(store)}
			pair, err := c.Rates.Pair(t.Context(), "BTC", "USD", options)
			if got := pairsOf([]bitpay.Rate{pair}); err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("%s, pair of %q: %q, %v", name, store, got, err)
			}
			options.Pairs = []string{"BTC_USD"}
			list, err := c.Rates.List(t.Context(), options)
			if got := pairsOf(list); err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("%s, list of %q: %q, %v", name, store, got, err)
			}
		}
		if _, err := c.Rates.List(t.Context(), bitpay.RateOptions{StoreID: "nothing", Pairs: []string{"BTC_USD"}}); !errors.Is(err, bitpay.ErrForbidden) {
			t.Errorf("%s, an unknown store: %v", name, err)
		}
	}
}
