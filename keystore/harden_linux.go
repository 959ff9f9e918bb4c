package keystore

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Harden keeps the memory of this process, which may hold secrets, out of core dumps and
// from other programs of the same user (ptrace, and /proc/PID/mem and /proc/PID/environ).
// It does not protect from root or from a process that traces this one already, and the
// system may still write memory to swap. It cannot be undone, so a command calls it before
// it reads a secret. Programs that it starts write no core dumps either, but can be traced
// again. If a step fails, the error says what stays unprotected, and the other steps are
// done all the same. On systems other than Linux, Harden does nothing.
func Harden() error {
	err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		err = fmt.Errorf("other programs could read this process: %w", err)
	}
	if limit := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); limit != nil {
		err = errors.Join(err, fmt.Errorf("core dumps stay enabled: %w", limit))
	}
	return err
}
