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

// trusted accepts everything: on Windows access lists rule, and a folder in
// the user's profile is his own by default.
func trusted(fs.FileInfo) error { return nil }

func trustedNamed(fs.FileInfo, bool) error { return nil }

// syncDir does nothing: a directory cannot be flushed on Windows, whose rename
// goes through the journal of the file system.
func syncDir(*os.Root) error { return nil }
