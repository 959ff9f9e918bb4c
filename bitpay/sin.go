package bitpay

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/btcutil/base58"
	//nolint:staticcheck // the SIN is defined by RIPEMD-160
	"golang.org/x/crypto/ripemd160"
)

// A SIN is Base58Check(0x0F ‖ 0x02 ‖ RIPEMD160(SHA256(public key))), the form
// "SIN type 2" of Bitcoin's Identity Protocol v1.
const (
	sinVersion = 0x0F
	sinType    = 0x02
)

// ErrInvalidSIN is wrapped by the errors of [ValidateSIN].
var ErrInvalidSIN = errors.New("not a SIN")

func deriveSIN(publicKey []byte) string {
	inner := sha256.Sum256(publicKey)
	hash := ripemd160.New()
	hash.Write(inner[:])
	return base58.CheckEncode(hash.Sum([]byte{sinType}), sinVersion)
}

// ValidateSIN checks that text is a SIN: 35 characters of Base58 that begin with T, with a
// valid checksum. It cannot check whether a key with this SIN exists.
func ValidateSIN(text string) error {
	payload, version, err := decodeBase58Check(text)
	switch {
	case errors.Is(err, base58.ErrChecksum):
		return fmt.Errorf("%w: its checksum does not hold, a character is wrong or missing", ErrInvalidSIN)
	case err != nil:
		return fmt.Errorf("%w: a SIN has 35 letters and digits of Base58 and begins with T", ErrInvalidSIN)
	case version != sinVersion || len(payload) != 1+ripemd160.Size || payload[0] != sinType:
		return fmt.Errorf("%w: it is a Base58 text of another kind", ErrInvalidSIN)
	}
	return nil
}

// decodeBase58Check first limits the length of the text: decoding takes quadratic time,
// and nothing that is read here has more than 60 characters.
func decodeBase58Check(text string) (payload []byte, version byte, err error) {
	if len(text) > 120 {
		return nil, 0, base58.ErrInvalidFormat
	}
	return base58.CheckDecode(text)
}
