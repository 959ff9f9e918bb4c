package canary

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// TestCanarySearch writes a secret in ways that programs write it, each into the
// middle of other data. A searcher that overlooks one proves nothing.
func TestCanarySearch(t *testing.T) {
	t.Parallel()
	id := bitpay.Generate()
	scalar := id.Hex().Reveal()
	raw, err := hex.DecodeString(scalar)
	must(t, err)
	der, _ := pem.Decode([]byte(id.PEM().Reveal()))
	pkcs8, _ := pem.Decode([]byte(id.PKCS8().Reveal()))
	inJSON, err := json.Marshal(map[string]any{"key": raw, "text": scalar})
	must(t, err)
	nested, err := json.Marshal(map[string]string{"body": string(inJSON)})
	must(t, err)
	utf16 := func(text string) (wide string) {
		for _, c := range []byte(text) {
			wide += string([]byte{c, 0})
		}
		return wide
	}
	var swapped []byte
	for i := range raw {
		swapped = append(swapped, raw[len(raw)-1-i])
	}
	check := func(t *testing.T, name, text string) {
		t.Helper()
		s := NewSearcher(New("key", scalar))
		if found := s.Search([]byte("left " + text + " right")); len(found) != 1 || found[0].Kind != "key" {
			t.Errorf("%s is overlooked", name)
		}
	}
	for name, text := range map[string]string{
		"raw":               string(raw),
		"hex":               scalar,
		"HEX":               strings.ToUpper(scalar),
		"hex with 0x":       fmt.Sprintf("%#x", raw),
		"PEM":               id.PEM().Reveal(),
		"PKCS#8":            id.PKCS8().Reveal(),
		"DER":               string(der.Bytes),
		"DER of PKCS#8":     string(pkcs8.Bytes),
		"hex of DER":        hex.EncodeToString(der.Bytes),
		"WIF":               id.WIF(false).Reveal(),
		"WIF of test net":   id.WIF(true).Reveal(),
		"%v":                fmt.Sprint(raw),
		"%#v":               fmt.Sprintf("%#v", raw),
		"%q":                fmt.Sprintf("%q", scalar),
		"% x":               fmt.Sprintf("% x", raw),
		"JSON":              string(inJSON),
		"JSON in JSON":      string(nested),
		"UTF-16":            utf16(scalar),
		"little endian":     hex.EncodeToString(swapped),
		"base64 of hex":     base64.StdEncoding.EncodeToString([]byte("u:" + scalar)),
		"base64 in a query": url.QueryEscape(base64.StdEncoding.EncodeToString(raw)),
		"octal":             octal(raw),
		"a half":            scalar[13:41],
		"a half of a PEM":   string(der.Bytes[12:30]),
		"basic, 1 before":   base64.StdEncoding.EncodeToString([]byte("a" + string(raw))),
		"basic, 2 before":   base64.URLEncoding.EncodeToString([]byte("ab" + string(raw) + "c")),
		"od":                filter(t, raw, "od", "-An", "-v", "-tx1"),
		"base32":            base32.StdEncoding.EncodeToString(raw),
	} {
		check(t, name, text)
	}
	t.Run("base64, by coreutils", func(t *testing.T) {
		check(t, "it", filter(t, raw, programs.Base64.Need(t), "-w0"))
	})
	// What is public of the key is no finding.
	public := strings.Join([]string{id.SIN(), id.PublicKey(), strings.ToUpper(id.PublicKey())}, " ")
	if found := NewSearcher(New("key", scalar)).Search([]byte(public)); found != nil {
		t.Errorf("%+v is found in SIN and public key", found)
	}
}

func octal(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		b.WriteString(`\` + fmt.Sprintf("%03s", strconv.FormatUint(uint64(c), 8)))
	}
	return b.String()
}

// filter gives what a program of the system makes of bytes.
func filter(t *testing.T, input []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	must(t, err)
	return string(out)
}

// TestCanarySearchForms feeds every form of every kind of secret, whole and in
// parts, and sees that it is found; and that random data holds none.
func TestCanarySearchForms(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	must(t, err)
	canaries := []Canary{
		New("api key", randomHex(20)), New("legacy", rand.Text()+"aB9"), New("password", strings.ToLower(rand.Text())),
		New("odd", "pass phrase/with \"signs\" <& ü> "+rand.Text()), Bech32("identity", identity.String()),
	}
	noise := make([]byte, 1<<20)
	rand.Read(noise)
	texts := []byte(hex.EncodeToString(noise) + base64.StdEncoding.EncodeToString(noise))
	s := NewSearcher(canaries...)
	for _, data := range [][]byte{noise, texts} {
		if found := s.Search(data); found != nil {
			t.Errorf("%+v is found in random data", found)
		}
	}
	fed, step := 0, 1
	if testing.Short() {
		step = 20
	}
	for _, c := range canaries {
		for _, f := range c.forms() {
			for from := 0; from+f.piece <= len(f.text); from += step {
				data := append(append([]byte("..."), f.text[from:from+f.piece]...), "..."...)
				fed++
				if found := s.Search(data); len(found) != 1 || found[0].Kind != c.kind {
					t.Fatalf("%s as %s from %d on: %+v", c.kind, f.encoding, from, found)
				}
			}
		}
	}
	t.Logf("%d parts of %d forms were fed, and found", fed, s.forms)
	if fed < 10_000/step {
		t.Error("there are too few")
	}
	if found := s.Search([]byte(identity.String())); len(found) != 1 {
		t.Errorf("the identity: %+v", found)
	}
	if found := s.Search([]byte(identity.Recipient().String())); found != nil {
		t.Errorf("the public recipient is taken for the identity: %+v", found)
	}
}
