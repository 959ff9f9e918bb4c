package keystore

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Harden keeps the memory of this process, with the secrets in it, from core
// dumps and from other programs of the same user (ptrace, and /proc/PID/mem and
// /proc/PID/environ). It keeps out neither root nor who traces the process already,
// and the system may still write memory to swap. A command calls it before it reads
// a secret, since it cannot be undone. Programs that it starts write no core dumps
// either, but can be traced again. An error says what stays open; the rest is done
// all the same. On systems other than Linux it does nothing.
func Harden() error {
	err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		err = fmt.Errorf("other programs could read this process: %w", err)
	}
	if limit := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); limit != nil {
		err = errors.Join(err, fmt.Errorf("core dumps stay on: %w", limit))
	}
	return err
}
