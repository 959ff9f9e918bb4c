package keystoretest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore"
)

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantSecret(t *testing.T, store keystore.Store, name, want string) {
	t.Helper()
	got, err := store.Get(t.Context(), name)
	if err != nil {
		t.Error(err)
	} else if string(got) != want {
		t.Errorf("%s is %.60q (%d bytes), want %q", name, got, len(got), want)
	}
}

// wantError checks an error and everything that package keystore documents about it.
func wantError(t *testing.T, err error, backend, op string, kind error) {
	t.Helper()
	e, ok := errors.AsType[*keystore.Error](err)
	switch {
	case err == nil:
		t.Errorf("%s: no error, want %v", op, kind)
	case !errors.Is(err, kind):
		t.Errorf("error %q, want %q", err, kind)
	case !ok || e.Backend != backend || e.Op != op:
		t.Errorf("error %#v does not name backend and operation", err)
	case strings.Count(err.Error(), "keystore "+backend+":") != 1:
		t.Errorf("error %q should say once whose it is", err)
	}
}

// printsNothing prints a store in every way that a log might, and searches for the secret
// that it holds.
func printsNothing(t *testing.T, store keystore.Store, secret string) {
	t.Helper()
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&text, verb+"\n", store)
		fmt.Fprintf(&text, verb+"\n", struct{ held keystore.Store }{store})
	}
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "store", store)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "store", store)
	if encoded, err := json.Marshal(store); err == nil {
		text.Write(encoded)
	}
	if Holds(text.String(), secret) || strings.Contains(text.String(), "AGE-SECRET-KEY") {
		t.Errorf("a printed store shows what it holds:\n%s", text.String())
	}
}

// Holds reports whether a text contains a secret: unchanged, or in hex, base64 or as the
// list of numbers that fmt prints for bytes. It is false for an empty secret.
func Holds(text, secret string) bool {
	if secret == "" {
		return false
	}
	raw := []byte(secret)
	numbers := strings.Trim(fmt.Sprint(raw), "[]")
	forms := []string{secret, numbers, strings.ReplaceAll(strings.Trim(fmt.Sprintf("%#v", raw), "[]byte{}"), "\n", "")}
	forms = append(forms, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)))
	// Within longer base64, a secret begins at one of three offsets.
	for skip := range 3 {
		if len(raw) < skip+6 {
			continue
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			part := raw[skip:]
			forms = append(forms, encoding.EncodeToString(part[:len(part)/3*3]))
		}
	}
	for _, form := range forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}
