package world

import (
	"strings"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// longestAddress is the length of the longest witness address, of a program of 40 bytes. Decoding base58 takes time
// quadratic in the length.
const longestAddress = 75

// IsAddress reports whether a text is an address of the chain.
func IsAddress(text string) bool {
	if len(text) > longestAddress {
		return false
	}
	if hash, version, err := base58.CheckDecode(text); err == nil {
		return len(hash) == 20 && (version == pubKeyHashAddress || version == scriptHashAddress)
	}
	prefix, words, version, err := bech32.DecodeGeneric(text)
	if err != nil || strings.ToLower(prefix) != bech32Prefix || len(words) == 0 || words[0] > 16 {
		return false
	}
	program, err := bech32.ConvertBits(words[1:], 5, 8, false)
	if err != nil || len(program) < 2 || len(program) > 40 {
		return false
	}
	if words[0] == 0 {
		return version == bech32.Version0 && (len(program) == 20 || len(program) == 32)
	}
	return version == bech32.VersionM
}
