package bitpay

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// The vectors are fetched as a Go module and never built, so go.mod does not know them.
const wycheproof = "github.com/C2SP/wycheproof@v0.0.0-20250901140545-b51abcfb8daf"

func wycheproofFile(t *testing.T, name string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", wycheproof)
	// Outside of a module, whose go.sum would want to know the vectors.
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		programs.Lack(t, errors.New("the Wycheproof vectors cannot be fetched: go mod download "+wycheproof))
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(module.Dir, "testvectors_v1", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Each vector of the curve with SHA-256 is accepted or refused as its file states. The
// file of Bitcoin's rules is for VerifyStrict, that of plain ECDSA for Verify. The
// P1363 form is none that Verify takes, so its two numbers are brought into DER.
func TestWycheproof(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: the vectors may have to be fetched")
	}
	plain := func(signature []byte) string { return hex.EncodeToString(signature) }
	for _, file := range []struct {
		name   string
		verify func(PublicKey, []byte, string) error
		form   func([]byte) string
	}{
		{"ecdsa_secp256k1_sha256_test.json", PublicKey.Verify, plain},
		{"ecdsa_secp256k1_sha256_bitcoin_test.json", PublicKey.VerifyStrict, plain},
		{"ecdsa_secp256k1_sha256_p1363_test.json", PublicKey.Verify, func(signature []byte) string {
			if len(signature) != 64 {
				return plain(signature)
			}
			return hex.EncodeToString(encodeDER(signature[:32], signature[32:]))
		}},
	} {
		t.Run(file.name, func(t *testing.T) {
			var vectors struct {
				NumberOfTests int
				TestGroups    []struct {
					PublicKey struct{ Uncompressed string }
					Tests     []struct {
						TcID             int
						Comment          string
						Msg, Sig, Result string
					}
				}
			}
			if err := json.Unmarshal(bytes.TrimSpace(wycheproofFile(t, file.name)), &vectors); err != nil {
				t.Fatal(err)
			}
			judged := map[string]int{}
			for _, group := range vectors.TestGroups {
				key, err := ParsePublicKey(group.PublicKey.Uncompressed)
				if err != nil {
					t.Fatalf("%s: %v", group.PublicKey.Uncompressed, err)
				}
				for _, test := range group.Tests {
					message, err := hex.DecodeString(test.Msg)
					if err != nil {
						t.Fatal(err)
					}
					signature, err := hex.DecodeString(test.Sig)
					if err != nil {
						t.Fatal(err)
					}
					if test.Result != "valid" && test.Result != "invalid" {
						t.Fatalf("test %d is %q", test.TcID, test.Result)
					}
					err = file.verify(key, message, file.form(signature))
					if (err == nil) != (test.Result == "valid") {
						t.Errorf("test %d (%s) is %s: got %v", test.TcID, test.Comment, test.Result, err)
					}
					judged[test.Result]++
				}
			}
			if judged["valid"]+judged["invalid"] != vectors.NumberOfTests || judged["valid"] == 0 || judged["invalid"] == 0 {
				t.Errorf("%v judged of %d", judged, vectors.NumberOfTests)
			}
			t.Logf("%d accepted and %d refused as stated", judged["valid"], judged["invalid"])
		})
	}
}
