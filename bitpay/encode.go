package bitpay

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/base58"
)

// Format names the form in which a private key was found. Its text can be shown to the
// user.
type Format string

// The forms that [ParsePrivateKey] reads.
const (
	FormatHex        Format = "hex"
	FormatSEC1       Format = "SEC1"
	FormatPKCS8      Format = "PKCS#8"
	FormatWIF        Format = "WIF"
	FormatWIFTestnet Format = "WIF (testnet)"
	FormatPHP        Format = "PHP client file"
	FormatNode       Format = "Node client file"
)

// Imported is a private key that was read, with its form and a warning.
type Imported struct {
	Identity *Identity
	Format   Format
	// Warning is empty, or a sentence for the user.
	Warning string
}

// Errors of [ParsePrivateKey]. None of them contains a part of the input.
var (
	ErrKeyFormat    = errors.New("not a private key in a known form (64 hex digits, PEM, PKCS#8, WIF, or the file of an old BitPay client)")
	ErrKeyHex       = errors.New("a private key in hex has 64 hex digits")
	ErrKeyTruncated = errors.New("the private key is incomplete or damaged: copy the whole file again")
	ErrKeyRange     = errors.New("the number cannot be a private key: it is zero or not below the order of secp256k1")
	ErrKeyCurve     = errors.New("the private key is not of the curve secp256k1")
	ErrKeyMismatch  = errors.New("the file's public part belongs to another private key: the file is damaged")
	ErrKeyEncrypted = errors.New("the private key is encrypted: decrypt it first with the program that wrote it, or with openssl ec -in FILE")
	ErrKeySeveral   = errors.New("there is more than one private key here: give one")
	ErrWIFVersion   = errors.New("this WIF key has an unknown version byte: only Bitcoin's main net (80) and test net (ef) are read")
	ErrWIFChecksum  = errors.New("the checksum of this WIF key does not hold: a character is wrong or missing")
	ErrPublicKey    = errors.New("this is a public key, and the private key is wanted")
	ErrSIN          = errors.New("this is a SIN")
)

// maxKeyFile is far above the size of any file that a client writes (the longest, of PHP,
// has about 400 bytes). It limits the work on a file that is something else.
const maxKeyFile = 64 << 10

// uncompressedWarning is for keys that another program may have used with the uncompressed
// public key. That key's hash is another SIN.
const uncompressedWarning = "this key was meant for an uncompressed public key; BitId uses the compressed one, " +
	"so the SIN may differ from the one a former client showed, and the store may have to be paired again"

// ParsePrivateKey reads a private key of the curve secp256k1 from the content of a file, a
// variable or a terminal. It takes:
//
//   - 64 hex digits of either case, with or without 0x, even if spaces and line breaks
//     separate them;
//   - PEM "EC PRIVATE KEY" (SEC1) with or without an "EC PARAMETERS" block, as the Python,
//     Ruby and Go clients write it, and PEM "PRIVATE KEY" (PKCS#8); with any line ends, on
//     one line, or with \n written as two characters as in an environment variable;
//   - the same two without PEM: as base64, or as raw DER as the Java and C# clients write
//     it;
//   - WIF of main net and test net;
//   - the file of the PHP client (a serialised object), and the file of the Node client if
//     its pass phrase was empty.
//
// The identity always uses the compressed public key.
func ParsePrivateKey(data []byte) (Imported, error) {
	if len(data) > maxKeyFile {
		return Imported{}, ErrKeyFormat
	}
	if bytes.HasPrefix(data, []byte{0x30}) && !bytes.Contains(data, []byte("-----BEGIN")) {
		// The first byte is that of a DER SEQUENCE. It is also the digit 0, so text that
		// is not DER is parsed below.
		if imported, err := parseDER(data); err == nil || !isText(data) {
			return imported, err
		}
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	switch {
	case text == "":
		return Imported{}, fmt.Errorf("%w: it is empty", ErrKeyFormat)
	case strings.Contains(text, "-----BEGIN"):
		return parsePEM(text)
	case strings.Contains(text, "-----END"):
		return Imported{}, fmt.Errorf("%w: a PEM block has no begin line", ErrKeyTruncated)
	case strings.Contains(text, `PrivateKey":`):
		return parsePHP(text)
	}
	word := strings.Join(strings.Fields(text), "")
	if imported, err := parseHex(word); !errors.Is(err, ErrKeyFormat) {
		return imported, err
	}
	if ValidateSIN(word) == nil {
		return Imported{}, fmt.Errorf("%w, the name of a key, and the private key is wanted", ErrSIN)
	}
	if der, err := base64.StdEncoding.DecodeString(word); err == nil && len(der) > 0 && der[0] == 0x30 {
		return parseDER(der)
	}
	return parseBase58(word)
}

func isText(data []byte) bool {
	return bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r == '\ufffd' }) < 0
}

// fromScalar makes an identity from the bytes of any form. It pads short numbers and drops
// leading zeros, because programs that write DER disagree about both.
func fromScalar(scalar []byte) (*Identity, error) {
	scalar = bytes.TrimLeft(scalar, "\x00")
	var number btcec.ModNScalar
	if len(scalar) > btcec.PrivKeyBytesLen || number.SetByteSlice(scalar) || number.IsZero() {
		return nil, ErrKeyRange
	}
	return newIdentity(btcec.PrivKeyFromScalar(&number)), nil
}

func parseHex(word string) (Imported, error) {
	digits := word
	if len(digits) > 2 && strings.EqualFold(digits[:2], "0x") {
		digits = digits[2:]
	}
	wrong := strings.IndexFunc(digits, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
	if wrong >= 0 {
		if len(digits) == 2*btcec.PrivKeyBytesLen {
			return Imported{}, fmt.Errorf("%w: character %d is none", ErrKeyHex, wrong+1)
		}
		return Imported{}, ErrKeyFormat
	}
	if len(digits) != 2*btcec.PrivKeyBytesLen {
		if _, err := ParsePublicKey(digits); err == nil {
			return Imported{}, ErrPublicKey
		}
		return Imported{}, fmt.Errorf("%w: here are %d", ErrKeyHex, len(digits))
	}
	scalar, err := hex.DecodeString(digits)
	if err != nil {
		return Imported{}, ErrKeyFormat
	}
	id, err := fromScalar(scalar)
	return Imported{Identity: id, Format: FormatHex}, err
}

// The version bytes of WIF.
const (
	wifMainnet = 0x80
	wifTestnet = 0xEF
)

func parseBase58(word string) (Imported, error) {
	// BIP 38, and the output of openssl enc.
	if strings.HasPrefix(word, "6P") && len(word) == 58 || strings.HasPrefix(word, "U2FsdGVkX1") {
		return Imported{}, ErrKeyEncrypted
	}
	payload, version, err := decodeBase58Check(word)
	if err != nil {
		switch raw := base58.Decode(word[:min(len(word), 200)]); {
		case len(raw) > 0 && len(raw)%16 == 0 && len(raw) >= 64:
			return parseNode(raw)
		case len(raw) == 37 || len(raw) == 38:
			return Imported{}, ErrWIFChecksum
		}
		return Imported{}, ErrKeyFormat
	}
	compressed := len(payload) == btcec.PrivKeyBytesLen+1 && payload[btcec.PrivKeyBytesLen] == 1
	if !compressed && len(payload) != btcec.PrivKeyBytesLen {
		return Imported{}, ErrKeyFormat
	}
	imported := Imported{Format: FormatWIF}
	switch version {
	case wifMainnet:
	case wifTestnet:
		imported.Format = FormatWIFTestnet
	default:
		return Imported{}, fmt.Errorf("%w: here it is %02x", ErrWIFVersion, version)
	}
	if !compressed {
		imported.Warning = uncompressedWarning
	}
	imported.Identity, err = fromScalar(payload[:btcec.PrivKeyBytesLen])
	return imported, err
}
