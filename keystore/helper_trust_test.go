//go:build unix

package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A helper is refused if another user could replace it: by its directory, a directory
// above, or a link. A link that only the user can change is followed.
func TestBadInputHelperDirectory(t *testing.T) {
	program := script(t, "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1")
	mkdir := func(mode os.FileMode) string {
		dir := filepath.Join(t.TempDir(), "dir")
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.Mkdir(dir+"/sub", 0o700))
		must(t, writeProgram(dir+"/sub/helper", must2(os.ReadFile(program)), 0o700))
		must(t, os.Symlink(program, dir+"/link"))
		must(t, os.Symlink("sub/../sub/helper", dir+"/relative"))
		must(t, os.Symlink(dir+"/link", dir+"/sub/second"))
		must(t, os.Symlink("loop", dir+"/loop"))
		must(t, os.Symlink("sub", dir+"/folder"))
		must(t, os.Chmod(dir, mode))
		return dir
	}
	for _, mode := range []os.FileMode{0o700, 0o777 | os.ModeSticky, 0o770} {
		dir := mkdir(mode)
		for _, link := range []string{"link", "relative", "sub/helper", "sub/second", "folder/helper"} {
			_, err := open(t, "helper:"+dir+"/"+link, Options{Timeout: patience}).Get(t.Context(), name)
			wantError(t, err, "helper", "get", ErrNotFound)
		}
		_, err := open(t, "helper:"+dir+"/loop", Options{Timeout: patience}).Get(t.Context(), name)
		wantError(t, err, "helper", "get", ErrUnavailable)
	}
	open777 := mkdir(0o777)
	direct := filepath.Join(t.TempDir(), "to-it")
	must(t, os.Symlink(open777+"/sub/helper", direct))
	for _, path := range []string{open777 + "/link", open777 + "/sub/helper", open777 + "/sub/second", open777 + "/folder/helper", direct} {
		store := open(t, "helper:"+path, Options{Timeout: patience})
		_, err := store.Get(t.Context(), name)
		wantError(t, err, "helper", "get", ErrDenied)
		wantHint(t, err, "chmod o-w "+open777)
		if !strings.Contains(err.Error(), open777+" can be written by every user of this machine, who could replace the program "+path) {
			t.Error(err)
		}
		if _, err := store.(Stater).State(t.Context()); !errors.Is(err, ErrDenied) {
			t.Errorf("the state does not tell: %v", err)
		}
	}
}

// Directories and links of another user are refused; only root can make them for a test.
func TestBadInputHelperForeign(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const nobody = 65534
	dir := filepath.Join(t.TempDir(), "dir")
	must(t, os.Mkdir(dir, 0o755))
	program := script(t, "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1")
	must(t, os.Symlink(program, dir+"/link"))
	if err := os.Lchown(dir+"/link", nobody, nobody); err != nil {
		t.Skip("files cannot be given away here: ", err) // a container of one user
	}
	_, err := open(t, "helper:"+dir+"/link", Options{Timeout: patience}).Get(t.Context(), name)
	wantError(t, err, "helper", "get", ErrDenied)
	must(t, os.Lchown(dir+"/link", 0, 0))
	_, err = open(t, "helper:"+dir+"/link", Options{Timeout: patience}).Get(t.Context(), name)
	wantError(t, err, "helper", "get", ErrNotFound)
	must(t, os.Chown(dir, nobody, nobody))
	_, err = open(t, "helper:"+dir+"/link", Options{Timeout: patience}).Get(t.Context(), name)
	wantError(t, err, "helper", "get", ErrDenied)
}
