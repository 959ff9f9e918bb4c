package webhook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"
)

// The pauses between two attempts to take a lock grow from the first to the last.
const (
	firstPause = time.Millisecond
	lastPause  = 50 * time.Millisecond
)

// lockFile creates and locks a file, and waits for its holder until ctx ends. The lock ends
// when the file is closed or the process ends.
func lockFile(ctx context.Context, root *os.Root, name string) (*os.File, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("another process handles an event of this invoice: %w", err)
		}
		f, err := tryLockFile(root, name)
		if f != nil || err != nil {
			return f, err
		}
		// Random, so that waiting processes do not stay in step.
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// tryLockFile returns nil if another process or call holds the lock.
func tryLockFile(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrPermission) && deletesLate {
		return nil, nil // its last holder just removed it
	}
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f)
	if err == nil && locked {
		// The last holder may have removed the file before this call locked it.
		locked, err = inPlace(root, f, name)
	}
	if err != nil || !locked {
		f.Close()
		return nil, err
	}
	return f, nil
}

func inPlace(root *os.Root, f *os.File, name string) (bool, error) {
	held, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, there), err
}
