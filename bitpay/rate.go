package bitpay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

// RateService reads exchange rates by a store's rate rules.
type RateService struct{ c *Client }

// Rate is the price of one unit of CryptoCode in Code.
type Rate struct {
	Name       string `json:"name"`       // of Code, in English
	CryptoCode string `json:"cryptoCode"` // the left of the pair, any currency
	// CurrencyPair is written like BTC_USD.
	CurrencyPair string         `json:"currencyPair"`
	Code         string         `json:"code"` // the right of the pair
	Rate         client.Decimal `json:"rate,omitzero"`
}

// RateOptions choose rates.
type RateOptions struct {
	// Pairs are written like BTC_USD or BTC-USD. If there are none, the
	// store's default pairs count.
	Pairs []string
	// StoreID names the store. The request then carries no credential: to one
	// that does the server answers for the credential's own store, whatever
	// store is named. Without it the store is that of the credential.
	StoreID StoreID
	// CryptoCode stands in for Pairs where the store has no default pairs: the
	// pair is then the store's currency and this code, such as USD_BTC.
	CryptoCode string
}

// ErrNoRate means that no rule of the store gives a rate for the pair, or that
// its source does not answer.
var ErrNoRate = errors.New("the store has no rate for this pair")

// List returns the rates of the pairs. Pairs without a rate are left out
// without a word. Where the options name no pair and the store has none
// either, the server answers 400.
func (s *RateService) List(ctx context.Context, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	if err != nil {
		return nil, err
	}
	return getRates(ctx, s.c, query, "bitpay.Rates.List", options.unsigned(), opts, "rates")
}

// Base returns the rates of one currency in those of the store's payment
// methods, on most stores BTC_BTC alone. A currency that no payment method
// uses is answered with 400; 1.13.5 has rates for it.
func (s *RateService) Base(ctx context.Context, base string, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	if err := checkID("currency", base); err != nil {
		return nil, err
	}
	query, err := s.query(options)
	if err != nil {
		return nil, err
	}
	return getRates(ctx, s.c, query, "bitpay.Rates.Base", options.unsigned(), opts, "rates", base)
}

// Pair returns the price of one unit of base in a currency. It returns
// [ErrNoRate] where there is none; servers up to 2.0.8 answer 500 in place.
func (s *RateService) Pair(ctx context.Context, base, currency string, options RateOptions, opts ...client.CallOption) (Rate, error) {
	s = s.c.as(opts).Rates
	if err := errors.Join(checkID("currency", base), checkID("currency", currency)); err != nil {
		return Rate{}, err
	}
	query, err := s.query(options)
	if err != nil {
		return Rate{}, err
	}
	r := client.Request{Operation: "bitpay.Rates.Pair", Method: http.MethodGet, Path: []string{"rates", base, currency}, Query: query, Anonymous: options.unsigned()}
	var answer pairAnswer
	_, err = s.c.Decode(ctx, r, &answer, opts...)
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

// Public returns rates from /api/rates, which takes no credential: the options
// have to name the store, or the client has to be [Anonymous].
func (s *RateService) Public(ctx context.Context, options RateOptions, opts ...client.CallOption) ([]Rate, error) {
	s = s.c.as(opts).Rates
	query, err := s.query(options)
	if err != nil {
		return nil, err
	}
	if !query.Has("storeId") {
		return nil, client.Refuse("storeId", "it is needed here, since the server looks at no key")
	}
	r := client.Request{Operation: "bitpay.Rates.Public", Method: http.MethodGet, Path: []string{"api", "rates"}, Query: query, Anonymous: true}
	var rates []Rate
	if _, err := s.c.Decode(ctx, r, &rates, opts...); err != nil {
		return nil, err
	}
	return checkRates(r, rates)
}

// unsigned reports whether the credential has to be left out, so that the answer is
// for the store that is named.
func (o RateOptions) unsigned() bool { return o.StoreID != "" }

func getRates(ctx context.Context, c *Client, query url.Values, operation string, unsigned bool, opts []client.CallOption, path ...string) ([]Rate, error) {
	r := client.Request{Operation: operation, Method: http.MethodGet, Path: path, Query: query, Anonymous: unsigned}
	rates, _, err := call[[]Rate](ctx, c, r, opts...)
	if err != nil {
		return nil, err
	}
	return checkRates(r, rates)
}

var errNoPrice = errors.New("it has a rate that is not above 0")

// checkRates refuses a rate by which nobody can be paid, such as one left out.
func checkRates(r client.Request, rates []Rate) ([]Rate, error) {
	for _, rate := range rates {
		if rate.Rate.Sign() <= 0 {
			return nil, r.Unusable(http.StatusOK, errNoPrice)
		}
	}
	return rates, nil
}

// pairAnswer is {"data": rate}, or a bare [] where there is none.
type pairAnswer struct {
	Data *Rate
	none bool
}

func (a *pairAnswer) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		a.none = true
		return nil
	}
	var envelope struct {
		Data *Rate `json:"data"`
	}
	err := json.Unmarshal(data, &envelope)
	a.Data = envelope.Data
	return err
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
		if err := checkID(name, id); err != nil {
			return nil, err
		}
		query.Set(name, id)
	}
	return query, nil
}
