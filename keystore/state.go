package keystore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A State describes a store, without asking the user.
type State struct {
	// Locked is set if a passphrase or the prompt of a keyring protects the secrets.
	Locked bool
	// New is set if nothing was stored yet, and the first Put creates the store.
	New bool
	// Detail says in a few words where the secrets are or what opens them.
	Detail string
}

// A Stater is a store that reports its state. State reads no secret, asks the user nothing
// and changes nothing. It fails if the store cannot be used as it is. All stores of this
// package are Staters, and so is that of keystore/vault.
type Stater interface {
	State(ctx context.Context) (State, error)
}

func (s *fileStore) State(ctx context.Context) (State, error) {
	state, err := s.state(ctx)
	if err != nil {
		return State{}, diskError("file", "open", "", err)
	}
	return state, nil
}

func (s *fileStore) state(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	dir, err := durable.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.newState(), nil
	}
	if err != nil {
		return State{}, err
	}
	defer dir.Close()
	header, err := readHeader(dir)
	switch {
	case err != nil:
		return State{}, err
	case header == nil:
		return s.newState(), mustBeEmpty(dir, dir.Path(headerFile))
	case s.identityFile != "":
		id, err := readIdentityFile(s.identityFile, s.wait)
		if err == nil {
			err = header.check(dir, id)
		}
		return State{Detail: "opened by " + s.identityFile}, err
	case header.Protection == byIdentityFile:
		return State{}, noIdentityNamed(dir)
	}
	if err := s.enter(ctx); err != nil {
		return State{}, err
	}
	defer s.leave()
	return State{Locked: s.identity == nil, Detail: "opened by a passphrase"}, nil
}

func (s *fileStore) newState() State {
	if s.identityFile != "" {
		return State{New: true, Detail: "will be opened by " + s.identityFile}
	}
	return State{New: true, Detail: "will be opened by a passphrase"}
}

// State asks the keyring on Linux and the BSDs whether it is locked. Other keyrings do not
// report that, and count as unlocked.
func (s *keyringStore) State(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, keyringError("open", "", err)
	}
	limited, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	state, err := keyringState(limited)
	if err != nil && limited.Err() != nil {
		err = keyringLate(ctx, s.wait, "the keyring did not respond")
	}
	return state, keyringError("open", "", err)
}

// State checks the program and does not run it: what a helper asks the user, and when, is
// up to the helper.
func (s *helperStore) State(ctx context.Context) (State, error) {
	err := ctx.Err()
	if err == nil {
		err = s.acceptable()
	}
	if err != nil {
		return State{}, helperError("open", "", err)
	}
	return State{Detail: "kept by " + s.path}, nil
}

// State reports which variables are set.
func (s *envStore) State(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, diskError("env", "open", "", err)
	}
	var set []string
	for _, variable := range envVariables {
		if s.getenv(variable) != "" {
			set = append(set, variable)
		}
	}
	if set == nil {
		return State{}, diskError("env", "open", "", &Error{Err: fmt.Errorf("%w: no variable names a key", ErrNotFound),
			Hint: "export BTCPAYCTL_API_KEY_FILE=/run/secrets/key"})
	}
	return State{Detail: "read from " + strings.Join(set, ", ")}, nil
}

func (s *memoryStore) State(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, &Error{Backend: "memory", Op: "open", Err: err}
	}
	return State{Detail: "cleared when the program ends"}, nil
}
