//go:build !(linux || netbsd || openbsd || (freebsd && cgo) || (dragonfly && cgo) || darwin || windows)

package keystore

import "fmt"

func platformCause(err error) error {
	return &Error{Err: fmt.Errorf("%w: %w", ErrUnavailable, err), Hint: hintOtherStore}
}
