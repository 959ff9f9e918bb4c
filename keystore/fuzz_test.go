package keystore

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
)

// seeds adds the golden files and a few broken ones.
func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", pattern, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(bytes.ReplaceAll(data, []byte("1"), []byte("2")))
	}
	f.Add([]byte(nil))
	f.Add([]byte("null"))
}

// Whatever is accepted as an index is sorted, has only good names, and comes
// back the same when it is written and read again.
func FuzzIndex(f *testing.F) {
	seeds(f, "testdata/v1/*/index.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseIndex(data)
		if err != nil {
			return
		}
		for i, e := range entries {
			if checkName(e.Name) != nil || i > 0 && entries[i-1].Name >= e.Name {
				t.Fatalf("entry %d: %q", i, e.Name)
			}
		}
		again, err := json.Marshal(indexContent{indexVersion, entries})
		if err != nil {
			return // a year that JSON cannot write
		}
		back, err := parseIndex(again)
		if err != nil || len(back) != len(entries) {
			t.Fatalf("%d entries became %d: %v", len(entries), len(back), err)
		}
		for i := range back {
			if back[i].Name != entries[i].Name || !back[i].Created.Equal(entries[i].Created) {
				t.Fatalf("entry %d changed", i)
			}
		}
	})
}

// Whatever is accepted as a header of this version has a recipient to encrypt
// to and a protection that is known.
func FuzzHeader(f *testing.F) {
	seeds(f, "testdata/v1/*/keystore/store.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		header, err := parseHeader(data)
		if err != nil || header.Version > headerVersion {
			return
		}
		if _, err := age.ParseX25519Recipient(header.Recipient); err != nil || header.Version < 1 {
			t.Fatalf("%+v: %v", header, err)
		}
		if header.Protection != byPassphrase && header.Protection != byIdentityFile {
			t.Fatalf("%+v", header)
		}
	})
}

// Whatever is accepted as an identity can seal and open.
func FuzzIdentityFile(f *testing.F) {
	seeds(f, "testdata/v1/identity/identity.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		id, err := parseIdentity(data)
		if err != nil {
			return
		}
		sealed, err := sealSecret(name, []byte("x"), id)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decryptSecret(name, sealed, id); err != nil || string(got) != "x" {
			t.Fatal(got, err)
		}
	})
}

// Of all files only the one that was written opens: a change of any kind,
// header and mark included, gives an error.
func FuzzSecretFile(f *testing.F) {
	seeds(f, "testdata/v1/identity/keystore/*.age")
	text, err := os.ReadFile("testdata/v1/identity/identity.txt")
	if err != nil {
		f.Fatal(err)
	}
	id := must2(parseIdentity(text))
	const name = "apikey/0123456789abcdef"
	whole := must2(os.ReadFile("testdata/v1/identity/keystore/" + secretFile(name)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decryptSecret(name, data, id)
		if err == nil && (string(got) != golden[name] || !bytes.Equal(data, whole)) {
			t.Fatalf("%d bytes that this store did not write gave %q", len(data), got)
		}
	})
}

func FuzzKeyringValue(f *testing.F) {
	f.Add(keyringEncode(name, []byte("x")))
	f.Add("btcpayctl:1:" + name + ":")
	f.Add("btcpayctl:2:")
	f.Fuzz(func(t *testing.T, value string) {
		secret, err := keyringDecode(name, value)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Fatal(err)
			}
			return
		}
		back, err := keyringDecode(name, keyringEncode(name, secret))
		if err != nil || !bytes.Equal(back, secret) {
			t.Fatal(back, err)
		}
	})
}
