//go:build !(linux || netbsd || openbsd || (freebsd && cgo) || (dragonfly && cgo))

package keystore

import (
	"context"
	"fmt"
	"sync/atomic"
)

// keyringSession does nothing on systems that ask and unlock themselves.
type keyringSession struct{}

func openKeyring(context.Context, *atomic.Bool) (*keyringSession, error) {
	return &keyringSession{}, nil
}

// Dismissed reports whether a prompt was dismissed, which is never known: the system
// reports that as an error.
func (*keyringSession) Dismissed() bool { return false }

func (*keyringSession) Close() {}

func keyringState(context.Context) (State, error) {
	return State{Detail: "kept by the system's keyring"}, nil
}

func lockKeyrings(context.Context) error {
	return &Error{Err: fmt.Errorf("%w: the system locks this keyring itself", ErrUnavailable), Hint: "lock the screen, or log out"}
}
