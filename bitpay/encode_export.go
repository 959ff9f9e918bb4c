package bitpay

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"

	"github.com/btcsuite/btcd/btcutil/base58"

	"github.com/btcpayctl/btcpayctl/client"
)

// Hex returns the private key as 64 hex digits. Like all exports, it panics after
// [Identity.Destroy].
func (id *Identity) Hex() client.Secret {
	return client.NewSecret(hex.EncodeToString(id.scalar()))
}

// PEM returns the private key as a PEM block "EC PRIVATE KEY" (SEC1), with the same bytes
// that openssl ec writes: a named curve and an uncompressed public key.
func (id *Identity) PEM() client.Secret {
	return pemSecret("EC PRIVATE KEY", id.sec1(true))
}

// PKCS8 returns the private key as a PEM block "PRIVATE KEY", as openssl pkcs8
// -topk8 -nocrypt writes it.
func (id *Identity) PKCS8() client.Secret {
	curve := asn1.RawValue{FullBytes: mustMarshal(oidSecp256k1)}
	return pemSecret("PRIVATE KEY", mustMarshal(pkcs8{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidPublicKeyEC, Parameters: curve},
		Key:       id.sec1(false), // Algorithm already names the curve
	}))
}

// WIF returns the private key in Bitcoin's wallet import format, marked as the key of a
// compressed public key, or of an uncompressed one after [Identity.Uncompressed]. No other
// export says which of the two SINs a server knows.
func (id *Identity) WIF(testnet bool) client.Secret {
	version := byte(wifMainnet)
	if testnet {
		version = wifTestnet
	}
	payload := id.scalar()
	if !id.IsUncompressed() {
		payload = append(payload, 1)
	}
	return client.NewSecret(base58.CheckEncode(payload, version))
}

func (id *Identity) scalar() []byte {
	if id.key == nil {
		panic("bitpay: " + ErrDestroyed.Error())
	}
	return id.key.Serialize()
}

func (id *Identity) sec1(named bool) []byte {
	key := sec1{Version: 1, Scalar: id.scalar()}
	if named {
		key.Parameters = contextTag(0, mustMarshal(oidSecp256k1))
	}
	point := id.public.point.SerializeUncompressed()
	key.PublicKey = contextTag(1, mustMarshal(asn1.BitString{Bytes: point, BitLength: 8 * len(point)}))
	return mustMarshal(key)
}

func contextTag(tag int, content []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: content}
}

// mustMarshal encodes values whose types are fixed above, so an error is a bug.
func mustMarshal(value any) []byte {
	der, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return der
}

func pemSecret(kind string, der []byte) client.Secret {
	return client.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}
