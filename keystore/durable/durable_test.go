package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

func wantContent(t *testing.T, dir *durable.Dir, name, want string) {
	t.Helper()
	if got, err := dir.Read(name, 1<<20); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

// wantPathError checks the kind of an error and that it names the full path.
func wantPathError(t *testing.T, err error, path string, kind error) {
	t.Helper()
	e, ok := errors.AsType[*fs.PathError](err)
	if !errors.Is(err, kind) || !ok || e.Path != path {
		t.Errorf("error %v, want %q at %s", err, kind, path)
	}
}

func TestWriteAndRead(t *testing.T) {
	dir, path := create(t)
	for _, content := range []string{"", "first", strings.Repeat("long", 10000), "short"} {
		must(t, dir.Write("file", []byte(content)))
		wantContent(t, dir, "file", content)
	}
	info, err := os.Stat(path + "/file")
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	must(t, dir.Write("another", nil))
	if names, err := dir.Names(); err != nil || !slices.Equal(names, []string{"another", "file"}) {
		t.Error(names, err)
	}
	must(t, dir.Remove("file"))
	_, err = dir.Read("file", 10)
	wantPathError(t, err, path+"/file", fs.ErrNotExist)
	wantPathError(t, dir.Remove("file"), path+"/file", fs.ErrNotExist)
}

func TestReadLimit(t *testing.T) {
	dir, path := create(t)
	must(t, dir.Write("file", []byte("12345")))
	if got, err := dir.Read("file", 5); err != nil || string(got) != "12345" {
		t.Error(got, err)
	}
	_, err := dir.Read("file", 4)
	wantPathError(t, err, path+"/file", durable.ErrTooLarge)
}

// A file beyond the limit is refused without being read.
func TestBadInputHuge(t *testing.T) {
	dir, path := create(t)
	must(t, dir.Write("file", nil))
	must(t, os.Truncate(path+"/file", 1<<30))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := dir.Read("file", 1<<20)
	wantPathError(t, err, path+"/file", durable.ErrTooLarge)
	_, err = durable.ReadNamed(path+"/file", 1<<20, patience, false)
	wantPathError(t, err, path+"/file", durable.ErrTooLarge)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}

func TestWriteNew(t *testing.T) {
	dir, path := create(t)
	must(t, dir.WriteNew("file", []byte("first")))
	wantPathError(t, dir.WriteNew("file", []byte("second")), path+"/file", fs.ErrExist)
	wantContent(t, dir, "file", "first")
	must(t, os.Symlink("/nowhere", path+"/link"))
	wantPathError(t, dir.WriteNew("link", nil), path+"/link", fs.ErrExist)

	// Of many at once one wins, and its content is whole.
	var group sync.WaitGroup
	var mu sync.Mutex
	var winners []string
	for i := range 16 {
		group.Go(func() {
			content := strings.Repeat(fmt.Sprint(i%10), 5000)
			if err := dir.WriteNew("raced", []byte(content)); err == nil {
				mu.Lock()
				winners = append(winners, content)
				mu.Unlock()
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(winners) != 1 {
		t.Fatalf("%d winners", len(winners))
	}
	wantContent(t, dir, "raced", winners[0])
	entries, err := os.ReadDir(path)
	must(t, err)
	if len(entries) != 3 {
		t.Errorf("left behind: %v", entries)
	}
}

// Readers see the old content or the new, never a part.
func TestReadWhileWriting(t *testing.T) {
	dir, _ := create(t)
	contents := []string{strings.Repeat("a", 40000), strings.Repeat("b", 50000)}
	must(t, dir.Write("file", []byte(contents[0])))
	writes := 100
	if testing.Short() {
		writes = 10
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		defer close(done)
		for i := range writes {
			if err := dir.Write("file", []byte(contents[i%2])); err != nil {
				t.Error(err)
			}
		}
	})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := dir.Read("file", 1<<20)
				if err != nil || !slices.Contains(contents, string(got)) {
					t.Errorf("%d bytes, %v", len(got), err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestBadInputName(t *testing.T) {
	dir, _ := create(t)
	for _, name := range []string{"", ".", "..", "a/b", "../x", "/etc/passwd", ".tmp-x", ".tmp-", ".TMP-x"} {
		_, err := dir.Read(name, 1)
		for _, err := range []error{err, dir.Write(name, nil), dir.WriteNew(name, nil), dir.Remove(name)} {
			if !errors.Is(err, durable.ErrName) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if _, err := dir.Lock(t.Context(), name, 0); !errors.Is(err, durable.ErrName) {
			t.Errorf("lock %q: %v", name, err)
		}
	}
	if err := dir.Write("a\x00b", nil); err == nil {
		t.Error("a name with a zero byte was taken")
	}
}

// A hidden file is one like others, but for those who list all.
func TestHidden(t *testing.T) {
	dir, _ := create(t)
	for _, name := range []string{".x", ".tmp", "..x"} {
		must(t, dir.WriteNew(name, []byte("hidden")))
		wantContent(t, dir, name, "hidden")
		lock, err := dir.Lock(t.Context(), name+".lock", 0)
		must(t, err)
		must(t, lock.Unlock())
	}
	must(t, dir.Sweep(0))
	wantContent(t, dir, ".tmp", "hidden")
	if names, err := dir.Names(); err != nil || len(names) != 0 {
		t.Error(names, err)
	}
}

func TestBadInputDirectory(t *testing.T) {
	path := t.TempDir()
	_, err := durable.Open(path + "/none")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	must(t, os.WriteFile(path+"/file", nil, 0o600))
	for _, name := range []string{path + "/file", path + "/file/below"} {
		if _, err := durable.Create(name); err == nil || !strings.Contains(err.Error(), path+"/file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSweep(t *testing.T) {
	dir, path := create(t)
	must(t, dir.Write("kept", nil))
	must(t, os.WriteFile(path+"/.tmp-left", nil, 0o600))
	must(t, os.WriteFile(path+"/.tmp-old", nil, 0o600))
	must(t, os.WriteFile(path+"/.other", nil, 0o600))
	old := time.Now().Add(-2 * time.Hour)
	must(t, os.Chtimes(path+"/.tmp-old", old, old))
	release, err := dir.WriteHeld("held", nil)
	must(t, err)
	must(t, os.Link(path+"/held", path+"/.tmp-held"))
	must(t, os.Chtimes(path+"/held", old, old))
	must(t, dir.Sweep(time.Hour))
	must(t, dir.SweepIf(time.Hour, func(name string) bool { return name == "held" }))
	entries, err := os.ReadDir(path)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{".other", ".tmp-held", "held", "kept"}
	if runtime.GOOS == "windows" { // who lives is told by the age alone
		want = []string{".other", ".tmp-left", "kept"}
	}
	if !slices.Equal(names, want) {
		t.Errorf("left %v, want %v", names, want)
	}
	release()
	must(t, dir.Sweep(time.Hour))
	must(t, dir.SweepIf(time.Hour, func(name string) bool { return name == "held" }))
	for _, gone := range []string{".tmp-held", "held"} {
		if _, err := os.Lstat(path + "/" + gone); err == nil {
			t.Errorf("%s is left", gone)
		}
	}
}

// TestSweepWhileOthersWrite: no sweep takes away what a living process writes.
func TestSweepWhileOthersWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("who lives is told by the age alone")
	}
	dir, path := create(t)
	var writers, sweepers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if err := dir.Sweep(time.Nanosecond); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for n := range 4 {
		writers.Go(func() {
			for i := range 100 {
				name := fmt.Sprintf("file-%d", n)
				if err := dir.Write(name, fmt.Append(nil, i)); err != nil {
					t.Error(err)
				}
				if err := dir.WriteNew(fmt.Sprintf("new-%d-%d", n, i), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	sweepers.Wait()
	if left, _ := filepath.Glob(path + "/.tmp-*"); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestWriteNamed(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o777)) // the user's own affair
	path := filepath.Join(folder, "named")
	must(t, durable.WriteNamed(path, []byte("first"), true))
	if err := durable.WriteNamed(path, []byte("second"), false); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("a file was replaced: %v", err)
	}
	info, err := os.Stat(path)
	must(t, err)
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", got, info.Mode(), err)
	}
	for _, bad := range []string{folder + "/none/named", folder + "/", folder, ""} {
		if durable.WriteNamed(bad, []byte("x"), true) == nil {
			t.Errorf("%q was written", bad)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// What a killed call left goes with the next one; what may be the user's stays.
	abandoned := ".btcpayctl-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, name := range []string{abandoned, ".btcpayctl-mine", ".tmp-mine"} {
		must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	old := time.Now().Add(-48 * time.Hour)
	must(t, os.Chtimes(filepath.Join(folder, abandoned), old, old))
	must(t, durable.CheckNamed(filepath.Join(folder, "other")))
	if err := durable.CheckNamed(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that is there: %v", err)
	}
	entries, err := os.ReadDir(folder)
	must(t, err)
	if len(entries) != 3 || entries[0].Name() != ".btcpayctl-mine" || entries[1].Name() != ".tmp-mine" || entries[2].Name() != "named" {
		t.Errorf("left %v", entries)
	}
}
