package bitpay

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

func TestSignatures(t *testing.T) {
	count := 2500
	if testing.Short() {
		count = 500
	}
	checkSignatures(t, count)
}

func TestSignaturesTorture(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") != "1" {
		t.Skip("a long test: make torture")
	}
	checkSignatures(t, 100_000)
}

// checkSignatures signs random messages with random keys. Each signature has to be
// strict DER with a low S by the rules below, and right to the OpenSSL program. That
// has no way to check many signatures in one run, except for those of certificates: so
// each message is the body of a certificate with a random serial number.
func checkSignatures(t *testing.T, count int) {
	const batch = 250 // signatures of one key
	program := openSSL(t)
	jobs := make(chan int, count/batch)
	for i := range count / batch {
		jobs <- i
	}
	close(jobs)
	var verified atomic.Int64
	var running sync.WaitGroup
	for range min(2, runtime.NumCPU()) {
		running.Go(func() {
			for range jobs {
				n, err := verifyCertificates(t, program, batch)
				if err != nil {
					t.Error(err)
				}
				verified.Add(int64(n))
			}
		})
	}
	running.Wait()
	if int(verified.Load()) != count {
		t.Errorf("OpenSSL verified %d of %d signatures", verified.Load(), count)
	}
	t.Attr("figure", fmt.Sprintf("random signatures that OpenSSL verifies | %d | = %d", verified.Load(), count))
}

func verifyCertificates(t *testing.T, program string, count int) (verified int, err error) {
	dir := t.TempDir()
	issuer := Generate()
	root := filepath.Join(dir, "root.pem")
	if err := writeCertificate(root, certificate(t, issuer, issuer, "root")); err != nil {
		return 0, err
	}
	// The root's own signature is looked at once, and not again for each certificate.
	if _, err := runOpenSSL(t, program, nil, "verify", "-check_ss_sig", "-CAfile", root, root); err != nil {
		return 0, err
	}
	subject := Generate()
	args := []string{"verify", "-CAfile", root}
	for i := range count {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := writeCertificate(path, certificate(t, issuer, subject, fmt.Sprint(i))); err != nil {
			return 0, err
		}
		args = append(args, path)
	}
	out, err := runOpenSSL(t, program, nil, args...)
	verified = bytes.Count(out, []byte(": OK\n"))
	if err != nil || verified != count {
		return verified, fmt.Errorf("OpenSSL verified %d of %d signatures of the key %s: %w", verified, count, issuer.PublicKey(), err)
	}
	return verified, nil
}

func writeCertificate(path string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// certificate makes one of the subject's key, signed by the issuer, as RFC 5280 lays it
// out: crypto/x509 does not know the curve.
func certificate(t *testing.T, issuer, subject *Identity, name string) []byte {
	ecdsaWithSHA256 := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	point := subject.public.point.SerializeUncompressed()
	type validity struct{ From, To time.Time }
	type publicKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	serial := make([]byte, 16)
	rand.Read(serial)
	body := mustMarshal(struct {
		Version   int `asn1:"explicit,tag:0"`
		Serial    *big.Int
		Algorithm pkix.AlgorithmIdentifier
		Issuer    pkix.RDNSequence
		Validity  validity
		Subject   pkix.RDNSequence
		Key       publicKey
		Extension []pkix.Extension `asn1:"explicit,tag:3"`
	}{
		2, new(big.Int).SetBytes(serial), ecdsaWithSHA256, pkix.Name{CommonName: issuer.SIN()}.ToRDNSequence(),
		validity{time.Now().AddDate(-1, 0, 0).UTC(), time.Now().AddDate(1, 0, 0).UTC()}, subjectName(issuer, subject, name),
		publicKey{
			pkix.AlgorithmIdentifier{Algorithm: oidPublicKeyEC, Parameters: asn1.RawValue{FullBytes: mustMarshal(oidSecp256k1)}},
			asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
		},
		[]pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: mustMarshal(struct{ CA bool }{true})}},
	})
	signature := issuer.Sign(body)
	der, err := hex.DecodeString(signature)
	if err != nil || strings.ToLower(signature) != signature {
		t.Errorf("%s is no hex in lower case", signature)
	}
	if err := strictLowS(der); err != nil {
		t.Errorf("%s: %v", signature, err)
	}
	// Of some: OpenSSL is the judge of all, and the race detector makes this slow.
	if serial[0] < 16 {
		if err := issuer.Public().VerifyStrict(body, signature); err != nil {
			t.Errorf("%s: %v", signature, err)
		}
	}
	return mustMarshal(struct {
		Body      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: body}, ecdsaWithSHA256, asn1.BitString{Bytes: der, BitLength: 8 * len(der)}})
}

func subjectName(issuer, subject *Identity, name string) pkix.RDNSequence {
	if issuer == subject {
		name = issuer.SIN()
	}
	return pkix.Name{CommonName: name}.ToRDNSequence()
}

// strictLowS reads a signature by the rules of DER alone, without the code under test.
func strictLowS(der []byte) error {
	var sequence struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &sequence)
	if err != nil || len(rest) > 0 {
		return fmt.Errorf("not DER: %w", err)
	}
	again, err := asn1.Marshal(sequence)
	if err != nil || !bytes.Equal(again, der) {
		return errors.New("not the one DER form")
	}
	half := new(big.Int).Rsh(btcec.S256().Params().N, 1)
	if sequence.R.Sign() <= 0 || sequence.S.Sign() <= 0 || sequence.S.Cmp(half) > 0 || sequence.R.Cmp(btcec.S256().Params().N) >= 0 {
		return errors.New("R or S is out of its range")
	}
	return nil
}

// The same by the plain way: one file, one key, one signature.
func TestOpenSSLVerifiesRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts openssl dozens of times")
	}
	dir := t.TempDir()
	for i := range 25 {
		id := Generate()
		message := SignedText(fmt.Sprintf("https://btcpay.example.com/btcpay/invoices?orderId=%d", i), []byte(strings.Repeat("é", i)))
		der, err := hex.DecodeString(id.Sign(message))
		if err != nil {
			t.Fatal(err)
		}
		key, signature := filepath.Join(dir, "key"), filepath.Join(dir, "signature")
		public := openssl(t, []byte(id.PEM().Reveal()), "ec", "-pubout")
		if err := errors.Join(os.WriteFile(key, public, 0o600), os.WriteFile(signature, der, 0o600)); err != nil {
			t.Fatal(err)
		}
		if out := openssl(t, message, "dgst", "-sha256", "-verify", key, "-signature", signature); !bytes.Contains(out, []byte("Verified OK")) {
			t.Fatalf("OpenSSL says %s", out)
		}
	}
}

// A signature that OpenSSL made, with either S, is one to Verify.
func TestVerifiesOpenSSL(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts openssl dozens of times")
	}
	var high int
	for range 25 {
		id := Generate()
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(id.PEM().Reveal()), 0o600); err != nil {
			t.Fatal(err)
		}
		signature := hex.EncodeToString(openssl(t, []byte("message"), "dgst", "-sha256", "-sign", path))
		if err := id.Public().Verify([]byte("message"), strings.ToUpper(signature)); err != nil {
			t.Fatalf("%s: %v", signature, err)
		}
		switch err := id.Public().VerifyStrict([]byte("message"), signature); {
		case errors.Is(err, ErrHighS):
			high++
		case err != nil:
			t.Fatal(err)
		}
	}
	if high == 0 || high == 25 {
		t.Errorf("%d of 25 signatures have a high S", high)
	}
}

func TestVerifyRefuses(t *testing.T) {
	id, message := mustParseKey(t, someHex), []byte("message")
	good := id.Sign(message)
	der, err := hex.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ecdsa.ParseDERSignature(der)
	if err != nil {
		t.Fatal(err)
	}
	r, s := parsed.R(), parsed.S()
	rBytes, sBytes := r.Bytes(), s.Bytes()
	highS := s
	highS.Negate()
	high := hex.EncodeToString(encodeDER(rBytes[:], bytesOf(highS.Bytes())))
	if err := id.Public().Verify(message, high); err != nil {
		t.Errorf("a high S: %v", err)
	}
	if err := id.Public().VerifyStrict(message, high); !errors.Is(err, ErrHighS) {
		t.Errorf("a high S: got %v", err)
	}
	padded := "30" + fmt.Sprintf("%02x", len(der)-2+1) + "02" + fmt.Sprintf("%02x", der[3]+1) + "00" + hex.EncodeToString(der[4:])
	for name, test := range map[string]struct {
		signature string
		want      error
	}{
		"empty":           {"", ErrSignatureEncoding},
		"no hex":          {"zz", ErrSignatureEncoding},
		"an odd digit":    {good[1:], ErrSignatureEncoding},
		"one byte":        {"30", ErrSignatureEncoding},
		"truncated":       {good[:len(good)-2], ErrSignatureEncoding},
		"a byte behind":   {good + "00", ErrSignatureEncoding},
		"padded":          {padded, ErrSignatureEncoding},
		"compact":         {hex.EncodeToString(append(rBytes[:], sBytes[:]...)), ErrSignatureEncoding},
		"zero":            {"3006020100020100", ErrSignatureEncoding},
		"another message": {id.Sign([]byte("another")), ErrSignature},
		"another key":     {Generate().Sign(message), ErrSignature},
	} {
		if err := id.Public().Verify(message, test.signature); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	// One wrong bit anywhere.
	for i := range 8 * len(der) {
		wrong := bytes.Clone(der)
		wrong[i/8] ^= 1 << (i % 8)
		if id.Public().Verify(message, hex.EncodeToString(wrong)) == nil {
			t.Errorf("bit %d turned over, and accepted", i)
		}
	}
}

func bytesOf(b [32]byte) []byte { return b[:] }

func encodeDER(r, s []byte) []byte {
	return mustMarshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
}

func TestSignIsRepeatable(t *testing.T) {
	for i := range 100 {
		id, message := Generate(), fmt.Append(nil, i)
		if first, second := id.Sign(message), id.Sign(message); first != second {
			t.Fatalf("the same message has the signatures %s and %s", first, second)
		}
	}
}

func TestSignedText(t *testing.T) {
	body := []byte(`{"price":5.0}`)
	if got := string(SignedText("https://example.com/invoices", body)); got != `https://example.com/invoices{"price":5.0}` {
		t.Errorf("got %s", got)
	}
	if got := SignedText("https://example.com/tokens", nil); string(got) != "https://example.com/tokens" {
		t.Errorf("got %s", got)
	}
}

func FuzzVerify(f *testing.F) {
	id := mustParseKey(f, someHex)
	f.Add(id.PublicKey(), []byte("message"), id.Sign([]byte("message")))
	f.Add(someSIN, []byte{}, "3006020101020101")
	f.Fuzz(func(t *testing.T, public string, message []byte, signature string) {
		key, err := ParsePublicKey(public)
		if err != nil {
			return
		}
		if again, err := ParsePublicKey(key.String()); err != nil || again.SIN() != key.SIN() || ValidateSIN(key.SIN()) != nil {
			t.Errorf("%s does not come back: %v", key, err)
		}
		strict, lax := key.VerifyStrict(message, signature), key.Verify(message, signature)
		if strict == nil && lax != nil {
			t.Errorf("strict accepts what lax refuses: %v", lax)
		}
		if lax != nil {
			return
		}
		der, _ := hex.DecodeString(signature)
		parsed, err := ecdsa.ParseDERSignature(der)
		digest := sha256.Sum256(message)
		if err != nil || !parsed.Verify(digest[:], key.point) {
			t.Errorf("accepted: %s", signature)
		}
	})
}
