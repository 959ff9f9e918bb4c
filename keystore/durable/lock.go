package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// lockTurns has a channel for each lock, held by the one call of this process that waits in
// the kernel.
var lockTurns sync.Map

// A Lock is held until Unlock is called or the process ends, for whatever reason.
type Lock struct {
	file *flock.Flock
}

// A LockError says that another holder kept the lock until the deadline.
type LockError struct {
	Path   string
	Holder int       // process id; 0 if it could not be read
	Since  time.Time // when the holder locked it; zero if it could not be read
	Err    error     // why the wait ended, context.DeadlineExceeded as a rule
}

func (e *LockError) Error() string {
	if e.Holder == 0 {
		return fmt.Sprintf("lock %s is held by another process: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("lock %s is held by process %d since %s: %v",
		e.Path, e.Holder, e.Since.UTC().Format(time.RFC3339), e.Err)
}

func (e *LockError) Unwrap() error { return e.Err }

// lockTries is how often locking is repeated if the file was removed in between: each time,
// another holder has finished.
const lockTries = 1000

// Lock takes the lock with this name, which is a file in the directory, and waits for it
// until the context ends, but not longer than wait. A wait of zero tries once. It excludes
// other processes and other holders in this process alike. If it was held by others all the
// time, the error is a [*LockError].
//
// The file stays behind; its content means nothing then. The holder of the lock may remove
// it: Lock never returns a lock on a removed file, so no two processes hold a lock of one
// name. A file that another program created under the name locks as well, and keeps its
// content.
func (d *Dir) Lock(ctx context.Context, name string, wait time.Duration) (*Lock, error) {
	if err := plain(name); err != nil {
		return nil, d.fail("lock", name, err)
	}
	end := time.Now().Add(wait)
	for tries := 1; ; tries++ {
		lock, err := d.lock(ctx, name, max(time.Until(end), 0))
		removed := errors.Is(err, errRemoved)
		if err == nil {
			if lock.InPlace() {
				d.signLock(name)
				return lock, nil
			}
			// Its last holder removed the file, and there may be a new one.
			removed, err = true, lock.Unlock()
		}
		if !removed || err != nil && !errors.Is(err, errRemoved) || tries == lockTries {
			return nil, d.lockFailure(name, cmp.Or(err, errRemoved))
		}
	}
}

// errRemoved: the lock's file was removed while it was being opened.
var errRemoved = fmt.Errorf("its file is removed again and again: %w", fs.ErrNotExist)

// lock takes a lock whose file may be removed before it is locked.
func (d *Dir) lock(ctx context.Context, name string, wait time.Duration) (*Lock, error) {
	if err := d.makeLockFile(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file := flock.New(d.Path(name), flock.SetFlag(os.O_RDWR|openNofollow))
	locked, err := file.TryLock()
	if !locked && err == nil && wait > 0 {
		waitCtx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		locked, err = await(waitCtx, file)
	}
	switch {
	case locked:
		return &Lock{file: file}, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, errRemoved
	case err == nil:
		err = context.DeadlineExceeded
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		holder, since := d.lockHolder(name)
		return nil, &LockError{Path: d.Path(name), Holder: holder, Since: since, Err: err}
	}
	return nil, err
}

func (d *Dir) lockFailure(name string, err error) error {
	if held, ok := errors.AsType[*LockError](err); ok {
		return held
	}
	return d.fail("lock", name, err)
}

// await queues in the kernel, which grants the lock roughly in the order of the requests.
// If a hundred processes polled, some would wait far longer than their turn takes.
//
// The kernel's wait cannot be interrupted. A call whose context ends leaves it to a
// goroutine, which releases the lock when it gets it, and keeps the turn until then: so
// there is at most one such goroutine per lock.
func await(ctx context.Context, file *flock.Flock) (bool, error) {
	known, _ := lockTurns.LoadOrStore(file.Path(), make(chan struct{}, 1))
	turn := known.(chan struct{})
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	done := make(chan error, 1)
	go func() { done <- file.Lock() }()
	select {
	case err := <-done:
		<-turn
		return err == nil, err
	case <-ctx.Done():
		go func() {
			if <-done == nil {
				file.Unlock()
			}
			<-turn
		}()
		return false, ctx.Err()
	}
}

// InPlace reports whether the lock's file is still the one that was locked.
func (l *Lock) InPlace() bool {
	held, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(l.file.Path())
	return err == nil && os.SameFile(held, there)
}

// Unlock releases the lock. A second call does nothing.
func (l *Lock) Unlock() error { return l.file.Unlock() }

// makeLockFile sets the mode before another process opens the file, so that it can do so
// even under an unusual umask.
func (d *Dir) makeLockFile(name string) error {
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		info, err := d.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return errRemoved
		}
		if err != nil {
			return err
		}
		return acceptable(info)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// signatureLimit is more than a process id and a time need, and less than the shortest
// private key.
const signatureLimit = 48

// signLock writes the holder's process id for waiting processes. It is only for messages,
// so a full disk does not matter. Longer content is not a signature, and may be a key that
// a user keeps under this name.
func (d *Dir) signLock(name string) {
	f, err := d.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() > signatureLimit {
		return
	}
	// A file system may write a file to disk immediately if it was truncated first, so this
	// one is truncated afterwards.
	n, err := fmt.Fprintf(f, "%d %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	if err != nil {
		n = 0
	}
	f.Truncate(int64(n))
}

func (d *Dir) lockHolder(name string) (pid int, since time.Time) {
	f, err := d.root.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return 0, time.Time{}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 100))
	if err != nil {
		return 0, time.Time{}
	}
	first, second, ok := strings.Cut(strings.TrimSpace(string(text)), " ")
	if !ok {
		return 0, time.Time{}
	}
	if pid, err = strconv.Atoi(first); err != nil || pid <= 0 {
		return 0, time.Time{}
	}
	if since, err = time.Parse(time.RFC3339, second); err != nil {
		return 0, time.Time{}
	}
	return pid, since
}
