package bitpay_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// The first part of a request that cannot be used is the error of the call, and nothing is
// sent.
func TestFirstBadPart(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.URL) }))
	defer server.Close()
	c, err := bitpay.New(server.URL, bitpay.Generate(), client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	ctx := t.Context()
	pairs := bitpay.RateOptions{Pairs: []string{"x"}}
	for _, bad := range []string{"", ".", "..", "a/b", "a b", "é", "a?b"} {
		for member, call := range map[string]func() error{
			"invoice id":     func() error { return second(c.Invoices.Get(ctx, bitpay.InvoiceID(bad))) },
			"invoice id ":    func() error { return second(c.Invoices.CheckoutStatus(ctx, bitpay.InvoiceID(bad))) },
			"currency":       func() error { return second(c.Rates.Base(ctx, bad, pairs)) }, // before the pairs
			"currency ":      func() error { return second(c.Rates.Pair(ctx, "BTC", bad, pairs)) },
			"currency  ":     func() error { return second(c.Rates.Pair(ctx, bad, "", bitpay.RateOptions{})) },
			"currencyPairs":  func() error { return second(c.Rates.Pair(ctx, "BTC", "USD", pairs)) },
			"currencyPairs ": func() error { return second(c.Rates.Public(ctx, pairs)) },
			"store id":       func() error { return second(c.TokensURL(bitpay.StoreID(bad))) },
			"store id ":      func() error { return second(c.AccessTokensURL(bitpay.StoreID(bad))) },
		} {
			err := call()
			refused, ok := errors.AsType[*client.RequestError](err)
			if !ok || refused.Member != strings.TrimRight(member, " ") || client.FateUnknown(err) {
				t.Errorf("%q: got %v, want a RequestError of %s", bad, err, member)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
