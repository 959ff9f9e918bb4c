package bitpay

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"sync"
)

// encryptedPKCS8 is EncryptedPrivateKeyInfo of RFC 5208.
type encryptedPKCS8 struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidMD5WithDES = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 3}
)

// maxIterations limits the work that a file can ask for. OpenSSL writes 2,048.
const maxIterations = 5_000_000

// pbes2 are the parameters of RFC 8018, A.4.
type pbes2 struct {
	KeyDerivation pkix.AlgorithmIdentifier
	Encryption    pkix.AlgorithmIdentifier
}

type pbkdf2Parameters struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

type pbes1Parameters struct {
	Salt       []byte
	Iterations int
}

// ciphers are the encryptions of PBES2, all in CBC mode.
var ciphers = map[string]struct {
	keyLength int
	open      func([]byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

// randomFunctions are the PRFs of PBKDF2. Without a name it is HMAC with SHA-1.
var randomFunctions = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

// parseSealedPKCS8 opens a PKCS#8 key. Whether its encryption is supported is checked before
// a passphrase is needed.
func (p *parser) parseSealedPKCS8(sealed encryptedPKCS8) (Imported, error) {
	derive, err := derivation(sealed.Algorithm)
	if err != nil {
		return Imported{}, err
	}
	if !p.given {
		return Imported{}, ErrKeyEncrypted
	}
	block, iv, err := derive(p.passphrase)
	if err != nil {
		return Imported{}, err
	}
	return p.parseOpened(decryptCBC(block, iv, sealed.Data))
}

// parseOpened reads what a passphrase opened. Other bytes than a key mean that it was wrong:
// the padding is right by chance once in 256 times.
func (p *parser) parseOpened(der []byte, ok bool) (Imported, error) {
	defer clear(der)
	if !ok {
		return Imported{}, ErrKeyPassphrase
	}
	inner := &parser{depth: maxDepth}
	imported, err := inner.parseDER(der)
	if errors.Is(err, ErrKeyTruncated) || errors.Is(err, ErrKeyEncrypted) || errors.Is(err, ErrKeyCipher) {
		err = ErrKeyPassphrase
	}
	return imported, err
}

// derivation returns the function that makes the cipher of a passphrase.
func derivation(algorithm pkix.AlgorithmIdentifier) (func(passphrase []byte) (cipher.Block, []byte, error), error) {
	unsupported := fmt.Errorf("%w: its algorithm is %v", ErrKeyCipher, algorithm.Algorithm)
	switch {
	case algorithm.Algorithm.Equal(oidMD5WithDES):
		var parameters pbes1Parameters
		if _, err := asn1.Unmarshal(algorithm.Parameters.FullBytes, &parameters); err != nil || !usable(parameters.Iterations) {
			return nil, unsupported
		}
		return parameters.open, nil
	case !algorithm.Algorithm.Equal(oidPBES2):
		return nil, unsupported
	}
	var scheme pbes2
	if _, err := asn1.Unmarshal(algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, unsupported
	}
	var parameters pbkdf2Parameters
	if !scheme.KeyDerivation.Algorithm.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("%w: its key derivation is %v", ErrKeyCipher, scheme.KeyDerivation.Algorithm)
	}
	if _, err := asn1.Unmarshal(scheme.KeyDerivation.Parameters.FullBytes, &parameters); err != nil || !usable(parameters.Iterations) {
		return nil, unsupported
	}
	random, known := randomFunctions[parameters.PRF.Algorithm.String()]
	kind, found := ciphers[scheme.Encryption.Algorithm.String()]
	if !known || !found {
		return nil, fmt.Errorf("%w: its cipher is %v", ErrKeyCipher, scheme.Encryption.Algorithm)
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, unsupported
	}
	return func(passphrase []byte) (cipher.Block, []byte, error) {
		key, err := pbkdf2.Key(random, string(passphrase), parameters.Salt, parameters.Iterations, kind.keyLength)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrKeyCipher, err)
		}
		defer clear(key)
		block, err := kind.open(key)
		return block, iv, err
	}, nil
}

func usable(iterations int) bool { return iterations > 0 && iterations <= maxIterations }

// open is PBKDF1 of RFC 8018 with MD5. OpenSSL before 1.1 wrote it.
func (p pbes1Parameters) open(passphrase []byte) (cipher.Block, []byte, error) {
	sum := md5.Sum(bytes.Join([][]byte{passphrase, p.Salt}, nil))
	for range p.Iterations - 1 {
		sum = md5.Sum(sum[:])
	}
	block, err := des.NewCipher(sum[:8])
	return block, sum[8:], err
}

// decryptCBC returns the plain text without its padding, and false if it has none.
func decryptCBC(block cipher.Block, iv, sealed []byte) ([]byte, bool) {
	size := block.BlockSize()
	if len(iv) != size || len(sealed) == 0 || len(sealed)%size != 0 {
		return nil, false
	}
	plain := bytes.Clone(sealed)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, plain)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(padding)}, padding)) {
		clear(plain)
		return nil, false
	}
	return plain[:len(plain)-padding], true
}

// pemCipher finds the header of an encrypted PEM block (RFC 1421), whose lines may have
// become one.
var pemCipher = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)DEK-Info:\s*([A-Z0-9-]+),\s*([0-9A-Fa-f]+)\s+(.*)$`)
})

// parseSealedPEM opens a SEC1 key in a PEM block with a DEK-Info header.
func (p *parser) parseSealedPEM(body string) (Imported, error) {
	header := pemCipher().FindStringSubmatch(body)
	if header == nil {
		return Imported{}, fmt.Errorf("%w: its PEM block has no DEK-Info", ErrKeyTruncated)
	}
	der, err := decodeBase64(header[3])
	if err != nil {
		return Imported{}, fmt.Errorf("%w: its PEM block is not base64", ErrKeyTruncated)
	}
	if !p.given {
		return Imported{}, ErrKeyEncrypted
	}
	block := &pem.Block{Bytes: der, Headers: map[string]string{"DEK-Info": header[1] + "," + header[2]}}
	plain, err := x509.DecryptPEMBlock(block, p.passphrase) //nolint:staticcheck // old, and what openssl ec -aes256 writes
	if err != nil && !errors.Is(err, x509.IncorrectPasswordError) {
		return Imported{}, fmt.Errorf("%w: its DEK-Info is %.40s", ErrKeyCipher, header[1])
	}
	return p.parseOpened(plain, err == nil)
}
