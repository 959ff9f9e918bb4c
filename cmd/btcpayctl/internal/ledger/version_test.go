package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// copyFirst copies what version 1 of the records wrote, in testdata/v1: at least one of
// each kind, and of each state in which a run may leave it.
func copyFirst(t *testing.T, folder string) (*Ledger, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), folder)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "v1", folder))); err != nil {
		t.Fatal(err)
	}
	return Open(dir, time.Now), dir
}

// fields are those of a record's file.
func fields(t *testing.T, dir, id string) (all map[string]any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, id+recordExt))
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// advance writes a record anew, and gives its operation back.
func advance[R Record](t *testing.T, l *Ledger, id string) {
	t.Helper()
	o, err := Resume[R](t.Context(), l, id)
	if err == nil {
		err = errors.Join(o.Advance(func(*R) {}), o.Release())
	}
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
}

// TestFirstVersion resumes records of version 1. They keep all that they have when they are
// written as the present version.
func TestFirstVersion(t *testing.T) {
	kinds := map[Kind]int{}
	for _, folder := range []string{"ledger", "handed"} {
		l, dir := copyFirst(t, folder)
		entries, err := l.Unfinished()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			kinds[e.Kind]++
			before := fields(t, dir, e.ID)
			switch e.Kind {
			case KindPair:
				advance[Pair](t, l, e.ID)
			case KindInvoice:
				advance[Invoice](t, l, e.ID)
			case KindAuthorize, KindMint, KindRotate, KindRevoke:
				advance[Key](t, l, e.ID)
			case KindMove:
				advance[Move](t, l, e.ID)
			case KindHanded:
				advance[Handed](t, l, e.ID)
			case KindListen, KindForward:
				t.Error("version 1 had no such records")
			case KindBatch:
				t.Error("a batch has a folder of its own")
			}
			wantSame(t, e.ID, before, fields(t, dir, e.ID))
		}
		again, err := l.Unfinished()
		if err != nil || len(again) != len(entries) {
			t.Fatal(len(again), err)
		}
		for i, e := range again {
			wantPayload(t, entries[i], e)
			held, err := l.Hold(t.Context(), e.ID, 0)
			if err == nil {
				err = held.Finish()
			}
			if err != nil {
				t.Error(err)
			}
		}
		wantEmpty(t, dir)
	}
	want := map[Kind]int{KindPair: 2, KindInvoice: 3, KindAuthorize: 3, KindMint: 3, KindRotate: 1, KindRevoke: 2, KindMove: 1, KindHanded: 2}
	if !maps.Equal(kinds, want) {
		t.Errorf("read %v, want %v", kinds, want)
	}
}

func TestFirstVersionBatch(t *testing.T) {
	_, dir := copyFirst(t, "batches")
	b := OpenBatches(dir, time.Now)
	all, err := b.All()
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, batch := range all {
		before := fields(t, dir, batch.ID)
		w, err := b.Open(batch.ID)
		if err != nil {
			t.Fatal(err)
		}
		hold(t, w, func() {
			if err := w.Change(nil, func(*Batch) {}); err != nil {
				t.Error(err)
			}
		})
		if len(w.Known()) != 1 {
			t.Errorf("%s: %v", batch.ID, w.Known())
		}
		w.Close()
		wantSame(t, batch.ID, before, fields(t, dir, batch.ID))
	}
	again, err := b.All()
	if err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if d := cmp.Diff(all[i].BatchPayload, again[i].BatchPayload); d != "" {
			t.Error(d)
		}
	}
}

// wantSame compares what the file of a record of version 1 had with what it has.
func wantSame(t *testing.T, id string, before, after map[string]any) {
	t.Helper()
	if before["version"] != 1.0 || after["version"] != float64(version) {
		t.Errorf("%s: version %v became %v", id, before["version"], after["version"])
	}
	for _, name := range []string{"version", "updated"} {
		delete(before, name)
		delete(after, name)
	}
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("%s: %s", id, d)
	}
}

func wantPayload(t *testing.T, before, after Entry) {
	t.Helper()
	if d := cmp.Diff(before.record.parts(before.Kind), after.record.parts(after.Kind)); before.ID != after.ID || d != "" {
		t.Errorf("%s: %s", before.ID, d)
	}
}

// jsonNames are those of the fields of a struct.
func jsonNames(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			names = append(names, jsonNames(field.Type)...)
		} else {
			names = append(names, name)
		}
	}
	return names
}

// TestFields: no field of a payload has the name of one of the header, beside which it is
// in a record.
func TestFields(t *testing.T) {
	header := jsonNames(reflect.TypeFor[Header]())
	for _, kind := range []Kind{KindPair, KindInvoice, KindAuthorize, KindMint, KindRotate, KindRevoke, KindListen, KindForward, KindMove, KindHanded, KindBatch} {
		var parts []any
		if r := newRecord(kind); r != nil {
			parts = r.parts(kind)
		} else if parts = (&Batch{}).parts(kind); parts == nil {
			t.Errorf("there is no record for %s", kind)
		}
		known := slices.Clone(header)
		for _, part := range parts {
			for _, name := range jsonNames(reflect.TypeOf(part).Elem()) {
				if slices.Contains(known, name) {
					t.Errorf("%s has two fields %s", kind, name)
				}
				known = append(known, name)
			}
		}
	}
	if newRecord("future") != nil || newRecord("") != nil {
		t.Error("there is a record for every kind")
	}
}

// TestUnknownKind: a record of a kind that only a newer version knows is named and can be
// closed, and nothing of it is changed.
func TestUnknownKind(t *testing.T) {
	l, dir := open(t)
	defer begin(t, l, newInvoice()).Release()
	for v := 1; v <= version; v++ {
		id := fmt.Sprintf("FROMTHEFUTURE%d", v)
		text := fmt.Sprintf(`{"version":%d,"id":%q,"kind":"future","server":"https://btcpay.example.com","created":"2026-01-01T00:00:00Z","code":[]}`, v, id)
		if err := os.WriteFile(filepath.Join(dir, id+recordExt), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		entries, err := l.Unfinished()
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == id })
		if err != nil || i < 0 || entries[i].Kind != "future" || len(Of[Key](entries))+len(Of[Invoice](entries)) != 1 {
			t.Fatalf("%+v %v", entries, err)
		}
		if _, err := Resume[Key](t.Context(), l, id); !errors.Is(err, ErrVersion) || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), id) {
			t.Error(err)
		}
		held, err := l.Hold(t.Context(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := As[Pair](held); !errors.Is(err, ErrVersion) {
			t.Error(err)
		}
		if err := held.Finish(); err != nil {
			t.Error(err)
		}
	}
}

// TestOtherKind: an operation is taken up as what it is.
func TestOtherKind(t *testing.T) {
	l, _ := open(t)
	o := begin(t, l, newInvoice())
	id := o.Record.ID
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume[Pair](t.Context(), l, id); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	again, err := Resume[Invoice](t.Context(), l, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Finish(); err != nil {
		t.Error(err)
	}
	wrong := newInvoice()
	wrong.Kind = KindPair
	if _, err := Begin(t.Context(), l, wrong); err == nil {
		t.Error("an invoice was begun as a pairing")
	}
}

// TestLook reads all records where they are few, and a few where they are many.
func TestLook(t *testing.T) {
	l, dir := open(t)
	if found, more, err := l.Look(); len(found) > 0 || more || err != nil {
		t.Errorf("an empty ledger: %v %t %v", found, more, err)
	}
	b := OpenBatches(filepath.Join(t.TempDir(), "batches"), time.Now)
	if open, more, err := b.Look(); len(open) > 0 || more || err != nil {
		t.Errorf("no batches: %v %t %v", open, more, err)
	}
	work := beginBatch(t, b)
	for n := range lookLimit + 1 {
		id := fmt.Sprintf("RECORD%04d", n)
		write := func(folder, kind, name string) {
			text := fmt.Sprintf(`{"version":2,"id":%q,"kind":%q,"created":"2026-01-01T00:00:00Z"}`, id, kind)
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if n == 0 {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, ext := range []string{recordExt, lockExt, watchExt} {
			write(dir, "invoice", id+ext)
		}
		write(b.dir, "batch", id+recordExt)
		write(b.dir, "batch", id+rowsExt)
		if n == 0 || n == lookLimit-1 || n == lookLimit {
			found, more, err := l.Look()
			wantMore := n == lookLimit
			if want := min(n+1, lookLimit); err != nil || more != wantMore || !more && len(found) != want || more && (len(found) == 0 || len(found) > lookSample) {
				t.Errorf("of %d: %d %t %v", n+1, len(found), more, err)
			}
		}
	}
	if open, more, err := b.Look(); err != nil || !more || len(open) == 0 || len(open) > lookSample {
		t.Errorf("of many batches: %d %t %v", len(open), more, err)
	}
	// Batches that are finished are not counted, however many.
	for _, name := range names(t, b.dir, rowsExt) {
		if !strings.HasPrefix(name, work.Batch.ID) {
			if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if open, more, err := b.Look(); err != nil || more || len(open) != 1 || open[0].ID != work.Batch.ID {
		t.Errorf("%v %t %v", open, more, err)
	}
	hold(t, work, func() {
		if err := work.Change(nil, func(b *Batch) { b.Finished = time.Now() }); err != nil { // and killed before the rows go
			t.Error(err)
		}
	})
	if open, more, err := b.Look(); err != nil || more || len(open) != 0 {
		t.Errorf("%v %t %v", open, more, err)
	}
}

func names(t *testing.T, dir, ext string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+ext))
	if err != nil {
		t.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}
