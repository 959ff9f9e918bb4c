package bitpay

import (
	"bytes"
	"crypto/aes"
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
	FormatJWK        Format = "JWK"
	FormatBitAuth    Format = "bitauth JSON"
	FormatConfig     Format = "BitPay.config.json"
)

// Imported is a private key that was read, with its form and a warning.
type Imported struct {
	Identity *Identity
	Format   Format
	// Warning is empty, or a sentence for the user.
	Warning string
	// Others are identities that are less likely, and that only the user can rule out: the
	// program that wrote the key may have paired it with its uncompressed public key.
	Others []Reading
}

// Errors of [ParsePrivateKey]. None of them contains a part of the input.
var (
	ErrKeyFormat    = errors.New("not a private key in a known form (64 hex digits, PEM, PKCS#8, JWK, WIF, or the file of a BitPay client)")
	ErrKeyHex       = errors.New("a private key in hex has 64 hex digits")
	ErrKeyTruncated = errors.New("the private key is incomplete or damaged: copy the whole file again")
	ErrKeyRange     = errors.New("the number cannot be a private key: it is zero or not below the order of secp256k1")
	ErrKeyCurve     = errors.New("the private key is not of the curve secp256k1")
	ErrKeyMismatch  = errors.New("the file's public part belongs to another private key: the file is damaged")
	// ErrKeyEncrypted: use [ParseEncryptedPrivateKey].
	ErrKeyEncrypted  = errors.New("the private key is encrypted, and its passphrase is not given")
	ErrKeyPassphrase = errors.New("the passphrase does not open the private key")
	ErrKeyCipher     = errors.New("the private key is encrypted in a way that is not supported: decrypt it first with the program that wrote it, or with openssl pkey -in FILE")
	ErrKeySeveral    = errors.New("there is more than one private key here")
	ErrWIFVersion    = errors.New("this WIF key has an unknown version byte: only Bitcoin's main net (80) and test net (ef) are read")
	ErrWIFChecksum   = errors.New("the checksum of this WIF key does not hold: a character is wrong or missing")
	ErrPublicKey     = errors.New("this is a public key, and the private key is wanted")
	ErrSIN           = errors.New("this is a SIN")
)

// maxKeyFile is far above the size of any file that a client writes (the longest, of PHP,
// has about 400 bytes). It limits the work on a file that is something else.
const maxKeyFile = 64 << 10

// uncompressed adds the other reading of a key whose file says that its public key is not
// compressed.
func (i Imported) uncompressed() Imported {
	long := i.Identity.Uncompressed()
	i.Others = []Reading{{long, "the key was paired with its uncompressed public key"}}
	i.Warning = "this key was meant for an uncompressed public key, and BitId uses the compressed one: if a server knows it as " +
		long.SIN() + ", choose that SIN; otherwise the store may have to be paired again"
	return i
}

// ParsePrivateKey reads a private key of the curve secp256k1 from the content of a file, a
// variable or a terminal. It takes:
//
//   - 64 hex digits of either case, with or without 0x, even if spaces and line breaks
//     separate them; fewer if leading zeros were left out, as JavaScript libraries do;
//   - PEM "EC PRIVATE KEY" (SEC1) with or without an "EC PARAMETERS" block, as the Python,
//     Ruby and Go clients write it, and PEM "PRIVATE KEY" (PKCS#8); with any line ends, on
//     one line, within other text such as a pickle of the Python client, or with \n written
//     as two characters as in an environment variable;
//   - the same two without PEM: as base64 or hex, or as raw DER as the Java and C# clients
//     write it;
//   - a JSON Web Key, or a set of them;
//   - WIF of main net and test net;
//   - the file of the PHP client (a serialised object), the file of the Node client if its
//     pass phrase was empty, the JSON of bitauth, and BitPay.config.json.
//
// Text may be UTF-8 or UTF-16, base64 of any of these forms, in quotes, the value of a
// variable, or followed by a comment.
//
// The error is an [*AmbiguousKeyError] if the text can mean several keys, a [*KeyFileError]
// if the key is in another file, and [ErrKeyEncrypted] if a passphrase is needed. The
// identity uses the compressed public key; see [Imported].Others and [Identity.ForSIN].
func ParsePrivateKey(data []byte) (Imported, error) { return (&parser{}).parse(data) }

// ParseEncryptedPrivateKey is like [ParsePrivateKey], with a passphrase for forms that are
// encrypted: PKCS#8 with PBES2 (PBKDF2 with AES or Triple DES) or with MD5 and DES, PEM with
// a DEK-Info header, and the files of the Node and PHP clients. It returns
// [ErrKeyPassphrase] if the passphrase is wrong, and [ErrKeyCipher] for other encryptions.
// The passphrase is not used for a key that is not encrypted. The caller may clear it
// afterwards.
func ParseEncryptedPrivateKey(data, passphrase []byte) (Imported, error) {
	return (&parser{passphrase: passphrase, given: true}).parse(data)
}

func (p *parser) parse(data []byte) (Imported, error) {
	if len(data) > maxKeyFile {
		return Imported{}, fmt.Errorf("%w: it has more than %d KiB", ErrKeyFormat, maxKeyFile>>10)
	}
	data = asUTF8(data)
	if bytes.HasPrefix(data, []byte{0x30}) && !bytes.Contains(data, []byte("-----BEGIN")) {
		// The first byte is that of a DER SEQUENCE. It is also the digit 0, so text that
		// is not DER is parsed below.
		if imported, err := p.parseDER(data); err == nil || !isText(data) {
			return imported, err
		}
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	switch {
	case text == "":
		return Imported{}, fmt.Errorf("%w: it is empty", ErrKeyFormat)
	case strings.Contains(text, "-----BEGIN"):
		return p.parsePEM(text)
	case strings.Contains(text, "-----END"):
		return Imported{}, fmt.Errorf("%w: a PEM block has no begin line", ErrKeyTruncated)
	case strings.HasPrefix(text, "{"):
		return p.parseJSON(text)
	case strings.HasPrefix(text, "["):
		return parseJWKSet([]byte(text))
	case strings.Contains(text, `PrivateKey":`):
		return parsePHP(text)
	}
	return p.parseText(text)
}

// errIsSIN is for the name of a key.
var errIsSIN = fmt.Errorf("%w, the name of a key, and the private key is wanted", ErrSIN)

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

// Forms of a key in hex.
const (
	keyDigits = 2 * btcec.PrivKeyBytesLen
	// fewestDigits is for a number with eight leading zeros, of which there is one in four
	// billion. 40 digits are an API key.
	fewestDigits    = keyDigits - 8
	apiKeyDigits    = 40
	fewestDERDigits = 2 * 48
)

// parseDigits reads hex of any content.
func (p *parser) parseDigits(word string) (Imported, error) {
	imported, err := parseHex(word)
	if !errors.Is(err, ErrKeyHex) {
		return imported, err
	}
	raw, failed := hex.DecodeString(word)
	switch {
	case failed != nil:
	case len(word) >= fewestDERDigits && raw[0] == 0x30:
		return p.parseDER(raw) // as the Java client's saveEcKeyAsHex writes it
	case len(raw) >= fewestPHPBytes && len(raw)%aes.BlockSize == 0:
		return p.parseSealedPHP(raw)
	}
	return imported, err
}

func parseHex(word string) (Imported, error) {
	digits := word
	if len(digits) > 2 && strings.EqualFold(digits[:2], "0x") {
		digits = digits[2:]
	}
	wrong := strings.IndexFunc(digits, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
	if wrong >= 0 {
		if len(digits) == keyDigits {
			return Imported{}, fmt.Errorf("%w: character %d is none", ErrKeyHex, wrong+1)
		}
		return Imported{}, ErrKeyFormat
	}
	number, err := numberOf(digits)
	switch n := len(digits); {
	case n == 0:
		return Imported{}, ErrKeyFormat
	case n == keyDigits, n == keyDigits+2 && strings.HasPrefix(digits, "00"): // Java's BigInteger has a sign
		return Imported{Identity: number, Format: FormatHex}, err
	case n < keyDigits && n >= fewestDigits && err == nil && n%2 == 1:
		return oddHex(number, digits)
	case n < keyDigits && n >= fewestDigits && err == nil:
		return Imported{Identity: number, Format: FormatHex, Warning: fmt.Sprintf(
			"the key has %d hex digits, which is right if its leading zeros were left out; if the server does not know the SIN %s, %d digits were lost",
			n, number.SIN(), keyDigits-n)}, nil
	case n == apiKeyDigits:
		return Imported{}, fmt.Errorf("%w: here are %d, which is the length of an API key", ErrKeyHex, n)
	}
	if _, err := ParsePublicKey(digits); err == nil {
		return Imported{}, ErrPublicKey
	}
	return Imported{}, fmt.Errorf("%w: here are %d", ErrKeyHex, len(digits))
}

// numberOf reads digits as a number.
func numberOf(digits string) (*Identity, error) {
	scalar, err := hex.DecodeString(strings.Repeat("0", len(digits)%2) + digits)
	if err != nil {
		return nil, ErrKeyFormat
	}
	defer clear(scalar)
	return fromScalar(scalar)
}

// oddHex has two readings. A number of JavaScript is written without its leading zeros, in
// one of 16 keys with an odd count of digits. Buffer.from(text, "hex") of Node, which the
// npm package btcpay reads its key with, drops the last digit of an odd count.
func oddHex(number *Identity, digits string) (Imported, error) {
	readings := []Reading{{number, "leading zeros were left out"}}
	if short, err := numberOf(digits[:len(digits)-1]); err == nil {
		readings = append(readings, Reading{short, "Node's Buffer dropped the last digit"})
	}
	return Imported{}, &AmbiguousKeyError{Readings: readings, Format: FormatHex,
		err: fmt.Errorf("%w, here are %d", ErrKeyHex, len(digits))}
}

// The version bytes of WIF.
const (
	wifMainnet = 0x80
	wifTestnet = 0xEF
)

func (p *parser) parseBase58(word string) (Imported, error) {
	// BIP 38, and the output of openssl enc.
	if strings.HasPrefix(word, "6P") && len(word) == 58 || strings.HasPrefix(word, "U2FsdGVkX1") {
		return Imported{}, ErrKeyCipher
	}
	payload, version, err := decodeBase58Check(word)
	if err != nil {
		switch raw := base58.Decode(word[:min(len(word), 200)]); {
		case len(raw) > 0 && len(raw)%16 == 0 && len(raw) >= 64:
			return p.parseNode(raw)
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
	if imported.Identity, err = fromScalar(payload[:btcec.PrivKeyBytesLen]); err == nil && !compressed {
		imported = imported.uncompressed()
	}
	return imported, err
}
