package root

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// TestOrderIDsKeepTheirType has order ids of every JSON scalar. Greenfield keeps them,
// the other API makes texts of them; both print what the server has, and find it again.
func TestOrderIDsKeepTheirType(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it makes eighty invoices")
	}
	w := newValuesWorld(t)
	for _, c := range []struct{ id, kept, text string }{ // as it is given, as Greenfield has it, as the other API has it
		{`1007`, `1007`, `"1007"`},
		{`"1007"`, `"1007"`, `"1007"`},
		{`true`, `true`, `"true"`},
		{`false`, `false`, `"false"`},
		{`9007199254740993`, `9007199254740993`, `"9007199254740993"`},
		{`123456789012345678901234567890`, `123456789012345678901234567890`, `"123456789012345678901234567890"`},
		{`1.50`, `1.5`, `"1.50"`},
		{`-7`, `-7`, `"-7"`},
		{`0`, `0`, `"0"`},
		{`"Müller 😀"`, `"Müller 😀"`, `"Müller 😀"`},
		{`"007"`, `"007"`, `"007"`},
	} {
		for _, stdin := range []string{`{"price":5,"currency":"USD","orderId":` + c.id + `}`, `{"amount":5,"currency":"USD","metadata":{"orderId":` + c.id + `}}`} {
			for _, api := range bothAPIs {
				want := c.kept
				if api == invoice.APIBitPay {
					if want = c.text; strings.Contains(stdin, "metadata") {
						continue
					}
				}
				for _, lost := range []bool{true, false} {
					if lost && api == invoice.APIBitPay && c.id == `"1007"` {
						continue // this API makes the order id before it of the same text
					}
					w.losing(lost)
					g := w.run(t, api, stdin, "invoice", "create", "--from", "-", "-o", "jsonl")
					posts := w.creations()
					if g.code != 0 || len(posts) != 1 {
						t.Errorf("%s, %s, lost %v: exit %d, %d sent, %s", stdin, api, lost, g.code, len(posts), g.stderr)
						continue
					}
					var printed struct {
						ID      string
						OrderID json.RawMessage
					}
					if err := json.Unmarshal([]byte(g.stdout), &printed); err != nil || string(printed.OrderID) != want {
						t.Errorf("%s, %s, lost %v: %s, not %s", stdin, api, lost, printed.OrderID, want)
					}
				}
				w.losing(false)
			}
		}
	}
	for _, id := range []string{`[1]`, `{"a":1}`, `[]`} {
		for _, stdin := range []string{`{"price":5,"orderId":` + id + `}`, `{"amount":5,"metadata":{"orderId":` + id + `}}`} {
			g := w.run(t, invoice.APIGreenfield, stdin, "invoice", "create", "--from", "-")
			if posts := w.creations(); g.code != 2 || len(posts) > 0 || !strings.Contains(g.stderr, "orderId") {
				t.Errorf("%s: exit %d, %s", stdin, g.code, g.stderr)
			}
		}
	}
	g := w.run(t, invoice.APIGreenfield, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "2026-01-02T03:04:05+02:00")
	if posts := w.creations(); g.code != 2 || len(posts) > 0 || !strings.Contains(g.stderr, "would convert to UTC") {
		t.Errorf("exit %d, %s", g.code, g.stderr)
	}
}

// TestFoundByOlderRecords: an invoice that an earlier version made, and whose record is
// still open, is found by the name that version gave its operation.
func TestFoundByOlderRecords(t *testing.T) {
	w := newValuesWorld(t)
	const id = "K7QX2M4ZJ5LDN3WYB6TRCVAHGE"
	g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","metadata":{"orderId":"A-1","operationId":"`+id+`"}}`, "invoice", "create", "--from", "-", "-o", "name")
	if g.code != 0 {
		t.Fatal(g.stderr)
	}
	journal := ledger.Open(filepath.Join(w.home, ".local", "share", "btcpayctl", "ledger"), time.Now)
	record := ledger.Invoice{
		Header:         ledger.Header{ID: id, Kind: ledger.KindInvoice, Server: w.URL},
		InvoicePayload: ledger.InvoicePayload{Issuer: ledger.Issuer{Store: w.Seed.StoreID, API: invoice.APIGreenfield}, OrderID: "A-1", Currency: "USD"},
	}
	begin := func(amount string) {
		t.Helper()
		record.Amount = amount
		o, err := ledger.Begin(t.Context(), journal, record)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Release(); err != nil {
			t.Fatal(err)
		}
	}
	begin("6")
	if other := w.run(t, invoice.APIGreenfield, "", "invoice", "resume", "-o", "json"); other.code != 1 || other.stdout != "" || !strings.Contains(other.stderr, "amount: requested 6 USD, created 5 USD") {
		t.Errorf("exit %d, %s%s", other.code, other.stdout, other.stderr)
	}
	begin("5.00")
	if found := w.run(t, invoice.APIGreenfield, "", "invoice", "resume", "-o", "name"); found.code != 0 || found.stdout != g.stdout {
		t.Errorf("exit %d, %q, not %q: %s", found.code, found.stdout, g.stdout, found.stderr)
	}
}

// TestOperationIDIsTheCallers: a member of that name is the caller's, and an invoice
// with it whose answer is lost is found all the same.
func TestOperationIDIsTheCallers(t *testing.T) {
	w := newValuesWorld(t)
	w.losing(true)
	g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","metadata":{"orderId":"A-1","operationId":"mine"}}`, "invoice", "create", "--from", "-", "-o", "jsonl")
	if posts := w.creations(); g.code != 0 || len(posts) != 1 || members(t, g.stdout)["metadata"].(map[string]any)["operationId"] != "mine" {
		t.Fatalf("exit %d, %d sent, %s%s", g.code, len(posts), g.stdout, g.stderr)
	}
}

// TestMetadataIsTheCallers: members of the caller's own arrive, whatever their names;
// those that begin as this program's do are refused; what the server rewrites is told.
func TestMetadataIsTheCallers(t *testing.T) {
	w := newValuesWorld(t)
	for _, c := range []struct {
		metadata string
		code     int
		want     []string // of standard error
	}{
		{`{"operationId":"mine"}`, 0, nil},
		{`{"a":1,"A":2}`, 0, nil},
		{`{"orderId":"x","OrderId":"y","ORDERID":3}`, 0, nil},
		{`{"in":{"a":1,"A":[{"b":1,"B":2}]}}`, 0, nil},
		{`{"a":1,"a":2}`, 2, []string{"duplicate JSON field"}},
		{`{"in":{"a":1,"a":2}}`, 2, []string{"duplicate JSON field"}},
		{`{"btcpayctlOperation":"x"}`, 2, []string{"are reserved"}},
		{`{"BTCPAYCTLnote":"x"}`, 2, []string{"are reserved"}},
		{`{"btcpay":"x"}`, 0, nil},
		{`{"when":"2020-01-02T03:04:05+02:00"}`, 0, []string{`Note: metadata.when was sent as "2020-01-02T03:04:05+02:00", and the server stored "2020-01-02T01:04:05+00:00".`}},
		{`{"when":"2020-01-02T03:04:05Z","day":"2020-01-02"}`, 0, nil},
		{`{"n":1.50}`, 0, []string{"Note: metadata.n was sent as 1.50, and the server stored 1.5."}},
		{`{"in":{"list":[1,1e3]}}`, 0, []string{"Note: metadata.in.list[1] was sent as 1e3, and the server stored 1000.0."}},
		{`{"n":9007199254740993,"m":0.1,"s":"1.50","t":true,"u":null}`, 0, nil},
		{`{"n":Infinity}`, 2, nil},
		{`{"n":NaN}`, 2, nil},
		{`{"taxIncluded":"1.50"}`, 0, nil},
		{strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 31), 0, nil},
		{strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32), 2, []string{"its nesting is deeper than 32"}},
		{`{"a":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`, 2, []string{"its nesting is deeper than 32"}},
	} {
		g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","metadata":`+c.metadata+`}`, "invoice", "create", "--from", "-", "-o", "jsonl")
		posts := w.creations()
		if g.code != c.code || (len(posts) == 1) != (c.code == 0) || c.want == nil && c.code == 0 && strings.Contains(g.stderr, "Note:") {
			t.Errorf("%s: exit %d, %d sent, %s", c.metadata, g.code, len(posts), g.stderr)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(g.stderr, want) {
				t.Errorf("%s: %q is not in %s", c.metadata, want, g.stderr)
			}
		}
		if c.code != 0 {
			continue
		}
		sent := members(t, posts[0].body)["metadata"].(map[string]any)
		for name, value := range members(t, c.metadata) {
			if !reflect.DeepEqual(sent[name], value) {
				t.Errorf("%s was not sent: %s", name, posts[0].body)
			}
		}
	}
	// At the top, names that differ in their capitals are one.
	g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","Currency":"EUR"}`, "invoice", "create", "--from", "-")
	if g.code != 2 || !strings.Contains(g.stderr, "duplicate JSON field") {
		t.Errorf("exit %d, %s", g.code, g.stderr)
	}
}

// TestSpellings has an order id in the forms by which a server may know it.
func TestSpellings(t *testing.T) {
	for id, want := range map[string][]string{"A-1": {"A-1"}, "1.50": {"1.50", "1.5"}, "true": {"true", "True"}, "1007": {"1007"}, "007": {"007"}, "1e3": {"1e3", "1000"}, "Inf": {"Inf"}} {
		if got := invoice.Spellings(id); !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", id, got, want)
		}
	}
}
