package bitpay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Reading is a key that a text can mean.
type Reading struct {
	Identity *Identity
	// Why says how the text is read, such as "the last digit is dropped".
	Why string
}

// An AmbiguousKeyError says that a text can mean several private keys. Only the user can
// choose one: a server's page of access tokens shows the SIN of each paired key. The error
// wraps [ErrKeyHex] or [ErrKeySeveral].
type AmbiguousKeyError struct {
	// Readings are at least two, the more likely ones first.
	Readings []Reading
	Format   Format

	err error
}

// Error names the SIN of each reading.
func (e *AmbiguousKeyError) Error() string {
	var readings []string
	for _, r := range e.Readings {
		readings = append(readings, fmt.Sprintf("%s if %s", r.Identity.SIN(), r.Why))
	}
	return fmt.Sprintf("%v: SIN %s", e.err, strings.Join(readings, ", or "))
}

// Unwrap returns the kind of the error.
func (e *AmbiguousKeyError) Unwrap() error { return e.err }

// Choose returns the reading with this SIN, in either form of its public key, and nil if
// there is none.
func (e *AmbiguousKeyError) Choose(sin string) *Identity {
	for _, r := range e.Readings {
		if id, ok := r.Identity.ForSIN(sin); ok {
			return id
		}
	}
	return nil
}

// severalKeys is the result for a file with the given keys. A key may be in it twice.
func severalKeys(found []Reading, format Format) (Imported, error) {
	var distinct []Reading
	for _, r := range found {
		same := func(other Reading) bool { return other.Identity.SIN() == r.Identity.SIN() }
		if !slices.ContainsFunc(distinct, same) {
			distinct = append(distinct, r)
		}
	}
	if len(distinct) == 1 {
		return Imported{Identity: distinct[0].Identity, Format: format}, nil
	}
	return Imported{}, &AmbiguousKeyError{Readings: distinct, Format: format, err: ErrKeySeveral}
}

// A KeyFileError says that a file names another one, which holds the private key. So does
// BitPay.config.json.
type KeyFileError struct {
	Path string
	// Passphrase opens that file, for [ParseEncryptedPrivateKey]. It is empty if the file
	// gives none.
	Passphrase client.Secret
}

func (e *KeyFileError) Error() string {
	return fmt.Sprintf("the private key is in another file: %.200q", e.Path)
}
