package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrReadable: a file that has to be private can be read by other users.
var ErrReadable = errors.New("can be read by other users of this machine")

// ReadNamed reads a file that the user named himself, of at most limit bytes.
// It trusts more than [Dir.Read] does: a symbolic link is followed, a file of
// the administrator is fine, and so is a pipe, since that is how containers
// and shells hand secrets over. It refuses directories and devices
// ([ErrNotRegular]), what every user may write ([ErrWorldWritable]) and files
// of a third user ([ErrForeignOwner]). A pipe that is silent for longer than
// wait fails with [os.ErrDeadlineExceeded].
//
// With private set, the user's own file must also be closed to all others
// ([ErrReadable]).
func ReadNamed(path string, limit int64, wait time.Duration, private bool) ([]byte, error) {
	data, err := readNamed(path, limit, wait, private)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: bare(err)}
	}
	return data, nil
}

// WriteNamed makes a file where the user named it himself, which must not be there
// yet, as [Dir.WriteNew] does. It takes the directory as it is, and makes none.
// What is not private may go where the file system has no rights of users, as on a
// memory stick. What an earlier call left there that was killed is removed.
func WriteNamed(path string, data []byte, private bool) error {
	dir, name, err := openNamed(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.create(name, data, private)
}

// CheckNamed finds what would keep [WriteNamed] from making a file: it makes a temporary
// one beside it and takes it away.
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

// openNamed opens the folder of a file, and removes what was left there.
func openNamed(path string) (*Dir, string, error) {
	folder, name := filepath.Split(path)
	folder = filepath.Clean(folder)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, "", err
	}
	dir := &Dir{root: root, path: folder, temp: namedPrefix}
	_ = dir.SweepIf(namedAge, isNamedTemporary) // it only costs space
	return dir, name, nil
}

// namedAge is how old a file has to be that was left in a folder of the user's, where the
// system does not tell whose it is.
const namedAge = 24 * time.Hour

// isNamedTemporary is strict: the folder is the user's.
func isNamedTemporary(name string) bool {
	id, ours := strings.CutPrefix(name, namedPrefix)
	return ours && len(id) == 26 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// namedPrefix begins temporary files in folders of the user's.
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
