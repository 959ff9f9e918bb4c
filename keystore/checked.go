package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// probePrefix begins the names that [Check] and [Move] use for a moment.
const probePrefix = "probe/"

// IsProbe tells whether a name is one that [Check] and [Move] use for a moment. A
// process that is killed may leave such an entry behind.
func IsProbe(name string) bool { return strings.HasPrefix(name, probePrefix) }

// Checked gives a store that hands out a secret only where check finds that it is
// the one its name says: names follow from secrets, see Names in the package
// documentation. Otherwise Get fails with [ErrDamaged]. A store that was given
// another's key passes it on as faithfully as the right one, so a [Move] or a
// [Backup] reads from a checked store.
//
// spec is the name that the store was opened with. check must not put the secret into its errors,
// which are repeated. Of other interfaces than [Store] nothing is left.
func Checked(spec string, s Store, check func(name string, secret []byte) error) Store {
	backend, _, _ := strings.Cut(spec, ":")
	return checkedStore{s, backend, check}
}

type checkedStore struct {
	Store
	backend string
	check   func(name string, secret []byte) error
}

func (s checkedStore) Get(ctx context.Context, name string) ([]byte, error) {
	secret, err := s.Store.Get(ctx, name)
	if err != nil || IsProbe(name) {
		return secret, err
	}
	if err := s.check(name, secret); err != nil {
		clear(secret)
		return nil, &Error{Backend: s.backend, Op: "get", Name: name, Err: misplaced(err), Hint: "restore it from a backup: btcpayctl keystore restore FILE --replace"}
	}
	return secret, nil
}

// misplaced says of a check's error what kind it is, once.
func misplaced(err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
