// Package random makes random ids, keys and secrets in the forms of the server.
package random

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"

	"github.com/btcsuite/btcd/btcutil/base58"
)

// Stream is a sequence of random values, which matters only with a [Seed]: what is drawn from one does not change what is
// drawn from another. The functions of the package draw from the stream "".
type Stream string

// The streams of what is drawn by reads, or in the background.
const (
	Reading    Stream = "reading"    // by requests that change nothing
	Session    Stream = "session"    // by log-ins
	Delivering Stream = "delivering" // by deliveries
)

// Bytes returns n random bytes.
func (in Stream) Bytes(n int) []byte {
	b := make([]byte, n)
	if s := seeded.Load(); s != nil {
		s.fill(string(in), b)
	} else {
		rand.Read(b)
	}
	return b
}

// Hex returns n random bytes in hex.
func (in Stream) Hex(bytes int) string { return hex.EncodeToString(in.Bytes(bytes)) }

// Base58 returns n random bytes in Base58, the form of most ids of the server. Leading zero bytes become ones, so
// the length varies a little.
func (in Stream) Base58(bytes int) string { return base58.Encode(in.Bytes(bytes)) }

// UUID returns a random UUID of version 4.
func (in Stream) UUID() string {
	b := in.Bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Bytes returns n random bytes.
func Bytes(n int) []byte { return Stream("").Bytes(n) }

// Hex returns n random bytes in hex.
func Hex(bytes int) string { return Stream("").Hex(bytes) }

// Base58 is like [Stream.Base58].
func Base58(bytes int) string { return Stream("").Base58(bytes) }

// UUID returns a random UUID of version 4.
func UUID() string { return Stream("").UUID() }

// Text returns 26 letters and digits that are easily typed.
func Text() string { return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(Bytes(16)) }

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
