package bitpay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// Errors of [PublicKey.Verify] and [PublicKey.VerifyStrict].
var (
	// ErrSignatureEncoding means that the text is not a strict DER signature in hex.
	ErrSignatureEncoding = errors.New("the signature is not hex of strict DER")
	// ErrSignature means that the signature is well formed, but is of another message or
	// another key.
	ErrSignature = errors.New("the signature does not fit this message and key")
	// ErrHighS means that the signature fits but has the larger of its two possible S
	// values, which [PublicKey.VerifyStrict] refuses.
	ErrHighS = errors.New("the signature has a high S value, a strict signer writes the low one")
)

// Sign returns the ECDSA signature over one SHA-256 of the message, as strict DER in hex.
// The nonce follows RFC 6979 and S is always the lower value, so the same key and message
// always give the same text.
//
// Sign panics after [Identity.Destroy].
func (id *Identity) Sign(message []byte) string {
	if id.key == nil {
		panic("bitpay: " + ErrDestroyed.Error())
	}
	digest := sha256.Sum256(message)
	return hex.EncodeToString(sign(id.key, &digest).Serialize())
}

// sign returns the same signature as btcec's ecdsa.Sign, byte for byte. It exists because
// ecdsa.Sign always multiplies with the table, see [baseMult].
func sign(key *btcec.PrivateKey, digest *[sha256.Size]byte) *ecdsa.Signature {
	var private [btcec.PrivKeyBytesLen]byte
	key.Key.PutBytes(&private)
	defer clear(private[:])
	for iteration := uint32(0); ; iteration++ {
		nonce := btcec.NonceRFC6979(private[:], digest[:], nil, nil, iteration)
		signature := signWith(&key.Key, nonce, digest)
		nonce.Zero()
		if signature != nil {
			return signature
		}
	}
}

// signWith is algorithm 4.29 of the Guide to Elliptic Curve Cryptography (Hankerson,
// Menezes, Vanstone) with the lower S of BIP 62. It returns nil if another nonce is
// needed, which has never been observed.
func signWith(key, nonce *btcec.ModNScalar, digest *[sha256.Size]byte) *ecdsa.Signature {
	var point btcec.JacobianPoint
	baseMult(nonce, &point)
	var x [32]byte
	point.X.PutBytes(&x)
	var r, e btcec.ModNScalar
	r.SetBytes(&x)
	e.SetBytes(digest) // both are reduced by the order, as ECDSA requires
	inverse := new(btcec.ModNScalar).InverseValNonConst(nonce)
	defer inverse.Zero()
	s := new(btcec.ModNScalar).Mul2(key, &r).Add(&e).Mul(inverse)
	if r.IsZero() || s.IsZero() {
		return nil
	}
	if s.IsOverHalfOrder() {
		s.Negate()
	}
	return ecdsa.NewSignature(&r, s)
}

// Verify checks a signature made by [Identity.Sign] or another ECDSA signer. The encoding
// must be strict DER, in hex of either case. S may be low or high, because plain ECDSA
// makes no difference.
func (k PublicKey) Verify(message []byte, signature string) error {
	_, err := k.verify(message, signature)
	return err
}

// VerifyStrict is like [PublicKey.Verify], but also refuses a high S. So a message and key
// have no second signature that anyone could derive.
func (k PublicKey) VerifyStrict(message []byte, signature string) error {
	parsed, err := k.verify(message, signature)
	if err != nil {
		return err
	}
	if s := parsed.S(); s.IsOverHalfOrder() {
		return ErrHighS
	}
	return nil
}

func (k PublicKey) verify(message []byte, signature string) (*ecdsa.Signature, error) {
	if k.point == nil {
		return nil, ErrPublicKeyFormat
	}
	der, err := hex.DecodeString(signature)
	if err != nil {
		return nil, ErrSignatureEncoding
	}
	// btcec's strict parser drops the bytes after the encoded length, so the length must
	// be compared first.
	if len(der) < ecdsa.MinSigLen || len(der) > ecdsa.MaxSigLen || int(der[1]) != len(der)-2 {
		return nil, ErrSignatureEncoding
	}
	parsed, err := ecdsa.ParseDERSignature(der)
	if err != nil {
		return nil, ErrSignatureEncoding
	}
	digest := sha256.Sum256(message)
	if !parsed.Verify(digest[:], k.point) {
		return nil, ErrSignature
	}
	return parsed, nil
}
