// Package random makes random ids, keys and secrets in the forms of the server.
package random

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/btcsuite/btcd/btcutil/base58"
)

// Bytes returns n random bytes.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Hex returns n random bytes in hex.
func Hex(bytes int) string { return hex.EncodeToString(Bytes(bytes)) }

// Base58 returns n random bytes in Base58, the form of most ids of the server. Leading zero bytes become ones, so
// the length varies a little.
func Base58(bytes int) string { return base58.Encode(Bytes(bytes)) }

// UUID returns a random UUID of version 4.
func UUID() string {
	b := Bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Letters returns n random letters and digits, the form of a store's legacy key.
func Letters(n int) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	text := make([]byte, n)
	for i := range text {
		for {
			if b := Bytes(1)[0] & 63; int(b) < len(letters) {
				text[i] = letters[b]
				break
			}
		}
	}
	return string(text)
}
