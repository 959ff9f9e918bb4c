package cli

import "github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"

// Dash is what a table shows of a text: a dash if it is empty.
func Dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// YesNo is what a table shows of a boolean.
func YesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// OrEmpty makes an empty list of none, for JSON.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ShopText is the store that a key was seen to serve.
func ShopText(s *profile.ProvenStore) string {
	if s == nil {
		return NotProven
	}
	return s.String()
}

// NotProven is what a table shows of a store that no invoice has proven.
const NotProven = "not proven"
