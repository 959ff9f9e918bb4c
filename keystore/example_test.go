package keystore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
)

// A store that forgets, for tests and for a first look.
func Example() {
	ctx := context.Background()
	store, err := keystore.Open("memory", keystore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := store.Put(ctx, "apikey/0123456789abcdef", []byte("secret")); err != nil {
		fmt.Println(err)
		return
	}
	secret, err := store.Get(ctx, "apikey/0123456789abcdef")
	fmt.Printf("%s %v\n", secret, err)

	_, err = store.Get(ctx, "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR")
	fmt.Println(errors.Is(err, keystore.ErrNotFound))
	// Output:
	// secret <nil>
	// true
}

// Encrypted files, one for each secret, under a passphrase that is asked for
// once. The names can be read without it.
func ExampleOpen_file() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := keystore.Open("file", keystore.Options{
		Dir: dir,
		Passphrase: func(_ context.Context, confirm bool) ([]byte, error) {
			fmt.Println("asked for the passphrase, a new one:", confirm)
			return []byte("correct horse battery staple"), nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"bitid/TfExample1", "bitid/TfExample2"} {
		if err := store.Put(ctx, name, []byte("private key of "+name)); err != nil {
			fmt.Println(err)
			return
		}
	}
	secret, err := store.Get(ctx, "bitid/TfExample2")
	fmt.Printf("%s, %v\n", secret, err)

	files, _ := filepath.Glob(filepath.Join(dir, "keystore", "bitid-*"))
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// asked for the passphrase, a new one: true
	// private key of bitid/TfExample2, <nil>
	// bitid-TfExample1.age
	// bitid-TfExample2.age
}

// The names of secrets stand in an index, for keyrings cannot list.
func ExampleIndex() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	index := keystore.OpenIndex(dir)
	for _, name := range []string{"bitid/TfExample", "apikey/0123456789abcdef"} {
		err := index.Add(ctx, keystore.Entry{
			Name: name, Keystore: "keyring", Server: "https://btcpay.example.com",
			Created: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	entries, err := index.List(ctx)
	for _, entry := range entries {
		fmt.Println(entry.Name, entry.Server, entry.Created.Format(time.DateOnly))
	}
	fmt.Println(err)
	// Output:
	// apikey/0123456789abcdef https://btcpay.example.com 2026-11-25
	// bitid/TfExample https://btcpay.example.com 2026-11-25
	// <nil>
}
