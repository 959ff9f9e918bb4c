package keystore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// diskError maps errors of the file system and of durable to the errors of this package.
// The cause stays in the chain, with its path.
func diskError(backend, op, name string, err error) *Error {
	e := &Error{Backend: backend, Op: op, Name: name, Err: err}
	if known, ok := errors.AsType[*Error](err); ok {
		e.Err, e.Hint = known.Err, known.Hint
		return e
	}
	whatNow := "restore it from a backup, or move it away to start with a new one"
	if backend == "index" {
		whatNow = "move it away: it holds only names, and the secrets stay where they are"
	}
	var kind error
	lockErr, locked := errors.AsType[*durable.LockError](err)
	switch {
	case locked && errors.Is(err, context.DeadlineExceeded):
		kind = ErrTimeout
		e.Hint = "wait until the other process has finished"
		if lockErr.Holder != 0 {
			e.Hint = fmt.Sprintf("wait until process %d has finished, or end it", lockErr.Holder)
		}
	case errors.Is(err, durable.ErrWorldWritable):
		kind, e.Hint = ErrDenied, "check that its content is yours, then: chmod o-w"
	case errors.Is(err, durable.ErrForeignOwner):
		kind, e.Hint = ErrDenied, "run as the user who owns it, or choose another directory"
	case errors.Is(err, durable.ErrSymlink), errors.Is(err, durable.ErrNotRegular), errors.Is(err, durable.ErrTooLarge):
		kind, e.Hint = ErrDamaged, whatNow
	case errors.Is(err, ErrDamaged):
		e.Hint = whatNow
	case errors.Is(err, ErrVersion):
		e.Hint = hintNewer
	case errors.Is(err, fs.ErrPermission):
		kind, e.Hint = ErrDenied, "check who owns the file and its directory"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		kind, e.Hint = ErrUnavailable, "free space on this disk; earlier secrets are intact"
	case errors.Is(err, syscall.EROFS):
		kind, e.Hint = ErrUnavailable, "choose a writable data directory: export XDG_DATA_HOME=/path"
	default:
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			kind = ErrUnavailable
		}
	}
	if kind != nil {
		e.Err = fmt.Errorf("%w: %w", kind, err)
	}
	return e
}
