package command

import "github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// orEmpty makes an empty list of none, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// shopText is the store that a key was seen to serve.
func shopText(s *profile.ProvenStore) string {
	if s == nil {
		return notProven
	}
	return s.String()
}

const notProven = "not proven"
