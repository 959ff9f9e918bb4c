package world

import (
	"slices"
	"strings"
)

// OnChain is the id of the on-chain payment method. It is the only one by which invoices can be paid here.
const OnChain = "BTC-CHAIN"

// PaymentMethodIDs are the ids of the payment methods that the server has handlers for.
var PaymentMethodIDs = []string{OnChain, Lightning, "BTC-LNURL"}

// legacyCoins are the coins that older releases named payment methods by.
var legacyCoins = []string{"XMR", "ZEC", "LBTC", "USDt", "MONA", "LTC", "GRS", "DOGE", "DASH", "BTG", "BTC"}

// PaymentMethodID returns the id of a payment method that may be named as older releases do, "" for a blank text. Of a
// coin that older releases had, the code is written in capitals; the rest of a name keeps its case, and counts: BTC-chain
// is not BTC-CHAIN (recordings 40-invoices-sats and 42-invoices-marks).
func PaymentMethodID(text string) string {
	text = strings.TrimSpace(text)
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '_' || r == '-' })
	if len(parts) == 0 || len(parts) > 2 || !slices.ContainsFunc(legacyCoins, func(coin string) bool { return strings.EqualFold(coin, parts[0]) }) {
		return text
	}
	coin, kind := strings.ToUpper(parts[0]), "CHAIN"
	if len(parts) == 2 {
		switch strings.ToLower(parts[1]) {
		case "bitcoinlike", "onchain", "btclike", "monerolike", "zcashlike":
		case "lightninglike", "lightningnetwork", "offchain":
			kind = "LN"
		case "lnurlpay":
			kind = "LNURL"
		default:
			kind = parts[1]
		}
	}
	return coin + "-" + kind
}
