package bitpay

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// openSSL finds the OpenSSL program. Another of its name, or one before 3.0, writes other
// forms.
func openSSL(t testing.TB) string {
	t.Helper()
	program := programs.OpenSSL.Need(t)
	version, err := openSSLVersion()
	if err != nil {
		t.Fatal(err)
	}
	if name, number, _ := strings.Cut(string(version), " "); name != "OpenSSL" || number < "3" {
		t.Skipf("OpenSSL 3 is needed, %s is %s", program, bytes.TrimSpace(version))
	}
	return program
}

var openSSLVersion = sync.OnceValues(func() ([]byte, error) {
	program, err := programs.OpenSSL.Find()
	if err != nil {
		return nil, err
	}
	return exec.Command(program, "version").Output()
})

// openssl runs the OpenSSL program.
func openssl(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	out, err := runOpenSSL(t, openSSL(t), stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func runOpenSSL(t testing.TB, program string, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	// What this machine's file allows is not what is tested.
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+os.DevNull)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("openssl %.200s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out, err
}

func TestOpenSSLWritesTheSameBytes(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		id := Generate()
		sec1, pkcs8 := id.PEM().Reveal(), id.PKCS8().Reveal()
		if got := openssl(t, []byte(sec1), "ec"); string(got) != sec1 {
			t.Fatalf("openssl ec writes\n%s\nfor\n%s", got, sec1)
		}
		if got := openssl(t, []byte(sec1), "pkcs8", "-topk8", "-nocrypt"); string(got) != pkcs8 {
			t.Fatalf("openssl pkcs8 writes\n%s\nfor\n%s", got, pkcs8)
		}
		if got := openssl(t, []byte(pkcs8), "ec"); string(got) != sec1 {
			t.Fatalf("openssl ec writes\n%s\nfor the PKCS#8 of\n%s", got, sec1)
		}
		text := string(openssl(t, []byte(sec1), "ec", "-noout", "-text", "-conv_form", "compressed"))
		digits := strings.NewReplacer(":", "", " ", "", "\n", "").Replace(text)
		if !strings.Contains(digits, id.PublicKey()) || !strings.Contains(digits, id.Hex().Reveal()) {
			t.Fatalf("openssl reads another key: %s", text)
		}
	}
}

// Every form that the OpenSSL program can write of a key of this curve.
func TestOpenSSLFormsAreRead(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts openssl dozens of times")
	}
	withParameters := openssl(t, nil, "ecparam", "-name", "secp256k1", "-genkey")
	want, err := ParsePrivateKey(withParameters)
	if err != nil {
		t.Fatal(err)
	}
	sec1 := want.Identity.PEM().Reveal()
	for name, args := range map[string][]string{
		"SEC1":                      {"ec"},
		"SEC1, compressed":          {"ec", "-conv_form", "compressed"},
		"SEC1, curve written out":   {"ec", "-param_enc", "explicit"},
		"SEC1, no public part":      {"ec", "-no_public"},
		"SEC1, DER":                 {"ec", "-outform", "DER"},
		"PKCS#8":                    {"pkcs8", "-topk8", "-nocrypt"},
		"PKCS#8, DER":               {"pkcs8", "-topk8", "-nocrypt", "-outform", "DER"},
		"PKCS#8, curve written out": {"pkey", "-ec_param_enc", "explicit"},
	} {
		imported, err := ParsePrivateKey(openssl(t, []byte(sec1), args...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if imported.Identity.SIN() != want.Identity.SIN() {
			t.Errorf("%s: another key", name)
		}
	}
	for name, args := range map[string][]string{
		"SEC1, encrypted":        {"ec", "-aes256", "-passout", "pass:x"},
		"PKCS#8, encrypted":      {"pkcs8", "-topk8", "-passout", "pass:x"},
		"PKCS#8, encrypted, DER": {"pkcs8", "-topk8", "-passout", "pass:x", "-outform", "DER"},
	} {
		sealed := openssl(t, []byte(sec1), args...)
		if _, err := ParsePrivateKey(sealed); !errors.Is(err, ErrKeyEncrypted) {
			t.Errorf("%s: got %v, want ErrKeyEncrypted", name, err)
		}
		if _, err := ParseEncryptedPrivateKey(sealed, []byte("y")); !errors.Is(err, ErrKeyPassphrase) {
			t.Errorf("%s: got %v, want ErrKeyPassphrase", name, err)
		}
		imported, err := ParseEncryptedPrivateKey(sealed, []byte("x"))
		if err != nil || imported.Identity.SIN() != want.Identity.SIN() {
			t.Errorf("%s: got %v, %v", name, imported.Identity, err)
		}
		// Text files lose their line ends on the way through variables.
		if bytes.HasPrefix(sealed, []byte("-----")) {
			line := bytes.ReplaceAll(sealed, []byte("\n"), []byte(" "))
			if imported, err := ParseEncryptedPrivateKey(line, []byte("x")); err != nil || imported.Identity.SIN() != want.Identity.SIN() {
				t.Errorf("%s on one line: got %v, %v", name, imported.Identity, err)
			}
		}
	}
	if _, err := ParsePrivateKey(openssl(t, []byte(sec1), "ec", "-pubout")); !errors.Is(err, ErrPublicKey) {
		t.Errorf("got %v, want ErrPublicKey", err)
	}
	for name, args := range map[string][]string{
		"P-256":               {"ecparam", "-name", "prime256v1", "-genkey"},
		"P-256, written out":  {"ecparam", "-name", "prime256v1", "-genkey", "-param_enc", "explicit"},
		"secp256r1 by PKCS#8": {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"secp384r1":           {"ecparam", "-name", "secp384r1", "-genkey"},
		"Ed25519":             {"genpkey", "-algorithm", "ed25519"},
		"RSA":                 {"genrsa", "-traditional", "1024"},
		"RSA by PKCS#8":       {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"},
	} {
		if _, err := ParsePrivateKey(openssl(t, nil, args...)); !errors.Is(err, ErrKeyCurve) {
			t.Errorf("%s: got %v, want ErrKeyCurve", name, err)
		}
	}
	// Some distributions leave these out.
	for curve, args := range map[string][]string{"secp160k1": nil, "sect283k1": {"-param_enc", "explicit"}} {
		t.Run(curve, func(t *testing.T) {
			if !bytes.Contains(openssl(t, nil, "ecparam", "-list_curves"), []byte(curve)) {
				t.Skip("this OpenSSL was built without the curve")
			}
			key := openssl(t, nil, append([]string{"ecparam", "-name", curve, "-genkey"}, args...)...)
			if _, err := ParsePrivateKey(key); !errors.Is(err, ErrKeyCurve) {
				t.Errorf("got %v, want ErrKeyCurve", err)
			}
		})
	}
}
