package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// TestSignatureForms has btcec, which shares no code with the signer here but the curve, judge what is made.
func TestSignatureForms(t *testing.T) {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	const text = "http://shop.example/tokens"
	digest := sha256.Sum256([]byte(text))
	sign := func(b bitID) string {
		t.Helper()
		made, err := b.signature(key, text)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for range 200 {
		plain := sign(bitID{})
		signature, err := ecdsa.ParseDERSignature(mustHex(t, plain))
		if err != nil || !signature.Verify(digest[:], key.PubKey()) {
			t.Fatalf("%s does not verify: %v", plain, err)
		}
		if s := signature.S(); s.IsOverHalfOrder() {
			t.Fatal("s is in the upper half")
		}
	}
	signature, err := ecdsa.ParseDERSignature(mustHex(t, sign(bitID{HighS: true})))
	if err != nil || !signature.Verify(digest[:], key.PubKey()) {
		t.Fatalf("the signature with a high s does not verify: %v", err)
	}
	if s := signature.S(); !s.IsOverHalfOrder() {
		t.Error("s is not in the upper half")
	}
	if upper := sign(bitID{Form: "upper"}); upper != strings.ToUpper(upper) {
		t.Errorf("upper: %s", upper)
	}
	if compact := sign(bitID{Form: "compact"}); len(compact) != 128 {
		t.Errorf("compact: %s", compact)
	}
	for _, form := range []string{"padded", "unpadded", "truncated", "zero"} {
		if signature, err := ecdsa.ParseDERSignature(mustHex(t, sign(bitID{Form: form}))); err == nil && signature.Verify(digest[:], key.PubKey()) {
			t.Errorf("%s: a strict reader takes it", form)
		}
	}
	if trailing := sign(bitID{Form: "trailing"}); len(trailing) != 2*(2+int(mustHex(t, trailing)[1])+1) {
		t.Errorf("trailing: %s", trailing)
	}
	if _, err := (&bitID{Form: "round"}).signature(key, text); err == nil {
		t.Error("a form that does not exist is made all the same")
	}
}

func mustHex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
