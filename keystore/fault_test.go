package keystore

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The clock was set back by a year: everything that is there, and who holds the
// lock, is from the future.
func TestClockBackAYear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ahead := time.Now().AddDate(1, 0, 0)
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("old")))
	must(t, OpenIndex(dir).Add(t.Context(), Entry{Name: name, Created: ahead}))
	must(t, os.WriteFile(dir+"/keystore/.tmp-left", []byte("half"), 0o600))
	for _, lock := range []string{"/keystore/lock", "/index.lock"} {
		must(t, os.WriteFile(dir+lock, []byte("1 "+ahead.UTC().Format(time.RFC3339)+"\n"), 0o600))
	}
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, ahead, ahead)
	}))
	store := open(t, "file", passphraseOptions(dir))
	wantSecret(t, store, name, "old")
	must(t, store.Put(t.Context(), name, []byte("new")))
	wantSecret(t, open(t, "file", passphraseOptions(dir)), name, "new")
	must(t, store.Put(t.Context(), "bitid/B", nil))
	must(t, store.Delete(t.Context(), "bitid/B"))
	must(t, OpenIndex(dir).Add(t.Context(), Entry{Name: "bitid/B", Created: time.Now()}))
	entries, err := OpenIndex(dir).List(t.Context())
	if err != nil || len(entries) != 2 || !entries[1].Created.Equal(ahead) {
		t.Errorf("%v, %v", entries, err)
	}
	noLeftovers(t, dir)
}

// What stands in the place of the index is no index.
func TestBadInputIndexNoRegularFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"index.json", "index.lock"} {
		for what, place := range map[string]func(path string) error{
			"link":          func(path string) error { return os.Symlink(path+".away", path) },
			"dangling link": func(path string) error { return os.Symlink("/nowhere/at/all", path) },
			"directory":     func(path string) error { return os.Mkdir(path, 0o700) },
			"pipe":          mkfifo,
		} {
			t.Run(file+"/"+what, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				x := OpenIndex(dir)
				must(t, x.Add(t.Context(), Entry{Name: name}))
				path := filepath.Join(dir, file)
				must(t, os.Rename(path, path+".away"))
				if err := place(path); err != nil {
					t.Skip(err)
				}
				err := x.Add(t.Context(), Entry{Name: "bitid/B"})
				wantError(t, err, "index", "put", ErrDamaged)
				wantHint(t, err, "move it away")
				if file == "index.json" {
					_, err = x.List(t.Context())
					wantError(t, err, "index", "list", ErrDamaged)
				}
			})
		}
	}
}

// One file under two names: the other name keeps what it had.
func TestIndexHardLinked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := OpenIndex(dir)
	must(t, x.Add(t.Context(), Entry{Name: name}))
	must(t, os.Link(dir+"/index.json", dir+"/other"))
	before := must2(os.ReadFile(dir + "/other"))
	must(t, x.Add(t.Context(), Entry{Name: "bitid/B"}))
	if string(before) != string(must2(os.ReadFile(dir+"/other"))) {
		t.Error("the other name of the old file was written to")
	}
}
