package ledger

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"
)

func newKey(id string) Key {
	return Key{Header: Header{ID: id, Kind: KindMint}, Mint: MintPayload{Temporary: true}}
}

func TestAttend(t *testing.T) {
	ctx, l := t.Context(), Open(t.TempDir()+"/ledger", time.Now)
	if _, ok := l.Attending(ctx, "ABCDEFGH"); ok {
		t.Error("somebody attends to nothing")
	}
	o, err := Begin(ctx, l, newKey("ABCDEFGH"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Attending(ctx, "ABCDEFGH"); ok {
		t.Error("nobody attends to it yet")
	}
	a, err := l.Attend(ctx, "ABCDEFGH", 0)
	if err != nil || a.IsClosed() {
		t.Fatal(err)
	}
	who, ok := l.Attending(ctx, "ABCDEFGH")
	if !ok || who.Process != os.Getpid() || time.Since(who.Since) > time.Hour {
		t.Errorf("%+v attends: %t", who, ok)
	}
	if _, err := l.Attend(ctx, "ABCDEFGH", 0); !errors.Is(err, ErrBusy) {
		t.Errorf("two attend: %v", err)
	}
	// The operation itself is free, once its holder let go.
	if _, err := Resume[Key](ctx, l, "ABCDEFGH"); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	if o, err = Resume[Key](ctx, l, "ABCDEFGH"); err != nil {
		t.Fatal(err)
	}
	if err := o.Finish(); err != nil {
		t.Fatal(err)
	}
	if !a.IsClosed() {
		t.Error("it was finished, and is not closed")
	}
	a.Release()
	if left, err := os.ReadDir(l.dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestAttendNoFolder: an operation whose folder was taken away was not closed.
func TestAttendNoFolder(t *testing.T) {
	l := Open(t.TempDir()+"/ledger", time.Now)
	o, err := Begin(t.Context(), l, newKey("ABCDEFGH"))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Release()
	a, err := l.Attend(t.Context(), "ABCDEFGH", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if err := os.RemoveAll(l.dir); err != nil {
		t.Fatal(err)
	}
	if a.IsClosed() {
		t.Error("it was closed")
	}
	// Another job has one in its place.
	other, err := Begin(t.Context(), l, newKey("HGFEDCBA"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	if a.IsClosed() {
		t.Error("it was closed by another ledger")
	}
}

// TestFinishDismisses takes the lock of a process away that watched and was killed.
func TestFinishDismisses(t *testing.T) {
	l := Open(t.TempDir()+"/ledger", time.Now)
	o, err := Begin(t.Context(), l, newKey("ABCDEFGH"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.dir+"/ABCDEFGH.watch", []byte("1 2026-11-29T00:00:00Z"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.Finish(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(l.dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestSweepLocks takes away the locks of operations that are finished.
func TestSweepLocks(t *testing.T) {
	l := Open(t.TempDir()+"/ledger", time.Now)
	o, err := Begin(t.Context(), l, newKey("OPENOPEN"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * lockAge)
	for name, age := range map[string]time.Time{"OPENOPEN.lock": old, "DONEDONE.lock": old, "DONEDONE.watch": old, "BEGINSNOW.lock": time.Now()} {
		f, err := os.OpenFile(l.dir+"/"+name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := os.Chtimes(f.Name(), age, age); err != nil {
			t.Fatal(err)
		}
	}
	l.Sweep(0)
	var names []string
	entries, err := os.ReadDir(l.dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"BEGINSNOW.lock", "OPENOPEN.json", "OPENOPEN.lock"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("left %q, %v", names, err)
	}
}
