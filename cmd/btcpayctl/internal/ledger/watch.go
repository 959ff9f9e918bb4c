package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A Watch describes the process that repeatedly asks a server to revoke a temporary key,
// after the command that used the key has ended. It holds the operation only during a
// request, so that other processes can ask as well.
type Watch struct {
	Since time.Time `json:"since"` // when the command ended
	Until time.Time `json:"until"` // when it gives up
	Asked time.Time `json:"asked"` // the last time
	Why   string    `json:"why"`   // the result
}

// A Holder is a process that holds a lock.
type Holder struct {
	Process int       // 0 where it is not known
	Since   time.Time // zero where it is not known
}

// A BusyError says which process holds an operation. errors.Is finds [ErrBusy].
type BusyError struct{ Holder }

func (e *BusyError) Error() string { return fmt.Sprintf("%v (process %d)", ErrBusy, e.Process) }

func (e *BusyError) Unwrap() error { return ErrBusy }

func busy(e *durable.LockError) *BusyError { return &BusyError{Holder{e.Holder, e.Since}} }

// watchExt names the lock of the process that watches over the key of an operation.
const watchExt = ".watch"

// An Attendance shows other processes that this one watches over the key of an operation,
// until it is released or the process ends.
type Attendance struct {
	id   string
	dir  *durable.Dir
	lock *durable.Lock
}

// Attend begins to watch over the key of an operation. If another process does, the error
// is a [*BusyError].
func (l *Ledger) Attend(ctx context.Context, id string, wait time.Duration) (*Attendance, error) {
	dir, err := l.open(id)
	if err != nil {
		return nil, err
	}
	lock, err := dir.Lock(ctx, id+watchExt, wait)
	if err != nil {
		dir.Close()
		if held, ok := errors.AsType[*durable.LockError](err); ok {
			return nil, busy(held)
		}
		return nil, err
	}
	return &Attendance{id, dir, lock}, nil
}

// IsClosed reports whether the operation was finished. A directory that was removed with
// everything in it does not count.
func (a *Attendance) IsClosed() bool {
	if a == nil || !a.lock.InPlace() {
		return false
	}
	_, err := read(a.dir, a.id)
	return errors.Is(err, ErrNotFound)
}

// Release ends the attendance.
func (a *Attendance) Release() {
	if a == nil {
		return
	}
	// A finished operation does not need the file.
	if a.IsClosed() {
		_ = a.dir.Remove(a.id + watchExt)
	}
	a.lock.Unlock()
	a.dir.Close()
}

// dismiss removes the lock of a process that watches over the key of an operation. If the
// process lives, it removes the lock itself, once it sees that the operation was finished.
func dismiss(dir *durable.Dir, id string) {
	if _, err := dir.Read(id+watchExt, recordLimit); err != nil {
		return // there never was one
	}
	if lock, err := dir.Lock(context.Background(), id+watchExt, 0); err == nil {
		_ = dir.Remove(id + watchExt)
		lock.Unlock()
	}
}

// Attending returns the process that watches over the key of an operation, if it lives.
func (l *Ledger) Attending(ctx context.Context, id string) (Holder, bool) {
	dir, err := l.open(id)
	if err != nil {
		return Holder{}, false
	}
	defer dir.Close()
	if _, err := dir.Read(id+watchExt, recordLimit); err != nil {
		return Holder{}, false // there never was one
	}
	lock, err := dir.Lock(ctx, id+watchExt, 0)
	if held, ok := errors.AsType[*durable.LockError](err); ok {
		return busy(held).Holder, true
	}
	if err == nil {
		lock.Unlock()
	}
	return Holder{}, false
}
