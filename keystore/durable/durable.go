// Package durable reads and writes small files that survive a crash, a full disk and many
// processes at once.
//
// # A directory
//
// [Create] opens a directory and creates it if it does not exist; [Open] only opens it. New
// directories have mode 0700 and new files 0600, whatever the umask. Every access goes
// through [os.Root], so that no name and no symbolic link leads out of the directory.
//
// # Writing
//
// [Dir.Write] replaces a file in an order that loses nothing: temporary file, fsync,
// rename, fsync of the directory. A reader finds the old content or the new, never a
// mixture, also after a kill -9 or a power cut. When it returns nil, the new content is on
// disk.
//
// # Reading
//
// [Dir.Read] refuses files that the current user may not have written: symbolic links,
// FIFOs, directories, files that anyone may write, files of other users. Each has its own
// error, wrapped in an [fs.PathError] that names the path.
//
// # Locking
//
// Atomic replacement does not prevent lost updates: if two processes read the same file,
// the second to write undoes the first. Code that reads, changes and writes a file holds a
// [Lock] from before the read until after the write.
//
// # Promise
//
// The package follows semantic versioning with the module it is in.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Why a file or a directory was refused. They are wrapped in an [fs.PathError].
var (
	// ErrSymlink: the name is a symbolic link.
	ErrSymlink = errors.New("is a symbolic link, which is refused")
	// ErrNotRegular: the name is a directory, a FIFO, a socket or a device.
	ErrNotRegular = errors.New("is not a regular file")
	// ErrWorldWritable: every user of the machine can change it.
	ErrWorldWritable = errors.New("can be written by every user of this machine")
	// ErrForeignOwner: another user owns it.
	ErrForeignOwner = errors.New("belongs to another user")
	// ErrTooLarge: the file has more bytes than the caller accepts.
	ErrTooLarge = errors.New("is larger than allowed")
	// ErrName: the name is empty, has a path separator, or begins like those of temporary
	// files.
	ErrName = errors.New("is not a plain file name")
)

// A Dir is an open directory. Its methods may be called from several
// goroutines at once.
type Dir struct {
	root *os.Root
	path string
	temp string // prefix of the names of temporary files
}

// Open opens an existing directory. It refuses one that another user owns
// ([ErrForeignOwner]) or that every user can write ([ErrWorldWritable]). The caller closes
// it.
func Open(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, belowFile(path, err)
	}
	info, err := root.Stat(".")
	if err == nil {
		err = trusted(info)
	}
	if err != nil {
		root.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: bare(err)}
	}
	return &Dir{root: root, path: path, temp: tempPrefix}, nil
}

// Create opens a directory, and first creates it and its missing parents if it does not
// exist. New directories have mode 0700; the mode of an existing one does not change,
// because a user may choose a shared directory on purpose.
//
// An empty path is no directory: it fails with [fs.ErrNotExist], as in [Open].
func Create(path string) (*Dir, error) {
	if path == "" {
		return nil, &fs.PathError{Op: "mkdir", Path: path, Err: fs.ErrNotExist}
	}
	if err := makeAll(filepath.Clean(path)); err != nil {
		return nil, err
	}
	return Open(path)
}

// belowFile makes of the failure to open a path the one of a missing path, if it is below a
// file: system users have a home such as /dev/null.
func belowFile(path string, err error) error {
	if _, exists := os.Lstat(path); errors.Is(err, syscall.ENOTDIR) && exists != nil {
		return &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return err
}

// Close closes the directory; locks taken in it remain held.
func (d *Dir) Close() error { return d.root.Close() }

// Path returns the full name of a file in the directory, for messages.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// makeAll is os.MkdirAll with exact modes whatever the umask, and with each new entry on
// disk before it returns.
func makeAll(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("is not a directory")}
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent == path {
		return &fs.PathError{Op: "mkdir", Path: path, Err: fs.ErrNotExist}
	}
	if err := makeAll(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			// Another process created it after the check. Its chmod may still follow, which
			// matters only under an unusual umask; changing the mode here as well is
			// harmless.
			return os.Chmod(path, 0o700)
		}
		return err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return err
	}
	defer root.Close()
	return syncDir(root)
}

// bare removes the path from an error of the os package, so that a caller can name the full
// path instead of the part inside a root.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

func (d *Dir) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: d.Path(name), Err: bare(err)}
}

// plain refuses names that are not one path element, and those of temporary files, which
// [Dir.Sweep] removes. Some file systems ignore case.
func plain(name string) error {
	temporary := len(name) >= len(tempPrefix) && strings.EqualFold(name[:len(tempPrefix)], tempPrefix)
	if name == "" || name == "." || temporary || !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("%q %w", name, ErrName)
	}
	return nil
}
