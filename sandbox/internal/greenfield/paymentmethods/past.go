package paymentmethods

import "github.com/btcpayctl/btcpayctl/sandbox/internal/world"

// methodData1 is a payment method in the list of 1.x, which is an object with the currencies as names (recording
// old-payment-methods).
type methodData1 struct {
	Enabled bool   `json:"enabled"`
	Data    data1  `json:"data"`
	Code    string `json:"cryptoCode"`
}

type data1 struct {
	Scheme  string  `json:"derivationScheme"`
	Label   *string `json:"label"`
	KeyPath *string `json:"accountKeyPath"`
}

func methods1(wallet *world.Wallet, onlyEnabled bool) map[string]methodData1 {
	methods := map[string]methodData1{}
	if wallet == nil || onlyEnabled && !wallet.Enabled {
		return methods
	}
	method := methodData1{Enabled: wallet.Enabled, Code: "BTC", Data: data1{Scheme: wallet.Scheme, Label: show(wallet).Label}}
	if wallet.KeyPath != "" {
		method.Data.KeyPath = &wallet.KeyPath
	}
	methods["BTC"] = method
	return methods
}
