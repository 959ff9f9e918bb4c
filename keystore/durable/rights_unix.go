//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	openNonblock = syscall.O_NONBLOCK
	openNofollow = syscall.O_NOFOLLOW
)

// trusted refuses what another user wrote or can write.
func trusted(info fs.FileInfo) error {
	if info.Mode().Perm()&0o002 != 0 {
		return ErrWorldWritable
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return ErrForeignOwner
	}
	return nil
}

// trustedNamed is the looser rule for files that the user named.
func trustedNamed(info fs.FileInfo, private bool) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	own := !ok || int(stat.Uid) == os.Geteuid()
	switch {
	case info.Mode().Perm()&0o002 != 0:
		return ErrWorldWritable
	case !own && stat.Uid != 0:
		return ErrForeignOwner
	case own && private && info.Mode().Perm()&0o077 != 0:
		return ErrReadable
	}
	return nil
}

// trustedFolder refuses a directory in which another user can replace a file of the user
// or of the administrator. In one with the sticky bit, and on a file system that is mounted
// read-only, as volumes of containers are, the mode does not mean that.
func trustedFolder(path string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() && stat.Uid != 0 {
		return ErrForeignOwner
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 && !isReadOnly(path) {
		return ErrWorldWritable
	}
	return nil
}

// writable asks the system, which also knows about read-only file systems.
func writable(path string) error { return unix.Access(path, unix.W_OK|unix.X_OK) }

func isReadOnly(path string) bool { return errors.Is(unix.Access(path, unix.W_OK), unix.EROFS) }

// syncDir writes the entries of a directory to disk.
func syncDir(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	// Some file systems cannot sync a directory and report that; nothing more can be done.
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
