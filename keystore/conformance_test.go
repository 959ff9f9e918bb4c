package keystore

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// A backend is what the suite in keystoretest holds to its promises: every call
// of open gives another handle on the same secrets.
type backend struct {
	name string
	open func() Store
	max  int // of a secret, where it is not MaxSize
	slow bool
}

// ConformSuite and ReadingSuite are keystoretest's, which tests in this
// package cannot import, since it imports this package. suite_test.go sets them.
var (
	ConformSuite func(t *testing.T, name string, longest int, slow bool, open func() Store)
	ReadingSuite func(t *testing.T, name string, longest int, open func() Store)
	// Leaks tells whether a text holds a secret in any encoding.
	Leaks func(text, secret string) bool
)

func conform(t *testing.T, b backend) {
	t.Helper()
	ConformSuite(t, b.name, b.max, b.slow, b.open)
}

func conformReading(t *testing.T, b backend) {
	t.Helper()
	ReadingSuite(t, b.name, b.max, b.open)
}

func TestConformance(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		store := open(t, "memory", Options{})
		conform(t, backend{name: "memory", open: func() Store { return store }})
	})
	t.Run("file with a passphrase", func(t *testing.T) {
		dir := t.TempDir()
		conform(t, backend{name: "file", open: func() Store { return open(t, "file", passphraseOptions(dir)) }})
	})
	t.Run("file with an identity file", func(t *testing.T) {
		dir := t.TempDir()
		conform(t, backend{name: "file", open: func() Store { return open(t, "file", identityOptions(dir)) }})
	})
	t.Run("keyring", func(t *testing.T) {
		if testing.Short() {
			t.Skip("left out of the inner loop: it starts a keyring daemon, and the one of the tests passes the same")
		}
		startKeyring(t)
		conform(t, backend{name: "keyring", open: func() Store { return open(t, "keyring", Options{Timeout: patience}) }})
	})
	t.Run("env", func(t *testing.T) {
		conformReading(t, backend{name: "env", open: func() Store {
			return open(t, "env", Options{Getenv: func(string) string { return "" }})
		}})
	})
}

func TestBadInputName(t *testing.T) {
	dir := t.TempDir()
	for _, spec := range []string{"memory", "file", "env", "keyring"} {
		store := open(t, spec, identityOptions(dir))
		for _, bad := range []string{
			"", "bitid", "bitid/", "/x", "bitid/a/b", "bitid/../x", "../x/y", "bitid/a b", "bitid/a\x00", "bitid/é",
			"BITID/x", "bitid/" + strings.Repeat("a", 65), "bitid/a\n", "bitid/.", "bit-id/x",
		} {
			_, err := store.Get(t.Context(), bad)
			wantError(t, err, spec, "get", ErrName)
			wantError(t, store.Put(t.Context(), bad, nil), spec, "put", ErrName)
			wantError(t, store.Delete(t.Context(), bad), spec, "delete", ErrName)
		}
	}
}

func TestBadInputSpec(t *testing.T) {
	for _, spec := range []string{"", "Keyring", "plain", "file:/x", "helper", "helper:", "helper:bin/x", "helper:~/x", "helper:./x"} {
		_, err := Open(spec, Options{Dir: t.TempDir()})
		backend, _, _ := strings.Cut(spec, ":")
		wantError(t, err, backend, "open", ErrUnavailable)
		if backend == "helper" {
			wantHint(t, err, "helper:/")
		} else {
			wantHint(t, err, "keyring, file, env, memory")
		}
	}
	_, err := Open("file", Options{})
	wantError(t, err, "file", "open", ErrUnavailable)
}

func passphraseOptions(dir string) Options {
	return Options{Dir: dir, Passphrase: say("correct horse"), Timeout: patience}
}

func say(passphrase string) func(context.Context, bool) ([]byte, error) {
	return func(context.Context, bool) ([]byte, error) { return []byte(passphrase), nil }
}

func identityOptions(dir string) Options {
	return Options{Dir: dir, IdentityFile: filepath.Join(dir, "elsewhere", "identity"), Timeout: patience}
}

const name = "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"

// canary is a secret that must be seen nowhere.
const canary = "canary-of-the-test-7f3a"

// noCanary looks for the secret in an error and in all that it wraps.
func noCanary(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if Leaks(e.Error(), canary) {
			t.Errorf("an error holds the secret: %v", e)
		}
	}
}

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

func wantSecret(t *testing.T, store Store, name, want string) {
	t.Helper()
	got, err := store.Get(t.Context(), name)
	if err != nil {
		t.Error(err)
	} else if string(got) != want {
		t.Errorf("%s is %q, want %q", name, got, want)
	}
}

// wantError checks an error and all that this package promises of it.
func wantError(t *testing.T, err error, backend, op string, kind error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
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

func wantHint(t *testing.T, err error, part string) {
	t.Helper()
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, part) {
		t.Errorf("error %v should have the hint %q: %#v", err, part, e)
	}
}
