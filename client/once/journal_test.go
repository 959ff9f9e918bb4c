package once_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
)

var key = once.Key{Server: "https://btcpay.example.com", Store: "Store1", OrderID: "A-1"}

func openFile(t testing.TB) (*once.FileJournal, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders")
	j, err := once.File(path)
	must(t, err)
	return j, path
}

// journals are both kinds.
func journals(t *testing.T, test func(*testing.T, once.Journal)) {
	t.Run("memory", func(t *testing.T) { test(t, once.Memory()) })
	t.Run("file", func(t *testing.T) {
		j, _ := openFile(t)
		test(t, j)
	})
}

func hold(t testing.TB, j once.Journal, key once.Key) once.Entry {
	t.Helper()
	entry, err := j.Begin(t.Context(), key)
	must(t, err)
	return entry
}

func TestJournal(t *testing.T) {
	journals(t, func(t *testing.T, j once.Journal) {
		entry := hold(t, j, key)
		if r := entry.Record(); !r.IsZero() {
			t.Errorf("a new order has %+v", r)
		}
		want := once.Record{Key: key, Amount: "12.50", Currency: "USD", Created: time.Now().UTC().Truncate(time.Second)}
		must(t, entry.Save(want))
		entry.Release()
		entry.Release()
		entry = hold(t, j, key)
		if got := entry.Record(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		want.Invoice = "i"
		must(t, entry.Save(want))
		must(t, entry.Remove())
		must(t, entry.Remove())
		entry.Release()
		entry = hold(t, j, key)
		defer entry.Release()
		if r := entry.Record(); !r.IsZero() {
			t.Errorf("a removed record is %+v", r)
		}
	})
}

// Each part of the key makes another order, and so does another case or Unicode form.
func TestOtherOrders(t *testing.T) {
	journals(t, func(t *testing.T, j once.Journal) {
		for _, other := range []once.Key{
			key, {Server: key.Server + "/btcpay", Store: key.Store, OrderID: key.OrderID}, {Server: key.Server, Store: "store1", OrderID: key.OrderID},
			{Server: key.Server, Store: "Store1A", OrderID: "-1"}, {Server: key.Server, Store: key.Store, OrderID: "a-1"},
			{Server: key.Server, Store: key.Store, OrderID: "\u00e9"}, {Server: key.Server, Store: key.Store, OrderID: "e\u0301"},
			{Server: key.Server, Store: key.Store, OrderID: "../A/1"}, {Server: key.Server, Store: key.Store, OrderID: strings.Repeat("\U0001f600", 256)},
		} {
			entry := hold(t, j, other) // all at once: none waits for another
			defer entry.Release()
			if r := entry.Record(); !r.IsZero() {
				t.Errorf("%s has the record of %s", other, r.Key)
			}
			must(t, entry.Save(once.Record{Key: other}))
		}
	})
}

func TestHoldExcludes(t *testing.T) {
	journals(t, func(t *testing.T, j once.Journal) {
		entry := hold(t, j, key)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := j.Begin(ctx, key)
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		entry.Release()

		// A count that each holder reads, and writes one higher.
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 5 {
					entry, err := j.Begin(t.Context(), key)
					if err != nil {
						t.Error(err)
						return
					}
					r := entry.Record()
					r.Key, r.Amount = key, r.Amount+"x"
					runtime.Gosched()
					if err := entry.Save(r); err != nil {
						t.Error(err)
					}
					entry.Release()
				}
			})
		}
		group.Wait()
		entry = hold(t, j, key)
		defer entry.Release()
		if got := len(entry.Record().Amount); got != 40 {
			t.Errorf("%d of 40 changes were kept", got)
		}
	})
}

// The lock file is removed and created again all the time.
func TestFileHoldsOne(t *testing.T) {
	j, _ := openFile(t)
	var holders atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				entry, err := j.Begin(t.Context(), key)
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d calls hold one order", n)
				}
				runtime.Gosched()
				holders.Add(-1)
				entry.Release()
			}
		})
	}
	group.Wait()
}

func TestForget(t *testing.T) {
	journals(t, func(t *testing.T, j once.Journal) {
		must(t, once.Forget(t.Context(), j, key))
		entry := hold(t, j, key)
		must(t, entry.Save(once.Record{Key: key}))
		entry.Release()
		must(t, once.Forget(t.Context(), j, key))
		entry = hold(t, j, key)
		if r := entry.Record(); !r.IsZero() {
			t.Errorf("kept %+v", r)
		}
		must(t, entry.Save(once.Record{Key: key, Invoice: "i"}))
		entry.Release()
		if err := once.Forget(t.Context(), j, key); !errors.Is(err, once.ErrKnown) {
			t.Error(err)
		}
	})
	if err := once.Forget(t.Context(), nil, key); err == nil {
		t.Error("no journal was accepted")
	}
}

func TestFileOnDisk(t *testing.T) {
	j, path := openFile(t)
	entry := hold(t, j, key)
	must(t, entry.Save(once.Record{Key: key}))
	files := func() (all []string) {
		t.Helper()
		entries, err := os.ReadDir(path)
		must(t, err)
		for _, e := range entries {
			all = append(all, filepath.Ext(e.Name()))
			info, err := e.Info()
			must(t, err)
			if runtime.GOOS != "windows" && info.Mode() != 0o600 {
				t.Errorf("%s has mode %v", e.Name(), info.Mode())
			}
		}
		return all
	}
	if got := files(); len(got) != 2 {
		t.Errorf("a held order has the files %v", got)
	}
	entry.Release()
	if got := files(); runtime.GOOS != "windows" && len(got) != 1 {
		t.Errorf("an order has the files %v", got)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Error(info.Mode(), err)
	}

	// What a crash left is no obstacle.
	name, err := filepath.Glob(filepath.Join(path, "*.json"))
	must(t, err)
	left := strings.TrimSuffix(name[0], ".json")
	must(t, os.WriteFile(left+".tmp", []byte(`{"ser`), 0o600))
	must(t, os.WriteFile(left+".lock", nil, 0o600))
	entry = hold(t, j, key)
	must(t, entry.Save(once.Record{Key: key, Invoice: "i"}))
	entry.Release()
	if got := files(); runtime.GOOS != "windows" && len(got) != 1 {
		t.Errorf("left %v", got)
	}

	// The journal stays where it was opened.
	t.Chdir(filepath.Dir(path))
	relative, err := once.File("orders")
	must(t, err)
	t.Chdir(path)
	entry = hold(t, relative, key)
	defer entry.Release()
	if entry.Record().Invoice != "i" {
		t.Error("another working directory is another journal")
	}
}

// A file that is no record of the order is an error, and never no record.
func TestFileDamaged(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"empty": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"cut":   func(path string) error { return os.Truncate(path, 10) },
		"other": func(path string) error {
			return os.WriteFile(path, []byte(`{"server":"s","store":"t","orderId":"o"}`), 0o600)
		},
		"null":   func(path string) error { return os.WriteFile(path, []byte("null"), 0o600) },
		"folder": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"link": func(path string) error {
			return errors.Join(os.Rename(path, path+"x"), os.Symlink(filepath.Base(path)+"x", path))
		},
		"dangling": func(path string) error { return errors.Join(os.Remove(path), os.Symlink("nothing", path)) },
	} {
		t.Run(name, func(t *testing.T) {
			j, path := openFile(t)
			entry := hold(t, j, key)
			must(t, entry.Save(once.Record{Key: key}))
			entry.Release()
			names, err := filepath.Glob(filepath.Join(path, "*.json"))
			must(t, err)
			if err := damage(names[0]); err != nil && runtime.GOOS == "windows" {
				t.Skip(err)
			} else {
				must(t, err)
			}
			for range 2 {
				_, err := j.Begin(t.Context(), key)
				if !errors.Is(err, once.ErrDamaged) || !strings.Contains(err.Error(), names[0]) {
					t.Errorf("%v", err)
				}
			}
			if _, err := j.Unknown(); !errors.Is(err, once.ErrDamaged) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestFileRefuses(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(folder+"/file", nil, 0o600))
	must(t, os.Mkdir(folder+"/open", 0o700))
	must(t, os.Chmod(folder+"/open", 0o777))
	paths := []string{"", folder + "/file", folder + "/none/below"}
	if runtime.GOOS != "windows" {
		paths = append(paths, folder+"/open")
	}
	for _, path := range paths {
		if _, err := once.File(path); err == nil {
			t.Errorf("%q was accepted", path)
		}
	}
	j, path := openFile(t)
	must(t, os.RemoveAll(path))
	if _, err := j.Begin(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestUnknownAndPrune(t *testing.T) {
	j, _ := openFile(t)
	now := time.Now().UTC()
	for id, r := range map[string]once.Record{
		"old": {Created: now.Add(-time.Hour), Invoice: "i"}, "new": {Created: now, Invoice: "i"},
		"open": {Created: now.Add(-time.Hour)},
	} {
		r.Key = key
		r.OrderID = id
		entry := hold(t, j, r.Key)
		must(t, entry.Save(r))
		entry.Release()
	}
	if open, err := j.Unknown(); err != nil || len(open) != 1 || open[0].OrderID != "open" {
		t.Error(open, err)
	}
	must(t, j.Prune(t.Context(), now.Add(-time.Minute)))
	for id, kept := range map[string]bool{"old": false, "new": true, "open": true} {
		k := key
		k.OrderID = id
		entry := hold(t, j, k)
		if entry.Record().IsZero() == kept {
			t.Errorf("%s: kept is %t", id, !kept)
		}
		entry.Release()
	}
}

func TestCheckOrderID(t *testing.T) {
	for id, ok := range map[string]bool{
		"A-1007": true, "a b": true, "\u00e9\U0001f600": true, strings.Repeat("x", 1024): true, "../..": true, "1.50": true,
		"": false, " ": false, " A": false, "A ": false, "A\u00a0": false, "A\n": false, "A\x00B": false, "A\tB": false, "\xff": false, "\ufffd": false,
		strings.Repeat("x", 1025): false,
	} {
		err := once.CheckOrderID(id)
		if _, refused := errors.AsType[*client.RequestError](err); (err == nil) != ok || !ok && !refused {
			t.Errorf("%.20q: %v", id, err)
		}
	}
}
