//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// inForeground reports whether the program may read from its terminal: one that a
// shell runs in the background would be stopped.
func inForeground(tty *os.File) bool {
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
