package keystore

import (
	"errors"
	"fmt"
	"syscall"
)

const errorNoSuchLogonSession = syscall.Errno(1312)

// platformCause maps the errors of the Credential Manager.
func platformCause(err error) error {
	switch {
	case errors.Is(err, syscall.ERROR_ACCESS_DENIED):
		return &Error{Err: fmt.Errorf("%w: %w", ErrDenied, err), Hint: hintOtherStore}
	case errors.Is(err, errorNoSuchLogonSession):
		return &Error{Err: fmt.Errorf("%w: this logon has no Credential Manager: %w", ErrUnavailable, err), Hint: hintOtherStore}
	}
	return &Error{Err: fmt.Errorf("%w: %w", ErrUnavailable, err), Hint: hintOtherStore}
}
