package keystore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A backend is something that the conformance suite can open: every call of
// open gives another handle on the same secrets.
type backend struct {
	name string
	open func() Store
}

func TestConformance(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		store := open(t, "memory", Options{})
		conform(t, backend{"memory", func() Store { return store }})
	})
	t.Run("file with a passphrase", func(t *testing.T) {
		dir := t.TempDir()
		conform(t, backend{"file", func() Store { return open(t, "file", passphraseOptions(dir)) }})
	})
	t.Run("file with an identity file", func(t *testing.T) {
		dir := t.TempDir()
		conform(t, backend{"file", func() Store { return open(t, "file", identityOptions(dir)) }})
	})
	t.Run("keyring", func(t *testing.T) {
		startKeyring(t)
		conform(t, backend{"keyring", func() Store { return open(t, "keyring", Options{}) }})
	})
	t.Run("env", func(t *testing.T) {
		conformReading(t, backend{"env", func() Store {
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
	for _, spec := range []string{"", "Keyring", "plain", "file:/x", "helper:/bin/x"} {
		_, err := Open(spec, Options{Dir: t.TempDir()})
		wantError(t, err, spec, "open", ErrUnavailable)
		if e, _ := errors.AsType[*Error](err); !strings.Contains(e.Hint, "keyring, file, env, memory") {
			t.Errorf("%q: the hint %q does not list the stores", spec, e.Hint)
		}
	}
	_, err := Open("file", Options{})
	wantError(t, err, "file", "open", ErrUnavailable)
}

func passphraseOptions(dir string) Options {
	return Options{Dir: dir, Passphrase: say("correct horse")}
}

func say(passphrase string) func(context.Context, bool) ([]byte, error) {
	return func(context.Context, bool) ([]byte, error) { return []byte(passphrase), nil }
}

func identityOptions(dir string) Options {
	return Options{Dir: dir, IdentityFile: filepath.Join(dir, "elsewhere", "identity")}
}

const name = "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"

// conformReading holds for every store, those that cannot write included.
func conformReading(t *testing.T, b backend) {
	store := b.open()
	calls := map[string]func(context.Context, string) error{
		"get":    func(ctx context.Context, name string) error { _, err := store.Get(ctx, name); return err },
		"put":    func(ctx context.Context, name string) error { return store.Put(ctx, name, []byte("x")) },
		"delete": func(ctx context.Context, name string) error { return store.Delete(ctx, name) },
	}
	t.Run("nothing there", func(t *testing.T) {
		_, err := store.Get(t.Context(), name)
		wantError(t, err, b.name, "get", ErrNotFound)
	})
	for op, call := range calls {
		t.Run("cancelled/"+op, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			wantError(t, call(ctx, name), b.name, op, context.Canceled)
		})
	}
	t.Run("too large", func(t *testing.T) {
		wantError(t, store.Put(t.Context(), name, make([]byte, MaxSize+1)), b.name, "put", ErrTooLarge)
	})
}

func conform(t *testing.T, b backend) {
	conformReading(t, b)
	store, other := b.open(), b.open()

	t.Run("delete nothing", func(t *testing.T) {
		wantError(t, store.Delete(t.Context(), name), b.name, "delete", ErrNotFound)
	})
	t.Run("any bytes", func(t *testing.T) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		for i, secret := range [][]byte{
			{}, {0}, []byte("plain"), []byte(" spaces \n"), []byte("\xff\xfe\x80"), all, []byte("age-encryption.org/v1\n"),
			[]byte("btcpayctl:1:apikey/x:eA=="), []byte(strings.Repeat("k", 4096)), random(MaxSize),
		} {
			must(t, store.Put(t.Context(), name, secret))
			for _, handle := range []Store{store, other} {
				got, err := handle.Get(t.Context(), name)
				must(t, err)
				if !bytes.Equal(got, secret) {
					t.Errorf("secret %d of %d bytes came back as %d other bytes", i, len(secret), len(got))
				}
			}
		}
	})
	t.Run("bytes are the caller's", func(t *testing.T) {
		secret := []byte("mine")
		must(t, store.Put(t.Context(), name, secret))
		clear(secret)
		first, err := store.Get(t.Context(), name)
		must(t, err)
		clear(first)
		wantSecret(t, store, name, "mine")
	})
	t.Run("a refused write changes nothing", func(t *testing.T) {
		must(t, store.Put(t.Context(), name, []byte("old")))
		if err := store.Put(t.Context(), name, random(MaxSize+1)); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := store.Put(ctx, name, []byte("new")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		wantSecret(t, other, name, "old")
	})
	t.Run("delete", func(t *testing.T) {
		must(t, store.Put(t.Context(), "apikey/0123456789abcdef", []byte("stays")))
		must(t, store.Delete(t.Context(), name))
		_, err := other.Get(t.Context(), name)
		wantError(t, err, b.name, "get", ErrNotFound)
		wantError(t, other.Delete(t.Context(), name), b.name, "delete", ErrNotFound)
		wantSecret(t, other, "apikey/0123456789abcdef", "stays")
	})
	t.Run("names are not mixed", func(t *testing.T) {
		must(t, store.Put(t.Context(), "bitid/same", []byte("1")))
		must(t, store.Put(t.Context(), "apikey/same", []byte("2")))
		wantSecret(t, store, "bitid/same", "1")
		wantSecret(t, store, "apikey/same", "2")
	})
	t.Run("at once", func(t *testing.T) {
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				handle := []Store{store, other}[i%2]
				mine := fmt.Sprintf("bitid/T%d", i)
				for round := range 3 {
					secret := fmt.Sprintf("%d of %d", round, i)
					if err := handle.Put(t.Context(), mine, []byte(secret)); err != nil {
						t.Error(err)
						return
					}
					wantSecret(t, handle, mine, secret)
				}
			})
		}
		group.Wait()
		for i := range 16 {
			wantSecret(t, other, fmt.Sprintf("bitid/T%d", i), fmt.Sprintf("2 of %d", i))
		}
	})
	t.Run("one name at once", func(t *testing.T) {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if err := []Store{store, other}[i%2].Put(t.Context(), name, []byte("the same")); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		wantSecret(t, store, name, "the same")
	})
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
