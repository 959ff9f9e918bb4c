//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// hideEcho keeps what is typed off the screen, until the state from before is
// restored.
func hideEcho(tty *os.File) error {
	settings, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil {
		return err
	}
	settings.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(int(tty.Fd()), setTermios, settings)
}
