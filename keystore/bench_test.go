package keystore

import (
	"bytes"
	"io"
	"os"
	"testing"

	"filippo.io/age"
)

func benchStore(b *testing.B) (Store, string, []byte) {
	dir := b.TempDir()
	o := identityOptions(dir)
	store, err := Open("file", o)
	if err == nil {
		err = store.Put(b.Context(), name, []byte("-----BEGIN EC PRIVATE KEY-----"))
	}
	if err != nil {
		b.Fatal(err)
	}
	return store, dir + "/keystore/" + secretFile(name), must2(os.ReadFile(o.IdentityFile))
}

// BenchmarkFileGet reads one secret of an unlocked store; BenchmarkAge opens
// the same file by hand with the age package.
func BenchmarkFileGet(b *testing.B) {
	store, _, _ := benchStore(b)
	for b.Loop() {
		if _, err := store.Get(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAge(b *testing.B) {
	_, path, text := benchStore(b)
	ids := must2(age.ParseIdentities(bytes.NewReader(text)))
	for b.Loop() {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(data), ids...)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
