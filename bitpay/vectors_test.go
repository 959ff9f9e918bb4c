package bitpay

import (
	"encoding/json"
	"os"
	"testing"
)

// vectors are known answers; sandbox/testdata/bitid.json says what each kind means.
type vectors struct {
	Keys []struct{ Private, Public, SIN string }
	SINs []struct{ Public, SIN string }
	// Uncompressed keys, of which the wrong SIN is that of their 65 bytes.
	Uncompressed []struct {
		Public, SIN string
		WrongSIN    string `json:"wrong_sin"`
	}
	InvalidSINs []string `json:"invalid_sins"`
	Signatures  []struct{ Private, Message, Signature, Kind string }
	Containers  []struct{ Format, Value, Private string }
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("../sandbox/testdata/bitid.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Keys) == 0 || len(v.SINs) == 0 || len(v.Uncompressed) == 0 || len(v.InvalidSINs) == 0 ||
		len(v.Signatures) == 0 || len(v.Containers) == 0 {
		t.Fatal("a part of the vectors is missing")
	}
	return v
}

func mustParseKey(t testing.TB, text string) *Identity {
	t.Helper()
	imported, err := ParsePrivateKey([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return imported.Identity
}

func TestVectorsKeys(t *testing.T) {
	for _, v := range readVectors(t).Keys {
		id := mustParseKey(t, v.Private)
		if id.PublicKey() != v.Public || id.SIN() != v.SIN {
			t.Errorf("got %s %s, want %s %s", id.PublicKey(), id.SIN(), v.Public, v.SIN)
		}
		if err := ValidateSIN(v.SIN); err != nil {
			t.Errorf("%s: %v", v.SIN, err)
		}
	}
}

func TestVectorsSINs(t *testing.T) {
	v := readVectors(t)
	for _, known := range v.SINs {
		key, err := ParsePublicKey(known.Public)
		if err != nil || key.SIN() != known.SIN {
			t.Errorf("%s: got %s, %v; want %s", known.Public, key.SIN(), err, known.SIN)
		}
	}
	for _, known := range v.Uncompressed {
		key, err := ParsePublicKey(known.Public)
		if err != nil || key.SIN() != known.SIN {
			t.Errorf("%s: got %s, %v; want %s", known.Public, key.SIN(), err, known.SIN)
		}
		if got := deriveSIN(key.point.SerializeUncompressed()); got != known.WrongSIN {
			t.Errorf("of the 65 bytes: got %s, want %s", got, known.WrongSIN)
		}
	}
	for _, text := range v.InvalidSINs {
		if ValidateSIN(text) == nil {
			t.Errorf("%q was taken for a SIN", text)
		}
	}
}

func TestVectorsSignatures(t *testing.T) {
	for _, v := range readVectors(t).Signatures {
		id := mustParseKey(t, v.Private)
		err := id.Public().VerifyStrict([]byte(v.Message), v.Signature)
		switch v.Kind {
		case "exact":
			if got := id.Sign([]byte(v.Message)); got != v.Signature || err != nil {
				t.Errorf("%s: got %s, %v", v.Message, got, err)
			}
		case "verify":
			if err != nil {
				t.Errorf("%s: %v", v.Message, err)
			}
		case "invalid":
			if err == nil {
				t.Errorf("%s: accepted", v.Message)
			}
		default:
			t.Errorf("unknown kind %q", v.Kind)
		}
	}
}

func TestVectorsContainers(t *testing.T) {
	for _, v := range readVectors(t).Containers {
		t.Run(v.Format, func(t *testing.T) {
			imported, err := ParsePrivateKey([]byte(v.Value))
			if err != nil {
				t.Fatal(err)
			}
			if got := imported.Identity.Hex().Reveal(); got != v.Private {
				t.Errorf("read another key of SIN %s", imported.Identity.SIN())
			}
		})
	}
}
