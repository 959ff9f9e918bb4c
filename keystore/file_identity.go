package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const hintLostIdentity = "restore it from a backup; these secrets cannot be read without it"

// readIdentityFile reads the identity file that the user keeps in another place.
func readIdentityFile(path string, wait time.Duration) (*fileIdentity, error) {
	text, err := durable.ReadNamed(path, identityLimit, wait, true)
	defer clear(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Err: fmt.Errorf("%w: identity file: %w", ErrPassphrase, err),
			Hint: hintLostIdentity}
	case errors.Is(err, durable.ErrReadable):
		return nil, &Error{Err: fmt.Errorf("%w: identity file: %w", ErrDenied, err), Hint: "chmod 600 " + path}
	case err != nil:
		return nil, fmt.Errorf("identity file: %w", err)
	}
	id, err := parseIdentity(bytes.TrimPrefix(text, byteOrderMark))
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("%w: identity file %s: %w", ErrPassphrase, path, err),
			Hint: "make one: age-keygen -o " + path}
	}
	return id, nil
}

// makeIdentityFile creates an identity if there is none. It never replaces one: every
// secret encrypted to it would be lost. It also creates none among the files of the store,
// where a secret of that name would replace it.
func makeIdentityFile(path, store string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir, err := durable.Create(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	same, err := sameFolder(filepath.Dir(path), store)
	if err != nil {
		return err
	}
	if same {
		return &Error{Err: fmt.Errorf("%w: %s would be in the directory of the store", ErrPassphrase, path),
			Hint: "name a file elsewhere, best on another disk: export BTCPAYCTL_IDENTITY_FILE=/path/to/identity"}
	}
	text, err := newIdentityText()
	if err != nil {
		return err
	}
	defer clear(text)
	return durable.WriteNamed(path, text, true)
}

func sameFolder(a, b string) (bool, error) {
	first, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second), err
}
