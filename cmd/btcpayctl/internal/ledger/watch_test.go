package ledger

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestAttend(t *testing.T) {
	ctx, l := t.Context(), Open(t.TempDir()+"/ledger", time.Now)
	if _, ok := l.Attending(ctx, "ABCDEFGH"); ok {
		t.Error("somebody attends to nothing")
	}
	o, err := l.Begin(ctx, Record{ID: "ABCDEFGH", Kind: Mint, Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Attending(ctx, "ABCDEFGH"); ok {
		t.Error("nobody attends to it yet")
	}
	release, err := l.Attend(ctx, "ABCDEFGH", 0)
	if err != nil {
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
	if _, err := l.Resume(ctx, "ABCDEFGH"); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	if o, err = l.Resume(ctx, "ABCDEFGH"); err != nil {
		t.Fatal(err)
	}
	if err := o.Finish(); err != nil {
		t.Fatal(err)
	}
	release()
	if left, err := os.ReadDir(l.dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
