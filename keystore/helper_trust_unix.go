//go:build unix

package keystore

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is how many links may lead to a helper, as in Linux.
const maxLinks = 40

// untrusted looks at a program, at each link that leads to it, and at each directory on the
// way. It returns the first of them that another user could replace, and why; both are
// empty if there is none. A link is fine if only the user or the administrator can change
// it and what it leads to: /etc/alternatives and package managers use links.
//
// A directory that its group can write is accepted, because on Debian /usr/local/bin
// belongs to the group staff.
func untrusted(path string) (what, why string, err error) {
	at, rest := "/", strings.Split(filepath.Clean(path), "/")
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		info, err := os.Lstat(at)
		if err != nil {
			return "", "", err
		}
		if why := untrustedDirectory(info); why != "" {
			return at, why, nil
		}
		next := filepath.Join(at, name)
		if info, err = os.Lstat(next); err != nil {
			return "", "", err
		}
		if foreign(info) {
			return next, "belongs to another user", nil
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", "", err
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	info, err := os.Lstat(at)
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o002 != 0 {
		return at, "can be written by every user of this machine", nil
	}
	return "", "", err
}

// untrustedDirectory says why another user could replace what is in a directory. With the
// sticky bit, as in /tmp, only the owner of an entry can.
func untrustedDirectory(info fs.FileInfo) string {
	switch {
	case foreign(info):
		return "belongs to another user"
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		return "can be written by every user of this machine"
	}
	return ""
}

// foreign reports whether a file belongs to neither the user nor the administrator.
func foreign(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid()
}
