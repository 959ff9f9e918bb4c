package bitid

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"pgregory.net/rapid"
)

type vectors struct {
	Keys         []struct{ Private, Public, SIN string }
	SINs         []struct{ Public, SIN string }
	Uncompressed []struct {
		Public, SIN string
		WrongSIN    string `json:"wrong_sin"`
	}
	InvalidSINs []string `json:"invalid_sins"`
	Signatures  []struct{ Private, Message, Signature, Kind string }
}

func readVectors(t testing.TB) vectors {
	data, err := os.ReadFile("../../testdata/bitid.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t testing.TB, text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSIN(t *testing.T) {
	v := readVectors(t)
	for _, k := range v.Keys {
		if got := SIN(unhex(t, k.Public)); got != k.SIN {
			t.Errorf("SIN of %s is %s, want %s", k.Public, got, k.SIN)
		}
		if !ValidSIN(k.SIN) {
			t.Errorf("%s is refused", k.SIN)
		}
	}
	for _, k := range v.SINs {
		if got := SIN(unhex(t, k.Public)); got != k.SIN {
			t.Errorf("SIN of %s is %s, want %s", k.Public, got, k.SIN)
		}
	}
	for _, k := range v.Uncompressed {
		if got := SIN(unhex(t, k.Public)); got != k.WrongSIN {
			t.Errorf("SIN of the long form is %s, want %s", got, k.WrongSIN)
		}
		short, err := CompressKey(k.Public)
		if err != nil || SIN(short) != k.SIN {
			t.Errorf("SIN of the short form is %s (%v), want %s", SIN(short), err, k.SIN)
		}
	}
	for _, text := range v.InvalidSINs {
		if ValidSIN(text) {
			t.Errorf("%q is taken for a SIN", text)
		}
	}
}

func TestVerifyVectors(t *testing.T) {
	for _, x := range readVectors(t).Signatures {
		_, public := btcec.PrivKeyFromBytes(unhex(t, x.Private))
		identity := hex.EncodeToString(public.SerializeCompressed())
		url, body := x.Message, ""
		if i := strings.IndexByte(url, '{'); i >= 0 {
			url, body = url[:i], url[i:]
		}
		sin, ok := Verify(identity, x.Signature, url, []byte(body))
		if !ok || sin != SIN(public.SerializeCompressed()) {
			t.Errorf("%s over %q does not verify", x.Signature, x.Message)
		}
		if _, ok := Verify(identity, x.Signature, url, []byte(body+" ")); ok {
			t.Errorf("%s verifies over another text than %q", x.Signature, x.Message)
		}
	}
}

// TestLaxDER has the forms of recording 60-bitid-auth, and their like.
func TestLaxDER(t *testing.T) {
	key, _ := btcec.PrivKeyFromBytes(bytes.Repeat([]byte{7}, 32))
	url := "http://127.0.0.1/tokens"
	digest := sha256.Sum256([]byte(url))
	der := ecdsa.Sign(key, digest[:]).Serialize()
	r, s, err := parseLaxDER(der)
	if err != nil {
		t.Fatal(err)
	}
	number := func(n *btcec.ModNScalar, zeros int) []byte {
		b := n.Bytes()
		return append(make([]byte, zeros), b[:]...)
	}
	sequence := func(r, s []byte) []byte {
		body := append([]byte{2, byte(len(r))}, r...)
		body = append(append(body, 2, byte(len(s))), s...)
		return append([]byte{0x30, byte(len(body))}, body...)
	}
	high := new(btcec.ModNScalar).Set(&s)
	high.Negate()
	zero := new(btcec.ModNScalar)
	tests := []struct {
		name string
		der  []byte
		want bool
	}{
		{"strict", der, true},
		{"high S", sequence(number(&r, 1), number(high, 1)), true},
		{"superfluous zeros", sequence(number(&r, 4), number(&s, 4)), true},
		{"sign byte left out", sequence(number(&r, 0), number(&s, 0)), true},
		{"bytes behind", append(bytes.Clone(der), 0, 1), true},
		{"long length", append([]byte{0x30, 0x81, der[1]}, der[2:]...), true},
		{"last byte missing", der[:len(der)-1], false},
		{"compact", append(number(&r, 0), number(&s, 0)...), false},
		{"zeros", sequence(number(zero, 0), number(zero, 0)), false},
		{"empty", nil, false},
		{"a number of 33 bytes", sequence(append([]byte{1}, number(&r, 0)...), number(&s, 0)), false},
		{"length of lengths beyond the end", []byte{0x30, 0xff, 2}, false},
		{"number's length beyond the end", []byte{0x30, 6, 2, 0x84, 0xff, 0xff, 0xff, 0xff}, false},
	}
	identity := hex.EncodeToString(key.PubKey().SerializeCompressed())
	for _, test := range tests {
		if _, ok := Verify(identity, hex.EncodeToString(test.der), url, nil); ok != test.want {
			t.Errorf("%s: %v, want %v", test.name, ok, test.want)
		}
	}
}

func TestVerifyRandomKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")
		seed[0], seed[31] = seed[0]&0x7f, seed[31]|1
		body := rapid.String().Draw(t, "body")
		key, public := btcec.PrivKeyFromBytes(seed)
		url := "https://host.example/invoices"
		digest := sha256.Sum256([]byte(url + body))
		signature := hex.EncodeToString(ecdsa.Sign(key, digest[:]).Serialize())
		if _, ok := Verify(hex.EncodeToString(public.SerializeUncompressed()), signature, url, []byte(body)); !ok {
			t.Fatal("a good signature does not verify")
		}
	})
}

func FuzzLaxDER(f *testing.F) {
	for _, x := range readVectors(f).Signatures {
		f.Add(unhex(f, x.Signature))
	}
	f.Add([]byte{0x30, 0x84, 0, 0, 0, 0, 2, 0x80, 2, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		r, s, err := parseLaxDER(der)
		strict, strictErr := ecdsa.ParseDERSignature(der)
		if strictErr == nil && (err != nil || !ecdsa.NewSignature(&r, &s).IsEqual(strict)) {
			t.Fatalf("the lax reader differs on a strict signature: %x", der)
		}
	})
}
