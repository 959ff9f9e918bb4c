package world

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // addresses are defined by it
)

// Version bytes of regtest.
const (
	pubKeyHashAddress = 0x6f
	scriptHashAddress = 0xc4
	bech32Prefix      = "bcrt"
)

// dust is the value that an output to the wallet must exceed, in satoshis.
func (w *Wallet) dust() int64 {
	switch {
	case w.script == nestedSegwit, w.script == legacyScript && w.required > 0:
		return 540
	case w.script == legacyScript:
		return 546
	case w.required > 0:
		return 330
	default:
		return 294
	}
}

// Address returns the address of the external chain at an index.
func (w *Wallet) Address(index uint32) (string, error) {
	keys := make([][]byte, len(w.accounts))
	for i, a := range w.accounts {
		key, err := a.external.child(index)
		if err != nil {
			return "", err
		}
		keys[i] = key.key.SerializeCompressed()
	}
	if w.required == 0 {
		return keyAddress(keys[0], w.script)
	}
	return scriptAddress(multisig(w.required, keys), w.script)
}

func keyAddress(publicKey []byte, kind scriptKind) (string, error) {
	hash := hash160(publicKey)
	switch kind {
	case legacyScript:
		return base58.CheckEncode(hash, pubKeyHashAddress), nil
	case nestedSegwit:
		return base58.CheckEncode(hash160(append([]byte{0x00, 0x14}, hash...)), scriptHashAddress), nil
	default:
		return witnessAddress(hash)
	}
}

func scriptAddress(script []byte, kind scriptKind) (string, error) {
	hash := sha256.Sum256(script)
	switch kind {
	case legacyScript:
		return base58.CheckEncode(hash160(script), scriptHashAddress), nil
	case nestedSegwit:
		return base58.CheckEncode(hash160(append([]byte{0x00, 0x20}, hash[:]...)), scriptHashAddress), nil
	default:
		return witnessAddress(hash[:])
	}
}

// multisig is the script for keys of which some must sign, in the order of BIP67.
func multisig(required int, keys [][]byte) []byte {
	const op1, opCheckMultisig = 0x51, 0xae
	script := []byte{byte(op1 + required - 1)}
	for _, key := range slices.SortedFunc(slices.Values(keys), bytes.Compare) {
		script = append(append(script, byte(len(key))), key...)
	}
	return append(script, byte(op1+len(keys)-1), opCheckMultisig)
}

func witnessAddress(program []byte) (string, error) {
	words, err := bech32.ConvertBits(program, 8, 5, true)
	if err != nil {
		return "", err
	}
	return bech32.Encode(bech32Prefix, append([]byte{0}, words...))
}

func hash160(data []byte) []byte {
	inner := sha256.Sum256(data)
	outer := ripemd160.New()
	outer.Write(inner[:])
	return outer.Sum(nil)
}
