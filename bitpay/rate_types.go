package bitpay

import (
	"bytes"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// Rate is the price of one unit of CryptoCode in Code.
type Rate struct {
	Name       string `json:"name"`       // of Code, in English
	CryptoCode string `json:"cryptoCode"` // the left side of the pair, any currency
	// CurrencyPair is written like BTC_USD.
	CurrencyPair string         `json:"currencyPair"`
	Code         string         `json:"code"` // the right side of the pair
	Rate         client.Decimal `json:"rate,omitzero"`
}

// RateOptions select rates.
type RateOptions struct {
	// Pairs are written like BTC_USD or BTC-USD. If there are none, the server uses the
	// store's default pairs.
	Pairs []string
	// StoreID names the store. The request then carries no credential, because with one
	// the server responds for the credential's own store, whatever store is named. If
	// StoreID is empty, the store is that of the credential.
	StoreID StoreID
	// CryptoCode replaces Pairs if the store has no default pairs: the pair is then the
	// store's currency and this code, such as USD_BTC.
	CryptoCode string
}

// pairAnswer is {"data": rate}, or a bare [] if there is no rate.
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
