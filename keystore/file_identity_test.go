package keystore

import (
	"os"
	"path/filepath"
	"testing"
)

// An identity may be a hidden file of the home folder.
func TestFileIdentityHidden(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir(), Timeout: patience, IdentityFile: filepath.Join(t.TempDir(), ".btcpayctl-identity")}
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	wantSecret(t, open(t, "file", o), name, "x")
}

// None is made where the store would write over it, or sweep it away.
func TestBadInputIdentityInTheStore(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"store.json", "lock", secretFile(name), ".hidden", "../keystore/x", ".tmp-x"} {
		o := Options{Dir: t.TempDir()}
		o.IdentityFile = filepath.Join(o.Dir, "keystore") + "/" + at
		err := open(t, "file", o).Put(t.Context(), name, []byte("x"))
		wantError(t, err, "file", "put", ErrPassphrase)
		if at == "lock" {
			continue // it is there by then, and is no identity
		}
		wantHint(t, err, "elsewhere")
		if _, err := os.Stat(o.IdentityFile); err == nil {
			t.Errorf("%s was made", at)
		}
	}
	// One under the name of a lock is no lock's to write over.
	o := Options{Dir: t.TempDir()}
	o.IdentityFile = filepath.Join(o.Dir, "index.lock")
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	must(t, OpenIndex(o.Dir).Add(t.Context(), Entry{Name: name}))
	wantSecret(t, open(t, "file", o), name, "x")
}
