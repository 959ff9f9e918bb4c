package keystore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"testing"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
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

// The alternative that was not chosen: all secrets in one encrypted file. It is
// here so that its figures in docs/keystore.md can be had again.
type vaultFile struct {
	dir *durable.Dir
	id  *age.X25519Identity
}

func (v vaultFile) read() (map[string][]byte, error) {
	secrets := map[string][]byte{}
	data, err := v.dir.Read("vault.age", 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return secrets, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(data), v.id)
	if err != nil {
		return nil, err
	}
	return secrets, json.NewDecoder(r).Decode(&secrets)
}

func (v vaultFile) write(secrets map[string][]byte) error {
	var data bytes.Buffer
	w, err := age.Encrypt(&data, v.id.Recipient())
	if err == nil {
		err = errors.Join(json.NewEncoder(w).Encode(secrets), w.Close())
	}
	if err != nil {
		return err
	}
	return v.dir.Write("vault.age", data.Bytes())
}

func (v vaultFile) put(ctx context.Context, name string, secret []byte) error {
	lock, err := v.dir.Lock(ctx, "lock", patience)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	secrets, err := v.read()
	if err != nil {
		return err
	}
	secrets[name] = secret
	return v.write(secrets)
}

var layoutSizes = []int{10, 1000, 10000}

func BenchmarkPutOneFileEach(b *testing.B) {
	for _, n := range layoutSizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := b.TempDir()
			store := must2(Open("file", identityOptions(dir)))
			if err := store.Put(b.Context(), name, nil); err != nil {
				b.Fatal(err)
			}
			id := must2(readIdentityFile(identityOptions(dir).IdentityFile, patience))
			for i := range n {
				n := "bitid/T" + strconv.Itoa(i)
				if err := os.WriteFile(dir+"/keystore/"+secretFile(n), must2(sealSecret(n, random(230), id)), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := store.Put(b.Context(), name, random(230)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPutOneVault(b *testing.B) {
	for _, n := range layoutSizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			vault := vaultFile{must2(durable.Create(b.TempDir())), must2(age.GenerateX25519Identity())}
			defer vault.dir.Close()
			secrets := map[string][]byte{}
			for i := range n {
				secrets["bitid/T"+strconv.Itoa(i)] = random(230)
			}
			if err := vault.write(secrets); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := vault.put(b.Context(), name, random(230)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
