package bitpay

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"

	"github.com/btcsuite/btcd/btcec/v2"
)

var (
	oidPublicKeyEC = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSecp256k1   = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

// sec1 is ECPrivateKey of RFC 5915. Its two context-tagged fields are parsed separately,
// because the parameters may be a name or the whole curve.
type sec1 struct {
	Version    int
	Scalar     []byte
	Parameters asn1.RawValue `asn1:"optional,tag:0"`
	PublicKey  asn1.RawValue `asn1:"optional,tag:1"`
}

// pkcs8 is PrivateKeyInfo of RFC 5208. Attributes after the key are ignored.
type pkcs8 struct {
	Version   int
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

// explicitCurve is the beginning of SpecifiedECDomain of SEC1. The Java client writes it
// instead of the curve's name.
type explicitCurve struct {
	Version int
	Field   struct {
		Type  asn1.ObjectIdentifier
		Prime *big.Int
	}
	Curve struct {
		A, B []byte
		Seed asn1.BitString `asn1:"optional"`
	}
	Base     []byte
	Order    *big.Int
	Cofactor *big.Int `asn1:"optional"`
}

// pemBlock accepts more line ends than encoding/pem: old clients' files that were kept in
// databases and variables come back on one line.
var pemBlock = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END ([A-Z0-9 ]+)-----`)
})

// writtenOut are line ends and slashes as variables, JSON and pickles have them.
var writtenOut = strings.NewReplacer(`\r`, "\n", `\n`, "\n", `\u000a`, "\n", `\u000d`, "\n", `\u000A`, "\n", `\u000D`, "\n", `\/`, "/")

func decodeBase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

func (p *parser) parsePEM(text string) (Imported, error) {
	text = writtenOut.Replace(text)
	blocks := pemBlock().FindAllStringSubmatch(text, -1)
	if len(blocks) != strings.Count(text, "-----BEGIN") {
		return Imported{}, fmt.Errorf("%w: a PEM block has no end line", ErrKeyTruncated)
	}
	var found []Imported
	var public bool
	for _, block := range blocks {
		kind, body := block[1], block[2]
		if kind != block[3] {
			return Imported{}, fmt.Errorf("%w: a PEM block ends as another than it began", ErrKeyTruncated)
		}
		if kind == "EC PRIVATE KEY" && strings.Contains(body, "ENCRYPTED") {
			imported, err := p.parseSealedPEM(body)
			if err != nil {
				return Imported{}, err
			}
			found = append(found, imported)
			continue
		}
		der, err := decodeBase64(body)
		if err != nil && !strings.Contains(body, "ENCRYPTED") {
			return Imported{}, fmt.Errorf("%w: its PEM block is not base64", ErrKeyTruncated)
		}
		switch kind {
		case "EC PARAMETERS":
			if err := checkCurve(der); err != nil {
				return Imported{}, err
			}
		case "EC PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
			imported, err := p.parseDER(der)
			if err != nil {
				return Imported{}, err
			}
			found = append(found, imported)
		case "PUBLIC KEY":
			public = true
		case "RSA PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY":
			return Imported{}, fmt.Errorf("%w: the PEM block is %q", ErrKeyCurve, kind)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var readings []Reading
		for i, one := range found {
			readings = append(readings, Reading{one.Identity, fmt.Sprintf("PEM block %d is meant", i+1)})
		}
		return severalKeys(readings, found[0].Format)
	case public:
		return Imported{}, ErrPublicKey
	}
	return Imported{}, fmt.Errorf("%w: no PEM block here holds a private key", ErrKeyFormat)
}

// parseDER reads SEC1 or PKCS#8. It ignores bytes after the key, because the Python client
// pads some files.
func (p *parser) parseDER(der []byte) (Imported, error) {
	var outer pkcs8
	if _, err := asn1.Unmarshal(der, &outer); err == nil {
		if !outer.Algorithm.Algorithm.Equal(oidPublicKeyEC) {
			return Imported{}, fmt.Errorf("%w: its algorithm is %v", ErrKeyCurve, outer.Algorithm.Algorithm)
		}
		if err := checkCurve(outer.Algorithm.Parameters.FullBytes); err != nil {
			return Imported{}, err
		}
		imported, err := parseSEC1(outer.Key)
		imported.Format = FormatPKCS8
		return imported, err
	}
	var sealed encryptedPKCS8
	if _, err := asn1.Unmarshal(der, &sealed); err == nil {
		return p.parseSealedPKCS8(sealed)
	}
	imported, err := parseSEC1(der)
	imported.Format = FormatSEC1
	return imported, err
}

func parseSEC1(der []byte) (Imported, error) {
	var key sec1
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return Imported{}, fmt.Errorf("%w: its DER cannot be read", ErrKeyTruncated)
	}
	if len(key.Parameters.Bytes) > 0 {
		if err := checkCurve(key.Parameters.Bytes); err != nil {
			return Imported{}, err
		}
	}
	id, err := fromScalar(key.Scalar)
	if err != nil || len(key.PublicKey.Bytes) == 0 {
		return Imported{Identity: id}, err
	}
	var bits asn1.BitString
	if _, err := asn1.Unmarshal(key.PublicKey.Bytes, &bits); err != nil {
		return Imported{}, fmt.Errorf("%w: its public part cannot be read", ErrKeyTruncated)
	}
	point, err := btcec.ParsePubKey(bits.RightAlign())
	if err != nil || !point.IsEqual(id.public.point) {
		return Imported{}, ErrKeyMismatch
	}
	imported := Imported{Identity: id}
	var name asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(key.Parameters.Bytes, &name); err != nil && len(key.Parameters.Bytes) > 0 && bits.BitLength == 8*uncompressedDigits/2 {
		// The Java client writes the public key as it uses it. Other programs that write
		// the curve out use the compressed one, so this is no reason for a warning.
		imported.Others = imported.uncompressed().Others
	}
	return imported, nil
}

// checkCurve accepts secp256k1 by its name or by all its parameters.
func checkCurve(parameters []byte) error {
	var name asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(parameters, &name); err == nil {
		if !name.Equal(oidSecp256k1) {
			return fmt.Errorf("%w: its curve is %v", ErrKeyCurve, name)
		}
		return nil
	}
	var curve explicitCurve
	if _, err := asn1.Unmarshal(parameters, &curve); err != nil {
		return fmt.Errorf("%w: its curve is not named", ErrKeyCurve)
	}
	want := btcec.S256().Params()
	base, err := btcec.ParsePubKey(curve.Base)
	if err != nil || curve.Field.Prime.Cmp(want.P) != 0 || curve.Order.Cmp(want.N) != 0 ||
		len(bytes.TrimLeft(curve.Curve.A, "\x00")) != 0 || new(big.Int).SetBytes(curve.Curve.B).Cmp(want.B) != 0 ||
		base.X().Cmp(want.Gx) != 0 || base.Y().Cmp(want.Gy) != 0 {
		return fmt.Errorf("%w: its curve is written out and is another", ErrKeyCurve)
	}
	return nil
}
