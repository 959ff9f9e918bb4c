package bitpay_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// What a server makes otherwise than it was asked is told, together with what it made.
func TestCreatedOtherwise(t *testing.T) {
	price := func(text string) *client.Decimal { return new(decimal(t, text)) }
	for _, c := range []struct {
		what    string
		request bitpay.InvoiceRequest
		answer  string
		differs string // empty where it does not
	}{
		{"what was asked", bitpay.InvoiceRequest{Price: price("12.50"), Currency: "usd", OrderID: "a"}, `"price":12.5,"currency":"USD","orderId":"a"`, ""},
		{"rounded", bitpay.InvoiceRequest{Price: price("12.505"), Currency: "USD"}, `"price":12.51,"currency":"USD"`, "price: asked 12.505, got 12.51"},
		{"ten times as much", bitpay.InvoiceRequest{Price: price("10"), Currency: "USD"}, `"price":100,"currency":"USD"`, "price: asked 10, got 100"},
		{"for nothing", bitpay.InvoiceRequest{Price: price("10"), Currency: "USD"}, `"price":0.0,"currency":"USD"`, "price: asked 10, got 0.0"},
		{"another currency", bitpay.InvoiceRequest{Price: price("10"), Currency: "USD"}, `"price":10,"currency":"JPY"`, "currency: asked USD, got JPY"},
		{"the store's currency", bitpay.InvoiceRequest{Price: price("10")}, `"price":10,"currency":"JPY"`, ""},
		{"another order", bitpay.InvoiceRequest{OrderID: "a"}, `"price":0,"currency":"USD","orderId":"b"`, "orderId: asked a, got b"},
		{"no order", bitpay.InvoiceRequest{OrderID: "a"}, `"price":0,"currency":"USD","orderId":null`, "orderId: asked a, got nothing"},
		{"any amount", bitpay.InvoiceRequest{}, `"price":0,"currency":"USD"`, ""},
	} {
		api := respond(t, 200, `{"data":{"id":"inv",`+c.answer+`}}`, bitpay.Generate())
		got, err := api.Invoices.Create(t.Context(), c.request)
		if got.ID != "inv" {
			t.Errorf("%s: the invoice that was made is not returned: %v", c.what, err)
		}
		answered, _ := errors.AsType[*client.AnswerError](err)
		if (answered == nil) != (c.differs == "") || answered != nil && (!strings.Contains(err.Error(), c.differs) || !client.FateUnknown(err)) {
			t.Errorf("%s: got %v, want an AnswerError about %q", c.what, err, c.differs)
		}
	}
}

// What else the server rewrites is seen.
func TestRewritten(t *testing.T) {
	request := bitpay.InvoiceRequest{
		TaxIncluded: new(decimal(t, "0.505")), ItemCode: "tea", ItemDesc: "Green tea",
		PosData: `{"at":"2020-01-02T03:04:05+02:00","n":1.50,"same":[1,"x"]}`,
	}
	api := respond(t, 200, `{"data":{"id":"inv","price":0,"currency":"USD","taxIncluded":0.51,"itemCode":"tea","itemDesc":"Green",`+
		`"posData":"{\n  \"at\": \"2020-01-02T01:04:05+00:00\",\n  \"n\": 1.5,\n  \"same\": [1, \"x\"]\n}"}}`, bitpay.Generate())
	made, err := api.Invoices.Create(t.Context(), request)
	const want = `[taxIncluded: asked 0.505, got 0.51 itemDesc: asked Green tea, got Green ` +
		`posData.at: asked "2020-01-02T03:04:05+02:00", got "2020-01-02T01:04:05+00:00"]`
	if got := fmt.Sprint(made.Rewritten); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// A list of another order, or a rate of another pair, is not handed on.
func TestAnswersOfOthers(t *testing.T) {
	list := `{"data":[{"id":"a","price":5,"currency":"USD","orderId":"mine","itemCode":"tea"},{"id":"b","price":5,"currency":"USD","orderId":"another","itemCode":"tea"}]}`
	for options, says := range map[bitpay.ListOptions]string{
		{OrderID: "mine"}: "orderId: asked mine, got another", {OrderID: "MINE"}: "orderId: asked MINE, got mine", {ItemCode: "coffee"}: "itemCode: asked coffee, got tea",
	} {
		invoices, err := respond(t, 200, list, bitpay.Generate()).Invoices.List(t.Context(), options)
		if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), says) || invoices != nil {
			t.Errorf("%+v: got %v, want %q", options, err, says)
		}
		for _, err = range respond(t, 200, list, bitpay.Generate()).Invoices.All(t.Context(), options) {
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: all of them: got %v, want %q", options, err, says)
		}
	}
	for answer, says := range map[string]string{
		`{"data":{"code":"EUR","cryptoCode":"BTC","rate":5}}`: "code: asked USD, got EUR",
		`{"data":{"code":"USD","cryptoCode":"LTC","rate":5}}`: "cryptoCode: asked BTC, got LTC",
		`{"data":{"rate":5}}`: "got nothing",
	} {
		_, err := respond(t, 200, answer, bitpay.Generate()).Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{})
		if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", answer, err, says)
		}
	}
	if rate, err := respond(t, 200, `{"data":{"code":"USD","cryptoCode":"BTC","rate":5}}`, bitpay.Generate()).Rates.Pair(t.Context(), "btc", "usd", bitpay.RateOptions{}); err != nil {
		t.Error(rate, err)
	}
}

// A server that ignores the offset or the limit does not keep a program for ever.
func TestListsThatIgnoreTheirOptions(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it reads long lists in many ways")
	}
	for name, second := range map[string]func(i int) int{
		"the same page always":   func(i int) int { return 1_000_000 - i },
		"the same second always": func(int) int { return 1_000_000 },
	} {
		for _, size := range []int{0, 100} { // 0 honours the limit
			asked, pages := 0, map[int]string{} // by length
			c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked > 500 {
					t.Errorf("%s: asked %d times", name, asked)
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
				count := size
				if count == 0 {
					count = limit
				}
				if pages[count] == "" {
					var rows []string
					for i := range count {
						rows = append(rows, fmt.Sprintf(`{"id":"inv%d","invoiceTime":%d000,"price":5,"currency":"USD"}`, i, second(i)))
					}
					pages[count] = `{"data":[` + strings.Join(rows, ",") + `]}`
				}
				io.WriteString(w, pages[count])
			}), bitpay.Generate())
			var last error
			for _, err := range c.Invoices.All(t.Context(), bitpay.ListOptions{}) {
				last = err
			}
			if last == nil {
				t.Errorf("%s: a part of the list was taken for all of it", name)
			}
		}
	}
}
