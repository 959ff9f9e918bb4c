package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrDangling: the name is a symbolic link to a file that does not exist.
var ErrDangling = errors.New("is a link to a file that does not exist")

// ReadSettings reads a file of a directory, of at most limit bytes, that holds no secret.
// It trusts more than [Dir.Read] does: it follows symbolic links, which tools that manage
// configuration make, and accepts a file and a directory of the administrator, such as a
// volume of a container.
//
// It refuses what another user can have written: a file or a directory of a third user
// ([ErrForeignOwner]), a file that every user can write, and a directory in which every
// user can replace the file ([ErrWorldWritable]). Without the file it fails with
// [fs.ErrNotExist]; a link to a missing file is [ErrDangling], since something was to be
// there. Directories, pipes and devices are [ErrNotRegular].
func ReadSettings(dir, name string, limit int64) ([]byte, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, belowFile(dir, err)
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: dir, Err: errors.New("is not a directory")}
	}
	if err := trustedFolder(dir, info); err != nil {
		return nil, &fs.PathError{Op: "read", Path: dir, Err: err}
	}
	path := filepath.Join(dir, name)
	info, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if target, linked := os.Readlink(path); linked == nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: %s", ErrDangling, target)}
		}
		return nil, err
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: path, Err: errDirectory}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: ErrNotRegular}
	}
	return ReadNamed(path, limit, 0, false)
}

// CheckCreate checks whether [Create] and [Dir.Write] can put a file into a directory that
// may not exist yet, as far as owners and modes show, and changes nothing.
func CheckCreate(path string) error {
	if path == "" {
		return &fs.PathError{Op: "mkdir", Path: path, Err: fs.ErrNotExist}
	}
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if errors.Is(belowFile(at, err), fs.ErrNotExist) && filepath.Dir(at) != at {
			continue
		}
		switch {
		case err != nil:
			return err
		case !info.IsDir():
			return &fs.PathError{Op: "mkdir", Path: at, Err: errors.New("is not a directory")}
		case at == filepath.Clean(path):
			err = trusted(info)
		}
		if err == nil {
			err = writable(at)
		}
		if err != nil {
			return &fs.PathError{Op: "write", Path: at, Err: err}
		}
		return nil
	}
}
