package world

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// SpeedPolicies are the names of the policies by which payments count as confirmed.
var SpeedPolicies = []string{"HighSpeed", "MediumSpeed", "LowSpeed", "LowMediumSpeed"}

// NetworkFeeModes are the names of the modes by which a customer pays the fee of a payment.
var NetworkFeeModes = []string{"MultiplePaymentsOnly", "Always", "Never"}

// FeeRate is the fee rate of the node, in satoshis a byte.
const FeeRate money.Number = "1.0"

// StatusOf returns the status that a filter of either API names, in any case; "" if there is none of that name.
func StatusOf(name string) string {
	switch strings.ToLower(name) {
	case "new":
		return StatusNew
	case "paid", "processing":
		return StatusProcessing
	case "complete", "confirmed", "settled":
		return StatusSettled
	case "expired":
		return StatusExpired
	case "invalid":
		return StatusInvalid
	}
	return ""
}

// Storable reports whether the server's database takes a text. It fails on the zero character (recordings
// 43-apikey-neighbours and 50-tokens-neighbours).
func Storable(text string) bool { return !strings.Contains(text, "\x00") }
