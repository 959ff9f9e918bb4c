package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/btcsuite/btcd/btcutil/base58"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func randomHex(bytes int) string { return hex.EncodeToString(randomBytes(bytes)) }

// randomBase58 is how the server names most things. Leading zero bytes become ones, so the length varies a little.
func randomBase58(bytes int) string { return base58.Encode(randomBytes(bytes)) }

func randomUUID() string {
	b := randomBytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// randomLetters is how a store's legacy key looks: letters and digits.
func randomLetters(n int) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	text := make([]byte, n)
	for i := range text {
		for {
			if b := randomBytes(1)[0] & 63; int(b) < len(letters) {
				text[i] = letters[b]
				break
			}
		}
	}
	return string(text)
}
