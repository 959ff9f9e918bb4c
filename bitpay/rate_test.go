package bitpay_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// pairsOf lists rates as "BTC_USD 50000".
func pairsOf(rates []bitpay.Rate) []string {
	var pairs []string
	for _, rate := range rates {
		value := rate.Rate.String()
		if strings.Contains(value, ".") {
			value = strings.TrimRight(strings.TrimRight(value, "0"), ".")
		}
		pairs = append(pairs, rate.CurrencyPair+" "+value)
	}
	return pairs
}

func TestRates(t *testing.T) {
	w := newWorld(t)
	store := w.server.Seed.StoreID
	paired, _ := w.paired(store)
	anonymous, bare := w.client(bitpay.Anonymous{StoreID: bitpay.StoreID(store)}), w.client(nil)
	list := func(c *bitpay.Client, options bitpay.RateOptions) func() ([]bitpay.Rate, error) {
		return func() ([]bitpay.Rate, error) { return c.Rates.List(t.Context(), options) }
	}
	public := func(c *bitpay.Client, options bitpay.RateOptions) func() ([]bitpay.Rate, error) {
		return func() ([]bitpay.Rate, error) { return c.Rates.Public(t.Context(), options) }
	}
	base := func(currency string) func() ([]bitpay.Rate, error) {
		return func() ([]bitpay.Rate, error) { return paired.Rates.Base(t.Context(), currency, bitpay.RateOptions{}) }
	}
	pair := func(c *bitpay.Client, left, right string, options bitpay.RateOptions) func() ([]bitpay.Rate, error) {
		return func() ([]bitpay.Rate, error) {
			rate, err := c.Rates.Pair(t.Context(), left, right, options)
			return []bitpay.Rate{rate}, err
		}
	}
	both := []string{"BTC_USD 50000", "BTC_EUR 40000"}
	for name, test := range map[string]struct {
		ask  func() ([]bitpay.Rate, error)
		want []string
		err  error
	}{
		"two pairs":               {list(paired, bitpay.RateOptions{Pairs: []string{"BTC_USD", "BTC_EUR"}}), both, nil},
		"a dash, in lower case":   {list(paired, bitpay.RateOptions{Pairs: []string{"btc-usd"}}), both[:1], nil},
		"the inverse":             {list(paired, bitpay.RateOptions{Pairs: []string{"USD_BTC"}}), []string{"USD_BTC 0.00002"}, nil},
		"one without a rate":      {list(paired, bitpay.RateOptions{Pairs: []string{"BTC_USD", "BTC_JPY"}}), both[:1], nil},
		"no pair":                 {list(paired, bitpay.RateOptions{}), nil, bitpay.ErrNoPairs},
		"a crypto code":           {list(paired, bitpay.RateOptions{CryptoCode: "btc"}), []string{"USD_BTC 0.00002"}, nil},
		"a store, without a key":  {list(bare, bitpay.RateOptions{StoreID: bitpay.StoreID(store), Pairs: []string{"BTC_USD"}}), both[:1], nil},
		"anonymous":               {list(anonymous, bitpay.RateOptions{Pairs: []string{"BTC_USD"}}), both[:1], nil},
		"no store at all":         {list(bare, bitpay.RateOptions{Pairs: []string{"BTC_USD"}}), nil, bitpay.ErrForbidden},
		"an unknown store":        {list(bare, bitpay.RateOptions{StoreID: "nothing", Pairs: []string{"BTC_USD"}}), nil, bitpay.ErrForbidden},
		"a key never paired":      {list(w.client(bitpay.Generate()), bitpay.RateOptions{Pairs: []string{"BTC_USD"}}), nil, bitpay.ErrNotPaired},
		"a base":                  {base("BTC"), []string{"BTC_BTC 1"}, nil},
		"a base of no method":     {base("EUR"), nil, bitpay.ErrPairFormat},
		"base and currency":       {pair(paired, "BTC", "USD", bitpay.RateOptions{}), both[:1], nil},
		"base, currency, no rate": {pair(paired, "BTC", "JPY", bitpay.RateOptions{}), nil, bitpay.ErrNoRate},
		"base, currency, store":   {pair(bare, "BTC", "USD", bitpay.RateOptions{StoreID: bitpay.StoreID(store)}), both[:1], nil},
		"public":                  {public(paired, bitpay.RateOptions{StoreID: bitpay.StoreID(store), Pairs: []string{"BTC_USD", "BTC_EUR"}}), both, nil},
		"public, anonymous":       {public(anonymous, bitpay.RateOptions{Pairs: []string{"BTC_USD"}}), both[:1], nil},
		"public, no pair":         {public(bare, bitpay.RateOptions{StoreID: bitpay.StoreID(store)}), nil, bitpay.ErrNoPairs},
		"public, unknown store":   {public(bare, bitpay.RateOptions{StoreID: "nothing", Pairs: []string{"BTC_USD"}}), nil, bitpay.ErrStoreNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			rates, err := test.ask()
			if !errors.Is(err, test.err) || err != nil && test.err == nil {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(test.want, pairsOf(rates)); diff != "" {
				t.Errorf("wanted (-) and got (+):\n%s", diff)
			}
			if rates[0].Name == "" || rates[0].CurrencyPair != rates[0].CryptoCode+"_"+rates[0].Code {
				t.Errorf("got %+v", rates[0])
			}
		})
	}
}

func TestBadInputRateOptions(t *testing.T) {
	c := newClient(t, "https://btcpay.example.com", bitpay.Generate())
	for name, test := range map[string]struct {
		ask    func() error
		member string
	}{
		"a pair in words": {func() error {
			_, err := c.Rates.List(t.Context(), bitpay.RateOptions{Pairs: []string{"BTC to USD"}})
			return err
		}, "currencyPairs"},
		"two in one": {func() error {
			_, err := c.Rates.List(t.Context(), bitpay.RateOptions{Pairs: []string{"BTC_USD,BTC_EUR"}})
			return err
		}, "currencyPairs"},
		"an empty pair": {func() error { _, err := c.Rates.List(t.Context(), bitpay.RateOptions{Pairs: []string{""}}); return err }, "currencyPairs"},
		"a store id":    {func() error { _, err := c.Rates.List(t.Context(), bitpay.RateOptions{StoreID: "a b"}); return err }, "storeId"},
		"a crypto code": {func() error { _, err := c.Rates.List(t.Context(), bitpay.RateOptions{CryptoCode: "&"}); return err }, "cryptoCode"},
		"a base":        {func() error { _, err := c.Rates.Base(t.Context(), "../x", bitpay.RateOptions{}); return err }, "currency"},
		"no currency":   {func() error { _, err := c.Rates.Pair(t.Context(), "BTC", "", bitpay.RateOptions{}); return err }, "currency"},
		"no store":      {func() error { _, err := c.Rates.Public(t.Context(), bitpay.RateOptions{}); return err }, "storeId"},
	} {
		err := test.ask()
		if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != test.member {
			t.Errorf("%s: got %v, want a RequestError of %s", name, err, test.member)
		}
	}
}

// A rate of nothing would give goods away.
func TestBadInputRateAnswers(t *testing.T) {
	for body, why := range map[string]string{
		`{"data":{}}`: "not above 0", `{"data":{"rate":0}}`: "not above 0", `{"data":{"rate":-1}}`: "not above 0", `{"data":null}`: `no "data"`, `{}`: `no "data"`,
		`{"data":{"rate":"NaN"}}`: "not an amount", `{"data":{"rate":1e999}}`: "not an amount", ``: "it is empty",
	} {
		rate, err := respond(t, 200, body, bitpay.Generate()).Rates.Pair(t.Context(), "BTC", "USD", bitpay.RateOptions{})
		if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, %v", body, rate, err)
		}
	}
	for _, body := range []string{`{"data":[{"currencyPair":"BTC_USD"}]}`, `{"data":null}`, `[]`} {
		if rates, err := respond(t, 200, body, bitpay.Generate()).Rates.List(t.Context(), bitpay.RateOptions{}); err == nil {
			t.Errorf("%s was read as %v", body, rates)
		}
	}
	if rates, err := respond(t, 200, `[{}]`, nil).Rates.Public(t.Context(), bitpay.RateOptions{StoreID: "s"}); err == nil {
		t.Errorf("read as %v", rates)
	}
	if _, err := respond(t, 500, ``, bitpay.Generate()).Rates.Pair(t.Context(), "BTC", "JPY", bitpay.RateOptions{}); err == nil {
		t.Error("a 500 is no rate")
	}
}
