package keystore

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
)

// rewrap puts an identity under another passphrase, as `age -d | age -p` does.
func rewrap(t *testing.T, path, old, passphrase string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	r, err := age.Decrypt(bytes.NewReader(data), must2(age.NewScryptIdentity(old)))
	must(t, err)
	recipient := must2(age.NewScryptRecipient(passphrase))
	recipient.SetWorkFactor(work.Factor)
	var out bytes.Buffer
	w := must2(age.Encrypt(&out, recipient))
	must2(io.Copy(w, r))
	must(t, w.Close())
	return out.Bytes()
}

// Two bits of every byte of every file are flipped, and every file is cut at every
// length: the old secret comes back, or an error; never other bytes, never "not
// found".
func TestBadInputFlippedAndCut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("the secret")))
	step := 1
	if testing.Short() {
		step = 16
	}
	for _, file := range []string{"store.json", "identity.age", secretFile(name)} {
		path := filepath.Join(dir, "keystore", file)
		whole, err := os.ReadFile(path)
		must(t, err)
		check := func(what string, i int, changed []byte) {
			must(t, os.Remove(path)) // a file that is cut to nothing first is slow to write
			must(t, os.WriteFile(path, changed, 0o600))
			got, err := open(t, "file", passphraseOptions(dir)).Get(t.Context(), name)
			switch {
			case err == nil && string(got) != "the secret":
				t.Errorf("%s %s at %d: other bytes came back", file, what, i)
			case err == nil && file == secretFile(name):
				t.Errorf("%s %s at %d: not noticed", file, what, i)
			case err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) && !(file == "store.json" && errors.Is(err, ErrPassphrase)):
				t.Errorf("%s %s at %d: %v", file, what, i, err)
			}
		}
		for i := 0; i < len(whole); i += step {
			for _, bit := range []byte{1, 0x80} {
				changed := bytes.Clone(whole)
				changed[i] ^= bit
				check("flipped", i, changed)
			}
			check("cut", i, whole[:i])
		}
		check("lengthened", len(whole), append(bytes.Clone(whole), 'x'))
		must(t, os.WriteFile(path, whole, 0o600))
	}
	wantSecret(t, open(t, "file", passphraseOptions(dir)), name, "the secret")
}

func TestBadInputSwapped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, "file", identityOptions(dir))
	must(t, store.Put(t.Context(), "bitid/A", []byte("a")))
	must(t, store.Put(t.Context(), "bitid/B", []byte("b")))
	a, b := dir+"/keystore/bitid-A.age", dir+"/keystore/bitid-B.age"
	must(t, os.Rename(a, a+"x"))
	must(t, os.Rename(b, a))
	must(t, os.Rename(a+"x", b))
	for _, n := range []string{"bitid/A", "bitid/B"} {
		_, err := store.Get(t.Context(), n)
		wantError(t, err, "file", "get", ErrDamaged)
		if !strings.Contains(err.Error(), "another name") {
			t.Error(err)
		}
	}
}

// The recipient is public. Who knows it can encrypt to it, and even copy the
// mark of another file, but not make one that fits.
func TestBadInputForged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := identityOptions(dir)
	store := open(t, "file", o)
	must(t, store.Put(t.Context(), name, []byte("mine")))
	id := must2(readIdentityFile(o.IdentityFile, patience))
	other := must2(newFileIdentity(must2(age.GenerateX25519Identity())))
	for what, recipients := range map[string][]age.Recipient{
		"without a mark":            {id.Recipient()},
		"with another's mark":       {id.Recipient(), marker{other, name}},
		"to another recipient":      {other.Recipient(), marker{id, name}},
		"with a mark for this name": {id.Recipient(), stale{id, name}},
	} {
		var data bytes.Buffer
		w := must2(age.Encrypt(&data, recipients...))
		must2(w.Write([]byte("a thief's")))
		must(t, w.Close())
		must(t, os.WriteFile(dir+"/keystore/"+secretFile(name), data.Bytes(), 0o600))
		_, err := store.Get(t.Context(), name)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// stale is a mark that was right for another file of this name.
type stale struct {
	id   *fileIdentity
	name string
}

func (s stale) Wrap([]byte) ([]*age.Stanza, error) {
	return marker(s).Wrap(make([]byte, 16))
}

func TestBadInputNewerVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := identityOptions(dir)
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	t.Run("of a secret", func(t *testing.T) {
		path := dir + "/keystore/" + secretFile(name)
		data := must2(os.ReadFile(path))
		must(t, os.WriteFile(path, bytes.Replace(data, []byte("-> btcpayctl 1 "), []byte("-> btcpayctl 2 "), 1), 0o600))
		_, err := open(t, "file", o).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrVersion)
	})
	t.Run("of the store", func(t *testing.T) {
		must(t, os.WriteFile(dir+"/keystore/store.json", []byte(`{"version":2,"recipient":["changed"]}`), 0o600))
		store := open(t, "file", o)
		_, err := store.Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrVersion)
		wantError(t, store.Put(t.Context(), name, []byte("y")), "file", "put", ErrVersion)
		wantError(t, store.Delete(t.Context(), name), "file", "delete", ErrVersion)
	})
}

// A file that is something else than a file. A call that waited for it would fail
// as late, or not at all.
func TestBadInputNoRegularFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"store.json", "identity.age", secretFile(name), "lock"} {
		for what, replace := range map[string]func(path string) error{
			"link":          func(path string) error { return os.Symlink(path+".away", path) },
			"dangling link": func(path string) error { return os.Symlink("/nowhere/at/all", path) },
			"link outside":  func(path string) error { return os.Symlink("/etc/passwd", path) },
			"directory":     func(path string) error { return os.Mkdir(path, 0o700) },
			"pipe":          mkfifo,
		} {
			t.Run(file+"/"+what, func(t *testing.T) {
				dir := t.TempDir()
				o := passphraseOptions(dir)
				must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
				path := filepath.Join(dir, "keystore", file)
				must(t, os.Rename(path, path+".away"))
				if err := replace(path); err != nil {
					t.Skip(err)
				}
				got, err := open(t, "file", o).Get(t.Context(), name)
				switch {
				case !errors.Is(err, ErrDamaged):
					t.Errorf("get gave %q, %v", got, err)
				case !strings.Contains(err.Error(), path):
					t.Errorf("the error does not name the file: %v", err)
				}
				if file == secretFile(name) && what != "directory" {
					// Writing anew replaces what is in the way, and only that.
					must(t, open(t, "file", o).Put(t.Context(), name, []byte("y")))
					wantSecret(t, open(t, "file", o), name, "y")
				}
			})
		}
	}
}

func TestFileHardLinked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, "file", identityOptions(dir))
	must(t, store.Put(t.Context(), name, []byte("old")))
	path, link := dir+"/keystore/"+secretFile(name), dir+"/link"
	must(t, os.Link(path, link))
	before := must2(os.ReadFile(link))
	wantSecret(t, store, name, "old")
	must(t, store.Put(t.Context(), name, []byte("new")))
	if !bytes.Equal(before, must2(os.ReadFile(link))) {
		t.Error("the other name of the old file was written to")
	}
	wantSecret(t, store, name, "new")
}

// Parts that went missing, as after a restore of half a backup.
func TestBadInputMissing(t *testing.T) {
	t.Parallel()
	filled := func(t *testing.T) (string, Options) {
		dir := t.TempDir()
		must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
		return dir + "/keystore/", passphraseOptions(dir)
	}
	t.Run("identity", func(t *testing.T) {
		dir, o := filled(t)
		must(t, os.Remove(dir+"identity.age"))
		_, err := open(t, "file", o).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrDamaged)
		wantError(t, open(t, "file", o).Put(t.Context(), name, nil), "file", "put", ErrDamaged)
		if _, err := os.Stat(dir + "identity.age"); err == nil {
			t.Error("a new identity was made, which opens none of the secrets")
		}
	})
	t.Run("header", func(t *testing.T) {
		dir, o := filled(t)
		must(t, os.Remove(dir+"store.json"))
		wantSecret(t, open(t, "file", o), name, "x")
		must(t, open(t, "file", o).Put(t.Context(), "bitid/B", []byte("b"))) // writes it anew
		if _, err := os.Stat(dir + "store.json"); err != nil {
			t.Error(err)
		}
		wantSecret(t, open(t, "file", o), name, "x")
	})
	t.Run("header and identity", func(t *testing.T) {
		dir, o := filled(t)
		must(t, os.Remove(dir+"store.json"))
		must(t, os.Remove(dir+"identity.age"))
		_, err := open(t, "file", o).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrDamaged)
		err = open(t, "file", o).Put(t.Context(), "bitid/B", nil)
		wantError(t, err, "file", "put", ErrDamaged)
		if files, _ := filepath.Glob(dir + "*"); len(files) != 2 { // the secret and the lock of the first time
			t.Errorf("a store of two identities: %v", files)
		}
	})
}

// Somebody holds the lock: the wait ends in time and names him.
func TestFileLockHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := identityOptions(dir)
	o.Timeout = shortWait
	store := open(t, "file", o)
	must(t, store.Put(t.Context(), name, []byte("x")))
	d := must2(durable.Open(dir + "/keystore"))
	defer d.Close()
	lock := must2(d.Lock(t.Context(), "lock", 0))
	defer lock.Unlock()
	err := store.Put(t.Context(), name, []byte("y"))
	wantError(t, err, "file", "put", ErrTimeout)
	wantHint(t, err, "process")
	wantError(t, store.Delete(t.Context(), name), "file", "delete", ErrTimeout)
	wantSecret(t, store, name, "x") // readers need no lock
}
