package bitpay_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// fullRequest has a value in every member.
func fullRequest(t *testing.T) bitpay.InvoiceRequest {
	return bitpay.InvoiceRequest{
		Price: new(decimal(t, "10.50")), Currency: "usd", OrderID: "order [1]/é", ItemCode: "item", ItemDesc: "a <b> & \"c\"",
		PosData: `{"table":7}`, Physical: true, TaxIncluded: new(decimal(t, "0.5")),
		Buyer:     &bitpay.BuyerRequest{Name: "Inner", Email: "inner@example.com", Phone: "1", Address1: "a", Address2: "b", City: "c", State: "d", Zip: "e", Country: "f"},
		BuyerName: "Satoshi", BuyerEmail: "s@example.com", BuyerPhone: "2", BuyerAddress1: "1 Road", BuyerAddress2: "Flat 2", BuyerCity: "Town",
		BuyerState: "Region", BuyerZip: "12345", BuyerCountry: "Land",
		RedirectURL: "https://shop.example/thanks?id={InvoiceId}", RedirectAutomatically: new(true),
		NotificationURL: "https://shop.example/ipn", NotificationEmail: "n@example.com", FullNotifications: true, ExtendedNotifications: true,
		TransactionSpeed: bitpay.SpeedLowMedium, ExpirationTime: client.UnixMillis{Time: time.Now().Add(time.Hour).Truncate(time.Second)},
		PaymentCurrencies: []string{"BTC-CHAIN"}, SupportedTransactionCurrencies: map[string]bitpay.SupportedCurrency{"BTC-CHAIN": {Enabled: true}},
		DefaultPaymentMethod: "BTC-CHAIN",
		Token:                "token", GUID: "guid", Nonce: 9007199254740993, Status: "new", Refundable: true,
		MinerFees: json.RawMessage(`{}`), ExchangeRates: json.RawMessage(`{"BTC":{}}`),
	}
}

// since reports whether a time of the sandbox, which has whole seconds in places, lies
// between the start and now.
func since(start, at time.Time) bool {
	return !at.Before(start.Truncate(time.Second)) && !at.After(time.Now())
}

func TestInvoiceWithEveryMember(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	request, start := fullRequest(t), time.Now()
	made, err := c.Invoices.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]any{
		"currency": {made.Currency, "USD"}, "order id": {made.OrderID, request.OrderID}, "item code": {made.ItemCode, "item"},
		"item desc": {made.ItemDesc, request.ItemDesc}, "status": {made.Status, bitpay.StatusNew}, "exception": {made.ExceptionStatus, bitpay.ExceptionStatusNone},
		"buyer":   {made.Buyer, bitpay.Buyer{Name: "Satoshi", Address1: "1 Road", Address2: "Flat 2", Locality: "Town", Region: "Region", PostalCode: "12345", Country: "Land", Phone: "2", Email: "s@example.com"}},
		"expiry":  {made.ExpirationTime.UnixMilli(), request.ExpirationTime.UnixMilli()},
		"methods": {len(made.CryptoInfo), 1}, "address": {made.BitcoinAddress, made.CryptoInfo[0].Address}, "method": {made.CryptoInfo[0].PaymentType, "BTC-CHAIN"},
	} {
		if !cmp.Equal(pair[0], pair[1]) {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	for name, pair := range map[string][2]client.Decimal{
		"price": {made.Price, decimal(t, "10.5")}, "tax": {*made.TaxIncluded, decimal(t, "0.5")}, "rate": {made.Rate, decimal(t, "50000")},
		"BTC": {*made.BTCPrice, decimal(t, "0.00021")}, "due": {*made.BTCDue, decimal(t, "0.00021")}, "satoshis": {made.PaymentTotals["BTC"], decimal(t, "21000")},
	} {
		if pair[0].Cmp(pair[1]) != 0 {
			t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
		}
	}
	if !strings.Contains(made.PosData, `"table": 7`) || !strings.HasPrefix(made.URL, w.server.URL+"/invoice?id=") || !strings.HasPrefix(made.PaymentURLs.BIP21, "bitcoin:") {
		t.Errorf("got %q, %q, %+v", made.PosData, made.URL, made.PaymentURLs)
	}
	if !since(start, made.CurrentTime.Time) {
		t.Errorf("the server's clock says %v", made.CurrentTime)
	}

	got, err := c.Invoices.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	// What changes with every answer, and how the server writes an amount later.
	for _, invoice := range []*bitpay.Invoice{&made, &got} {
		invoice.Token, invoice.GUID, invoice.CurrentTime = "", "", client.UnixMillis{}
	}
	if diff := cmp.Diff(made, got, cmp.Comparer(func(a, b client.Decimal) bool { return a.Cmp(b) == 0 })); diff != "" {
		t.Errorf("made (-) and read (+):\n%s", diff)
	}
}

func TestInvoiceLife(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	made, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "10")), Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	w.control("pay", map[string]any{"address": made.BitcoinAddress, "amount": "0.0003"})
	paid, err := c.Invoices.Get(t.Context(), made.ID)
	if err != nil || paid.Status != bitpay.StatusPaid || paid.ExceptionStatus != bitpay.ExceptionStatusPaidOver || len(paid.CryptoInfo[0].Payments) != 1 {
		t.Fatalf("got %s %s, %v", paid.Status, paid.ExceptionStatus, err)
	}
	payment := paid.CryptoInfo[0].Payments[0]
	if payment.Value.Cmp(decimal(t, "0.0003")) != 0 || payment.Confirmed || !since(start, payment.ReceivedDate.Time) {
		t.Errorf("got %+v", payment)
	}
	w.control("mine", map[string]int{"blocks": 6})
	if done, err := c.Invoices.Get(t.Context(), made.ID); err != nil || done.Status != bitpay.StatusComplete || !done.CryptoInfo[0].Payments[0].Completed {
		t.Errorf("got %s, %v", done.Status, err)
	}
	late, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "10")), Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	w.control("clock", map[string]string{"advance": "16m"})
	if got, err := c.Invoices.Get(t.Context(), late.ID); err != nil || got.Status != bitpay.StatusExpired {
		t.Errorf("got %s, %v", got.Status, err)
	}
}

func TestInvoiceRefusals(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	poor, _ := w.paired(w.store(map[string]any{"name": "no wallet"}))
	ten := new(decimal(t, "10"))
	for name, test := range map[string]struct {
		c       *bitpay.Client
		request bitpay.InvoiceRequest
		want    error
	}{
		"no wallet":      {poor, bitpay.InvoiceRequest{Price: ten, Currency: "USD"}, bitpay.ErrNoWallet},
		"no such method": {c, bitpay.InvoiceRequest{Price: ten, PaymentCurrencies: []string{"BTC-LN"}}, bitpay.ErrNoPaymentMethod},
		"no rate":        {c, bitpay.InvoiceRequest{Price: ten, Currency: "ZZZ"}, bitpay.ErrNoPaymentMethod},
		"below the dust": {c, bitpay.InvoiceRequest{Price: new(decimal(t, "0.00000001")), Currency: "BTC"}, bitpay.ErrNoPaymentMethod},
	} {
		_, err := test.c.Invoices.Create(t.Context(), test.request)
		if !errors.Is(err, test.want) || client.FateUnknown(err) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	made, err := poor.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "0"))})
	if err != nil {
		t.Fatalf("a price of 0 needs no wallet: %v", err)
	}
	for _, id := range []string{"nothing", string(made.ID)} {
		if _, err := c.Invoices.Get(t.Context(), bitpay.InvoiceID(id)); !errors.Is(err, bitpay.ErrInvoiceNotFound) {
			t.Errorf("%s: got %v, want ErrInvoiceNotFound", id, err)
		}
	}
}

// A machine whose clock is two hours behind finds an expiry right that is over to the
// server. The error says where to look.
func TestBadInputClockTwoHoursOffWhileInvoicing(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	w.control("clock", map[string]string{"advance": "2h"})
	_, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{Price: new(decimal(t, "10")), ExpirationTime: client.UnixMillis{Time: time.Now().Add(time.Hour)}})
	if !errors.Is(err, bitpay.ErrExpiryTooSoon) || !strings.Contains(err.Error(), "clock") {
		t.Errorf("got %v, want ErrExpiryTooSoon", err)
	}
	if _, err := c.Tokens(t.Context()); err != nil {
		t.Errorf("a signature depends on no clock: %v", err)
	}
}

func TestBadInputInvoiceRequest(t *testing.T) {
	c := newClient(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }), bitpay.Generate())
	fromJSON := func(text string) *client.Decimal {
		var d client.Decimal
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		return &d
	}
	start := time.Now()
	at := func(d time.Duration) client.UnixMillis { return client.UnixMillis{Time: start.Add(d)} }
	for name, test := range map[string]struct {
		request bitpay.InvoiceRequest
		member  string
		why     string
	}{
		"price that is not set": {bitpay.InvoiceRequest{Price: new(client.Decimal)}, "price", "not set"},
		"tax that is not set":   {bitpay.InvoiceRequest{TaxIncluded: new(client.Decimal)}, "taxIncluded", "not set"},
		"negative price":        {bitpay.InvoiceRequest{Price: new(decimal(t, "-1"))}, "price", "negative"},
		"price of 1e400":        {bitpay.InvoiceRequest{Price: fromJSON("1e400")}, "price", "401 characters"},
		"price of 1e30":         {bitpay.InvoiceRequest{Price: fromJSON("1e30")}, "price", "more than 28 digits"},
		"price of 30 decimals":  {bitpay.InvoiceRequest{Price: fromJSON("0." + strings.Repeat("1", 30))}, "price", "more than 28 digits"},
		"price above the bound": {bitpay.InvoiceRequest{Price: new(decimal(t, "18446744073709551616"))}, "price", "more than"},
		"negative tax":          {bitpay.InvoiceRequest{TaxIncluded: new(decimal(t, "-0.01"))}, "taxIncluded", "negative"},
		"tax above the price":   {bitpay.InvoiceRequest{Price: new(decimal(t, "1")), TaxIncluded: new(decimal(t, "1.01"))}, "taxIncluded", "more than the price"},
		"currency in words":     {bitpay.InvoiceRequest{Currency: "US dollars"}, "currency", "no currency code"},
		"currency with a quote": {bitpay.InvoiceRequest{Currency: `U"D`}, "currency", "no currency code"},
		"redirect without host": {bitpay.InvoiceRequest{RedirectURL: "/thanks"}, "redirectURL", "https://"},
		"redirect to a script":  {bitpay.InvoiceRequest{RedirectURL: "javascript:alert(1)"}, "redirectURL", "https://"},
		"notification by mail":  {bitpay.InvoiceRequest{NotificationURL: "mailto:a@example.com"}, "notificationURL", "https://"},
		"unknown speed":         {bitpay.InvoiceRequest{TransactionSpeed: "fast"}, "transactionSpeed", "low-medium"},
		"expiry in the past":    {bitpay.InvoiceRequest{ExpirationTime: at(-time.Hour)}, "expirationTime", "in the past: this machine's clock says"},
		"expiry in a moment":    {bitpay.InvoiceRequest{ExpirationTime: at(10 * time.Second)}, "expirationTime", "30s or more"},
		"expiry in year 10000":  {bitpay.InvoiceRequest{ExpirationTime: client.UnixMillis{Time: time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC)}}, "expirationTime", "beyond the year 9999"},
	} {
		t.Run(name, func(t *testing.T) {
			if expiry := &test.request.ExpirationTime; !expiry.IsZero() {
				expiry.Time = expiry.Add(time.Since(start))
			}
			_, err := c.Invoices.Create(t.Context(), test.request)
			request, ok := errors.AsType[*client.RequestError](err)
			if !ok || request.Member != test.member || !strings.Contains(err.Error(), test.why) || client.FateUnknown(err) {
				t.Errorf("got %v, want a RequestError of %s about %q", err, test.member, test.why)
			}
		})
	}
	var request bitpay.InvoiceRequest
	for _, text := range []string{`{"price":"NaN"}`, `{"price":NaN}`, `{"price":"ten"}`, `{"price":true}`, `{"price":1e401}`, `{"expirationTime":"tomorrow"}`, `{"expirationTime":1e300}`} {
		if err := json.Unmarshal([]byte(text), &request); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	for _, id := range []string{"", "..", "a/b", "a b", strings.Repeat("a", 65), "é"} {
		_, err := c.Invoices.Get(t.Context(), bitpay.InvoiceID(id))
		if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != "invoice id" {
			t.Errorf("%q: got %v", id, err)
		}
	}
}

// Amounts go out as JSON numbers with their digits, and what was not set does not go.
func TestInvoiceRequestOnTheWire(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "00": "0", "5": "5", "5.0": "5.0", "007.50": "7.50", "0.00000001": "0.00000001", "00.5": "0.5", "-0": "0", "-0.00": "0.00",
		"1234567890123456789012345678": "1234567890123456789012345678",
	} {
		out, err := json.Marshal(bitpay.InvoiceRequest{Price: new(decimal(t, text)), TaxIncluded: new(decimal(t, text))})
		if want := `{"price":` + want + `,"taxIncluded":` + want + `}`; err != nil || string(out) != want {
			t.Errorf("%s became %s, %v, want %s", text, out, err, want)
		}
	}
	if out, err := json.Marshal(bitpay.InvoiceRequest{}); err != nil || string(out) != "{}" {
		t.Errorf("got %s, %v", out, err)
	}
	out, err := json.Marshal(fullRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(out, &members); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`price currency orderId itemCode itemDesc posData physical taxIncluded buyer buyerName buyerEmail buyerPhone
		buyerAddress1 buyerAddress2 buyerCity buyerState buyerZip buyerCountry redirectURL redirectAutomatically notificationURL notificationEmail
		fullNotifications extendedNotifications transactionSpeed expirationTime paymentCurrencies supportedTransactionCurrencies
		defaultPaymentMethod token guid nonce status refundable minerFees exchangeRates`)
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(maps.Keys(members))); diff != "" {
		t.Errorf("members that are wanted (-) and sent (+):\n%s", diff)
	}
	if got := string(members["expirationTime"]); len(got) != 13 {
		t.Errorf("the expiry is %s, which is not in milliseconds", got)
	}
	if got := string(members["nonce"]); got != "9007199254740993" {
		t.Errorf("the nonce is %s", got)
	}
}

func TestBadInputInvoiceAnswers(t *testing.T) {
	for name, test := range map[string]struct{ body, why string }{
		"empty":            {"", "it is empty"},
		"a page":           {"<html><title>Welcome to nginx!</title>", "Welcome to nginx!"},
		"8 MiB and one":    {`{"data":"` + strings.Repeat("a", 8<<20) + `"}`, "more than 8192 KiB"},
		"invalid UTF-8":    {"{\"data\":{\"id\":\"abc\",\"orderId\":\"\xff\"}}", "not UTF-8"},
		"no data":          {`{"facade":"pos/invoice"}`, `no "data"`},
		"null":             {`{"data":null}`, `no "data"`},
		"another invoice":  {`{"data":{"id":"other","price":5,"currency":"USD"}}`, "id: asked abc, got other"},
		"not an invoice":   {`{"data":{}}`, "not an invoice"},
		"no price":         {`{"data":{"id":"abc","currency":"USD","price":null}}`, "not an invoice"},
		"a list":           {`{"data":[]}`, "unexpected JSON"},
		"a price in words": {`{"data":{"id":"abc","price":"ten"}}`, "not an amount"},
		"a time in words":  {`{"data":{"id":"abc","invoiceTime":"now"}}`, "unix milliseconds"},
	} {
		t.Run(name, func(t *testing.T) {
			c := respond(t, 200, test.body, bitpay.Generate())
			invoice, err := c.Invoices.Get(t.Context(), "abc")
			if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), test.why) || invoice.ID != "" {
				t.Errorf("got %q, %v, want an AnswerError about %q", invoice.ID, err, test.why)
			}
		})
	}
	// An invoice that was made and cannot be named may exist.
	for _, body := range []string{`{"data":{}}`, `{"data":{"id":"../x"}}`, `{"data":null}`, ""} {
		_, err := respond(t, 200, body, bitpay.Generate()).Invoices.Create(t.Context(), bitpay.InvoiceRequest{})
		if !client.FateUnknown(err) {
			t.Errorf("%s: got %v, want an error of unknown fate", body, err)
		}
	}
	// Duplicated members: the last one wins.
	got, err := respond(t, 200, `{"data":{"id":"first","id":"abc","price":1,"price":2.0,"currency":"USD"}}`, bitpay.Generate()).Invoices.Get(t.Context(), "abc")
	if err != nil || got.Price.String() != "2.0" {
		t.Errorf("got %s, %v", got.Price, err)
	}
}

func TestBadInputInvoiceServerNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 3 * time.Second
		c := connectInMemory(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, client.WithTimeout(limit))
		start := time.Now()
		_, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{})
		if network, ok := errors.AsType[*client.NetworkError](err); !ok || network.Kind != client.Timeout || !client.FateUnknown(err) || time.Since(start) != limit {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestExceptionStatus(t *testing.T) {
	for text, want := range map[string]bitpay.ExceptionStatus{
		`false`: "", `null`: "", `"paidOver"`: bitpay.ExceptionStatusPaidOver, `"paidLater"`: bitpay.ExceptionStatusPaidLate, `"marked"`: bitpay.ExceptionStatusMarked, `"new one"`: "new one",
	} {
		var got bitpay.ExceptionStatus
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s became %q, %v", text, got, err)
		}
		if out, err := json.Marshal(got); err != nil || string(out) != strings.Replace(text, "null", "false", 1) {
			t.Errorf("%q was written as %s, %v", got, out, err)
		}
	}
	var got bitpay.ExceptionStatus
	if json.Unmarshal([]byte(`true`), &got) == nil || json.Unmarshal([]byte(`1`), &got) == nil {
		t.Error("a number or true was read")
	}
}
