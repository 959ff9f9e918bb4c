package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrReadable: a file that must be private can be read by other users.
var ErrReadable = errors.New("can be read by other users of this machine")

// ReadNamed reads a file that the user named, of at most limit bytes. It trusts more than
// [Dir.Read] does: it follows a symbolic link, and accepts a file of the administrator and
// a pipe, because containers and shells pass secrets that way. It refuses directories and
// devices ([ErrNotRegular]), files that every user can write ([ErrWorldWritable]) and files
// of a third user ([ErrForeignOwner]). A pipe that is silent for longer than wait fails
// with [os.ErrDeadlineExceeded].
//
// With private set, other users must not be able to read the user's own file
// ([ErrReadable]).
func ReadNamed(path string, limit int64, wait time.Duration, private bool) ([]byte, error) {
	data, err := readNamed(path, limit, wait, private)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: bare(err)}
	}
	return data, nil
}

// WriteNamed creates a file under a name that the user chose, which must not exist yet,
// like [Dir.WriteNew]. It creates no directory. With private unset, the file system need
// not support permissions, for example on a memory stick. It removes what an earlier,
// killed call left there.
func WriteNamed(path string, data []byte, private bool) error {
	dir, name, err := openNamed(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.create(name, data, private)
}

// CheckNamed checks whether [WriteNamed] can create a file, by creating and removing a
// temporary file beside it.
func CheckNamed(path string) error {
	dir, name, err := openNamed(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := plain(name); err != nil {
		return dir.fail("write", name, err)
	}
	if _, err := dir.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return dir.fail("write", name, err)
	}
	f, temp, err := dir.temporary(nil, true)
	if err != nil {
		return dir.fail("write", name, err)
	}
	return dir.fail("write", name, errors.Join(f.Close(), dir.root.Remove(temp)))
}

// openNamed opens the directory of a file, and removes leftovers.
func openNamed(path string) (*Dir, string, error) {
	folder, name := filepath.Split(path)
	folder = filepath.Clean(folder)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, "", err
	}
	dir := &Dir{root: root, path: folder, temp: namedPrefix}
	_ = dir.SweepIf(namedAge, isNamedTemporary) // a failure costs only space
	return dir, name, nil
}

// namedAge is how old a leftover file in a directory of the user has to be if the system
// does not report which process uses it.
const namedAge = 24 * time.Hour

// isNamedTemporary reports whether a name is that of a temporary file of ours. It is
// strict, because the directory is the user's.
func isNamedTemporary(name string) bool {
	id, ours := strings.CutPrefix(name, namedPrefix)
	return ours && len(id) == 26 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// namedPrefix begins temporary files in directories of the user.
const namedPrefix = ".btcpayctl-"

func readNamed(path string, limit int64, wait time.Duration, private bool) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, errDirectory
	case info.Mode().Type() == fs.ModeNamedPipe:
		if err := f.SetReadDeadline(time.Now().Add(wait)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
			return nil, err
		}
	case !info.Mode().IsRegular():
		return nil, ErrNotRegular
	default:
		if err := trustedNamed(info, private); err != nil {
			return nil, err
		}
	}
	return readAll(f, info.Size(), limit)
}
