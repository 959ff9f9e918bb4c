package bitpay

import (
	"bytes"
	"crypto/aes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"regexp"
	"sync"
)

// phpScalar finds the field "hex" of a private key that the PHP client serialised. It is
// the fourth field, after id, x and y.
var phpScalar = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`i:3;s:[0-9]{1,2}:"([0-9a-fA-FxX]{1,66})"`) })

// parsePHP reads the files of FilesystemStorage of bitpay/php-bitpay-client, of
// bitpay/key-utils and of btcpayserver/btcpayserver-php-client: the key as PHP's serialize
// writes it.
func parsePHP(text string) (Imported, error) {
	match := phpScalar().FindAllStringSubmatch(text, 2)
	switch len(match) {
	case 0:
		return Imported{}, ErrKeyTruncated
	case 2:
		return Imported{}, ErrKeySeveral
	}
	imported, err := parseHex(match[0][1])
	imported.Format = FormatPHP
	return imported, err
}

const (
	// phpIV is the initialization vector of every file.
	phpIV = "0000000000000000"
	// fewestPHPBytes is less than any serialised key has.
	fewestPHPBytes = 160
)

// parseSealedPHP reads the files of EncryptedFilesystemStorage of the PHP clients: the
// serialised key under AES-128-CBC. The AES key is the password in base64, or in old
// versions the password itself, which PHP's openssl_encrypt cuts or fills with zeros. There
// is no authentication, so a wrong password is recognised by what it opens.
func (p *parser) parseSealedPHP(sealed []byte) (Imported, error) {
	for _, password := range [][]byte{[]byte(base64.StdEncoding.EncodeToString(p.passphrase)), p.passphrase} {
		key := make([]byte, 16)
		copy(key, password)
		block, err := aes.NewCipher(key)
		if err != nil {
			return Imported{}, err
		}
		plain, ok := decryptCBC(block, []byte(phpIV), sealed)
		if ok && bytes.Contains(plain, []byte(`PrivateKey":`)) {
			defer clear(plain)
			return parsePHP(string(plain))
		}
	}
	return Imported{}, p.wrongPassphrase()
}

// wrongPassphrase is the error after the empty passphrase was tried, or the user's.
func (p *parser) wrongPassphrase() error {
	if p.given {
		return ErrKeyPassphrase
	}
	return ErrKeyEncrypted
}

// parseNode reads ~/.bitpay/api.key of bitpay/node-bitpay-client: the hex key, encrypted
// with AES-256-CBC by the npm package bitauth. Node's old createCipher derived the AES key
// and the IV with three rounds of MD5 and no salt. The pass phrase was empty unless the
// user set one.
func (p *parser) parseNode(sealed []byte) (Imported, error) {
	var stretched, round []byte
	for range 3 {
		sum := md5.Sum(bytes.Join([][]byte{round, p.passphrase}, nil))
		round = sum[:]
		stretched = append(stretched, round...)
	}
	defer clear(stretched)
	block, err := aes.NewCipher(stretched[:32])
	if err != nil {
		return Imported{}, err
	}
	plain, ok := decryptCBC(block, stretched[32:], sealed)
	defer clear(plain)
	if !ok {
		return Imported{}, p.wrongPassphrase()
	}
	imported, err := parseHex(string(plain))
	imported.Format = FormatNode
	if ambiguous, ok := errors.AsType[*AmbiguousKeyError](err); ok {
		// bitauth reads an odd count of digits as a number.
		return Imported{Identity: ambiguous.Readings[0].Identity, Format: FormatNode}, nil
	}
	if err != nil {
		return Imported{}, p.wrongPassphrase()
	}
	return imported, nil
}
