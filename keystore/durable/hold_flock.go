//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package durable

import (
	"errors"
	"os"
	"syscall"
)

// renamesOpen: a file can be renamed while it is open.
const renamesOpen = true

// hold marks a file as one whose writer lives, until it is closed or the writer ends.
func hold(f *os.File) holding {
	raw, err := f.SyscallConn()
	if err != nil {
		return holdUnknown
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		for {
			refused = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
			if !errors.Is(refused, syscall.EINTR) {
				return
			}
		}
	})
	switch {
	case err != nil:
		return holdUnknown
	case refused == nil:
		return holdMine
	case errors.Is(refused, syscall.EWOULDBLOCK):
		return holdOther
	}
	return holdUnknown // a file system without locks
}
