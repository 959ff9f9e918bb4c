package webhook

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

const (
	canLock = true
	// deletesLate: a removed file keeps its name until its last handle is closed.
	deletesLate = true
)

var lockFileEx = sync.OnceValue(func() *syscall.LazyProc {
	return syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
})

const (
	lockNowExclusive = 3 // LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK

	errorLockViolation = syscall.Errno(33)
)

func tryLock(f *os.File) (bool, error) {
	var at syscall.Overlapped
	done, _, err := lockFileEx().Call(f.Fd(), lockNowExclusive, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case done != 0:
		return true, nil
	case errors.Is(err, errorLockViolation) || errors.Is(err, syscall.ERROR_IO_PENDING):
		return false, nil
	}
	return false, os.NewSyscallError("LockFileEx", err)
}

// syncDir does nothing: Windows writes the entry of a directory with the file.
func syncDir(*os.Root, string) error { return nil }
