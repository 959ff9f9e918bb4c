package bitpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

// RateService reads exchange rates that follow a store's rate rules.
type RateService struct{ c *Client }

// ErrNoRate means that no rule of the store defines a rate for the pair, or that the
// source of the rate does not respond.
var ErrNoRate = errors.New("the store has no rate for this pair")

// List returns the rates of the pairs. The server silently omits pairs without a rate. If
// the options name no pair and the store has no default pairs, the server responds with
// 400.
func (s *RateService) List(ctx context.Context, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	return getRates(ctx, s.c, get("Rates.List", "rates").with(query).anonymous(options.unsigned()).refuse(err), opts)
}

// Base returns the rates of one currency in the currencies of the store's payment methods.
// On most stores this is only BTC_BTC. For a currency that no payment method uses, the
// server responds with 400, but 1.13.5 has rates for it.
func (s *RateService) Base(ctx context.Context, base string, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	return getRates(ctx, s.c, get("Rates.Base", "rates", currencyCode(base)).with(query).anonymous(options.unsigned()).refuse(err), opts)
}

// Pair returns the price of one unit of base in a currency. It returns [ErrNoRate] if
// there is no rate; servers up to 2.0.8 respond with 500 instead.
func (s *RateService) Pair(ctx context.Context, base, currency string, options RateOptions, opts ...client.CallOption) (Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	r := get("Rates.Pair", "rates", currencyCode(base), currencyCode(currency)).with(query).anonymous(options.unsigned()).refuse(err)
	var answer pairAnswer
	_, err = s.c.decode(ctx, r, &answer, opts)
	switch {
	case err != nil:
		return Rate{}, err
	case answer.none:
		return Rate{}, fmt.Errorf("%w: %s_%s", ErrNoRate, base, currency)
	case answer.Data == nil:
		return Rate{}, r.Unusable(http.StatusOK, errNoData)
	case answer.Data.Rate.Sign() <= 0:
		return Rate{}, r.Unusable(http.StatusOK, errNoPrice)
	}
	if err := answer.Data.compare(base, currency); err != nil {
		return Rate{}, r.Unusable(http.StatusOK, err)
	}
	return *answer.Data, nil
}

// Public returns rates from /api/rates, which takes no credential: the options must name
// the store, or the client must be [Anonymous].
func (s *RateService) Public(ctx context.Context, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	r := get("Rates.Public", "api", "rates").with(query).anonymous(true).refuse(err)
	if !query.Has("storeId") {
		r = r.refuse(client.Refuse("storeId", "it is needed here, since the server looks at no key"))
	}
	var rates []Rate
	if _, err := s.c.decode(ctx, r, &rates, opts); err != nil {
		return nil, err
	}
	return checkRates(r, rates)
}

// unsigned reports whether the request must carry no credential, so that the response is
// for the named store.
func (o RateOptions) unsigned() bool { return o.StoreID != "" }

func getRates(ctx context.Context, c *Client, r request, opts []client.CallOption) ([]Rate, error) {
	rates, _, err := call[[]Rate](ctx, c, r, opts)
	if err != nil {
		return nil, err
	}
	return checkRates(r, rates)
}

var errNoPrice = errors.New("it has a rate that is not above 0")

// checkRates refuses a rate that cannot be used for a payment, such as a missing one.
func checkRates(r request, rates []Rate) ([]Rate, error) {
	for _, rate := range rates {
		if rate.Rate.Sign() <= 0 {
			return nil, r.Unusable(http.StatusOK, errNoPrice)
		}
	}
	return rates, nil
}

var pairPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]{2,16}[_-]?[A-Za-z0-9]{2,16}$`) })

func (s *RateService) query(options RateOptions) (url.Values, error) {
	query := s.c.storeQuery()
	for _, pair := range options.Pairs {
		if !pairPattern().MatchString(pair) {
			return nil, client.Refuse("currencyPairs", fmt.Sprintf("%.40q is no pair, write it like BTC_USD", pair))
		}
	}
	if len(options.Pairs) > 0 {
		query.Set("currencyPairs", strings.Join(options.Pairs, ","))
	}
	for name, id := range map[string]string{"storeId": string(options.StoreID), "cryptoCode": options.CryptoCode} {
		if id == "" {
			continue
		}
		if err := client.CheckID(name, id); err != nil {
			return nil, err
		}
		query.Set(name, id)
	}
	return query, nil
}
