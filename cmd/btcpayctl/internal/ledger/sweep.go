package ledger

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// lockAge is how old the lock of a finished operation has to be before it is removed: a new
// operation has its lock before its record.
const lockAge = time.Hour

// tempAge is how old a temporary file has to be if the system does not report which process
// uses it.
const tempAge = time.Hour

// Sweep removes what killed processes left in the directory: temporary files, and the locks
// of finished operations. It reads at most limit directory entries, and removes no locks
// from a directory that has more. A limit of 0 means no limit.
func (l *Ledger) Sweep(limit int) {
	dir, err := durable.Open(l.dir)
	if err != nil {
		return
	}
	defer dir.Close()
	if limit == 0 {
		_ = dir.Sweep(tempAge)
		sweepLocks(dir)
		return
	}
	if names, all, err := dir.SweepSome(tempAge, limit); err == nil && all && hasOldLock(names) {
		sweepLocks(dir)
	}
}

// lockOf returns the operation that a file is the lock of.
func lockOf(name string) (id string, isWatch, ok bool) {
	if id, ok = strings.CutSuffix(name, watchExt); ok {
		return id, true, true
	}
	id, ok = strings.CutSuffix(name, lockExt)
	return id, false, ok
}

// hasOldLock reports whether there may be the lock of a finished operation.
func hasOldLock(names []string) bool {
	records := map[string]bool{}
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, recordExt); ok {
			records[id] = true
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		id, _, ok := lockOf(name)
		return ok && !records[id]
	})
}

// sweepLocks removes the locks of finished operations, left by processes that were killed
// at the end of one. Locks that are held stay.
func sweepLocks(dir *durable.Dir) {
	_ = dir.SweepIf(lockAge, func(name string) bool {
		id, isWatch, ok := lockOf(name)
		if !ok {
			return false
		}
		if !isWatch {
			if info, err := os.Lstat(dir.Path(name)); err != nil || time.Since(info.ModTime()) < lockAge {
				return false
			}
		}
		_, err := os.Lstat(dir.Path(id + recordExt))
		return errors.Is(err, fs.ErrNotExist)
	})
}
