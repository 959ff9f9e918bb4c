package keystore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	// helperServer begins the ServerURL of a secret; its name follows. Helpers take only
	// https URLs, and names under .invalid never exist (RFC 2606).
	helperServer = "https://btcpayctl.invalid/"
	helperLock   = "helper.lock"
	// helperMax is how many bytes a secret may have: docker's helpers read their
	// input by lines and refuse one of 64 KiB, and base64 makes it longer.
	helperMax = 48000
)

// helperStore is a program that implements docker's credential-helper protocol: the action
// is its argument, JSON or a URL its input, and JSON or an error text its output.
type helperStore struct {
	path   string
	dir    string // for the lock; may be empty
	wait   time.Duration
	lock   time.Duration
	getenv func(string) string
}

// helperTurns has a channel for each program, held by the call that runs it:
// docker-credential-pass writes in place, so a reader could see half a secret.
var helperTurns sync.Map

func newHelperStore(path string, o Options) (Store, error) {
	if !filepath.IsAbs(path) {
		return nil, &Error{Backend: "helper", Op: "open",
			Err:  fmt.Errorf("%w: a helper must be named by an absolute path", ErrUnavailable),
			Hint: "for example: export BTCPAYCTL_KEYSTORE=helper:/usr/bin/docker-credential-secretservice"}
	}
	return &helperStore{path: filepath.Clean(path), dir: o.Dir, wait: o.keyringWait(), lock: o.lockWait(), getenv: o.Getenv}, nil
}

func (s *helperStore) Get(ctx context.Context, name string) (secret []byte, err error) {
	err = s.call(ctx, name, func(ctx context.Context) error {
		secret, err = s.read(ctx, name)
		return err
	})
	if err != nil {
		return nil, helperError("get", name, err)
	}
	return secret, nil
}

func (s *helperStore) Put(ctx context.Context, name string, secret []byte) error {
	err := checkPut(name, secret)
	if err == nil && len(secret) > helperMax {
		err = &Error{Err: fmt.Errorf("%w: it has %d bytes, but a credential helper takes only %d", ErrTooLarge, len(secret), helperMax), Hint: hintOtherStore}
	}
	if err == nil {
		err = s.call(ctx, name, func(ctx context.Context) error { return s.write(ctx, name, secret) })
	}
	return helperError("put", name, err)
}

func (s *helperStore) Delete(ctx context.Context, name string) error {
	return helperError("delete", name, s.call(ctx, name, func(ctx context.Context) error { return s.remove(ctx, name) }))
}

// List returns the names that the helper lists under this program's URL.
func (s *helperStore) List(ctx context.Context) (names []string, err error) {
	err = s.call(ctx, "any/1", func(ctx context.Context) error {
		out, err := s.run(ctx, "list", nil)
		if err != nil {
			return err
		}
		var all map[string]string
		if json.Unmarshal(out, &all) != nil {
			return helperNonsense("list")
		}
		for server := range all {
			name, ok := strings.CutPrefix(server, helperServer)
			if ok && checkName(name) == nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return nil
	})
	if err != nil {
		return nil, helperError("list", "", err)
	}
	return names, nil
}

// Format prints the program's path.
func (s *helperStore) Format(f fmt.State, _ rune) { io.WriteString(f, "keystore helper:"+s.path) }

// call waits for its turn, in this process and among others, and then starts the timeout.
func (s *helperStore) call(ctx context.Context, name string, do func(context.Context) error) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	known, _ := helperTurns.LoadOrStore(s.path, make(chan struct{}, 1))
	turn := known.(chan struct{})
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	unlock, err := s.lockOthers(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	limited, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	err = do(limited)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return &Error{Err: fmt.Errorf("%w: %s did not end within %v, and was killed", ErrTimeout, s.path, s.wait), Hint: hintMoreTime}
	}
	return err
}

func (s *helperStore) lockOthers(ctx context.Context) (unlock func(), err error) {
	unlock = func() {}
	if s.dir == "" {
		return unlock, nil
	}
	dir, err := durable.Create(s.dir)
	if err != nil {
		return unlock, ignoreUnwritable(err)
	}
	defer dir.Close()
	lock, err := dir.Lock(ctx, helperLock, s.lock)
	if err != nil {
		return unlock, ignoreUnwritable(err)
	}
	return func() { lock.Unlock() }, nil
}

// ignoreUnwritable makes a helper usable if this program cannot write its lock.
func ignoreUnwritable(err error) error {
	for _, harmless := range []error{fs.ErrPermission, syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, harmless) {
			return nil
		}
	}
	return err
}

// helperUser is the name without the slash, which docker-credential-pass would take for a
// directory and not find again.
func helperUser(name string) string { return strings.Replace(name, "/", "-", 1) }

// helperRequest is the input of store and the output of get.
type helperRequest struct {
	ServerURL string `json:"ServerURL"`
	Username  string `json:"Username"`
	Secret    string `json:"Secret"`
}

func (s *helperStore) read(ctx context.Context, name string) ([]byte, error) {
	out, err := s.run(ctx, "get", []byte(helperServer+name+"\n"))
	if err != nil {
		return nil, err
	}
	defer clear(out)
	var answer helperRequest
	if json.Unmarshal(out, &answer) != nil {
		return nil, helperNonsense("get")
	}
	switch {
	case answer.Username == "" && answer.Secret == "": // docker-credential-pass, if there is none
		return nil, ErrNotFound
	case answer.Username != helperUser(name):
		return nil, &Error{Err: fmt.Errorf("%w: the helper returned a secret of another name", ErrDamaged), Hint: hintOtherStore}
	}
	secret, err := keyringDecode(name, answer.Secret)
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrDamaged) {
		e.Hint = "look at the entry that the helper has for " + helperServer + name
	}
	return secret, err
}

func (s *helperStore) write(ctx context.Context, name string, secret []byte) error {
	request, err := json.Marshal(helperRequest{helperServer + name, helperUser(name), keyringEncode(name, secret)})
	if err != nil {
		return err
	}
	line := append(request, '\n')
	defer clear(line)
	defer clear(request) // the line may be a copy of it
	if _, err := s.run(ctx, "store", line); err != nil {
		if errors.Is(err, ErrNotFound) {
			err = &Error{Err: fmt.Errorf("%w: the helper failed and stored nothing", ErrUnavailable), Hint: hintOtherStore}
		}
		return err
	}
	back, err := s.read(ctx, name)
	defer clear(back)
	switch {
	case errors.Is(err, ErrNotFound):
		return &Error{Err: fmt.Errorf("%w: the helper reported the secret as stored, but it is not there", ErrUnavailable), Hint: hintOtherStore}
	case err != nil:
		return fmt.Errorf("reading back what was written: %w", err)
	case !bytes.Equal(back, secret):
		return &Error{Err: fmt.Errorf("%w: the helper returned another secret than the one that was written", ErrDamaged), Hint: hintOtherStore}
	}
	return nil
}

func (s *helperStore) remove(ctx context.Context, name string) error {
	// A damaged entry can be deleted, but not a missing one: helpers report no error when
	// they erase a missing entry.
	secret, err := s.read(ctx, name)
	clear(secret)
	if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
		return err
	}
	if _, err := s.run(ctx, "erase", []byte(helperServer+name+"\n")); err != nil {
		return err
	}
	secret, err = s.read(ctx, name)
	clear(secret)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("checking that the secret is deleted: %w", err)
	}
	return &Error{Err: fmt.Errorf("%w: the helper reported the secret as erased, but it is still there", ErrUnavailable),
		Hint: "erase it by hand: " + s.path + " erase"}
}

func helperError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	e := diskError("helper", op, name, err)
	if known, ok := errors.AsType[*Error](err); ok && known != err { //nolint:errorlint // asks whether err itself is the *Error
		e.Err = err // with the words before the cause
	}
	return e
}
