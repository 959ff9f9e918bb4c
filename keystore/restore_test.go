package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Nothing is overwritten but with replace, and a damaged file is a conflict.
func TestRestoreConflicts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	to, index := open(t, "file", identityOptions(dir)), OpenIndex(dir)
	must(t, to.Put(t.Context(), "bitid/Same", []byte("same")))
	must(t, to.Put(t.Context(), "bitid/Other", []byte("newer")))
	must(t, to.Put(t.Context(), "bitid/Broken", []byte("x")))
	must(t, os.WriteFile(dir+"/keystore/bitid-Broken.age", []byte("junk"), 0o600))
	var entries []BackupEntry
	for name, secret := range map[string]string{"bitid/Same": "same", "bitid/Other": "old", "bitid/Broken": "x", "bitid/New": "new"} {
		entries = append(entries, BackupEntry{Entry{Name: name, Created: noon}, []byte(secret)})
	}
	done, err := Restore(t.Context(), entries, to, "file", index, false)
	must(t, err)
	if len(done.Stored) != 1 || len(done.Same) != 1 || len(done.Conflicts) != 2 {
		t.Errorf("%+v", done)
	}
	wantSecret(t, to, "bitid/Other", "newer")
	_, err = to.Get(t.Context(), "bitid/Broken")
	wantError(t, err, "file", "get", ErrDamaged)
	done, err = Restore(t.Context(), entries, to, "file", index, true)
	must(t, err)
	if len(done.Stored) != 2 || len(done.Same) != 2 || len(done.Conflicts) != 0 {
		t.Errorf("%+v", done)
	}
	wantSecret(t, to, "bitid/Other", "old")
	wantSecret(t, to, "bitid/Broken", "x")
}

// What the index knows of a secret in this store is newer than a backup, but for
// a server that it does not know.
func TestRestoreKeepsTheIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	to, index := open(t, "memory", Options{}), OpenIndex(dir)
	later := noon.Add(time.Hour)
	must(t, index.Add(t.Context(), Entry{Name: "bitid/A", Keystore: "memory", Server: "https://new.example", Created: later},
		Entry{Name: "bitid/B", Keystore: "memory", Created: later}, Entry{Name: "bitid/C", Keystore: "keyring", Server: "https://new.example", Created: later}))
	var entries []BackupEntry
	for _, name := range []string{"bitid/A", "bitid/B", "bitid/C", "bitid/D"} {
		entries = append(entries, BackupEntry{Entry{Name: name, Keystore: "file", Server: "https://old.example", Created: noon}, []byte(name)})
	}
	must2(Restore(t.Context(), entries, to, "memory", index, false))
	got := must2(index.List(t.Context()))
	want := []Entry{
		{Name: "bitid/A", Keystore: "memory", Server: "https://new.example", Created: later},
		{Name: "bitid/B", Keystore: "memory", Server: "https://old.example", Created: noon},
		{Name: "bitid/C", Keystore: "memory", Server: "https://old.example", Created: noon},
		{Name: "bitid/D", Keystore: "memory", Server: "https://old.example", Created: noon},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A restore that breaks off has listed what it stored, and can be repeated.
func TestRestoreInterrupted(t *testing.T) {
	t.Parallel()
	for cut := 1; ; cut++ {
		dir := t.TempDir()
		to, index := open(t, "memory", Options{}), OpenIndex(dir)
		var entries []BackupEntry
		for i := range 3 {
			name := fmt.Sprintf("bitid/T%d", i)
			entries = append(entries, BackupEntry{Entry{Name: name, Created: noon}, []byte(name)})
		}
		left := cut
		done, err := Restore(t.Context(), entries, faulty{to, &left, false}, "memory", index, false)
		if got := indexed(t, index); len(got) != len(done.Stored) {
			t.Errorf("cut %d: listed %q, stored %q", cut, got, done.Stored)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		again, err := Restore(t.Context(), entries, to, "memory", index, false)
		must(t, err)
		if len(again.Same) != len(done.Stored) || len(again.Same)+len(again.Stored) != 3 || len(indexed(t, index)) != 3 {
			t.Errorf("cut %d: %+v, then %+v", cut, done, again)
		}
	}
	// An index that cannot be read stops it before anything is stored.
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/index.json", []byte("junk"), 0o600))
	to := open(t, "memory", Options{})
	_, err := Restore(context.Background(), []BackupEntry{{Entry{Name: name}, []byte("x")}}, to, "memory", OpenIndex(dir), false)
	wantError(t, err, "index", "list", ErrDamaged)
	_, err = to.Get(t.Context(), name)
	wantError(t, err, "memory", "get", ErrNotFound)
}

// A backup of somebody who names another's key: nothing of it is taken.
func TestBadInputBackupOfAnother(t *testing.T) {
	t.Parallel()
	follows := func(name string, secret []byte) error {
		if name != "bitid/"+string(secret) {
			return errors.New("it is another key")
		}
		return nil
	}
	own, hostile := BackupEntry{Entry{Name: "bitid/A"}, []byte("A")}, BackupEntry{Entry{Name: "bitid/B"}, []byte(canary)}
	must(t, CheckBackup(nil, follows))
	must(t, CheckBackup([]BackupEntry{own}, follows))
	err := CheckBackup([]BackupEntry{own, hostile}, follows)
	wantError(t, err, "backup", "read", ErrDamaged)
	wantHint(t, err, "nothing was changed")
	noCanary(t, err)
	if e, ok := errors.AsType[*Error](err); !ok || e.Name != "bitid/B" {
		t.Errorf("%v does not name the entry", err)
	}
	// A check that knows the words of this package says them once.
	err = CheckBackup([]BackupEntry{hostile}, func(string, []byte) error { return fmt.Errorf("%w: a word", ErrDamaged) })
	if wantError(t, err, "backup", "read", ErrDamaged); strings.Count(err.Error(), ErrDamaged.Error()) != 1 {
		t.Error(err)
	}
}
