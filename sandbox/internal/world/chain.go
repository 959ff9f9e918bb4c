package world

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // addresses are defined by it

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Wallet is a store's on-chain payment method: an account key. Each invoice gets the next address of it.
type Wallet struct {
	Enabled bool
	Scheme  string // as it was set: the account's extended public key, perhaps with the kind of script
	Label   string
	KeyPath string // fingerprint and path of the account, "" if unknown
	Next    uint32 // index of the next address of the external chain

	external *extendedKey
	script   scriptKind
}

type scriptKind int

const (
	segwit scriptKind = iota
	nestedSegwit
	legacyScript
)

// dustLimit is the value that an output of the kind must exceed, in satoshis.
var dustLimit = map[scriptKind]int64{segwit: 294, nestedSegwit: 540, legacyScript: 546}

// dust is the value that an output to the wallet must exceed, in satoshis.
func (w *Wallet) dust() int64 { return dustLimit[w.script] }

// Version bytes of regtest.
const (
	extendedPublicKey = 0x043587cf
	pubKeyHashAddress = 0x6f
	scriptHashAddress = 0xc4
	bech32Prefix      = "bcrt"
)

// ErrScheme is the error for a text that is not a derivation scheme.
var ErrScheme = errors.New("derivation scheme: not an extended public key of regtest")

// NewWallet reads a derivation scheme: an account key, and the kind of script after a dash, [legacy] or [p2sh].
func NewWallet(scheme string) (*Wallet, error) {
	w := &Wallet{Enabled: true, Scheme: strings.TrimSpace(scheme)}
	if err := w.open(); err != nil {
		return nil, err
	}
	return w, nil
}

// open derives what is not in the state.
func (w *Wallet) open() error {
	key, kind, _ := strings.Cut(w.Scheme, "-")
	switch kind {
	case "":
		w.script = segwit
	case "[p2sh]":
		w.script = nestedSegwit
	case "[legacy]":
		w.script = legacyScript
	default:
		return ErrScheme
	}
	account, err := parseExtendedKey(key)
	if err != nil {
		return err
	}
	w.external, err = account.child(0)
	return err
}

// nextAddress returns the next unused address of the external chain, and its index.
func (w *Wallet) nextAddress() (string, uint32) {
	for {
		index := w.Next
		w.Next++
		text, err := w.Address(index)
		if err != nil {
			continue // one in 2^127: the standard says to use the next one
		}
		return text, index
	}
}

// Address returns the address of the external chain at an index.
func (w *Wallet) Address(index uint32) (string, error) {
	key, err := w.external.child(index)
	if err != nil {
		return "", err
	}
	return address(key.key.SerializeCompressed(), w.script)
}

func hash160(data []byte) []byte {
	inner := sha256.Sum256(data)
	outer := ripemd160.New()
	outer.Write(inner[:])
	return outer.Sum(nil)
}

func address(publicKey []byte, kind scriptKind) (string, error) {
	hash := hash160(publicKey)
	switch kind {
	case segwit:
	case legacyScript:
		return base58.CheckEncode(hash, pubKeyHashAddress), nil
	case nestedSegwit:
		return base58.CheckEncode(hash160(append([]byte{0x00, 0x14}, hash...)), scriptHashAddress), nil
	}
	words, err := bech32.ConvertBits(hash, 8, 5, true)
	if err != nil {
		return "", err
	}
	return bech32.Encode(bech32Prefix, append([]byte{0}, words...))
}

// extendedKey derives public keys by BIP32 without a private key.
type extendedKey struct {
	key       *btcec.PublicKey
	chainCode []byte
}

// longestExtendedKey is the length of the 82 bytes of a key in Base58. Decoding takes time quadratic in the length.
const longestExtendedKey = 112

func parseExtendedKey(text string) (*extendedKey, error) {
	if len(text) > longestExtendedKey {
		return nil, ErrScheme
	}
	raw := base58.Decode(text)
	if len(raw) != 82 || binary.BigEndian.Uint32(raw) != extendedPublicKey {
		return nil, ErrScheme
	}
	first := sha256.Sum256(raw[:78])
	second := sha256.Sum256(first[:])
	if !hmac.Equal(second[:4], raw[78:]) {
		return nil, ErrScheme
	}
	key, err := btcec.ParsePubKey(raw[45:78])
	if err != nil {
		return nil, ErrScheme
	}
	return &extendedKey{key: key, chainCode: raw[13:45]}, nil
}

func (k *extendedKey) child(index uint32) (*extendedKey, error) {
	mac := hmac.New(sha512.New, k.chainCode)
	mac.Write(k.key.SerializeCompressed())
	mac.Write(binary.BigEndian.AppendUint32(nil, index))
	sum := mac.Sum(nil)

	var tweak btcec.ModNScalar
	if overflow := tweak.SetByteSlice(sum[:32]); overflow {
		return nil, ErrScheme
	}
	var point, parent, result btcec.JacobianPoint
	btcec.ScalarBaseMultNonConst(&tweak, &point)
	k.key.AsJacobian(&parent)
	btcec.AddNonConst(&point, &parent, &result)
	if result.Z.IsZero() {
		return nil, ErrScheme
	}
	result.ToAffine()
	return &extendedKey{key: btcec.NewPublicKey(&result.X, &result.Y), chainCode: sum[32:]}, nil
}

// NewAccountKey returns a random extended public key of an account. Its private key is discarded.
func NewAccountKey() string {
	private, err := btcec.NewPrivateKey()
	if err != nil {
		panic(err) // the system's random numbers cannot fail
	}
	raw := binary.BigEndian.AppendUint32(nil, extendedPublicKey)
	raw = append(raw, 3)                   // depth of an account
	raw = append(raw, random.Bytes(4)...)  // its parent
	raw = append(raw, 0x80, 0, 0, 0)       // the first account
	raw = append(raw, random.Bytes(32)...) // chain code
	raw = append(raw, private.PubKey().SerializeCompressed()...)
	first := sha256.Sum256(raw)
	second := sha256.Sum256(first[:])
	return base58.Encode(append(raw, second[:4]...))
}
