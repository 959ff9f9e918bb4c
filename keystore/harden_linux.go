package keystore

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Harden keeps the memory of this process, with the secrets in it, from core
// dumps and from being read by other programs of the same user (ptrace and
// /proc/PID/mem). Root is not kept out. A command calls it before it reads a
// secret; it holds until the process ends. Programs that it starts can be traced
// again, and write no core dumps either. On systems other than Linux it does
// nothing.
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
