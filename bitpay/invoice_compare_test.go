package bitpay_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

const ordered = "tea 🍵 1"

// orders makes one invoice for each order id, and returns their ids.
func (w *world) orders(t *testing.T, c *bitpay.Client, orderIDs ...string) map[string][]string {
	t.Helper()
	made := map[string][]string{}
	price := decimal(t, "10")
	for i, id := range orderIDs {
		invoice, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: &price, Currency: "USD", OrderID: id, ItemCode: fmt.Sprintf("🫖%d", i%2)})
		if err != nil {
			t.Fatal(err)
		}
		if invoice.OrderID != id {
			t.Fatalf("order id %q came back as %q", id, invoice.OrderID)
		}
		made[id] = append(made[id], string(invoice.ID))
	}
	return made
}

func ids(t *testing.T, c *bitpay.Client, options bitpay.ListOptions) (ids []string) {
	t.Helper()
	for invoice, err := range c.Invoices.All(t.Context(), options) {
		if err != nil {
			t.Errorf("%+v: %v", options, err)
			return ids
		}
		ids = append(ids, string(invoice.ID))
	}
	return ids
}

// oddIDs are order ids that take an escape in a query, and go through it.
var oddIDs = []string{`"<>[\]^{|}` + "`", "100%", "%zz", "%F0%9F%8D%B5", "Grüße", "naïve ÿ", "中文", "a&b=c+d e#f?g/h", "�"}

// TestAllFindsEveryOrderID: whatever an order id has, All with a signed client finds
// its invoices and no others.
func TestAllFindsEveryOrderID(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	wanted := append(slices.Clone(oddIDs), ordered, "🍵", "🍵🍵", ordered, "\U00010000", "\U0010fffd")
	made := w.orders(t, c, wanted...)
	for id, invoices := range made {
		got := ids(t, c, bitpay.ListOptions{OrderID: id, Limit: 1})
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(invoices))) {
			t.Errorf("order %q: %v, want %v", id, got, invoices)
		}
	}
	if got := ids(t, c, bitpay.ListOptions{OrderID: "🍶"}); len(got) > 0 {
		t.Errorf("an order that is not there: %v", got)
	}
	all := ids(t, c, bitpay.ListOptions{})
	first, second := ids(t, c, bitpay.ListOptions{ItemCode: "🫖0"}), ids(t, c, bitpay.ListOptions{ItemCode: "🫖1"})
	if len(first)+len(second) != len(all) || len(first) != (len(wanted)+1)/2 {
		t.Errorf("%d and %d of %d by item code", len(first), len(second), len(all))
	}
	for i := range first {
		if got := ids(t, c, bitpay.ListOptions{ItemCode: "🫖0", Offset: i, Limit: 2}); !slices.Equal(got, first[i:]) {
			t.Errorf("from offset %d on: %v, want %v", i, got, first[i:])
		}
	}
	if got := ids(t, c, bitpay.ListOptions{OrderID: ordered, ItemCode: "🫖1", Status: bitpay.StatusExpired}); len(got) > 0 {
		t.Errorf("of another status: %v", got)
	}
	for options, want := range map[bitpay.ListOptions]int{
		{OrderID: oddIDs[0], ItemCode: "🫖0"}: 1, {OrderID: oddIDs[0], ItemCode: "🫖1"}: 0,
		{OrderID: ordered, DateStart: time.Now().Add(48 * time.Hour)}:  0,
		{OrderID: ordered, DateStart: time.Now().Add(-48 * time.Hour)}: 2,
	} {
		if got := ids(t, c, options); len(got) != want {
			t.Errorf("%+v: %d invoices, want %d", options, len(got), want)
		}
	}
}

// TestListRefusesWhatCannotBeSigned: one page cannot compare by itself, and the server's
// 401 would look like a key that is not paired.
func TestListRefusesWhatCannotBeSigned(t *testing.T) {
	c := listing(t, func(parameters) []string { t.Error("it was sent"); return nil })
	for member, options := range map[string]bitpay.ListOptions{"orderId": {OrderID: ordered}, "itemCode": {ItemCode: ordered}} {
		_, err := c.Invoices.List(t.Context(), options)
		if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != member || !strings.Contains(request.Reason, "Invoices.All") {
			t.Errorf("%s: got %v", member, err)
		}
	}
	if _, err := c.Invoices.List(t.Context(), bitpay.ListOptions{OrderID: ordered, Limit: -1}); err == nil {
		t.Error("a negative limit passes")
	}
}

// TestAllLeavesOutOnlyWhatItMust: the filters that a signed query can hold stay in it,
// and a key that signs nothing asks for everything.
func TestAllLeavesOutOnlyWhatItMust(t *testing.T) {
	var asked parameters
	c := listing(t, func(p parameters) []string { asked = p; return nil })
	ids(t, c, bitpay.ListOptions{OrderID: ordered, ItemCode: "cup", Status: "new", Limit: 3, Offset: 5, DateStart: time.Now()})
	if asked["orderId"] != "" || asked["itemCode"] != "cup" || asked["status"] != "new" || asked["offset"] != "0" || asked["limit"] != "100" || asked["dateStart"] == "" {
		t.Errorf("with BitId: %v", asked)
	}
	ids(t, c, bitpay.ListOptions{OrderID: oddIDs[0], Limit: 3, Offset: 5})
	if asked["orderId"] != oddIDs[0] || asked["limit"] == "100" || asked["offset"] == "0" {
		t.Errorf("an id that can be signed: %v", asked)
	}
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(strings.Repeat("k", 44)))
	if err != nil {
		t.Fatal(err)
	}
	unsigned := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = parameters{"orderId": r.URL.Query().Get("orderId")}
		fmt.Fprint(w, `{"data":[]}`)
	}), legacy)
	if _, err := unsigned.Invoices.List(t.Context(), bitpay.ListOptions{OrderID: ordered}); err != nil || asked["orderId"] != ordered {
		t.Errorf("with a legacy key: %v, %v", asked, err)
	}
}

// TestSigningRefusesWhatNoServerAccepts: the signature over such an address is right,
// and every server answers 401.
func TestSigningRefusesWhatNoServerAccepts(t *testing.T) {
	w := newWorld(t)
	_, id := w.paired(w.server.Seed.StoreID)
	for query, good := range map[string]bool{
		"orderId=%F0%9F%8D%B5": false, "orderId=%f0%90%80%80": false, "orderId=🍵": false, "orderId=%zz": false, "orderId=100%": false,
		"orderId=%E4": true, "orderId=%C3%A4%EF%BF%BD": true, "orderId=%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D%25": true,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/invoices", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		err = id.Authorize(r, nil)
		if _, refused := errors.AsType[*client.RequestError](err); refused == good || good && err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if !good {
			r.Header.Set("X-Identity", id.PublicKey())
			r.Header.Set("X-Signature", id.Sign(bitpay.SignedText(r.URL.Scheme+"://"+r.URL.Host+r.URL.RequestURI(), nil)))
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if (answer.StatusCode == http.StatusOK) != good || !good && answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", query, answer.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
