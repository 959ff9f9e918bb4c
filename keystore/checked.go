package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// probePrefix begins the names that [Check] and [Move] use temporarily.
const probePrefix = "probe/"

// IsProbe reports whether a name is one that [Check] and [Move] use temporarily. A killed
// process may leave such an entry behind.
func IsProbe(name string) bool { return strings.HasPrefix(name, probePrefix) }

// Checked returns a store that returns a secret only if check accepts it for its name:
// names are derived from secrets, see Names in the package documentation. Otherwise Get
// fails with [ErrDamaged]. A store that holds another key under a name would copy it like
// the right one, so [Move] and [Backup] should read from a checked store.
//
// spec is the name that the store was opened with. check must not put the secret into its
// errors, which are repeated. The result implements no other interfaces than [Store].
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

// misplaced adds the kind to an error of check, once.
func misplaced(err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
