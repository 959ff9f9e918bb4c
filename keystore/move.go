package keystore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Check tests a store: it writes a random secret, reads it, deletes it, and checks that it
// is deleted. The name is probe/ and random letters; a killed process may leave it behind.
func Check(ctx context.Context, s Store) error {
	name, secret := probePrefix+rand.Text(), []byte(rand.Text())
	if err := s.Put(ctx, name, secret); err != nil {
		return err
	}
	got, err := s.Get(ctx, name)
	if err == nil && !bytes.Equal(got, secret) {
		err = moveError(name, fmt.Errorf("%w: it returned another secret than the one that was written", ErrDamaged), hintOtherStore)
	}
	if gone := s.Delete(context.WithoutCancel(ctx), name); err == nil {
		err = gone
	}
	if err != nil {
		return err
	}
	if _, err := s.Get(ctx, name); !errors.Is(err, ErrNotFound) {
		if err == nil {
			err = moveError(name, fmt.Errorf("%w: the deleted secret is still there", ErrUnavailable), hintOtherStore)
		}
		return err
	}
	return nil
}

// Move moves secrets from one store to another. It copies all, reading each back; calls
// repin, which durably changes index and profiles to the other store; and then, if repin
// returned nil, erases the secrets of the first store. After an interruption, each secret
// is in the store that index and profiles name, and Move can be called again with the same
// names: secrets that were copied or moved already are not an error.
//
// If the other store has a secret with different content, Move stops before it repins or
// erases anything. Two names of one store are detected in the same way. Move copies what it
// reads, so from should be [Checked].
func Move(ctx context.Context, names []string, from, to Store, repin func(ctx context.Context) error) error {
	if err := mustDiffer(ctx, from, to); err != nil {
		return err
	}
	for _, name := range names {
		if err := moveCopy(ctx, name, from, to); err != nil {
			return err
		}
	}
	if err := repin(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := moveErase(ctx, name, from, to); err != nil {
			return err
		}
	}
	return nil
}

// mustDiffer writes a worthless secret into one store and looks for it in the other:
// erasing from a store what was moved to the same store would lose it.
func mustDiffer(ctx context.Context, from, to Store) error {
	name := probePrefix + rand.Text()
	if err := to.Put(ctx, name, nil); err != nil {
		return err
	}
	_, err := from.Get(ctx, name)
	if gone := to.Delete(context.WithoutCancel(ctx), name); gone != nil && !errors.Is(gone, ErrNotFound) {
		return gone
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil:
		return moveError("", fmt.Errorf("%w: both names are of the same store", ErrUnavailable), "name another store; nothing was changed")
	}
	return err
}

func moveCopy(ctx context.Context, name string, from, to Store) error {
	secret, err := from.Get(ctx, name)
	defer clear(secret)
	there, thereErr := to.Get(ctx, name)
	defer clear(there)
	switch {
	case thereErr != nil && !errors.Is(thereErr, ErrNotFound):
		return thereErr
	case errors.Is(err, ErrNotFound) && thereErr == nil:
		return nil // moved before
	case err != nil:
		return err
	case thereErr == nil && bytes.Equal(secret, there):
		return nil // copied before
	case thereErr == nil:
		return moveError(name, fmt.Errorf("%w: both stores have a secret of this name, with different content", ErrDamaged),
			"find out which is right, and delete the other; nothing was changed")
	}
	if err := to.Put(ctx, name, secret); err != nil {
		return err
	}
	return moveCompare(ctx, name, secret, to)
}

func moveCompare(ctx context.Context, name string, secret []byte, to Store) error {
	back, err := to.Get(ctx, name)
	defer clear(back)
	if err == nil && !bytes.Equal(back, secret) {
		err = moveError(name, fmt.Errorf("%w: the new store returned another secret than the one that was written", ErrDamaged),
			"the secret is still in the old store; name another new one with --to")
	}
	return err
}

// moveErase checks once more before it deletes.
func moveErase(ctx context.Context, name string, from, to Store) error {
	secret, err := from.Get(ctx, name)
	defer clear(secret)
	if errors.Is(err, ErrNotFound) {
		return nil // erased before
	}
	if err == nil {
		err = moveCompare(ctx, name, secret, to)
	}
	if err == nil {
		err = from.Delete(ctx, name)
	}
	if errors.Is(err, ErrNotFound) {
		return moveError(name, fmt.Errorf("%w in the new store, so it stays in the old one", ErrNotFound), "run the command again")
	}
	return err
}

func moveError(name string, err error, hint string) error {
	return &Error{Backend: "any", Op: "move", Name: name, Err: err, Hint: hint}
}

// A Locker is a store that can be locked until the user unlocks it again: "file" forgets
// its identity, and "keyring" locks the desktop's keyring, for all programs.
type Locker interface {
	Lock(ctx context.Context) error
}

// Lock makes the next call ask for the passphrase again.
func (s *fileStore) Lock(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return &Error{Backend: "file", Op: "lock", Err: err}
	}
	defer s.leave()
	s.identity = nil
	return nil
}
