package world

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/base58"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Wallet is a store's on-chain payment method: an account key. Each invoice gets the next address of it.
type Wallet struct {
	Enabled bool
	Scheme  string // as it was set: the account's extended public key, perhaps with the kind of script
	Label   string
	KeyPath string // fingerprint and path of the account, "" if unknown
	// Next is the index of the next address, in state files of older releases. Now the state has it for each scheme.
	Next     uint32 `json:",omitzero"`
	Reserved *Given `json:",omitzero"` // the address that the store receives money at without an invoice

	tracked  *TrackedScheme
	accounts []account
	required int // signatures, 0 for a wallet of one key
	script   scriptKind
}

// account is one of the keys that own a wallet.
type account struct {
	text     string
	external *extendedKey
}

type scriptKind int

const (
	segwit scriptKind = iota
	nestedSegwit
	legacyScript
)

// extendedPublicKey is the version of account keys of regtest.
const extendedPublicKey = 0x043587cf

// ErrScheme is the error for a text that is not a derivation scheme.
var ErrScheme = errors.New("derivation scheme: not an extended public key of regtest")

// NewWallet reads a derivation scheme: an account key, or M-of- and several keys of which M sign, and the kind of script
// after a dash, [legacy] or [p2sh].
func NewWallet(scheme string) (*Wallet, error) {
	w := &Wallet{Enabled: true, Scheme: strings.TrimSpace(scheme)}
	if err := w.open(); err != nil {
		return nil, err
	}
	return w, nil
}

// mostKeys is how many keys a wallet may have: as many as a script of pay-to-script-hash fits.
const mostKeys = 15

// open derives what is not in the state.
func (w *Wallet) open() error {
	keys := w.Scheme
	w.accounts, w.required, w.script = nil, 0, segwit
	if before, kind, found := strings.Cut(keys, "-["); found {
		switch keys = before; kind {
		case "p2sh]":
			w.script = nestedSegwit
		case "legacy]":
			w.script = legacyScript
		default:
			return ErrScheme
		}
	}
	most := 1
	if required, list, found := strings.Cut(keys, "-of-"); found {
		var err error
		if w.required, err = strconv.Atoi(required); err != nil || w.required < 1 {
			return ErrScheme
		}
		keys, most = list, mostKeys
	}
	for text := range strings.SplitSeq(keys, "-") {
		if len(w.accounts) == most {
			return ErrScheme
		}
		key, err := parseExtendedKey(text)
		if err != nil {
			return err
		}
		external, err := key.child(0)
		if err != nil {
			return err
		}
		w.accounts = append(w.accounts, account{text, external})
	}
	if w.required > len(w.accounts) {
		return ErrScheme
	}
	return nil
}

// AccountKeys are the account keys of the scheme.
func (w *Wallet) AccountKeys() []string {
	keys := make([]string, len(w.accounts))
	for i, a := range w.accounts {
		keys[i] = a.text
	}
	return keys
}

// nextAddress returns the next unused address of the external chain, and its index.
func (w *Wallet) nextAddress() (string, uint32) {
	if w.tracked == nil { // of no store
		w.tracked = &TrackedScheme{Next: w.Next}
	}
	for {
		index := w.tracked.take()
		text, err := w.Address(index)
		if err != nil {
			continue // one in 2^127: the standard says to use the next one
		}
		return text, index
	}
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
	private, public := btcec.PrivKeyFromBytes(random.Bytes(32))
	private.Zero()
	raw := binary.BigEndian.AppendUint32(nil, extendedPublicKey)
	raw = append(raw, 3)                   // depth of an account
	raw = append(raw, random.Bytes(4)...)  // its parent
	raw = append(raw, 0x80, 0, 0, 0)       // the first account
	raw = append(raw, random.Bytes(32)...) // chain code
	raw = append(raw, public.SerializeCompressed()...)
	first := sha256.Sum256(raw)
	second := sha256.Sum256(first[:])
	return base58.Encode(append(raw, second[:4]...))
}
