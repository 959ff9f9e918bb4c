package keystore

import (
	"errors"
	"fmt"
	"os/exec"
)

// platformCause reads the exit code of macOS's security program, which is the low byte of
// the status of its Keychain call.
func platformCause(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return &Error{Err: fmt.Errorf("%w: the security program cannot be run: %w", ErrUnavailable, err), Hint: hintOtherStore}
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed, -25308
		return &Error{Err: fmt.Errorf("%w, and this session cannot show a prompt", ErrLocked),
			Hint: "security unlock-keychain, or " + hintOtherStore}
	case 44: // errSecItemNotFound, -25300
		return ErrNotFound
	case 51: // errSecAuthFailed, -25293
		return &Error{Err: fmt.Errorf("%w: the keychain denied access to this program", ErrDenied), Hint: hintUnlock}
	case 128: // userCanceledErr, -128
		return &Error{Err: ErrDismissed, Hint: hintUnlock}
	}
	return &Error{Err: fmt.Errorf("%w: the security program ended with code %d", ErrUnavailable, exit.ExitCode()), Hint: hintOtherStore}
}
