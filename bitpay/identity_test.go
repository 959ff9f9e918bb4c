package bitpay

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/btcsuite/btcd/btcutil/base58"
)

const (
	someHex = "97811b691dd7ebaeb67977d158e1da2c4d3eaa4ee4e2555150628acade6b344c"
	someSIN = "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
)

// wif writes the form without the code under test.
func wif(version byte, key string, suffix ...byte) string {
	raw, _ := hex.DecodeString(key)
	return base58.CheckEncode(append(raw, suffix...), version)
}

func TestImportForms(t *testing.T) {
	id := mustParseKey(t, someHex)
	sec1, pkcs8 := id.PEM().Reveal(), id.PKCS8().Reveal()
	block, _ := pem.Decode([]byte(sec1))
	oneLine := strings.ReplaceAll(strings.TrimSpace(sec1), "\n", "")
	for name, test := range map[string]struct {
		text   string
		format Format
		warns  bool
	}{
		"hex":                         {someHex, FormatHex, false},
		"hex in capitals":             {strings.ToUpper(someHex), FormatHex, false},
		"hex with 0x":                 {"0x" + someHex, FormatHex, false},
		"hex with a line end":         {someHex + "\r\n", FormatHex, false},
		"hex in groups":               {someHex[:32] + " \t" + someHex[32:48] + "\n" + someHex[48:], FormatHex, false},
		"hex behind a BOM":            {"\ufeff" + someHex, FormatHex, false},
		"PEM":                         {sec1, FormatSEC1, false},
		"PEM, CRLF":                   {strings.ReplaceAll(sec1, "\n", "\r\n"), FormatSEC1, false},
		"PEM, CR":                     {strings.ReplaceAll(sec1, "\n", "\r"), FormatSEC1, false},
		"PEM, one line":               {oneLine, FormatSEC1, false},
		"PEM, blanks for line ends":   {strings.ReplaceAll(sec1, "\n", " "), FormatSEC1, false},
		`PEM, \n written out`:         {strings.ReplaceAll(sec1, "\n", `\n`), FormatSEC1, false},
		`PEM, \r\n written out`:       {strings.ReplaceAll(sec1, "\n", `\r\n`), FormatSEC1, false},
		"PEM in quotes":               {`"` + strings.ReplaceAll(sec1, "\n", `\n`) + `"`, FormatSEC1, false},
		"PEM with text around":        {"Key of the shop:\n" + sec1 + "Keep it.\n", FormatSEC1, false},
		"PEM behind its parameters":   {"-----BEGIN EC PARAMETERS-----\nBgUrgQQACg==\n-----END EC PARAMETERS-----\n" + sec1, FormatSEC1, false},
		"PKCS#8":                      {pkcs8, FormatPKCS8, false},
		"PKCS#8, one line":            {strings.ReplaceAll(pkcs8, "\n", ""), FormatPKCS8, false},
		"base64 of DER":               {base64.StdEncoding.EncodeToString(block.Bytes), FormatSEC1, false},
		"DER":                         {string(block.Bytes), FormatSEC1, false},
		"DER with zeros behind":       {string(block.Bytes) + "\x00\x00", FormatSEC1, false},
		"WIF":                         {wif(0x80, someHex, 1), FormatWIF, false},
		"WIF, test net":               {wif(0xef, someHex, 1), FormatWIFTestnet, false},
		"WIF, uncompressed":           {wif(0x80, someHex), FormatWIF, true},
		"WIF, test net, uncompressed": {wif(0xef, someHex) + "\n", FormatWIFTestnet, true},
	} {
		t.Run(name, func(t *testing.T) {
			imported, err := ParsePrivateKey([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if imported.Identity.SIN() != someSIN || imported.Format != test.format || (imported.Warning != "") != test.warns {
				t.Errorf("got %v as %s, warning %q", imported.Identity, imported.Format, imported.Warning)
			}
		})
	}
}

func TestExportsComeBack(t *testing.T) {
	for range 50 {
		id := Generate()
		for format, text := range map[Format]string{
			FormatHex: id.Hex().Reveal(), FormatSEC1: id.PEM().Reveal(), FormatPKCS8: id.PKCS8().Reveal(),
			FormatWIF: id.WIF(false).Reveal(), FormatWIFTestnet: id.WIF(true).Reveal(),
		} {
			imported, err := ParsePrivateKey([]byte(text))
			if err != nil || imported.Format != format || imported.Warning != "" || !imported.Identity.key.PubKey().IsEqual(id.public.point) {
				t.Fatalf("%s: got %+v, %v", format, imported, err)
			}
		}
	}
}

func TestBadInputPrivateKey(t *testing.T) {
	id := mustParseKey(t, someHex)
	other := Generate()
	sec1 := id.PEM().Reveal()
	lines := strings.SplitAfter(sec1, "\n")
	order := "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	der := func(replace func([]byte) []byte) string {
		block, _ := pem.Decode([]byte(sec1))
		return string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: replace(block.Bytes)}))
	}
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":                          {"", ErrKeyFormat},
		"blank":                          {" \r\n", ErrKeyFormat},
		"text":                           {"not a key at all", ErrKeyFormat},
		"a big file":                     {strings.Repeat("a", 70_000), ErrKeyFormat},
		"wrong hex: one digit short":     {someHex[1:], ErrKeyHex},
		"wrong hex: one digit more":      {someHex + "0", ErrKeyHex},
		"wrong hex: a letter O":          {"O" + someHex[1:], ErrKeyHex},
		"wrong hex: zero":                {strings.Repeat("0", 64), ErrKeyRange},
		"wrong hex: the order":           {order, ErrKeyRange},
		"wrong hex: above the order":     {strings.Repeat("f", 64), ErrKeyRange},
		"truncated PEM: no end line":     {strings.Join(lines[:len(lines)-2], ""), ErrKeyTruncated},
		"truncated PEM: no begin line":   {strings.Join(lines[1:], ""), ErrKeyTruncated},
		"truncated PEM: half a begin":    {"-----BEGIN EC PRIV", ErrKeyTruncated},
		"truncated PEM: a line left out": {lines[0] + lines[1] + lines[len(lines)-2], ErrKeyTruncated},
		"truncated PEM: not base64":      {lines[0] + "!" + strings.Join(lines[1:], ""), ErrKeyTruncated},
		"truncated PEM: another end":     {strings.Replace(sec1, "END EC", "END", 1), ErrKeyTruncated},
		"PEM of something else":          {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", ErrKeyFormat},
		"PEM with another public part": {der(func(b []byte) []byte {
			return bytes.Replace(b, id.public.point.SerializeUncompressed(), other.public.point.SerializeUncompressed(), 1)
		}), ErrKeyMismatch},
		"two keys":                      {sec1 + other.PEM().Reveal(), ErrKeySeveral},
		"WIF with an unknown version":   {wif(0xb0, someHex, 1), ErrWIFVersion},
		"WIF with a wrong checksum":     {wif(0x80, someHex, 1)[:51] + "1", ErrWIFChecksum},
		"WIF of zero":                   {wif(0x80, strings.Repeat("0", 64), 1), ErrKeyRange},
		"an encrypted wallet key":       {"6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg", ErrKeyCipher},
		"a SIN":                         {someSIN, ErrSIN},
		"a public key":                  {id.PublicKey(), ErrPublicKey},
		"a public key, uncompressed":    {hex.EncodeToString(id.public.point.SerializeUncompressed()), ErrPublicKey},
		"a Bitcoin address":             {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", ErrKeyFormat},
		"a PHP file without its number": {`O:19:"Bitpay\PrivateKey":5:{s:9:"*PrivateKey";N;}PrivateKey":`, ErrKeyTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			imported, err := ParsePrivateKey([]byte(test.text))
			if !errors.Is(err, test.want) || imported.Identity != nil {
				t.Fatalf("got %v, %v, want %v", imported.Identity, err, test.want)
			}
			for _, secret := range []string{someHex, someHex[2:20], lines[1][:20], "BvBMSEYstWetq"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows what was read: %v", err)
				}
			}
		})
	}
}

func TestBadInputPublicKey(t *testing.T) {
	id := mustParseKey(t, someHex)
	// 5 is no abscissa of a point on the curve.
	off := fmt.Sprintf("02%064x", big.NewInt(5))
	for text, want := range map[string]error{
		someSIN: ErrSIN, someHex: ErrPrivateKey, "": ErrPublicKeyFormat, "zz": ErrPublicKeyFormat, off: ErrPublicKeyFormat,
		"05" + id.PublicKey()[2:]: ErrPublicKeyFormat, id.PublicKey()[2:] + "00": ErrPublicKeyFormat, id.PublicKey() + "00": ErrPublicKeyFormat,
		"06" + hex.EncodeToString(id.public.point.SerializeUncompressed())[2:]: ErrPublicKeyFormat,
	} {
		if key, err := ParsePublicKey(text); !errors.Is(err, want) {
			t.Errorf("%q: got %v, %v, want %v", text, key, err, want)
		} else if strings.Contains(err.Error(), someHex) {
			t.Errorf("the error shows a private key: %v", err)
		}
	}
}

func TestPublicKeyForms(t *testing.T) {
	id := mustParseKey(t, someHex)
	long := hex.EncodeToString(id.public.point.SerializeUncompressed())
	for _, text := range []string{id.PublicKey(), strings.ToUpper(id.PublicKey()), long, strings.ToUpper(long), " " + long[:40] + "\n" + long[40:] + " "} {
		if key, err := ParsePublicKey(text); err != nil || key.SIN() != someSIN || key.String() != id.PublicKey() {
			t.Errorf("%s: got %v, %v", text, key, err)
		}
	}
	if err := (PublicKey{}).Verify(nil, id.Sign(nil)); !errors.Is(err, ErrPublicKeyFormat) {
		t.Errorf("the zero key: %v", err)
	}
}

func TestGenerate(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		id := Generate()
		if seen[id.SIN()] || ValidateSIN(id.SIN()) != nil || len(id.Hex().Reveal()) != 64 {
			t.Fatalf("%v is no new key", id)
		}
		seen[id.SIN()] = true
	}
	// The same bytes from the random source give the same key, so it is the only source.
	var keys [2]string
	for i := range keys {
		cryptotest.SetGlobalRandom(t, 7)
		keys[i] = Generate().Hex().Reveal()
	}
	if keys[0] != keys[1] {
		t.Error("the key depends on more than the random source")
	}
}

func TestIdentityDoesNotPrint(t *testing.T) {
	id := mustParseKey(t, someHex)
	key := id.key.Serialize()
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "id", id, "value", *id, "outer", struct{ id *Identity }{id})
	encoded, err := json.Marshal(map[string]any{"id": id, "value": *id})
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{logged.String(), string(encoded)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		outputs = append(outputs, fmt.Sprintf(format, id), fmt.Sprintf(format, *id), fmt.Sprintf(format, []*Identity{id}),
			fmt.Sprintf(format, struct{ id Identity }{*id}), fmt.Sprintf(format, Imported{Identity: id}))
	}
	for _, text := range outputs {
		for _, form := range []string{someHex, strings.ToUpper(someHex), base64.StdEncoding.EncodeToString(key)[:20], fmt.Sprint(key), fmt.Sprint(id.key.Key)} {
			if strings.Contains(text, form) {
				t.Errorf("%s shows the private key", text)
			}
		}
	}
	if got := id.String(); got != "BitId "+someSIN+" [redacted]" {
		t.Errorf("got %s", got)
	}
}

func TestDestroy(t *testing.T) {
	id := mustParseKey(t, someHex)
	scalar := id.key
	id.Destroy()
	id.Destroy()
	if !scalar.Key.IsZero() || id.SIN() != someSIN {
		t.Error("the key is still there, or its name is gone")
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", "https://example.com/tokens", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.Authorize(request, nil); !errors.Is(err, ErrDestroyed) || request.Header.Get("X-Signature") != "" {
		t.Errorf("got %v", err)
	}
	for name, use := range map[string]func(){"Sign": func() { id.Sign(nil) }, "Hex": func() { id.Hex() }, "PEM": func() { id.PEM() }, "WIF": func() { id.WIF(false) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s used a key that is gone", name)
				}
			}()
			use()
		}()
	}
}

func TestLegacyKey(t *testing.T) {
	for text, fits := range map[string]bool{
		strings.Repeat("aB1", 14) + "x": true, "abc": true, "": false, "a b": false, "key:": false, "é": false,
		strings.Repeat("a", 40): false, strings.Repeat("0123456789abcdef", 4): true, strings.Repeat("a", 201): false,
	} {
		_, err := NewLegacyKey(clientSecret(text))
		if (err == nil) != fits || err != nil && !errors.Is(err, ErrLegacyKey) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && len(text) > 2 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func FuzzParsePrivateKey(f *testing.F) {
	id, err := ParsePrivateKey([]byte(someHex))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{someHex, id.Identity.PEM().Reveal(), id.Identity.PKCS8().Reveal(), id.Identity.WIF(true).Reveal(), someSIN, "0", "-----BEGIN", `PrivateKey":i:3;s:64:"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		imported, err := ParsePrivateKey(data)
		if err != nil {
			if imported.Identity != nil {
				t.Error("an error and an identity")
			}
			return
		}
		again, err := ParsePrivateKey([]byte(imported.Identity.Hex().Reveal()))
		if err != nil || again.Identity.SIN() != imported.Identity.SIN() || imported.Format == "" {
			t.Errorf("%v: %v", imported.Identity, err)
		}
	})
}
