package keystore

import (
	"bytes"
	"context"
	"sync"
)

type memoryStore struct {
	mu      sync.Mutex
	secrets map[string][]byte
}

func (s *memoryStore) Get(ctx context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.find(ctx, name)
	if err != nil {
		return nil, &Error{Backend: "memory", Op: "get", Name: name, Err: err}
	}
	return bytes.Clone(secret), nil
}

func (s *memoryStore) Put(ctx context.Context, name string, secret []byte) error {
	err := ctx.Err()
	if err == nil {
		err = checkPut(name, secret)
	}
	if err != nil {
		return &Error{Backend: "memory", Op: "put", Name: name, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[string][]byte{}
	}
	s.secrets[name] = append([]byte{}, secret...)
	return nil
}

func (s *memoryStore) Delete(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.find(ctx, name)
	if err != nil {
		return &Error{Backend: "memory", Op: "delete", Name: name, Err: err}
	}
	clear(secret)
	delete(s.secrets, name)
	return nil
}

func (s *memoryStore) find(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	secret, ok := s.secrets[name]
	if !ok {
		return nil, ErrNotFound
	}
	return secret, nil
}
