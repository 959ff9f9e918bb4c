package keystore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	keyringService = "btcpayctl"
	keyringPrefix  = "btcpayctl:"
	keyringVersion = 1
)

// Hints that can be pasted.
const (
	hintOtherStore = "keep secrets in a file: export BTCPAYCTL_KEYSTORE=file"
	hintUnlock     = "unlock the keyring in the desktop's password settings and try again, or " + hintOtherStore
	hintNewer      = "use the newer version of this program"
	hintMoreTime   = "give it more time: export BTCPAYCTL_KEYSTORE_TIMEOUT=60s, or " + hintOtherStore
)

// keyringStore is the desktop's keyring, through go-keyring. That library waits without a
// limit and treats a dismissed prompt as success, so each call has a timeout and each write
// is read back.
type keyringStore struct {
	wait time.Duration
}

// keyringTurn is held by the one call that uses go-keyring: the library has one connection
// for the whole process, on which the prompts of two calls would mix. A call that hangs
// keeps its turn, so that at most one goroutine leaks.
var keyringTurn = make(chan struct{}, 1)

func (s *keyringStore) Get(ctx context.Context, name string) ([]byte, error) {
	secret, err := keyringCall(ctx, s.wait, name, func(*keyringSession) ([]byte, error) {
		return keyringRead(name)
	})
	return secret, keyringError("get", name, err)
}

func (s *keyringStore) Put(ctx context.Context, name string, secret []byte) error {
	err := checkPut(name, secret)
	if err == nil {
		// The call may outlive this method, and the caller may clear the bytes.
		secret = bytes.Clone(secret)
		_, err = keyringCall(ctx, s.wait, name, func(session *keyringSession) (struct{}, error) {
			defer clear(secret)
			return struct{}{}, keyringWrite(session, name, secret)
		})
	}
	return keyringError("put", name, err)
}

func (s *keyringStore) Delete(ctx context.Context, name string) error {
	_, err := keyringCall(ctx, s.wait, name, func(session *keyringSession) (struct{}, error) {
		return struct{}{}, keyringRemove(session, name)
	})
	return keyringError("delete", name, err)
}

// Lock locks the keyring of the desktop, for all its programs.
func (s *keyringStore) Lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return keyringError("lock", "", err)
	}
	limited, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	err := lockKeyrings(limited)
	if err != nil && limited.Err() != nil {
		err = keyringLate(ctx, s.wait, "the keyring did not respond")
	}
	return keyringError("lock", "", err)
}

// keyringCall runs do with a timeout, after checking that there is a keyring and trying to
// unlock it.
func keyringCall[T any](ctx context.Context, wait time.Duration, name string, do func(*keyringSession) (T, error)) (T, error) {
	var none T
	if err := checkName(name); err != nil {
		return none, err
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	limited, cancel := context.WithTimeout(ctx, wait)
	select {
	case keyringTurn <- struct{}{}:
	case <-limited.Done():
		cancel()
		return none, keyringLate(ctx, wait, "an earlier call is still waiting for the keyring")
	}
	type result struct {
		value T
		err   error
		late  bool
	}
	done := make(chan result, 1)
	prompting := new(atomic.Bool)
	go hangingKeyringCall(func() {
		defer func() { <-keyringTurn }()
		defer cancel() // once the result is there
		var r result
		r.value, r.err = keyringProtected(limited, prompting, do)
		r.late = r.err != nil && limited.Err() != nil
		done <- r
	})
	<-limited.Done()
	select {
	case r := <-done:
		if !r.late {
			return r.value, r.err
		}
	default:
	}
	if ctx.Err() == nil && prompting.Load() {
		return none, &Error{Err: fmt.Errorf("%w: its prompt was not answered within %v", ErrLocked, wait), Hint: hintUnlock}
	}
	return none, keyringLate(ctx, wait, "the keyring did not respond")
}

// hangingKeyringCall has a name of its own for stack traces and leak tests.
func hangingKeyringCall(call func()) { call() }

func keyringLate(ctx context.Context, wait time.Duration, what string) error {
	if err := ctx.Err(); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w: %s: %w", ErrTimeout, what, err)
		}
		return err
	}
	return &Error{Err: fmt.Errorf("%w: %s within %v", ErrTimeout, what, wait), Hint: hintMoreTime}
}

// keyringProtected turns a panic into an error: go-keyring trusts the types in a Secret
// Service's response.
func keyringProtected[T any](ctx context.Context, prompting *atomic.Bool, do func(*keyringSession) (T, error)) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = &Error{Err: fmt.Errorf("%w: the keyring closed the connection or sent an invalid response", ErrUnavailable), Hint: hintOtherStore}
		}
	}()
	session, err := openKeyring(ctx, prompting)
	if err != nil {
		return value, err
	}
	defer session.Close()
	if err := ctx.Err(); err != nil {
		return value, err
	}
	return do(session)
}

func keyringRead(name string) ([]byte, error) {
	value, err := keyring.Get(keyringService, name)
	if err != nil {
		return nil, keyringCause(err)
	}
	return keyringDecode(name, value)
}

func keyringWrite(session *keyringSession, name string, secret []byte) error {
	if err := keyring.Set(keyringService, name, keyringEncode(name, secret)); err != nil {
		return keyringCause(err)
	}
	back, err := keyringRead(name)
	defer clear(back)
	switch {
	case errors.Is(err, ErrNotFound) && session.Dismissed():
		return &Error{Err: ErrDismissed, Hint: hintUnlock}
	case errors.Is(err, ErrNotFound):
		return &Error{Err: fmt.Errorf("%w: it reported the secret as stored, but it is not there", ErrUnavailable), Hint: hintOtherStore}
	case err != nil:
		return fmt.Errorf("reading back what was written: %w", err)
	case !bytes.Equal(back, secret):
		if session.Dismissed() {
			return &Error{Err: fmt.Errorf("%w: the previous secret is still there", ErrDismissed), Hint: hintUnlock}
		}
		return &Error{Err: fmt.Errorf("%w: it returned another secret than the one that was written", ErrDamaged), Hint: hintOtherStore}
	}
	return nil
}

func keyringRemove(session *keyringSession, name string) error {
	if err := keyring.Delete(keyringService, name); err != nil {
		return keyringCause(err)
	}
	switch _, err := keyring.Get(keyringService, name); {
	case errors.Is(err, keyring.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("checking that the secret is deleted: %w", keyringCause(err))
	case session.Dismissed():
		return &Error{Err: fmt.Errorf("%w: the secret is still there", ErrDismissed), Hint: hintUnlock}
	}
	return &Error{Err: fmt.Errorf("%w: it reported the secret as deleted, but it is still there", ErrUnavailable),
		Hint: "delete it in the desktop's password settings"}
}

// The value in a keyring is text: the prefix, a version, the name, so that a value under a
// wrong name is noticed, and the secret in base64.
func keyringEncode(name string, secret []byte) string {
	return fmt.Sprintf("%s%d:%s:%s", keyringPrefix, keyringVersion, name, base64.StdEncoding.EncodeToString(secret))
}

func keyringDecode(name, value string) ([]byte, error) {
	rest, ok := strings.CutPrefix(value, keyringPrefix)
	version, rest, ok2 := strings.Cut(rest, ":")
	n, err := strconv.Atoi(version)
	if !ok || !ok2 || err != nil || n < 1 {
		return nil, &Error{Err: fmt.Errorf("%w: this program did not write the entry of this name", ErrDamaged),
			Hint: "look at the entry in the desktop's password settings"}
	}
	if n > keyringVersion {
		return nil, &Error{Err: fmt.Errorf("%w: the secret has version %d, this program knows %d", ErrVersion, n, keyringVersion), Hint: hintNewer}
	}
	stored, text, _ := strings.Cut(rest, ":")
	if stored != name {
		return nil, &Error{Err: fmt.Errorf("%w: the keyring returned a secret of another name", ErrDamaged), Hint: hintOtherStore}
	}
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(secret) > MaxSize {
		return nil, &Error{Err: fmt.Errorf("%w: the secret was changed or truncated", ErrDamaged),
			Hint: "look at the entry in the desktop's password settings"}
	}
	return secret, nil
}

// keyringCause maps the errors of go-keyring. The text of a service is dropped, because it
// may repeat the secret.
func keyringCause(err error) error {
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{Err: fmt.Errorf("%w for this keyring", ErrTooLarge), Hint: hintOtherStore}
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return &Error{Err: fmt.Errorf("%w: there is no keyring on this system", ErrUnavailable), Hint: hintOtherStore}
	}
	return platformCause(err)
}

func keyringError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Backend: "keyring", Op: op, Name: name, Err: err}
	if known, ok := errors.AsType[*Error](err); ok {
		e.Hint = known.Hint
		if known == err { //nolint:errorlint // asks whether err itself is the *Error
			e.Err = known.Err
		}
	}
	return e
}
