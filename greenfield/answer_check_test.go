package greenfield_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// wantAnswerError looks for an AnswerError with these texts, of a fate that is unknown.
func wantAnswerError(t *testing.T, what string, err error, texts ...string) {
	t.Helper()
	answered, ok := errors.AsType[*client.AnswerError](err)
	if !ok || answered.Status != 200 {
		t.Errorf("%s: got %v, want an AnswerError", what, err)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v, want one with %q", what, err, text)
		}
	}
}

const otherStore = "9JixjuqMVp5QJ4qi5FNAqRGCwdx6vcijJMbzAsbZaWLJ"

// An answer about nothing, or about something else, is not handed on.
func TestAnswersOfOthers(t *testing.T) {
	invoice := func(id, store string) string {
		return fmt.Sprintf(`{"id":%q,"storeId":%q,"amount":"5","currency":"USD","status":"Settled"}`, id, store)
	}
	get := func(g *greenfield.Client) error {
		_, err := g.Invoices.Get(t.Context(), storeID, "inv", greenfield.InvoiceGetOptions{})
		return err
	}
	update := func(g *greenfield.Client) error {
		_, err := g.Invoices.Update(t.Context(), storeID, "inv", greenfield.Metadata{})
		return err
	}
	mark := func(g *greenfield.Client) error {
		_, err := g.Invoices.Mark(t.Context(), storeID, "inv", greenfield.InvoiceStatusSettled)
		return err
	}
	unarchive := func(g *greenfield.Client) error {
		_, err := g.Invoices.Unarchive(t.Context(), storeID, "inv")
		return err
	}
	create := func(g *greenfield.Client) error {
		_, err := g.Invoices.Create(t.Context(), storeID, greenfield.InvoiceRequest{})
		return err
	}
	list := func(o greenfield.InvoiceListOptions) func(*greenfield.Client) error {
		return func(g *greenfield.Client) error {
			_, err := g.Invoices.List(t.Context(), storeID, o)
			return err
		}
	}
	all := func(g *greenfield.Client) (last error) {
		for _, err := range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{}) {
			last = err
		}
		return last
	}
	store := func(g *greenfield.Client) error { _, err := g.Stores.Get(t.Context(), storeID); return err }
	stores := func(g *greenfield.Client) error { _, err := g.Stores.List(t.Context()); return err }
	newStore := func(g *greenfield.Client) error {
		_, err := g.Stores.Create(t.Context(), greenfield.StoreRequest{Name: "a"})
		return err
	}
	for _, c := range []struct {
		what, answer string
		call         func(*greenfield.Client) error
		says         string
	}{
		{"nothing for an invoice", `{}`, get, "no invoice"},
		{"null for an invoice", `null`, get, "no invoice"},
		{"an invoice without an amount", `{"id":"inv","storeId":"` + storeID + `","currency":"USD","amount":null}`, get, "no invoice"},
		{"an invoice without a currency", `{"id":"inv","storeId":"` + storeID + `","amount":"1"}`, get, "no invoice"},
		{"an invoice without a store", `{"id":"inv","currency":"USD","amount":"1"}`, get, "storeId: asked " + storeID + ", got nothing"},
		{"another invoice", invoice("other", storeID), get, "id: asked inv, got other"},
		{"an id in capitals", invoice("INV", storeID), get, "id: asked inv, got INV"},
		{"another's invoice", invoice("inv", otherStore), get, "storeId: asked " + storeID + ", got " + otherStore},
		{"another invoice after an update", invoice("other", storeID), update, "got other"},
		{"another invoice after marking", invoice("other", storeID), mark, "got other"},
		{"another invoice out of the archive", invoice("other", storeID), unarchive, "got other"},
		{"nothing that was made", `{}`, create, "no invoice"},
		{"an invoice that is no id", invoice("../x", storeID), create, "no invoice"},
		{"an invoice made in another store", invoice("inv", otherStore), create, "got " + otherStore},
		{"a list with nothing in it", `[{}]`, list(greenfield.InvoiceListOptions{}), "no invoice"},
		{"a list of another store", "[" + invoice("inv", otherStore) + "]", list(greenfield.InvoiceListOptions{}), "got " + otherStore},
		{"a list of another store, all of it", "[" + invoice("inv", otherStore) + "]", all, "got " + otherStore},
		{"a list longer than asked", "[" + invoice("a", storeID) + "," + invoice("b", storeID) + "]", list(greenfield.InvoiceListOptions{Take: 1}), "2 invoices, and 1"},
		{"a list of other orders", "[" + invoice("a", storeID) + "]", list(greenfield.InvoiceListOptions{OrderIDs: []string{"order 1"}}), "metadata.orderId: asked order 1, got nothing"},
		{"nothing for a store", `{}`, store, "no store"},
		{"another store", `{"id":"` + otherStore + `"}`, store, "id: asked " + storeID + ", got " + otherStore},
		{"a list with no store in it", `[{"id":"` + otherStore + `"},{}]`, stores, "no store"},
		{"no store that was made", `{}`, newStore, "no store"},
		{"nothing for a user", `{}`, func(g *greenfield.Client) error { _, err := g.Users.Me(t.Context()); return err }, "no user"},
		{"nothing for a server", `{}`, func(g *greenfield.Client) error { _, err := g.Server.Info(t.Context()); return err }, "version"},
		{"a member who is nobody", `[{}]`, func(g *greenfield.Client) error { _, err := g.Stores.Members(t.Context(), storeID); return err }, "without an id"},
		{"a role that is none", `[{}]`, func(g *greenfield.Client) error { _, err := g.Stores.Roles(t.Context(), storeID); return err }, "role"},
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, c.answer) })
		wantAnswerError(t, c.what, c.call(g), c.says)
	}
}

// A page of another program is no invoice, and what a server repeats of the key is
// hidden.
func TestAnswersHideTheKey(t *testing.T) {
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"id":"`+testKey+`","storeId":"`+storeID+`","amount":"1","currency":"USD"}`)
	})
	_, err := g.Invoices.Get(t.Context(), storeID, "inv", greenfield.InvoiceGetOptions{})
	if err == nil || strings.Contains(err.Error(), testKey) || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("got %v", err)
	}
}

// What a server makes otherwise than it was asked is told, together with what it made.
func TestCreatedOtherwise(t *testing.T) {
	metadata := func(orderID string) greenfield.Metadata {
		var m greenfield.Metadata
		m.SetText(greenfield.MetaOrderID, orderID)
		return m
	}
	const made = `"id":"inv","storeId":"` + storeID + `"`
	for _, c := range []struct {
		what    string
		request greenfield.InvoiceRequest
		answer  string
		differs string // empty where it does not
	}{
		{"what was asked", greenfield.InvoiceRequest{Amount: decimal(t, "12.50"), Currency: "usd", Metadata: metadata("a")}, `"amount":"12.5","currency":"USD","metadata":{"orderId":"a"}`, ""},
		{"rounded", greenfield.InvoiceRequest{Amount: decimal(t, "12.505"), Currency: "USD"}, `"amount":"12.51","currency":"USD"`, "amount: asked 12.505, got 12.51"},
		{"ten times as much", greenfield.InvoiceRequest{Amount: decimal(t, "10"), Currency: "USD"}, `"amount":"100","currency":"USD"`, "amount: asked 10, got 100"},
		{"for nothing", greenfield.InvoiceRequest{Amount: decimal(t, "10"), Currency: "USD"}, `"amount":"0","currency":"USD"`, "amount: asked 10, got 0"},
		{"another currency", greenfield.InvoiceRequest{Amount: decimal(t, "10"), Currency: "USD"}, `"amount":"10","currency":"JPY"`, "currency: asked USD, got JPY"},
		{"the store's currency", greenfield.InvoiceRequest{Amount: decimal(t, "10")}, `"amount":"10","currency":"JPY"`, ""},
		{"another order", greenfield.InvoiceRequest{Metadata: metadata("a")}, `"amount":"0","currency":"USD","metadata":{"orderId":"b"}`, "metadata.orderId: asked a, got b"},
		{"no order", greenfield.InvoiceRequest{Metadata: metadata("a")}, `"amount":"0","currency":"USD"`, "metadata.orderId: asked a, got nothing"},
		{"a numbered order", greenfield.InvoiceRequest{Metadata: greenfield.Metadata{"orderId": json.RawMessage("17")}}, `"amount":"0","currency":"USD","metadata":{"orderId":"17"}`, ""},
		{"any amount", greenfield.InvoiceRequest{}, `"amount":"0","currency":"USD"`, ""},
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "{"+made+","+c.answer+"}") })
		got, err := g.Invoices.Create(t.Context(), storeID, c.request)
		if got.ID != "inv" {
			t.Errorf("%s: the invoice that was made is not returned: %v", c.what, err)
		}
		if c.differs == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.differs != "" {
			wantAnswerError(t, c.what, err, c.differs)
			if !client.FateUnknown(err) {
				t.Errorf("%s: the invoice exists, and must not be made again", c.what)
			}
		}
	}
}

// What the server rewrites of the metadata is seen (the table of what changes on the
// server's side).
func TestRewrittenMetadata(t *testing.T) {
	sent := greenfield.Metadata{
		"shipped": json.RawMessage(`"2020-01-02T03:04:05+02:00"`), "weight": json.RawMessage(`1.50`), "count": json.RawMessage(`1e3`),
		"same": json.RawMessage(`{"b": [1, {"c": "x"}], "a": null}`), "deep": json.RawMessage(`{"list":[1,{"at":"2020-01-02T03:04:05+02:00"}]}`), "gone": json.RawMessage(`true`),
	}
	const kept = `{"shipped":"2020-01-02T01:04:05+00:00","weight":1.5,"count":1000.0,"same":{"a":null,"b":[1.0,{"c":"x"}]},` +
		`"deep":{"list":[1,{"at":"2020-01-02T01:04:05+00:00"}]},"more":1}`
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answer(w, 200, `{"id":"inv","storeId":"`+storeID+`","amount":"0","currency":"USD","metadata":`+kept+`}`)
	})
	const want = `[metadata.deep.list[1].at: asked "2020-01-02T03:04:05+02:00", got "2020-01-02T01:04:05+00:00" ` +
		`metadata.gone: asked true, got nothing metadata.shipped: asked "2020-01-02T03:04:05+02:00", got "2020-01-02T01:04:05+00:00"]`
	made, err := g.Invoices.Create(t.Context(), storeID, greenfield.InvoiceRequest{Metadata: sent})
	if got := fmt.Sprint(made.Rewritten); err != nil || got != want {
		t.Errorf("created: %s, %v", got, err)
	}
	changed, err := g.Invoices.Update(t.Context(), storeID, "inv", sent)
	if got := fmt.Sprint(changed.Rewritten); err != nil || got != want {
		t.Errorf("updated: %s, %v", got, err)
	}
}

// A server that ignores skip, or the end of a list, does not keep a program for ever.
func TestListsThatIgnoreTheirOptions(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it reads long lists in many ways")
	}
	row := func(i, second int) string {
		return fmt.Sprintf(`{"id":"inv%d","storeId":%q,"createdTime":%d,"amount":"1","currency":"USD"}`, i, storeID, second)
	}
	for name, rows := range map[string]func(r *http.Request) []string{
		"the same page always": func(*http.Request) (page []string) {
			for i := range 100 {
				page = append(page, row(i, 1_000_000-i))
			}
			return page
		},
		"the same second always": func(*http.Request) (page []string) {
			for i := range 100 {
				page = append(page, row(i, 1_000_000))
			}
			return page
		},
		"any size, the same page": func(r *http.Request) (page []string) {
			var take int
			fmt.Sscan(r.URL.Query().Get("take"), &take)
			for i := range take {
				page = append(page, row(i, 1_000_000))
			}
			return page
		},
	} {
		asked := 0
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked > 500 {
				t.Errorf("%s: asked %d times", name, asked)
				answer(w, 500, "")
				return
			}
			answer(w, 200, "["+strings.Join(rows(r), ",")+"]")
		})
		var last error
		for _, err := range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{}) {
			last = err
		}
		if last == nil {
			t.Errorf("%s: a part of the list was taken for all of it", name)
		}
	}
}
