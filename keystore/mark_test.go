package keystore

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestByteOrderMark: editors write one, and CRLF, into files that users name.
func TestByteOrderMark(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("\ufeff"+strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := strings.Repeat("0123456789", 4)
	sum := sha256.Sum256([]byte(key))
	file := write("key", key+"\n")
	variables, err := Open("env", Options{Getenv: func(name string) string {
		return map[string]string{"BTCPAYCTL_API_KEY_FILE": file}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := variables.Get(t.Context(), "apikey/"+hex.EncodeToString(sum[:8])); err != nil || string(got) != key {
		t.Errorf("%q, %v", got, err)
	}

	options := Options{Dir: filepath.Join(dir, "data"), IdentityFile: filepath.Join(dir, "identity")}
	store, err := Open("file", options)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "kind/id", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	identity, err := os.ReadFile(options.IdentityFile)
	if err != nil {
		t.Fatal(err)
	}
	write("identity", string(identity))
	if store, err = Open("file", options); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Get(t.Context(), "kind/id"); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
}
