package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func openBatches(t *testing.T, now func() time.Time) (*Batches, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "batches")
	return OpenBatches(dir, now), dir
}

func beginBatch(t *testing.T, b *Batches, known ...Row) *Work {
	t.Helper()
	w, err := b.Begin(Batch{
		Header:       Header{ID: rand.Text(), Server: "https://btcpay.example.com"},
		BatchPayload: BatchPayload{Digest: "d", Total: 3, From: "/orders.jsonl"},
	}, []byte("rows"), known)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func hold(t *testing.T, w *Work, do func()) {
	t.Helper()
	release, err := w.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	do()
}

func note(t *testing.T, w *Work, row Row) {
	t.Helper()
	hold(t, w, func() {
		if err := w.Note(row); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBatch follows a batch from its beginning to its end, in two processes as far as the
// files can tell.
func TestBatch(t *testing.T) {
	b, dir := openBatches(t, time.Now)
	if all, err := b.All(); len(all) > 0 || err != nil {
		t.Fatalf("%v %v", all, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("reading made the directory")
	}
	mine := beginBatch(t, b, Row{Key: "old", Line: 9, Invoice: "inv"})
	theirs, err := b.Open(mine.Batch.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if row, ok := theirs.Row("old"); !ok || row.Invoice != "inv" {
		t.Errorf("%+v", row)
	}
	note(t, mine, Row{Key: "a", Line: 1, Operation: "op"})
	if _, ok := theirs.Row("a"); ok {
		t.Error("it is known before it was read")
	}
	hold(t, theirs, func() {
		if row, ok := theirs.Row("a"); !ok || row.Operation != "op" || row.Time.IsZero() {
			t.Errorf("%+v", row)
		}
		if err := theirs.Change([]byte("other rows"), func(b *Batch) { b.Digest = "e" }); err != nil {
			t.Error(err)
		}
	})
	hold(t, mine, func() {
		if given, err := mine.Given(); mine.Batch.Digest != "e" || string(given) != "other rows" || err != nil {
			t.Errorf("%+v %q %v", mine.Batch, given, err)
		}
		if err := mine.Finish(); err != nil {
			t.Error(err)
		}
		if given, err := mine.Given(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what was given is kept: %q %v", given, err)
		}
	})
	all, err := b.All()
	if err != nil || len(all) != 1 || all[0].Finished.IsZero() || all[0].From != "/orders.jsonl" || all[0].Kind != KindBatch {
		t.Errorf("%+v %v", all, err)
	}
	if err := mine.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := theirs.Hold(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("a batch that was removed: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestBatchAttend: one process at a time is the one that works on a batch.
func TestBatchAttend(t *testing.T) {
	b, _ := openBatches(t, time.Now)
	mine := beginBatch(t, b)
	theirs, err := b.Open(mine.Batch.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if !mine.Attend(t.Context()) || theirs.Attend(t.Context()) {
		t.Error("both of them, or none")
	}
	mine.Close()
	if !theirs.Attend(t.Context()) {
		t.Error("the other one is gone")
	}
}

// TestBatchTornLine: what a crash cut off says nothing, and hides nothing.
func TestBatchTornLine(t *testing.T) {
	b, dir := openBatches(t, time.Now)
	w := beginBatch(t, b)
	note(t, w, Row{Key: "a", Line: 1, Operation: "op"})
	name := filepath.Join(dir, w.Batch.ID+logExt)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(name, slices.Concat(whole, whole[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := b.Open(w.Batch.ID)
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint("b", cut)
		note(t, again, Row{Key: key, Line: 2, Operation: "op2"})
		if rows := again.Known(); len(rows) != 2 || rows[0].Operation != "op" || rows[1].Key != key {
			t.Errorf("cut at %d: %+v", cut, rows)
		}
		again.Close()
	}
}

// TestBatchTogether has many note rows at once: none is lost.
func TestBatchTogether(t *testing.T) {
	b, _ := openBatches(t, time.Now)
	w := beginBatch(t, b)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine, err := b.Open(w.Batch.ID)
			if err != nil {
				t.Error(err)
				return
			}
			defer mine.Close()
			for j := range 20 {
				release, err := mine.Hold(t.Context())
				if err == nil {
					err = mine.Note(Row{Key: fmt.Sprint(i, " ", j), Line: i})
					release()
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	hold(t, w, func() {
		if n := len(w.Known()); n != 160 {
			t.Errorf("%d of 160 rows are known", n)
		}
	})
}

// TestBatchesAreKeptAYear: those that are finished, and not finished ones for ever.
func TestBatchesAreKeptAYear(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b, _ := openBatches(t, func() time.Time { return now })
	done, open := beginBatch(t, b), beginBatch(t, b)
	hold(t, done, func() {
		if err := done.Finish(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct{ days, left int }{{300, 2}, {100, 1}, {4000, 1}} {
		now = now.AddDate(0, 0, c.days)
		unlock, err := b.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		all, err := b.All()
		if err != nil || len(all) != c.left || !slices.ContainsFunc(all, func(b Batch) bool { return b.ID == open.Batch.ID }) {
			t.Errorf("on %s: %v %v", now.Format(time.DateOnly), all, err)
		}
	}
}

func TestBadInputBatch(t *testing.T) {
	b, dir := openBatches(t, time.Now)
	w := beginBatch(t, b)
	for text, want := range map[string]error{
		"": ErrDamaged, "{}": ErrDamaged, "[1]": ErrDamaged, `{"version":3}`: ErrVersion,
		`{"version":1,"id":"ABCDEFGH","kind":"batch"}`: ErrDamaged, `{"version":1,"id":"` + w.Batch.ID + `","kind":"invoice"}`: ErrDamaged,
		strings.Repeat("x", recordLimit+1): nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, w.Batch.ID+recordExt), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := b.Open(w.Batch.ID)
		_, all := b.All()
		if err == nil || all == nil || want != nil && (!errors.Is(err, want) || !errors.Is(all, want)) {
			t.Errorf("%.40q: %v, %v", text, err, all)
		}
		if err != nil && !strings.Contains(err.Error(), w.Batch.ID) {
			t.Errorf("%.40q: %v does not name the file", text, err)
		}
	}
	for _, id := range []string{"", "..", "a/b", "short", strings.Repeat("A", 41)} {
		if _, err := b.Open(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := b.Begin(Batch{Header: Header{ID: id}}, nil, nil); err == nil {
			t.Errorf("%q was begun", id)
		}
	}
}
