//go:build !unix

package durable

import (
	"io/fs"
	"os"
)

const (
	openNonblock = 0
	openNofollow = 0
)

// trusted accepts everything: Windows uses access lists, and a directory in the user's
// profile is private by default.
func trusted(fs.FileInfo) error { return nil }

func trustedNamed(fs.FileInfo, bool) error { return nil }

func trustedFolder(string, fs.FileInfo) error { return nil }

func writable(string) error { return nil }

// syncDir does nothing: Windows cannot flush a directory, and its rename goes through the
// journal of the file system.
func syncDir(*os.Root) error { return nil }
