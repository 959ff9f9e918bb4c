// Package durable keeps small files that survive a crash, a full disk and a
// hundred processes at once.
//
// # A directory
//
// [Create] makes a directory, or opens it where it is there; [Open] only
// opens it. Directories that it makes have mode 0700 and files 0600, whatever
// the umask. Every access goes through [os.Root], so that no name and no
// symbolic link leads out of the directory.
//
// # Writing
//
// [Dir.Write] replaces a file in the order that loses nothing: temporary file,
// fsync, rename, fsync of the directory. A reader, and whoever looks after a
// kill -9 or a power cut, finds the old content or the new, never a mixture.
// When it returns nil the new content is on the disk.
//
// # Reading
//
// [Dir.Read] refuses what the owner of the account did not write: symbolic
// links, FIFOs, directories, files that anyone may write, files of other
// users. Each has its own error, wrapped in an [fs.PathError] that names the
// path.
//
// # Locking
//
// Atomic replacement alone loses updates: two processes read the same file,
// and the second to write undoes the first. Who reads, changes and writes
// holds a [Lock] from before the read until after the write.
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
)

// Why a file or a directory was refused. They come wrapped in an
// [fs.PathError].
var (
	// ErrSymlink: the name is a symbolic link.
	ErrSymlink = errors.New("is a symbolic link, which is refused")
	// ErrNotRegular: the name is a directory, a FIFO, a socket or a device.
	ErrNotRegular = errors.New("is not a regular file")
	// ErrWorldWritable: every user of the machine may change it.
	ErrWorldWritable = errors.New("can be written by every user of this machine")
	// ErrForeignOwner: another user owns it.
	ErrForeignOwner = errors.New("belongs to another user")
	// ErrTooLarge: the file has more bytes than the caller wants to read.
	ErrTooLarge = errors.New("is larger than allowed")
	// ErrName: the name is empty, has a path separator, or begins like those of
	// temporary files.
	ErrName = errors.New("is not a plain file name")
)

// A Dir is an open directory. Its methods may be called from several
// goroutines at once.
type Dir struct {
	root *os.Root
	path string
	temp string // begins the names of temporary files
}

// Open opens a directory that exists. It refuses one that another user owns
// ([ErrForeignOwner]) or that everyone may write ([ErrWorldWritable]).
// The caller closes it.
func Open(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
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

// Create opens a directory and makes it first, with its missing parents, where
// it is not there. What it makes has mode 0700; the mode of what exists stays
// as it is, since a user may point to a directory that he shares on purpose.
func Create(path string) (*Dir, error) {
	if err := makeAll(filepath.Clean(path)); err != nil {
		return nil, err
	}
	return Open(path)
}

// Close closes the directory; locks taken in it stay.
func (d *Dir) Close() error { return d.root.Close() }

// Path gives the full name of a file in the directory, for messages.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// makeAll is os.MkdirAll with modes that no umask weakens or spoils, and with
// each new entry on the disk before it returns.
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
			// Another process made it between the look and the attempt. Its
			// chmod may still be to come, which matters under an odd umask
			// only; doing it here as well is harmless.
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

// bare takes the path off an error of the os package, so that a caller can
// name the full path instead of the part inside a root.
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

// plain refuses names that are not one path element, and those of temporary files,
// which [Dir.Sweep] removes. Some file systems take large letters for small ones.
func plain(name string) error {
	temporary := len(name) >= len(tempPrefix) && strings.EqualFold(name[:len(tempPrefix)], tempPrefix)
	if name == "" || name == "." || temporary || !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("%q %w", name, ErrName)
	}
	return nil
}
