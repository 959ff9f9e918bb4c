package replay

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/base58"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // a SIN is defined by it
)

// A SIN is the Base58Check encoding of a prefix, a type and the hash of the compressed public key. It is computed
// independently here, so that the same mistake of the server and the SDK is not made a third time.
const (
	sinVersion = 0x0f
	sinType    = 0x02
)

func sinOf(key *btcec.PublicKey) string {
	inner := sha256.Sum256(key.SerializeCompressed())
	outer := ripemd160.New()
	outer.Write(inner[:])
	return base58.CheckEncode(append([]byte{sinType}, outer.Sum(nil)...), sinVersion)
}

func parseKey(text string) (*btcec.PrivateKey, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("a private key is 64 hex digits")
	}
	key, _ := btcec.PrivKeyFromBytes(raw)
	return key, nil
}

// sign returns r and s for the SHA-256 of a text, with s in the lower half of the order.
func sign(key *btcec.PrivateKey, text string) (r, s btcec.ModNScalar) {
	digest := sha256.Sum256([]byte(text))
	var z btcec.ModNScalar
	z.SetByteSlice(digest[:])
	for {
		var k btcec.ModNScalar
		nonce := make([]byte, 32)
		rand.Read(nonce)
		if overflow := k.SetByteSlice(nonce); overflow || k.IsZero() {
			continue
		}
		var point btcec.JacobianPoint
		btcec.ScalarBaseMultNonConst(&k, &point)
		point.ToAffine()
		x := point.X.Bytes()
		r.SetByteSlice(x[:])
		inverse := new(btcec.ModNScalar).InverseValNonConst(&k)
		s.Mul2(&r, &key.Key).Add(&z).Mul(inverse)
		if r.IsZero() || s.IsZero() {
			continue
		}
		if s.IsOverHalfOrder() {
			s.Negate()
		}
		return r, s
	}
}

// signature makes the X-Signature of a request as the recording says.
func (b *bitID) signature(key *btcec.PrivateKey, text string) (string, error) {
	r, s := sign(key, text)
	for b.Form == "unpadded" && !hasHighBit(r) {
		r, s = sign(key, text) // without a high bit there is no sign byte to omit
	}
	if b.HighS {
		s.Negate()
	}
	rb, sb := r.Bytes(), s.Bytes()
	switch b.Form {
	case "":
		return hex.EncodeToString(der(rb[:], sb[:], minimal)), nil
	case "upper":
		return strings.ToUpper(hex.EncodeToString(der(rb[:], sb[:], minimal))), nil
	case "compact":
		return hex.EncodeToString(append(rb[:], sb[:]...)), nil
	case "padded":
		return hex.EncodeToString(der(rb[:], sb[:], padded)), nil
	case "unpadded":
		return hex.EncodeToString(der(rb[:], sb[:], unpadded)), nil
	case "trailing":
		return hex.EncodeToString(append(der(rb[:], sb[:], minimal), 0)), nil
	case "truncated":
		whole := der(rb[:], sb[:], minimal)
		return hex.EncodeToString(whole[:len(whole)-1]), nil
	case "zero":
		return hex.EncodeToString(der([]byte{0}, []byte{0}, minimal)), nil
	}
	return "", fmt.Errorf("a signature has no form %q", b.Form)
}

func hasHighBit(n btcec.ModNScalar) bool {
	b := n.Bytes()
	return b[0]&0x80 != 0
}

// der encodes two numbers as ASN.1 does, each written by the function.
func der(r, s []byte, layout func([]byte) []byte) []byte {
	var body []byte
	for _, n := range [][]byte{r, s} {
		n = layout(n)
		body = append(append(body, 0x02, byte(len(n))), n...)
	}
	return append([]byte{0x30, byte(len(body))}, body...)
}

func unpadded(n []byte) []byte {
	for len(n) > 1 && n[0] == 0 {
		n = n[1:]
	}
	return n
}

func minimal(n []byte) []byte {
	n = unpadded(n)
	if n[0]&0x80 != 0 {
		n = append([]byte{0}, n...)
	}
	return n
}

func padded(n []byte) []byte { return append([]byte{0, 0}, minimal(n)...) }

// authorise sets the headers of BitId: over the sent address and body, or over what the recording says.
func (p *player) authorise(b *bitID, address, body string, set func(name, value string)) error {
	key := p.keys[b.Key]
	signer := key
	if b.Signer != "" {
		signer = p.keys[b.Signer]
	}
	if key == nil || signer == nil {
		return fmt.Errorf("the recording has no key %q %s", b.Key, b.Signer)
	}
	for _, change := range []struct {
		with *string
		of   *string
	}{{b.Over, &address}, {b.Body, &body}} {
		if change.with == nil {
			continue
		}
		filled, err := p.vars.expand(*change.with)
		if err != nil {
			return err
		}
		*change.of = filled
	}
	identity := hex.EncodeToString(key.PubKey().SerializeCompressed())
	if b.Uncompressed {
		identity = hex.EncodeToString(key.PubKey().SerializeUncompressed())
	}
	signature, err := b.signature(signer, address+body)
	if err != nil {
		return err
	}
	for _, change := range []struct {
		with *string
		of   *string
	}{{b.Identity, &identity}, {b.Signature, &signature}} {
		if change.with == nil {
			continue
		}
		if *change.of, err = p.vars.expand(*change.with); err != nil {
			return err
		}
	}
	set("X-Identity", identity)
	set("X-Signature", signature)
	return nil
}
