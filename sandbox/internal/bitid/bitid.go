// Package bitid computes the ids of keys and verifies signed requests as the server does, which accepts more than
// the standards allow. It shares no code with package bitpay of the SDK, so that both do not make the same mistake.
package bitid

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/base58"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // the SIN is defined by it

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// A SIN is the Base58Check encoding of these two bytes and the hash of the public key.
const (
	sinPrefix = 0x0f
	sinType   = 0x02
)

// SIN returns the id of a public key. The encoding matters: the uncompressed form of a key is another account.
func SIN(publicKey []byte) string {
	inner := sha256.Sum256(publicKey)
	outer := ripemd160.New()
	outer.Write(inner[:])
	return base58.CheckEncode(outer.Sum([]byte{sinType}), sinPrefix)
}

// longestSIN is the length of the 26 bytes of a SIN in Base58. Longer texts are not decoded, which takes time
// quadratic in the length.
const longestSIN = 36

// ValidSIN reports whether a text is a SIN with the right checksum.
func ValidSIN(text string) bool {
	if len(text) > longestSIN {
		return false
	}
	payload, version, err := base58.CheckDecode(text)
	return err == nil && version == sinPrefix && len(payload) == 21 && payload[0] == sinType
}

// Verify checks the signature of a request and returns the SIN of the signer. The server parses keys and signatures
// laxly (recording 60-bitid-auth).
func Verify(identity, signature, url string, body []byte) (sin string, ok bool) {
	if !aspnet.WellFormedURL(url) {
		return "", false
	}
	encoded, err := hex.DecodeString(identity)
	if err != nil {
		return "", false
	}
	key, err := btcec.ParsePubKey(encoded)
	if err != nil {
		return "", false
	}
	der, err := hex.DecodeString(signature)
	if err != nil {
		return "", false
	}
	r, s, err := parseLaxDER(der)
	if err != nil {
		return "", false
	}
	digest := sha256.New()
	digest.Write([]byte(url))
	digest.Write(body)
	if !ecdsa.NewSignature(&r, &s).Verify(digest.Sum(nil), key) {
		return "", false
	}
	return SIN(encoded), true
}

var errDER = errors.New("not a DER signature")

// parseLaxDER reads a signature as libsecp256k1's lax reader does: it accepts superfluous zeros, long lengths, a
// missing sign byte and trailing bytes; a number above 32 bytes or the group order counts as zero.
func parseLaxDER(der []byte) (r, s btcec.ModNScalar, err error) {
	if len(der) < 2 || der[0] != 0x30 {
		return r, s, errDER
	}
	rest := der[1:]
	// The length of the sequence must exist, but is ignored.
	if n := int(rest[0]); n&0x80 != 0 {
		n &= 0x7f
		if n > len(rest)-1 {
			return r, s, errDER
		}
		rest = rest[1+n:]
	} else {
		rest = rest[1:]
	}
	var overflow bool
	for _, into := range []*btcec.ModNScalar{&r, &s} {
		var number []byte
		number, rest, err = laxInteger(rest)
		if err != nil {
			return r, s, err
		}
		for len(number) > 0 && number[0] == 0 {
			number = number[1:]
		}
		overflow = overflow || len(number) > 32 || into.SetByteSlice(number)
	}
	if overflow {
		r.Zero()
		s.Zero()
	}
	// The real server normalises S first, so that both signs are valid. Verify accepts either sign anyway.
	return r, s, nil
}

func laxInteger(in []byte) (number, rest []byte, err error) {
	if len(in) < 2 || in[0] != 0x02 {
		return nil, nil, errDER
	}
	length, in := int(in[1]), in[2:]
	if length&0x80 != 0 {
		count := length & 0x7f
		if count > len(in) {
			return nil, nil, errDER
		}
		digits := in[:count]
		in = in[count:]
		for len(digits) > 0 && digits[0] == 0 {
			digits = digits[1:]
		}
		if len(digits) >= 4 {
			return nil, nil, errDER
		}
		length = 0
		for _, d := range digits {
			length = length<<8 | int(d)
		}
	}
	if length > len(in) {
		return nil, nil, errDER
	}
	return in[:length], in[length:], nil
}

// CompressKey returns the compressed form of a public key in hex, as the page for pasted keys makes it.
func CompressKey(text string) ([]byte, error) {
	encoded, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	key, err := btcec.ParsePubKey(encoded)
	if err != nil {
		return nil, err
	}
	return key.SerializeCompressed(), nil
}
