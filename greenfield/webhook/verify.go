package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// SignatureHeader is the header with the signature of the body: sha256= and 64 lower-case
// hexadecimal digits.
const SignatureHeader = "BTCPay-Sig"

const signaturePrefix = "sha256="

// ErrSignature is wrapped by the errors of [Verify] and [VerifySignature] if the sender
// did not prove that it has a secret. The errors contain neither the header nor the
// signature that would be right.
var ErrSignature = errors.New("the webhook delivery has no valid signature")

var (
	errMissing   = fmt.Errorf("%w: the header "+SignatureHeader+" is missing", ErrSignature)
	errDoubled   = fmt.Errorf("%w: the header "+SignatureHeader+" is there more than once", ErrSignature)
	errMalformed = fmt.Errorf("%w: the header "+SignatureHeader+" is not sha256= and 64 lower-case hexadecimal digits", ErrSignature)
	errWrong     = fmt.Errorf("%w: the signature belongs to another body or another secret", ErrSignature)
)

// Verify checks the signature of a delivery with the secrets of its webhook; several are
// accepted while a secret is replaced. The body is the bytes that arrived. It accepts only
// what a server sends: one header, lower case, no blanks.
//
// It returns an error that wraps [ErrSignature], or [ErrSecret] if a secret is the zero
// value or there is none. The time that it takes does not depend on where signatures
// differ.
func Verify(secrets []Secret, header http.Header, body []byte) error {
	signature, err := signatureOf(header)
	if err != nil {
		return err
	}
	return VerifySignature(secrets, signature, body)
}

// VerifySignature is like [Verify], for programs that have only the value of the header.
func VerifySignature(secrets []Secret, signature string, body []byte) error {
	if err := checkSecrets(secrets); err != nil {
		return err
	}
	got, err := parseSignature(signature)
	if err != nil {
		return err
	}
	return verify(secrets, got, body)
}

func verify(secrets []Secret, got [sha256.Size]byte, body []byte) error {
	var sum [sha256.Size]byte
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, *secret.key)
		mac.Write(body)
		if hmac.Equal(mac.Sum(sum[:0]), got[:]) {
			return nil
		}
	}
	return errWrong
}

// Sign returns the value of [SignatureHeader] for a body, for tests of receivers.
func Sign(secret Secret, body []byte) (string, error) {
	if err := checkSecrets([]Secret{secret}); err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, *secret.key)
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil)), nil
}

func checkSecrets(secrets []Secret) error {
	if len(secrets) == 0 {
		return fmt.Errorf("%w: none is given", ErrSecret)
	}
	for _, secret := range secrets {
		if secret.key == nil {
			return fmt.Errorf("%w: one is not set", ErrSecret)
		}
	}
	return nil
}

// signatureOf also finds names in other letters, which a map that did not come from
// net/http may have.
func signatureOf(header http.Header) (string, error) {
	var found []string
	for name, values := range header {
		if len(name) == len(SignatureHeader) && strings.EqualFold(name, SignatureHeader) {
			found = append(found, values...)
		}
	}
	switch len(found) {
	case 0:
		return "", errMissing
	case 1:
		return found[0], nil
	}
	return "", errDoubled
}

func parseSignature(text string) (sum [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(text, signaturePrefix)
	if !ok || len(digits) != hex.EncodedLen(len(sum)) {
		return sum, errMalformed
	}
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return sum, errMalformed
		}
	}
	_, err = hex.Decode(sum[:], []byte(digits))
	return sum, err
}
