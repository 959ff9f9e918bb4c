package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// readIdentityFile reads the identity file that the user keeps elsewhere.
func readIdentityFile(path string, wait time.Duration) (*fileIdentity, error) {
	text, err := durable.ReadNamed(path, identityLimit, wait, true)
	defer clear(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Err: fmt.Errorf("%w: identity file: %w", ErrPassphrase, err),
			Hint: "restore it from a backup; without it nobody can read these secrets"}
	case errors.Is(err, durable.ErrReadable):
		return nil, &Error{Err: fmt.Errorf("%w: identity file: %w", ErrDenied, err), Hint: "chmod 600 " + path}
	case err != nil:
		return nil, fmt.Errorf("identity file: %w", err)
	}
	id, err := parseIdentity(text)
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("%w: identity file %s: %w", ErrPassphrase, path, err),
			Hint: "make one: age-keygen -o " + path}
	}
	return id, nil
}

// makeIdentityFile makes an identity where there is none. It never replaces
// one: that would lose every secret encrypted to it.
func makeIdentityFile(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir, err := durable.Create(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	text, err := newIdentityText()
	if err != nil {
		return err
	}
	defer clear(text)
	return dir.WriteNew(filepath.Base(path), text)
}
