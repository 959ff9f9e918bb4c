//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadSettings reads what tools for configuration lay out, and refuses what another
// user can have written.
func TestReadSettings(t *testing.T) {
	const name, text = "config.toml", "a = 1\n"
	write := func(t *testing.T, path string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for title, c := range map[string]struct {
		make func(t *testing.T, dir string) error
		want error
		root bool // only root can make it
	}{
		"a file":      {make: func(t *testing.T, dir string) error { write(t, filepath.Join(dir, name)); return nil }},
		"nothing":     {make: func(*testing.T, string) error { return nil }, want: fs.ErrNotExist},
		"a directory": {make: func(_ *testing.T, dir string) error { return os.Mkdir(filepath.Join(dir, name), 0o700) }, want: ErrNotRegular},
		"a FIFO":      {make: func(_ *testing.T, dir string) error { return syscall.Mkfifo(filepath.Join(dir, name), 0o600) }, want: ErrNotRegular},
		"a device":    {make: func(_ *testing.T, dir string) error { return os.Symlink("/dev/null", filepath.Join(dir, name)) }, want: ErrNotRegular},
		"a link": {make: func(t *testing.T, dir string) error {
			write(t, dir+".real")
			return os.Symlink(dir+".real", filepath.Join(dir, name))
		}},
		"links as of a volume": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, "..1", name))
			return errors.Join(os.Symlink("..1", filepath.Join(dir, "..data")), os.Symlink("..data/"+name, filepath.Join(dir, name)))
		}},
		"a link to nothing": {make: func(_ *testing.T, dir string) error { return os.Symlink("gone", filepath.Join(dir, name)) }, want: ErrDangling},
		"a file of everyone": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, name))
			return os.Chmod(filepath.Join(dir, name), 0o666)
		}, want: ErrWorldWritable},
		"a link to a file of everyone": {make: func(t *testing.T, dir string) error {
			write(t, dir+".real")
			return errors.Join(os.Chmod(dir+".real", 0o666), os.Symlink(dir+".real", filepath.Join(dir, name)))
		}, want: ErrWorldWritable},
		"a directory of everyone": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, name))
			return os.Chmod(dir, 0o777)
		}, want: ErrWorldWritable},
		"a directory like /tmp": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, name))
			return os.Chmod(dir, 0o777|fs.ModeSticky)
		}},
		"a file of a third user": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, name))
			return os.Chown(filepath.Join(dir, name), 12345, 12345)
		}, want: ErrForeignOwner, root: true},
		"a directory of a third user": {make: func(t *testing.T, dir string) error {
			write(t, filepath.Join(dir, name))
			return os.Chown(dir, 12345, 12345)
		}, want: ErrForeignOwner, root: true},
		"too large": {make: func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("x", 101)), 0o600)
		}, want: ErrTooLarge},
	} {
		t.Run(title, func(t *testing.T) {
			if c.root && os.Geteuid() != 0 {
				t.Skip("only root can give files away")
			}
			dir := filepath.Join(t.TempDir(), "config")
			if err := errors.Join(os.Mkdir(dir, 0o700), c.make(t, dir)); err != nil {
				t.Fatal(err)
			}
			got, err := ReadSettings(dir, name, 100)
			if !errors.Is(err, c.want) || c.want == nil && string(got) != text {
				t.Errorf("%q, %v, want %v", got, err, c.want)
			}
			if path, ok := errors.AsType[*fs.PathError](err); err != nil && (!ok || !strings.HasPrefix(path.Path, dir)) {
				t.Errorf("the error names no path: %v", err)
			}
		})
	}
	if _, err := ReadSettings("/dev/null/x", name, 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("below a file: %v", err)
	}
	if _, err := Open("/dev/null/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("below a file: %v", err)
	}
}

func TestCheckCreate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	everyone := filepath.Join(dir, "everyone")
	if err := errors.Join(os.Mkdir(everyone, 0o700), os.Chmod(everyone, 0o777)); err != nil {
		t.Fatal(err)
	}
	for path, good := range map[string]bool{
		dir: true, filepath.Join(dir, "a", "b", "c"): true, filepath.Join(everyone, "new"): true,
		"": false, file: false, filepath.Join(file, "x"): false, everyone: false,
	} {
		if err := CheckCreate(path); (err == nil) != good {
			t.Errorf("%q: %v", path, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("the check left %v", entries)
	}
	if _, err := Create(""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty path: %v", err)
	}
}
