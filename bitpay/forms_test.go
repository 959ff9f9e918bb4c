package bitpay

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// asUTF16 is the text as PowerShell writes it, with a mark or without.
func asUTF16(text string, big, mark bool) string {
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := []byte{byte(unit), byte(unit >> 8)}
		if big {
			slices.Reverse(pair)
		}
		out = append(out, pair...)
	}
	return string(out)
}

func TestImportTextForms(t *testing.T) {
	id := mustParseKey(t, someHex)
	sec1 := id.PEM().Reveal()
	scalar, _ := hex.DecodeString(someHex)
	jwk, err := json.Marshal(map[string]string{"kty": "EC", "crv": "P-256K", "d": base64.RawURLEncoding.EncodeToString(scalar)})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(sec1))
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, text := range map[string]string{
		"UTF-16LE hex":              asUTF16(someHex+"\r\n", false, true),
		"UTF-16BE hex":              asUTF16(someHex, true, true),
		"UTF-16LE without a mark":   asUTF16(someHex, false, false),
		"UTF-16BE without a mark":   asUTF16(someHex+"\n", true, false),
		"UTF-16 PEM":                asUTF16(strings.ReplaceAll(sec1, "\n", "\r\n"), false, true),
		"UTF-16 JWK":                asUTF16(string(jwk), false, true),
		"double quotes":             `"` + someHex + `"`,
		"single quotes":             "'" + someHex + "'\n",
		"typographic quotes":        "“" + someHex + "”",
		"a comment behind":          someHex + "  # the shop's key",
		"a comment above":           "# the shop's key\n" + someHex + "\n",
		"a comment of an ini file":  "; old\r\n" + someHex + "\r\n",
		"a variable":                "BTCPAY_KEY=" + someHex,
		"an exported variable":      `export BTCPAY_KEY="` + someHex + `"` + "\n",
		"a variable of PowerShell":  "$env:BTCPAY_KEY = '" + someHex + "'",
		"a line of YAML":            "PrivateKey: " + someHex,
		"one of several variables":  "BTCPAY_URL=https://btcpay.example.com\nBTCPAY_KEY=" + someHex + "\nMERCHANT=abc\n",
		"twice the same":            someHex + "\n" + someHex + "\n",
		"mixed case":                someHex[:32] + strings.ToUpper(someHex[32:]),
		"0X":                        "0X" + someHex,
		"a sign byte in front":      "00" + someHex,
		"base64 of hex":             encode(someHex),
		"base64 of a PEM":           encode(sec1),
		"base64 of base64 of a PEM": encode(encode(sec1)),
		"base64url of a PEM":        base64.RawURLEncoding.EncodeToString([]byte(sec1)),
		"base64 of a PEM, in lines": encode(sec1)[:76] + "\n" + encode(sec1)[76:],
		"base64 of UTF-16":          encode(asUTF16(sec1, false, true)),
		"base64 of a JWK":           encode(string(jwk)),
		"hex of DER":                hex.EncodeToString(block.Bytes),
		"PEM in JSON of PHP":        `{"key":"` + strings.ReplaceAll(strings.ReplaceAll(sec1, "/", `\/`), "\n", `\n`) + `"}`,
		"PEM twice":                 sec1 + sec1,
		"JWK of another name":       string(jwk),
		"JWK with padding":          strings.Replace(string(jwk), `","kty`, `=","kty`, 1),
		"JWKs without an object":    "[" + string(jwk) + "]",
		"JWK set, twice":            `{"keys":[` + string(jwk) + "," + string(jwk) + "]}",
		"WIF in quotes":             `"` + id.WIF(false).Reveal() + `"`,
		"config of both":            `{"BitPayConfiguration":{"EnvConfig":{"Prod":{"PrivateKey":"` + someHex + `"},"Test":{"PrivateKeyPath":null,"PrivateKey":""}}}}`,
		"bitauth":                   `{"created":1,"priv":"` + someHex + `","pub":"` + id.PublicKey() + `","sin":"` + someSIN + `"}`,
		"bitauth of an old client":  `{"priv":"` + someHex + `"}`,
	} {
		imported, err := ParsePrivateKey([]byte(text))
		if err != nil || imported.Identity.SIN() != someSIN || imported.Warning != "" || imported.Format == "" {
			t.Errorf("%s: %v, %v", name, imported, err)
		}
	}
}

// Text that can mean several keys is never read as one of them.
func TestAmbiguousKeys(t *testing.T) {
	one, two := mustParseKey(t, someHex), mustParseKey(t, strings.Repeat("5", 64))
	odd := strings.Repeat("7", 63)
	padded, cut := mustParseKey(t, "0"+odd), mustParseKey(t, "00"+odd[:62])
	jwk := func(id *Identity, kid string) string {
		scalar, _ := hex.DecodeString(id.Hex().Reveal())
		return fmt.Sprintf(`{"kty":"EC","crv":"secp256k1","kid":%q,"d":%q}`, kid, base64.RawURLEncoding.EncodeToString(scalar))
	}
	config := `{"BitPayConfiguration":{"Environment":"Test","EnvConfig":{"Prod":{"PrivateKey":"` + someHex + `"},"Test":{"PrivateKey":"` + two.Hex().Reveal() + `"}}}}`
	for name, test := range map[string]struct {
		text string
		ids  []*Identity
		kind error
		says string
	}{
		"odd count":            {odd, []*Identity{padded, cut}, ErrKeyHex, "here are 63"},
		"odd count with 0x":    {"0x" + odd, []*Identity{padded, cut}, ErrKeyHex, "here are 63"},
		"odd count in base64":  {base64.StdEncoding.EncodeToString([]byte(odd)), []*Identity{padded, cut}, ErrKeyHex, "here are 63"},
		"two lines":            {someHex + "\n" + two.Hex().Reveal(), []*Identity{one, two}, ErrKeySeveral, "first line"},
		"two variables":        {"A_KEY=" + someHex + "\nB_KEY=" + two.Hex().Reveal(), []*Identity{one, two}, ErrKeySeveral, "B_KEY is meant"},
		"two PEM blocks":       {one.PEM().Reveal() + two.PKCS8().Reveal(), []*Identity{one, two}, ErrKeySeveral, "PEM block 2"},
		"two JWKs":             {`{"keys":[` + jwk(one, "a") + "," + jwk(two, "b") + "]}", []*Identity{one, two}, ErrKeySeveral, `kid "b"`},
		"two environments":     {config, []*Identity{one, two}, ErrKeySeveral, `environment "Test"`},
		"WIF and hex in lines": {one.WIF(true).Reveal() + "\r\n" + two.Hex().Reveal() + "\r\n", []*Identity{one, two}, ErrKeySeveral, "later line"},
	} {
		imported, err := ParsePrivateKey([]byte(test.text))
		choice, ok := errors.AsType[*AmbiguousKeyError](err)
		if !ok || imported.Identity != nil || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) || len(choice.Readings) != len(test.ids) {
			t.Errorf("%s: %v, %v", name, imported.Identity, err)
			continue
		}
		for _, id := range test.ids {
			if got := choice.Choose(id.SIN()); got == nil || got.SIN() != id.SIN() || !strings.Contains(err.Error(), id.SIN()) {
				t.Errorf("%s: %s is not to be had of %v", name, id.SIN(), err)
			}
			if got := choice.Choose(id.Uncompressed().SIN()); got == nil || !got.IsUncompressed() {
				t.Errorf("%s: %s is not to be had uncompressed", name, id.SIN())
			}
		}
		if strings.Contains(err.Error(), someHex) || strings.Contains(err.Error(), odd) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
	// A number of even length has one reading, with a warning.
	imported, err := ParsePrivateKey([]byte(odd[:62]))
	if err != nil || imported.Identity.SIN() != cut.SIN() || !strings.Contains(imported.Warning, "62 hex digits") || strings.Contains(imported.Warning, odd[:62]) {
		t.Errorf("%+v, %v", imported, err)
	}
}

func TestBadInputKeyForms(t *testing.T) {
	id, other := mustParseKey(t, someHex), mustParseKey(t, strings.Repeat("5", 64))
	coordinate := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	x, y, otherX := coordinate(id.public.point.X()), coordinate(id.public.point.Y()), coordinate(other.public.point.X())
	scalar, _ := hex.DecodeString(someHex)
	d := base64.RawURLEncoding.EncodeToString(scalar)
	order := "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"55 digits":                   {strings.Repeat("7", 55), ErrKeyHex},
		"an API key":                  {strings.Repeat("7", 40), ErrKeyHex},
		"a zero of 62 digits":         {strings.Repeat("0", 62), ErrKeyHex},
		"zeros in odd count":          {strings.Repeat("0", 63), ErrKeyHex},
		"65 digits":                   {someHex + "7", ErrKeyHex},
		"the order":                   {"0x" + strings.ToUpper(order), ErrKeyRange},
		"0x alone":                    {"0x", ErrKeyFormat},
		"UTF-16 of nothing":           {asUTF16(" \r\n", false, true), ErrKeyFormat},
		"base64 of a legacy key":      {base64.StdEncoding.EncodeToString([]byte(strings.Repeat("aB3", 14) + "x")), ErrKeyFormat},
		"a legacy key":                {strings.Repeat("aB3", 14) + "x", ErrKeyFormat},
		"a comment":                   {"# nothing here", ErrKeyFormat},
		"a variable":                  {"BTCPAY_KEY=", ErrKeyFormat},
		"a variable without a value":  {`BTCPAY_KEY=""`, ErrKeyFormat},
		"half of some JSON":           {`{"kty":"EC","crv":"secp256k1","d":"` + d, ErrKeyTruncated},
		"other JSON":                  {`{"apiKey":"x"}`, ErrKeyFormat},
		"an empty object":             {`{}`, ErrKeyFormat},
		"an empty set":                {`{"keys":[]}`, ErrKeyFormat},
		"a set that is none":          {`{"keys":7}`, ErrKeyTruncated},
		"JWK of RSA":                  {`{"kty":"RSA","d":"` + d + `"}`, ErrKeyCurve},
		"JWK of another curve":        {`{"kty":"EC","crv":"P-256","d":"` + d + `"}`, ErrKeyCurve},
		"JWK of Ed25519":              {`{"kty":"OKP","crv":"Ed25519","d":"` + d + `"}`, ErrKeyCurve},
		"JWK without d":               {`{"kty":"EC","crv":"secp256k1","x":"` + x + `","y":"` + y + `"}`, ErrPublicKey},
		"JWK of another x":            {`{"kty":"EC","crv":"secp256k1","x":"` + otherX + `","d":"` + d + `"}`, ErrKeyMismatch},
		"JWK of another y":            {`{"kty":"EC","crv":"secp256k1","x":"` + x + `","y":"` + x + `","d":"` + d + `"}`, ErrKeyMismatch},
		"JWK of zero":                 {`{"kty":"EC","crv":"secp256k1","d":"AAAA"}`, ErrKeyRange},
		"JWK, d not base64":           {`{"kty":"EC","crv":"secp256k1","d":"!"}`, ErrKeyTruncated},
		"a set of public keys":        {`{"keys":[{"kty":"EC","crv":"secp256k1"}]}`, ErrPublicKey},
		"bitauth of another SIN":      {`{"priv":"` + someHex + `","sin":"` + other.SIN() + `"}`, ErrKeyMismatch},
		"config without a key":        {`{"BitPayConfiguration":{"EnvConfig":{"Test":{"PrivateKeyPath":null}}}}`, ErrKeyFormat},
		"config of other types":       {`{"BitPayConfiguration":{"EnvConfig":[1]}}`, ErrKeyTruncated},
		"config with a bad key":       {`{"BitPayConfiguration":{"EnvConfig":{"Test":{"PrivateKey":"abc"}}}}`, ErrKeyHex},
		"a PHP file that was cut":     {strings.Repeat("ab", 159) + "a", ErrKeyHex},
		"hex of what is no PHP file":  {strings.Repeat("ab", 160), ErrKeyEncrypted},
		"openssl enc":                 {"U2FsdGVkX1" + strings.Repeat("A", 60), ErrKeyCipher},
		"base64 in base64 in base64…": {nested(someHex, 5), ErrKeyFormat},
		"a file of 1 MiB":             {strings.Repeat("0", 1<<20), ErrKeyFormat},
	} {
		imported, err := ParsePrivateKey([]byte(test.text))
		if !errors.Is(err, test.want) || imported.Identity != nil {
			t.Errorf("%s: %v, %v, want %v", name, imported.Identity, err, test.want)
		} else if strings.Contains(err.Error(), someHex) || strings.Contains(err.Error(), d) {
			t.Errorf("%s: the error shows what was read: %v", name, err)
		}
	}
}

func nested(text string, depth int) string {
	for range depth {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

// A configuration of PHP names the key's file and its password.
func TestKeyFileError(t *testing.T) {
	config := `{"BitPayConfiguration":{"Environment":"Prod","EnvConfig":{"Prod":{"PrivateKeyPath":"/srv/p.key","PrivateKeySecret":"satoshi"},"Test":{"PrivateKeyPath":"t.key"}}}}`
	for environment, path := range map[string]string{"Prod": "/srv/p.key", "Test": "t.key"} {
		_, err := ParsePrivateKey([]byte(strings.Replace(config, "Prod", environment, 1)))
		file, ok := errors.AsType[*KeyFileError](err)
		if !ok || file.Path != path || (file.Passphrase.Reveal() == "satoshi") != (environment == "Prod") || strings.Contains(err.Error(), "satoshi") {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

// The work that a file asks for is limited, and what cannot be opened is reported before a
// passphrase is needed.
func TestBadInputSealed(t *testing.T) {
	raw := func(value any) asn1.RawValue {
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	algorithm := func(id asn1.ObjectIdentifier, parameters any) pkix.AlgorithmIdentifier {
		return pkix.AlgorithmIdentifier{Algorithm: id, Parameters: raw(parameters)}
	}
	aes256, hmacSHA256 := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	scheme := func(iterations int, random, cipher asn1.ObjectIdentifier, iv []byte) pkix.AlgorithmIdentifier {
		return algorithm(oidPBES2, pbes2{
			KeyDerivation: algorithm(oidPBKDF2, pbkdf2Parameters{Salt: make([]byte, 8), Iterations: iterations, PRF: algorithm(random, asn1.RawValue{Tag: asn1.TagNull})}),
			Encryption:    algorithm(cipher, iv),
		})
	}
	for name, test := range map[string]struct {
		algorithm pkix.AlgorithmIdentifier
		data      []byte
		want      error
	}{
		"fine, another passphrase": {scheme(2048, hmacSHA256, aes256, make([]byte, 16)), make([]byte, 32), ErrKeyPassphrase},
		"no data":                  {scheme(2048, hmacSHA256, aes256, make([]byte, 16)), nil, ErrKeyPassphrase},
		"half a block":             {scheme(2048, hmacSHA256, aes256, make([]byte, 16)), make([]byte, 8), ErrKeyPassphrase},
		"a short IV":               {scheme(2048, hmacSHA256, aes256, make([]byte, 8)), make([]byte, 32), ErrKeyPassphrase},
		"years of iterations":      {scheme(1<<31-1, hmacSHA256, aes256, make([]byte, 16)), make([]byte, 32), ErrKeyCipher},
		"no iterations":            {scheme(0, hmacSHA256, aes256, make([]byte, 16)), make([]byte, 32), ErrKeyCipher},
		"unknown PRF":              {scheme(1, aes256, aes256, make([]byte, 16)), make([]byte, 32), ErrKeyCipher},
		"unknown cipher":           {scheme(1, hmacSHA256, hmacSHA256, make([]byte, 16)), make([]byte, 32), ErrKeyCipher},
		"PBES1 of years":           {algorithm(oidMD5WithDES, pbes1Parameters{make([]byte, 8), 1<<31 - 1}), make([]byte, 16), ErrKeyCipher},
		"no parameters":            {algorithm(oidPBES2, 7), make([]byte, 16), ErrKeyCipher},
		"unknown scheme":           {algorithm(aes256, 7), make([]byte, 16), ErrKeyCipher},
	} {
		der := raw(encryptedPKCS8{test.algorithm, test.data}).FullBytes
		imported, err := ParseEncryptedPrivateKey(der, []byte("x"))
		if !errors.Is(err, test.want) || imported.Identity != nil {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		want := map[error]error{ErrKeyCipher: ErrKeyCipher, ErrKeyPassphrase: ErrKeyEncrypted}[test.want]
		if _, err := ParsePrivateKey(der); want != nil && !errors.Is(err, want) {
			t.Errorf("%s, without a passphrase: %v", name, err)
		}
	}
}
