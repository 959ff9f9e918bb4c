package bitpay

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"regexp"
	"slices"
	"sync"
)

// phpScalar finds the field "hex" of a private key that the PHP client serialised. It is
// the fourth field, after id, x and y.
var phpScalar = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`i:3;s:64:"([0-9a-fA-F]{64})"`) })

// parsePHP reads the files of FilesystemStorage of bitpay/php-bitpay-client and of
// btcpayserver/btcpayserver-php-client: the key as PHP's serialize writes it.
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

// parseNode reads ~/.bitpay/api.key of bitpay/node-bitpay-client: the hex key, encrypted
// with AES-256-CBC. Node's old createCipher derived the AES key and the IV with three
// rounds of MD5 and no salt. The pass phrase was empty unless the user set one, so
// parseNode only tries the empty one.
func parseNode(sealed []byte) (Imported, error) {
	var stretched, round []byte
	for range 3 {
		sum := md5.Sum(round)
		round = sum[:]
		stretched = append(stretched, round...)
	}
	block, err := aes.NewCipher(stretched[:32])
	if err != nil {
		return Imported{}, err
	}
	plain := slices.Clone(sealed)
	cipher.NewCBCDecrypter(block, stretched[32:]).CryptBlocks(plain, plain)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > aes.BlockSize ||
		!bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return Imported{}, ErrKeyEncrypted
	}
	imported, err := parseHex(string(plain[:len(plain)-padding]))
	if err != nil {
		return Imported{}, ErrKeyEncrypted
	}
	imported.Format = FormatNode
	return imported, nil
}
