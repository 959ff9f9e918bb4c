package world

import "strings"

// OnChain is the id of the on-chain payment method. It is the only one by which invoices can be paid here.
const OnChain = "BTC-CHAIN"

// PaymentMethodIDs are the ids of the payment methods that the server has handlers for.
var PaymentMethodIDs = []string{OnChain, Lightning, "BTC-LNURL"}

// PaymentMethodID returns the id of a payment method that is named as older releases do. It keeps a name that it does not know.
func PaymentMethodID(text string) string {
	switch id := strings.ToUpper(strings.TrimSpace(text)); id {
	case "BTC", "BTC-ONCHAIN", "BTC_ONCHAIN", "BTC-BTCLIKE", "BTC_BTCLIKE":
		return OnChain
	case "BTC-LIGHTNINGNETWORK", "BTC_LIGHTNINGLIKE", "BTC-LIGHTNINGLIKE", "BTC_LIGHTNINGNETWORK":
		return Lightning
	case "BTC-LNURLPAY", "BTC_LNURLPAY":
		return "BTC-LNURL"
	default:
		return id
	}
}
