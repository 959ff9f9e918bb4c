package keystore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// memoryStore has its secrets behind a pointer, which fmt prints as an address even if it
// cannot call Format.
type memoryStore struct{ held *memorySecrets }

type memorySecrets struct {
	mu     sync.Mutex
	byName map[string][]byte
}

func newMemoryStore() *memoryStore {
	return &memoryStore{&memorySecrets{byName: map[string][]byte{}}}
}

// Format prints no secret.
func (s *memoryStore) Format(f fmt.State, _ rune) { io.WriteString(f, "keystore memory") }

func (s *memoryStore) Get(ctx context.Context, name string) ([]byte, error) {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	secret, err := s.held.find(ctx, name)
	if err != nil {
		return nil, &Error{Backend: "memory", Op: "get", Name: name, Err: err}
	}
	return append([]byte{}, secret...), nil
}

func (s *memoryStore) Put(ctx context.Context, name string, secret []byte) error {
	err := ctx.Err()
	if err == nil {
		err = checkPut(name, secret)
	}
	if err != nil {
		return &Error{Backend: "memory", Op: "put", Name: name, Err: err}
	}
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	clear(s.held.byName[name])
	s.held.byName[name] = bytes.Clone(secret)
	return nil
}

func (s *memoryStore) Delete(ctx context.Context, name string) error {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	secret, err := s.held.find(ctx, name)
	if err != nil {
		return &Error{Backend: "memory", Op: "delete", Name: name, Err: err}
	}
	clear(secret)
	delete(s.held.byName, name)
	return nil
}

// List returns the names.
func (s *memoryStore) List(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, &Error{Backend: "memory", Op: "list", Err: err}
	}
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	return slices.Sorted(maps.Keys(s.held.byName)), nil
}

func (m *memorySecrets) find(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	secret, ok := m.byName[name]
	if !ok {
		return nil, ErrNotFound
	}
	return secret, nil
}
