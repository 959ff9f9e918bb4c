package world

import (
	"slices"
	"strings"
)

// LightningPayout is the id of the payout method of the Lightning network. The server has a handler for it, and no store
// can have it here.
const LightningPayout = "BTC-LN"

// payoutCoins are the currencies that the server knows in ids of payment methods.
var payoutCoins = []string{"XMR", "ZEC", "LBTC", "USDT", "MONA", "LTC", "GRS", "DOGE", "DASH", "BTG", "BTC"}

// PayoutMethodID returns the id of a payout method that is named as any release does; false for a blank name. A name that
// is not known is its own id. Case counts in what is not an older name (recording 42-invoices-marks).
func PayoutMethodID(text string) (id string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", false
	}
	id = text
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '_' || c == '-' })
	if len(parts) > 0 && len(parts) < 3 && slices.Contains(payoutCoins, strings.ToUpper(parts[0])) {
		coin := strings.ToUpper(parts[0])
		if len(parts) == 1 {
			id = coin + "-CHAIN"
		} else {
			id = coin + "-" + paymentType(parts[1])
		}
	}
	// By its source, the server keeps the wrong part of an id of LNURL.
	if suffix := "-LNURL"; strings.HasSuffix(id, suffix) {
		id = suffix + "-LN"
	}
	return id, true
}

// paymentType returns the type that older releases named otherwise.
func paymentType(name string) string {
	switch strings.ToLower(name) {
	case "lightninglike", "lightningnetwork", "offchain", "off-chain":
		return "LN"
	case "bitcoinlike", "onchain", "btclike", "on-chain", "monerolike", "zcashlike":
		return "CHAIN"
	case "lnurlpay":
		return "LNURL"
	}
	return name
}

// PayoutCurrency returns the currency that the server pays out by a method; false if it has no handler for the method.
func PayoutCurrency(method string) (currency string, ok bool) {
	return "BTC", method == OnChain || method == LightningPayout
}

// PayoutMethods are the payout methods that a store has set up.
func (s *Store) PayoutMethods() []string {
	if s.Wallet == nil || !s.Wallet.Enabled {
		return []string{}
	}
	return []string{OnChain}
}
