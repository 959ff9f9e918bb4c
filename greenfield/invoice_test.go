package greenfield_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const storeID = "AsbZaWLJ5JixjuqMVp5QJ4qi5FNAqRGCwdx6vcijJMbz"

// TestMarkReadsAgain: since 2.3.9 the answer to a mark shows the invoice as it
// was before.
func TestMarkReadsAgain(t *testing.T) {
	state, readable := "New", true
	archived := true
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		before := fmt.Sprintf(`{"id":"inv","storeId":"%s","status":"%s","archived":%v,"amount":"1.00","currency":"USD"}`, storeID, state, archived)
		switch {
		case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/status"):
			body, _ := io.ReadAll(r.Body)
			if string(body) != `{"status":"Settled"}` {
				t.Errorf("%s", body)
			}
			if state != "New" {
				answer(w, 422, `[{"path":"Status","message":"Status can only be marked to invalid or settled within certain conditions."}]`)
				return
			}
			state = "Settled"
			answer(w, 200, before)
		case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/unarchive"):
			if !archived {
				answer(w, 400, `{"code":"already-unarchived","message":"Invoice is already unarchived"}`)
				return
			}
			archived = false
			answer(w, 200, before)
		case !readable:
			answer(w, 500, "")
		default:
			answer(w, 200, before)
		}
	})
	got, err := g.Invoices.Mark(t.Context(), storeID, "inv", greenfield.InvoiceStatusSettled)
	if err != nil || got.Status != greenfield.InvoiceStatusSettled {
		t.Error(got.Status, err)
	}
	if _, err := g.Invoices.Mark(t.Context(), storeID, "inv", greenfield.InvoiceStatusSettled); !errors.Is(err, greenfield.ErrNotMarkable) {
		t.Error(err)
	}
	if got, err := g.Invoices.Unarchive(t.Context(), storeID, "inv"); err != nil || got.Archived {
		t.Error(got.Archived, err)
	}
	if _, err := g.Invoices.Unarchive(t.Context(), storeID, "inv"); !errors.Is(err, greenfield.ErrNotArchived) {
		t.Error(err)
	}
	state, readable = "New", false
	if _, err := g.Invoices.Mark(t.Context(), storeID, "inv", greenfield.InvoiceStatusSettled); !errors.Is(err, greenfield.ErrNotRead) || state != "Settled" {
		t.Error(state, err)
	}
	for _, status := range []greenfield.InvoiceStatus{"", greenfield.InvoiceStatusNew, greenfield.InvoiceStatusExpired, "settled"} {
		if _, err := g.Invoices.Mark(t.Context(), storeID, "inv", status); !refusedMember(err, "status") {
			t.Errorf("%q: %v", status, err)
		}
	}
}

func refusedMember(err error, member string) bool {
	refused, ok := errors.AsType[*client.RequestError](err)
	return ok && refused.Member == member
}

// TestInvoiceIDs: what no server hands out never enters a path.
func TestInvoiceIDs(t *testing.T) {
	g := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Error("asked for", r.URL) })
	ctx := t.Context()
	for _, bad := range []string{"", ".", "..", "a/b", "a?b", "a#b", "%2e", "a b", "ä", strings.Repeat("x", 65)} {
		for _, pair := range [][2]string{{bad, "inv"}, {storeID, bad}} {
			store, id := pair[0], pair[1]
			_, get := g.Invoices.Get(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoiceGetOptions{})
			_, update := g.Invoices.Update(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.Metadata{})
			_, mark := g.Invoices.Mark(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoiceStatusSettled)
			_, unarchive := g.Invoices.Unarchive(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id))
			_, methods := g.Invoices.PaymentMethods(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoicePaymentMethodsOptions{})
			for _, err := range []error{get, update, mark, unarchive, methods, g.Invoices.Archive(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id))} {
				if !refusedMember(err, "store id") && !refusedMember(err, "invoice id") {
					t.Errorf("%q %q: %v", store, id, err)
				}
			}
		}
		_, list := g.Invoices.List(ctx, greenfield.StoreID(bad), greenfield.InvoiceListOptions{})
		_, create := g.Invoices.Create(ctx, greenfield.StoreID(bad), greenfield.InvoiceRequest{})
		_, get := g.Stores.Get(ctx, greenfield.StoreID(bad))
		for _, err := range []error{list, create, get} {
			if !refusedMember(err, "store id") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

func TestInvoiceRequestOnTheWire(t *testing.T) {
	metadata := greenfield.Metadata{"taxIncluded": json.RawMessage("0.10000000000000000001")}
	metadata.SetText(greenfield.MetaOrderID, "order <1> & \u2028")
	if err := metadata.Set(greenfield.MetaPhysical, true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		request greenfield.InvoiceRequest
		want    string
	}{
		{greenfield.InvoiceRequest{}, `{}`},
		{greenfield.InvoiceRequest{Amount: decimal(t, "0")}, `{"amount":"0"}`},
		{greenfield.InvoiceRequest{Amount: decimal(t, "12345678901234567.12345678901"), Currency: "usd"}, `{"amount":"12345678901234567.12345678901","currency":"usd"}`},
		{greenfield.InvoiceRequest{Checkout: &greenfield.CheckoutRequest{
			ExpirationMinutes: new(greenfield.Minutes(15)), MonitoringMinutes: new(greenfield.Minutes(0)), PaymentTolerance: decimal(t, "00.50"),
			PaymentMethods: []string{"BTC-CHAIN", "BTC_LightningLike"}, RedirectAutomatically: new(false), SpeedPolicy: greenfield.SpeedPolicyHigh, RedirectURL: "https://a.example/{OrderId}",
		}}, `{"checkout":{"paymentTolerance":0.50,"speedPolicy":"HighSpeed","paymentMethods":["BTC-CHAIN","BTC_LightningLike"],"expirationMinutes":15,"monitoringMinutes":0,"redirectURL":"https://a.example/{OrderId}","redirectAutomatically":false}}`},
		{greenfield.InvoiceRequest{Metadata: metadata, Receipt: &greenfield.Receipt{ShowQR: new(false)}},
			`{"metadata":{"orderId":"order <1> & \u2028","physical":true,"taxIncluded":0.10000000000000000001},"receipt":{"showQR":false}}`},
	} {
		var sent string
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent = string(body)
			answer(w, 200, invoiceFor(t, body))
		})
		if _, err := g.Invoices.Create(t.Context(), storeID, c.request); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(texts(decode(t, []byte(c.want))), texts(decode(t, []byte(sent)))); diff != "" || strings.Contains(c.want, ":0.50") != strings.Contains(sent, ":0.50") {
			t.Errorf("sent %s\n%s", sent, diff)
		}
	}
}

func TestInvoiceRequestRefused(t *testing.T) {
	checkout := func(c greenfield.CheckoutRequest) greenfield.InvoiceRequest {
		return greenfield.InvoiceRequest{Checkout: &c}
	}
	var long greenfield.InvoiceRequest
	if err := json.Unmarshal([]byte(`{"amount":1.00000000000000000000000000001}`), &long); err != nil {
		t.Fatal(err)
	}
	g := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	for _, c := range []struct {
		request greenfield.InvoiceRequest
		member  string
	}{
		{greenfield.InvoiceRequest{Amount: decimal(t, "-1")}, "amount"},
		{greenfield.InvoiceRequest{Amount: decimal(t, "18446744073709551616")}, "amount"},
		{long, "amount"},
		{greenfield.InvoiceRequest{Currency: "$"}, "currency"},
		{checkout(greenfield.CheckoutRequest{SpeedPolicy: "fast"}), "checkout.speedPolicy"},
		{checkout(greenfield.CheckoutRequest{PaymentMethods: []string{}}), "checkout.paymentMethods"},
		{checkout(greenfield.CheckoutRequest{PaymentMethods: []string{"BTC-CHAIN", "a b"}}), "checkout.paymentMethods[1]"},
		{checkout(greenfield.CheckoutRequest{DefaultPaymentMethod: "/"}), "checkout.defaultPaymentMethod"},
		{checkout(greenfield.CheckoutRequest{ExpirationMinutes: new(greenfield.Minutes(0))}), "checkout.expirationMinutes"},
		{checkout(greenfield.CheckoutRequest{ExpirationMinutes: new(greenfield.Minutes(10_000_000_000))}), "checkout.expirationMinutes"},
		{checkout(greenfield.CheckoutRequest{ExpirationMinutes: new(greenfield.Minutes(3e9)), MonitoringMinutes: new(greenfield.Minutes(3e9))}), "checkout.monitoringMinutes"},
		{greenfield.InvoiceRequest{AdditionalSearchTerms: []string{"a", ""}}, "additionalSearchTerms[1]"},
		{checkout(greenfield.CheckoutRequest{MonitoringMinutes: new(greenfield.Minutes(-1))}), "checkout.monitoringMinutes"},
		{checkout(greenfield.CheckoutRequest{PaymentTolerance: decimal(t, "100.1")}), "checkout.paymentTolerance"},
		{checkout(greenfield.CheckoutRequest{RedirectURL: "javascript:alert(1)"}), "checkout.redirectURL"},
		{greenfield.InvoiceRequest{Amount: new(client.Decimal)}, "amount"},
		{checkout(greenfield.CheckoutRequest{PaymentTolerance: new(client.Decimal)}), "checkout.paymentTolerance"},
	} {
		if _, err := g.Invoices.Create(t.Context(), storeID, c.request); !refusedMember(err, c.member) {
			t.Errorf("%s: %v", c.member, err)
		}
	}
	if _, err := g.Invoices.Update(t.Context(), storeID, "inv", nil); !refusedMember(err, "metadata") {
		t.Error(err)
	}
	for _, name := range []string{"", strings.Repeat("ä", 51)} {
		if _, err := g.Stores.Create(t.Context(), greenfield.StoreRequest{Name: name}); !refusedMember(err, "name") {
			t.Error(err)
		}
	}
	for member, request := range map[string]greenfield.StoreRequest{
		"paymentTolerance":                {Name: "a", PaymentTolerance: new(client.Decimal)},
		"paymentMethodCriteria[0].amount": {Name: "a", PaymentMethodCriteria: []greenfield.PaymentMethodCriteria{{PaymentMethodID: "BTC-CHAIN", CurrencyCode: "USD"}}},
	} {
		if _, err := g.Stores.Create(t.Context(), request); !refusedMember(err, member) {
			t.Errorf("%s: %v", member, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	var request greenfield.InvoiceRequest
	request.Metadata.SetText(greenfield.MetaOrderID, "")
	request.Metadata.SetText(greenfield.MetaOrderID, "42")
	request.Metadata.SetText(greenfield.MetaComment, "x")
	request.Metadata.SetText(greenfield.MetaComment, "")
	if err := request.Metadata.Set("bad", func() {}); err == nil || len(request.Metadata) != 1 || request.Metadata.OrderID() != "42" {
		t.Error(request.Metadata, err)
	}
}

func TestListOptions(t *testing.T) {
	from := time.Date(2026, 11, 25, 9, 0, 0, 999, time.FixedZone("", 3600))
	var got url.Values
	g := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.URL.Query(); answer(w, 200, `[]`) })
	if _, err := g.Invoices.List(t.Context(), storeID, greenfield.InvoiceListOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"take": {"100"}, "skip": {"0"}}, got); diff != "" {
		t.Error(diff)
	}
	_, err := g.Invoices.List(t.Context(), storeID, greenfield.InvoiceListOptions{
		OrderIDs: []string{"a&b", "C d"}, Statuses: []greenfield.InvoiceStatus{"settled", greenfield.InvoiceStatusNew}, StartDate: from, EndDate: from.Add(time.Hour),
		TextSearch: "ä+b", IncludeArchived: true, IncludePaymentMethods: true, Skip: 5, Take: 7,
	})
	want := url.Values{"orderId": {"a&b", "C d"}, "status": {"settled", "New"}, "startDate": {"1795593600"}, "endDate": {"1795597200"}, "textSearch": {"ä+b"},
		"includeArchived": {"true"}, "includePaymentMethods": {"true"}, "skip": {"5"}, "take": {"7"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for member, options := range map[string]greenfield.InvoiceListOptions{
		"take": {Take: -1}, "skip": {Skip: -1}, "endDate": {StartDate: from, EndDate: from.Add(-time.Second)}, "textSearch": {TextSearch: strings.Repeat("ä", 513)},
		"orderId": {OrderIDs: []string{"a", ""}}, "status": {Statuses: []greenfield.InvoiceStatus{"New,Settled"}},
	} {
		if _, err := g.Invoices.List(t.Context(), storeID, options); !refusedMember(err, member) {
			t.Errorf("%s: %v", member, err)
		}
	}
}

// TestAllInvoices: an invoice that comes in between moves the others, and none is
// returned twice.
func TestAllInvoices(t *testing.T) {
	ids := []string{}
	for i := range 25 {
		ids = append(ids, fmt.Sprint("i", i))
	}
	pages := 0
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		pages++
		if pages == 2 {
			ids = slices.Insert(ids, 0, "new")
		}
		skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
		take, _ := strconv.Atoi(r.URL.Query().Get("take"))
		end, err := strconv.Atoi(r.URL.Query().Get("endDate"))
		var page []string
		for i, id := range ids {
			if second := 100 - i + len(ids) - 25; len(page) < take && (err != nil || second <= end) {
				if skip--; skip >= 0 {
					continue
				}
				page = append(page, fmt.Sprintf(`{"id":%q,"createdTime":%d,"storeId":%q,"amount":"1","currency":"USD"}`, id, second, storeID))
			}
		}
		answer(w, 200, "["+strings.Join(page, ",")+"]")
	})
	seen := map[string]int{}
	for invoice, err := range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{Take: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[string(invoice.ID)]++
	}
	if len(seen) != 25 || pages != 3 {
		t.Error(len(seen), "invoices on", pages, "pages")
	}
	for id, n := range seen {
		if n != 1 {
			t.Error(id, "came", n, "times")
		}
	}
	for range g.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{Take: 10}) {
		break // leaves no request behind
	}
	failing := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("endDate") == "" {
			answer(w, 200, strings.ReplaceAll(`[{"id":"b","createdTime":2,STORE},{"id":"a","createdTime":1,STORE}]`, "STORE", `"storeId":"`+storeID+`","amount":"1","currency":"USD"`))
			return
		}
		answer(w, 403, "")
	})
	n := 0
	for _, err := range failing.Invoices.All(t.Context(), storeID, greenfield.InvoiceListOptions{Take: 2}) {
		n++
		if _, ok := errors.AsType[*greenfield.PermissionError](err); (n == 2) != ok || n > 2 {
			t.Error(n, err)
		}
	}
}

func TestUnits(t *testing.T) {
	if greenfield.Minutes(15).Duration() != 15*time.Minute || greenfield.Seconds(15).Duration() != 15*time.Second || greenfield.Days(2).Duration() != 48*time.Hour {
		t.Error("a unit is wrong")
	}
}

// TestUnknownValues: servers add members and values, which must not fail a call.
func TestUnknownValues(t *testing.T) {
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"id":"x","storeId":"`+storeID+`","currency":"USD","status":"Refunded","additionalStatus":"Odd","type":"New","amount":1e1,"more":{"a":[1]},"metadata":{"n":12345678901234567890.5},
			"checkout":{"speedPolicy":"Warp","expirationMinutes":15},"paidAmount":null,"createdTime":null,"receipt":null,"paymentMethods":null}`)
	})
	got, err := g.Invoices.Get(t.Context(), storeID, "x", greenfield.InvoiceGetOptions{})
	if err != nil || got.Status != "Refunded" || got.Amount.String() != "10" || string(got.Metadata["n"]) != "12345678901234567890.5" || got.PaidAmount != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if got.Metadata.OrderID() != "" || got.Metadata.Text("n") != "" {
		t.Error("a number was read as a text")
	}
}
