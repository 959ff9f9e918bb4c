//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package terminal

import "os"

// hideEcho does nothing: the echo goes off with the read.
func hideEcho(*os.File) error { return nil }
