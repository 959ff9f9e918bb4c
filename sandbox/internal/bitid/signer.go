package bitid

import (
	"encoding/hex"

	"github.com/btcsuite/btcd/btcec/v2"
)

// SignerOf returns the SIN of a public key in hex; empty if it is none.
func SignerOf(identity string) string {
	encoded, err := hex.DecodeString(identity)
	if err != nil {
		return ""
	}
	if _, err := btcec.ParsePubKey(encoded); err != nil {
		return ""
	}
	return SIN(encoded)
}

// IsSignature reports whether a text is a signature in hex, of whatever.
func IsSignature(text string) bool {
	der, err := hex.DecodeString(text)
	if err != nil {
		return false
	}
	_, _, err = parseLaxDER(der)
	return err == nil
}
