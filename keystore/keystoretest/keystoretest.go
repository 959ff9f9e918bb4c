// Package keystoretest tests that a store does what [keystore.Store] documents. Every store
// of this project passes it; your own should too.
//
// # Promise
//
// The package follows semantic versioning with the module it is in. A later version may
// test more of the interface's documentation.
package keystoretest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore"
)

// A Backend is a store that can be opened several times.
type Backend struct {
	// Name is the name in its errors, [keystore.Error].Backend.
	Name string
	// Max is how many bytes a secret may have; zero means [keystore.MaxSize]. A larger
	// secret must fail with [keystore.ErrTooLarge].
	Max int
	// Slow makes the suite call the store less often: fewer different secrets, and fewer
	// writers at once. It is for a store whose calls take a good part of a second, such as
	// one that starts several programs for each. Run the whole suite now and then as well.
	Slow bool
	// Open returns another handle on the same secrets at each call.
	Open func() keystore.Store
}

const (
	name  = "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
	other = "apikey/0123456789abcdef"
)

// Reading tests how every store fails, including read-only ones. The store must not contain
// the name that this package uses.
func Reading(t *testing.T, b Backend) {
	store := b.Open()
	calls := map[string]func(context.Context, string) error{
		"get":    func(ctx context.Context, name string) error { _, err := store.Get(ctx, name); return err },
		"put":    func(ctx context.Context, name string) error { return store.Put(ctx, name, []byte("x")) },
		"delete": func(ctx context.Context, name string) error { return store.Delete(ctx, name) },
	}
	t.Run("nothing there", func(t *testing.T) {
		_, err := store.Get(t.Context(), name)
		wantError(t, err, b.Name, "get", keystore.ErrNotFound)
	})
	for op, call := range calls {
		t.Run("cancelled/"+op, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			wantError(t, call(ctx, name), b.Name, op, context.Canceled)
		})
		t.Run("bad name/"+op, func(t *testing.T) {
			for _, bad := range []string{"", "bitid", "bitid/", "/x", "bitid/a/b", "bitid/../x", "../x/y", "bitid/a b", "bitid/a\n"} {
				wantError(t, call(t.Context(), bad), b.Name, op, keystore.ErrName)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		wantError(t, store.Put(t.Context(), name, make([]byte, keystore.MaxSize+1)), b.Name, "put", keystore.ErrTooLarge)
	})
	t.Run("prints nothing", func(t *testing.T) { printsNothing(t, store, "") })
}

// Conform runs all tests. The store must be empty. It contains worthless secrets
// afterwards.
func Conform(t *testing.T, b Backend) {
	Reading(t, b)
	store, second := b.Open(), b.Open()
	size := keystore.MaxSize
	if b.Max != 0 {
		size = b.Max
	}

	t.Run("delete nothing", func(t *testing.T) {
		wantError(t, store.Delete(t.Context(), name), b.Name, "delete", keystore.ErrNotFound)
	})
	t.Run("any bytes", func(t *testing.T) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		secrets := [][]byte{{}, all, random(size)}
		if !b.Slow {
			secrets = append(secrets, []byte{0}, []byte("plain"), []byte(" spaces \n"), []byte("\xff\xfe\x80"), []byte("age-encryption.org/v1\n"),
				[]byte("btcpayctl:1:apikey/x:eA=="), []byte(strings.Repeat("k", 4096)))
		}
		for i, secret := range secrets {
			must(t, store.Put(t.Context(), name, secret))
			for _, handle := range []keystore.Store{store, second} {
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
	t.Run("in use, so neither new nor locked", func(t *testing.T) {
		must(t, store.Put(t.Context(), name, []byte("x")))
		stater, ok := store.(keystore.Stater)
		if !ok {
			t.Skip("this store does not report its state")
		}
		if state, err := stater.State(t.Context()); err != nil || state.New || state.Locked || state.Detail == "" {
			t.Errorf("%+v, %v", state, err)
		}
	})
	t.Run("a refused write changes nothing", func(t *testing.T) {
		must(t, store.Put(t.Context(), name, []byte("old")))
		if err := store.Put(t.Context(), name, random(size+1)); !errors.Is(err, keystore.ErrTooLarge) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := store.Put(ctx, name, []byte("new")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		wantSecret(t, second, name, "old")
	})
	t.Run("prints nothing", func(t *testing.T) {
		must(t, store.Put(t.Context(), name, []byte("a-secret-to-be-seen-nowhere")))
		wantSecret(t, store, name, "a-secret-to-be-seen-nowhere")
		printsNothing(t, store, "a-secret-to-be-seen-nowhere")
	})
	t.Run("delete", func(t *testing.T) {
		must(t, store.Put(t.Context(), other, []byte("stays")))
		must(t, store.Delete(t.Context(), name))
		_, err := second.Get(t.Context(), name)
		wantError(t, err, b.Name, "get", keystore.ErrNotFound)
		wantError(t, second.Delete(t.Context(), name), b.Name, "delete", keystore.ErrNotFound)
		wantSecret(t, second, other, "stays")
	})
	t.Run("names are not mixed", func(t *testing.T) {
		must(t, store.Put(t.Context(), "bitid/same", []byte("1")))
		must(t, store.Put(t.Context(), "apikey/same", []byte("2")))
		must(t, store.Put(t.Context(), "bitid/SAME", []byte("3")))
		wantSecret(t, store, "bitid/same", "1")
		wantSecret(t, store, "apikey/same", "2")
		wantSecret(t, store, "bitid/SAME", "3")
	})
	if lister, ok := store.(keystore.Lister); ok {
		t.Run("list", func(t *testing.T) { lists(t, store, lister) })
	}
	t.Run("at once", func(t *testing.T) {
		writers, rounds := 8, 3
		if b.Slow {
			writers, rounds = 2, 1
		}
		atOnce(t, store, second, writers, rounds)
	})
}

func lists(t *testing.T, store keystore.Store, lister keystore.Lister) {
	names := func() string {
		all, err := lister.List(t.Context())
		must(t, err)
		return strings.Join(all, " ")
	}
	want := "apikey/0123456789abcdef apikey/same bitid/SAME bitid/same"
	if got := names(); got != want {
		t.Errorf("listed %q, want %q", got, want)
	}
	must(t, store.Delete(t.Context(), "bitid/same"))
	if got, want := names(), strings.TrimSuffix(want, " bitid/same"); got != want {
		t.Errorf("after a deletion listed %q, want %q", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lister.List(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// atOnce has writers of names of their own, and as many of one name.
func atOnce(t *testing.T, store, second keystore.Store, writers, rounds int) {
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			handle := []keystore.Store{store, second}[i%2]
			mine := fmt.Sprintf("bitid/T%d", i)
			for round := range rounds {
				secret := fmt.Sprintf("%d of %d", round, i)
				if err := handle.Put(t.Context(), mine, []byte(secret)); err != nil {
					t.Error(err)
					return
				}
				wantSecret(t, handle, mine, secret)
			}
		})
	}
	for i := range writers {
		group.Go(func() {
			if err := []keystore.Store{store, second}[i%2].Put(t.Context(), name, []byte("the same")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range writers {
		wantSecret(t, second, fmt.Sprintf("bitid/T%d", i), fmt.Sprintf("%d of %d", rounds-1, i))
	}
	wantSecret(t, store, name, "the same")
}
