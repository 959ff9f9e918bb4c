package bitpay_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// parameters is what a page was asked for.
type parameters = map[string]string

// listing serves invoices by their ids; behind an @ the id has the second of its creation.
func listing(t *testing.T, page func(parameters) []string) *bitpay.Client {
	t.Helper()
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked := parameters{}
		for name, values := range r.URL.Query() {
			asked[name] = values[0]
		}
		var invoices []string
		for _, id := range page(asked) {
			id, second, _ := strings.Cut(id, "@")
			invoices = append(invoices, fmt.Sprintf(`{"id":%q,"invoiceTime":%s000,"price":5,"currency":"USD"}`, id, cmp.Or(second, "1")))
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(invoices, ","))
	}), bitpay.Generate())
}

func TestListParameters(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	for name, test := range map[string]struct {
		options bitpay.ListOptions
		want    parameters
	}{
		"none": {bitpay.ListOptions{}, parameters{"limit": "100", "offset": "0"}},
		"all": {bitpay.ListOptions{
			DateStart: time.Date(2026, 11, 5, 0, 30, 0, 0, berlin), DateEnd: time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC),
			OrderID: "a [0]/é+", ItemCode: "i", Status: "Settled", Limit: 7, Offset: 14,
		}, parameters{"dateStart": "11/04/2026", "dateEnd": "11/25/2026", "orderId": "a [0]/é+", "itemCode": "i", "status": "Settled", "limit": "7", "offset": "14"}},
	} {
		var asked parameters
		c := listing(t, func(p parameters) []string { asked = p; return nil })
		if _, err := c.Invoices.List(t.Context(), test.options); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(test.want, asked); diff != "" {
			t.Errorf("%s: wanted (-) and asked (+):\n%s", name, diff)
		}
	}
}

func TestBadInputListOptions(t *testing.T) {
	c := listing(t, func(parameters) []string { t.Error("it was sent"); return nil })
	now := time.Now()
	for member, options := range map[string]bitpay.ListOptions{
		"limit": {Limit: -1}, "offset": {Offset: -1}, "status": {Status: "done"}, "dateEnd": {DateStart: now, DateEnd: now.Add(-48 * time.Hour)},
	} {
		_, err := c.Invoices.List(t.Context(), options)
		if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != member {
			t.Errorf("%s: got %v", member, err)
		}
		var count int
		for _, err := range c.Invoices.All(t.Context(), options) {
			if count++; err == nil {
				t.Errorf("%s: All has no error", member)
			}
		}
		if count != 1 {
			t.Errorf("%s: All went on after its error", member)
		}
	}
}

// The seven filters, as the sandbox answers them.
func TestListFilters(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	for i := range 5 {
		price := decimal(t, "10")
		if i == 4 {
			price = decimal(t, "0")
		}
		if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{
			Price: &price, Currency: "USD", OrderID: fmt.Sprintf("o%d", i%2), ItemCode: fmt.Sprintf("i%d", i%3),
		}); err != nil {
			t.Fatal(err)
		}
	}
	// The invoice of 0 settles by itself, a moment later.
	w.control("clock", map[string]string{"advance": "1s"})
	today := time.Now()
	for name, test := range map[string]struct {
		options bitpay.ListOptions
		want    int
	}{
		"all": {bitpay.ListOptions{}, 5}, "order": {bitpay.ListOptions{OrderID: "o1"}, 2}, "item": {bitpay.ListOptions{ItemCode: "i0"}, 2},
		"order and item": {bitpay.ListOptions{OrderID: "o0", ItemCode: "i0"}, 1}, "new": {bitpay.ListOptions{Status: bitpay.StatusNew}, 4},
		"settled": {bitpay.ListOptions{Status: "settled"}, 1}, "expired": {bitpay.ListOptions{Status: bitpay.StatusExpired}, 0},
		"limit": {bitpay.ListOptions{Limit: 2}, 2}, "offset": {bitpay.ListOptions{Offset: 3}, 2}, "beyond": {bitpay.ListOptions{Offset: 50}, 0},
		"from yesterday to tomorrow": {bitpay.ListOptions{DateStart: today.Add(-24 * time.Hour), DateEnd: today.Add(24 * time.Hour)}, 5},
		"last week":                  {bitpay.ListOptions{DateStart: today.Add(-7 * 24 * time.Hour), DateEnd: today.Add(-3 * 24 * time.Hour)}, 0},
		"from next week":             {bitpay.ListOptions{DateStart: today.Add(7 * 24 * time.Hour)}, 0},
	} {
		got, err := c.Invoices.List(t.Context(), test.options)
		if err != nil || len(got) != test.want {
			t.Errorf("%s: %d invoices, %v, want %d", name, len(got), err, test.want)
		}
	}
	for _, limit := range []int{1, 2, 3, 5, 100} {
		seen := map[string]bool{}
		for invoice, err := range c.Invoices.All(t.Context(), bitpay.ListOptions{Limit: limit}) {
			if err != nil || seen[string(invoice.ID)] {
				t.Fatalf("%s twice, or %v", invoice.ID, err)
			}
			seen[string(invoice.ID)] = true
		}
		if len(seen) != 5 {
			t.Errorf("%d invoices in pages of %d", len(seen), limit)
		}
	}
}

// While pages are read, invoices come in at the top and move the others back.
func TestAllWhileInvoicesAreMade(t *testing.T) {
	var all []string // newest first
	for i := range 50 {
		all = slices.Insert(all, 0, fmt.Sprintf("old%d@%d", i, i+1))
	}
	before := slices.Clone(all)
	var pages int
	c := listing(t, func(p parameters) []string {
		if pages++; pages > 1 {
			for range 3 {
				all = slices.Insert(all, 0, fmt.Sprintf("new%d@%d", len(all), len(all)+1))
			}
		}
		limit, _ := strconv.Atoi(p["limit"])
		offset, _ := strconv.Atoi(p["offset"])
		return all[min(offset, len(all)):min(offset+limit, len(all))]
	})
	var got []string
	for invoice, err := range c.Invoices.All(t.Context(), bitpay.ListOptions{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s@%d", invoice.ID, invoice.InvoiceTime.Unix()))
	}
	if diff := gocmp.Diff(before, got); diff != "" {
		t.Errorf("wanted (-) and got (+):\n%s", diff)
	}
}

func TestAllStopsWhenAsked(t *testing.T) {
	var pages int
	all := []string{"a1@9", "b1@8", "a2@7", "b2@6", "a3@5", "b3@4", "a4@3", "b4@2"}
	c := listing(t, func(p parameters) []string {
		pages++
		limit, _ := strconv.Atoi(p["limit"])
		offset, _ := strconv.Atoi(p["offset"])
		return all[min(offset, len(all)):min(offset+limit, len(all))]
	})
	for invoice := range c.Invoices.All(t.Context(), bitpay.ListOptions{Limit: 2}) {
		if invoice.ID == "a2" {
			break
		}
	}
	if pages != 2 {
		t.Errorf("%d pages were asked for", pages)
	}
}

func TestBadInputListAnswers(t *testing.T) {
	// A server, or something on the way to it, that ignores the offset must not hang the
	// reader.
	var pages int
	c := listing(t, func(parameters) []string { pages++; return []string{"a", "b"} })
	var got []string
	var last error
	for invoice, err := range c.Invoices.All(t.Context(), bitpay.ListOptions{Limit: 2}) {
		if err != nil {
			last = err
			continue
		}
		got = append(got, string(invoice.ID))
	}
	if pages > 20 || len(got) > 2 || last == nil {
		t.Errorf("got %v, %v", got, last)
	}
	for why, page := range map[string][]string{"asked for": {"a", "b", "c"}, "not an invoice": {"a", ""}} {
		c := listing(t, func(parameters) []string { return page })
		if invoices, err := c.Invoices.List(t.Context(), bitpay.ListOptions{Limit: 2}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v, %v, want an error about %q", invoices, err, why)
		}
	}
	if invoices, err := respond(t, 200, `{"data":null}`, bitpay.Generate()).Invoices.List(t.Context(), bitpay.ListOptions{}); err == nil {
		t.Errorf("null was read as %v", invoices)
	}
}

// A page as large as an answer may be has real invoices in it, and is read.
func TestListOfAWholeAnswer(t *testing.T) {
	var one string
	for _, e := range recorded(t) {
		if e.Version == "2.4.1" && e.Name == "a price with a wallet" && e.Group == "bitpay-invoices" {
			var answer struct{ Data json.RawMessage }
			if err := json.Unmarshal(e.Response.JSON, &answer); err != nil {
				t.Fatal(err)
			}
			one = string(answer.Data)
		}
	}
	count := (8<<20 - 20) / (len(one) + 1)
	body := `{"data":[` + strings.TrimSuffix(strings.Repeat(one+",", count), ",") + `]}`
	got, err := respond(t, 200, body, bitpay.Generate()).Invoices.List(t.Context(), bitpay.ListOptions{Limit: count})
	if err != nil || len(got) != count || count < 1000 {
		t.Errorf("%d of %d invoices, %v", len(got), count, err)
	}
}
