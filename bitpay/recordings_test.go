package bitpay_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

func TestRecordedInvoices(t *testing.T) {
	counts := map[string]int{}
	for _, e := range recorded(t) {
		if readBy(e) != readInvoices {
			continue
		}
		t.Run(e.String(), func(t *testing.T) {
			body := string(e.Response.JSON)
			var sent struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(body), &sent); err != nil {
				t.Fatal(err)
			}
			c := respond(t, 200, body, bitpay.Generate())
			var got any
			var err error
			if sent.Data[0] == '[' {
				got, err = c.Invoices.List(t.Context(), bitpay.ListOptions{})
			} else {
				var known struct{ ID string }
				if err := json.Unmarshal(sent.Data, &known); err != nil {
					t.Fatal(err)
				}
				got, err = c.Invoices.Get(t.Context(), bitpay.InvoiceID(known.ID))
			}
			if err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			for _, difference := range lost("", parse(t, sent.Data), parse(t, written)) {
				t.Error(difference)
			}
			counts[e.Version]++
		})
	}
	for _, version := range versions {
		if counts[version] < 21 {
			t.Errorf("%d answers of %s were read", counts[version], version)
		}
	}
	t.Log(counts)
}

// What each refusal means, by its status and a part of its text.
var meanings = []struct {
	status int
	text   string
	want   error
}{
	{401, "", bitpay.ErrUnauthenticated},
	{403, "", bitpay.ErrNotPaired},
	{400, "(ReusedKey)", bitpay.ErrReusedKey},
	{400, "(Expired)", bitpay.ErrPairingExpired},
	{404, "pairingCode is not found", bitpay.ErrCodeUnknown},
	{404, "Object not found", bitpay.ErrInvoiceNotFound},
	{404, "Store not found", bitpay.ErrStoreNotFound},
	{400, "No wallet has been linked", bitpay.ErrNoWallet},
	{400, "payment method", bitpay.ErrNoPaymentMethod},
	{400, "set too soon", bitpay.ErrExpiryTooSoon},
	{400, "default currency pairs", bitpay.ErrNoPairs},
	{400, "correctly formatted", bitpay.ErrPairFormat},
	{404, "", bitpay.ErrNoAPI},
}

// unnamed are refusals of requests that this package never makes.
var unnamed = []string{"'id' property is required", "The request body is missing", "Invalid invoice"}

func TestRecordedRefusals(t *testing.T) {
	seen := map[error]int{}
	for _, e := range recorded(t) {
		if readBy(e) != readRefusals {
			continue
		}
		t.Run(e.String(), func(t *testing.T) {
			body := string(e.Response.JSON)
			c := respond(t, e.Response.Status, body, bitpay.Generate())
			_, err := c.Invoices.Get(t.Context(), "anyId")
			answer, ok := errors.AsType[*client.Error](err)
			if !ok || answer.Status != e.Response.Status {
				t.Fatalf("got %v", err)
			}
			for _, m := range meanings {
				if m.status == e.Response.Status && strings.Contains(body, m.text) {
					if seen[m.want]++; !errors.Is(err, m.want) {
						t.Errorf("%s\nmeans %v, got %v", body, m.want, err)
					}
					return
				}
			}
			// 415 is an answer to another content type than ours, 500 says nothing.
			if e.Response.Status != 415 && e.Response.Status != 500 && !slices.ContainsFunc(unnamed, func(text string) bool { return strings.Contains(body, text) }) {
				t.Errorf("%d %s has no meaning: %v", e.Response.Status, body, err)
			}
		})
	}
	for _, m := range meanings {
		if seen[m.want] == 0 {
			t.Errorf("no recording shows %v", m.want)
		}
	}
}

func TestRecordedTokens(t *testing.T) {
	var paired, not, codes int
	for _, e := range recorded(t) {
		if readBy(e) != readTokens {
			continue
		}
		body := string(e.Response.JSON)
		c := respond(t, 200, body, bitpay.Generate())
		if e.Request.Method == "GET" {
			tokens, err := c.Tokens(t.Context())
			if err != nil {
				t.Errorf("%v: %v", e, err)
				continue
			}
			if has := strings.Contains(body, "merchant"); has != (len(tokens) == 1) || has && (tokens[0].Facade != "merchant" || tokens[0].Value.IsZero()) {
				t.Errorf("%v: %s was read as %v", e, body, tokens)
			}
			if len(tokens) == 1 {
				paired++
			} else {
				not++
			}
			continue
		}
		pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{})
		if err != nil {
			t.Errorf("%v: %v", e, err)
			continue
		}
		if pairing.Facade != "merchant" || pairing.Token.IsZero() || pairing.Expires.Sub(pairing.Created).Round(time.Minute) > 15*time.Minute {
			t.Errorf("%v: %s was read as %+v", e, body, pairing)
		}
		codes++
	}
	if paired < 30 || not < 58 || codes < 84 {
		t.Errorf("%d and %d lists, %d codes", paired, not, codes)
	}
}

func TestRecordedRates(t *testing.T) {
	counts := map[string]int{}
	for _, e := range recorded(t) {
		path, _, _ := strings.Cut(e.Request.Path, "?")
		if readBy(e) != readRates {
			continue
		}
		body := string(e.Response.JSON)
		c := respond(t, 200, body, bitpay.Generate())
		var rates []bitpay.Rate
		var err error
		switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
		case parts[0] == "api":
			rates, err = c.Rates.Public(t.Context(), bitpay.RateOptions{StoreID: "store"})
		case len(parts) == 1:
			rates, err = c.Rates.List(t.Context(), bitpay.RateOptions{})
		case len(parts) == 2:
			rates, err = c.Rates.Base(t.Context(), parts[1], bitpay.RateOptions{})
		default:
			var rate bitpay.Rate
			if rate, err = c.Rates.Pair(t.Context(), parts[1], parts[2], bitpay.RateOptions{}); errors.Is(err, bitpay.ErrNoRate) && body == "[]" {
				err = nil
			} else {
				rates = []bitpay.Rate{rate}
			}
		}
		if err != nil {
			t.Errorf("%v: %s: %v", e, body, err)
			continue
		}
		if got := strings.Count(body, "currencyPair"); got != len(rates) {
			t.Errorf("%v: %d of %d rates", e, len(rates), got)
		}
		for _, rate := range rates {
			if rate.CurrencyPair != rate.CryptoCode+"_"+rate.Code || rate.Rate.Sign() <= 0 || rate.Name == "" {
				t.Errorf("%v: %s was read as %+v", e, body, rate)
			}
			counts[e.Version]++
		}
	}
	for _, version := range versions {
		if counts[version] < 12 {
			t.Errorf("%d rates of %s", counts[version], version)
		}
	}
}

func TestRecordedNotifications(t *testing.T) {
	var plain, extended int
	for _, r := range recordings(t) {
		deliveries, err := r.Deliveries()
		if err != nil {
			t.Fatal(err)
		}
		for i, body := range deliveries {
			n, err := bitpay.ParseNotification(body)
			if err != nil {
				t.Errorf("%s, delivery %d: %v", r.Group, i, err)
				continue
			}
			var sent struct{ Event, Data json.RawMessage }
			if err := json.Unmarshal(body, &sent); err != nil {
				t.Fatal(err)
			}
			data := body
			if sent.Event != nil {
				extended++
				if n.Event == nil || n.Event.Code < 1001 || !strings.HasPrefix(n.Event.Name, "invoice_") {
					t.Errorf("%s, delivery %d: the event is %+v", r.Group, i, n.Event)
				}
				data = sent.Data
			} else if plain++; n.Event != nil {
				t.Errorf("%s, delivery %d: the event is %+v", r.Group, i, n.Event)
			}
			written, err := json.Marshal(struct {
				bitpay.Invoice
				BuyerFields         map[string]string `json:"buyerFields"`
				TransactionCurrency string            `json:"transactionCurrency"`
				Warning             string            `json:"_warning"`
			}{n.Invoice, n.BuyerFields, n.TransactionCurrency, n.Warning})
			if err != nil {
				t.Fatal(err)
			}
			for _, difference := range lost("", parse(t, data), parse(t, written)) {
				t.Errorf("%s, delivery %d: %s", r.Group, i, difference)
			}
		}
	}
	if plain < 12 || extended < 8 {
		t.Errorf("%d plain and %d extended notifications", plain, extended)
	}
}

// A request that was recorded can be read and is sent with the same members.
func TestRecordedRequests(t *testing.T) {
	var count int
	for _, e := range recorded(t) {
		if e.Request.Method != "POST" || !strings.HasPrefix(e.Request.Path, "/invoices") || len(e.Request.JSON) == 0 || e.Request.JSON[0] != '{' {
			continue
		}
		body := string(e.Request.JSON)
		body = regexp.MustCompile(`"expirationTime":"[^"]*"`).ReplaceAllString(body, `"expirationTime":1795421440812`)
		var request bitpay.InvoiceRequest
		if err := json.Unmarshal([]byte(body), &request); (err != nil) != (e.Name == "a price that is no number") {
			t.Errorf("%v: %s: %v", e, body, err)
			continue
		} else if err != nil {
			continue
		}
		written, err := json.Marshal(request)
		if err != nil {
			t.Errorf("%v: %v", e, err)
			continue
		}
		folded := func(text []byte) any {
			value := parse(t, text).(map[string]any)
			for name, member := range value {
				for known := range map[string]bool{"price": true, "currency": true, "orderId": true} {
					if strings.EqualFold(name, known) && name != known {
						delete(value, name)
						value[known] = member
					}
				}
			}
			return value
		}
		for _, difference := range lost("", folded([]byte(body)), folded(written)) {
			// A member at its zero value is left out, which means the same.
			if !strings.HasSuffix(difference, "is lost") || !zeroMember(body, difference) {
				t.Errorf("%v: %s", e, difference)
			}
		}
		count++
	}
	if count < 125 {
		t.Errorf("%d requests were read", count)
	}
}

func zeroMember(body, difference string) bool {
	name := strings.TrimSuffix(strings.TrimPrefix(difference, "."), " is lost")
	return regexp.MustCompile(`"` + regexp.QuoteMeta(name) + `":(false|0|""|\[\]|\{\})`).MatchString(body)
}
