package keystore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// envVariables are all variables that the store reads.
var envVariables = []string{"BTCPAYCTL_API_KEY", "BTCPAYCTL_API_KEY_FILE", "BTCPAY_API_KEY", "BTCPAYCTL_PRIVATE_KEY_FILE"}

// envStore reads the keys that the environment names, and only of the kinds it knows.
type envStore struct {
	getenv func(string) string
	wait   time.Duration
}

func (s *envStore) Get(ctx context.Context, name string) ([]byte, error) {
	err := ctx.Err()
	if err == nil {
		err = checkName(name)
	}
	var secret []byte
	if err == nil {
		kind, id, _ := strings.Cut(name, "/")
		switch kind {
		case "apikey":
			secret, err = s.apiKey(id)
		case "bitid":
			secret, err = s.privateKey()
		default:
			err = fmt.Errorf("%w: the environment only has the kinds apikey and bitid", ErrNotFound)
		}
	}
	if err != nil {
		return nil, diskError("env", "get", name, err)
	}
	return secret, nil
}

// apiKey reads all places, so that a key with the right id is found even if the variable
// that is read first has another key.
func (s *envStore) apiKey(id string) ([]byte, error) {
	var seen []string
	for _, place := range []struct {
		variable string
		file     bool
	}{
		{"BTCPAYCTL_API_KEY", false},
		{"BTCPAYCTL_API_KEY_FILE", true},
		{"BTCPAY_API_KEY", false},
	} {
		value := s.getenv(place.variable)
		if value == "" {
			continue
		}
		key := []byte(value)
		if place.file {
			var err error
			if key, err = s.readFile(place.variable, value); err != nil {
				return nil, err
			}
		}
		key = bytes.TrimSpace(key)
		if len(key) > MaxSize {
			return nil, fmt.Errorf("%w: %s has %d bytes, the limit is %d", ErrTooLarge, place.variable, len(key), MaxSize)
		}
		sum := sha256.Sum256(key)
		if hex.EncodeToString(sum[:8]) == id {
			return key, nil
		}
		clear(key)
		seen = append(seen, place.variable)
	}
	if seen == nil {
		return nil, &Error{Err: fmt.Errorf("%w: no variable names an API key", ErrNotFound),
			Hint: "export BTCPAYCTL_API_KEY_FILE=/run/secrets/key"}
	}
	return nil, &Error{Err: fmt.Errorf("%w: the key in %s has another id", ErrNotFound, strings.Join(seen, " and in ")),
		Hint: "name the file with the right key: export BTCPAYCTL_API_KEY_FILE=/run/secrets/key"}
}

// privateKey returns the file unchanged: the caller derives the SIN from it.
func (s *envStore) privateKey() ([]byte, error) {
	path := s.getenv("BTCPAYCTL_PRIVATE_KEY_FILE")
	if path == "" {
		return nil, &Error{Err: fmt.Errorf("%w: no variable names a private key", ErrNotFound),
			Hint: "export BTCPAYCTL_PRIVATE_KEY_FILE=/run/secrets/bitid.pem"}
	}
	return s.readFile("BTCPAYCTL_PRIVATE_KEY_FILE", path)
}

// byteOrderMark begins a file that some editors write.
var byteOrderMark = []byte("\ufeff")

func (s *envStore) readFile(variable, path string) ([]byte, error) {
	data, err := durable.ReadNamed(path, MaxSize, s.wait, false)
	var kind error
	switch {
	case err == nil && len(bytes.TrimSpace(data)) == 0:
		return nil, &Error{Err: fmt.Errorf("%w: the file %s, named by %s, is empty", ErrNotFound, path, variable),
			Hint: "write the secret into it"}
	case err == nil:
		return bytes.TrimPrefix(data, byteOrderMark), nil
	case errors.Is(err, fs.ErrNotExist):
		kind = ErrNotFound
	case errors.Is(err, os.ErrDeadlineExceeded):
		kind = ErrTimeout
	case errors.Is(err, durable.ErrTooLarge):
		kind = ErrTooLarge
	case errors.Is(err, durable.ErrNotRegular):
		kind = ErrUnavailable
	default:
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	return nil, &Error{Err: fmt.Errorf("%w: %s: %w", kind, variable, err),
		Hint: "name a file that contains the secret: export " + variable + "=/run/secrets/key"}
}

func (s *envStore) Put(ctx context.Context, name string, secret []byte) error {
	err := ctx.Err()
	if err == nil {
		err = checkPut(name, secret)
	}
	return s.readOnly("put", name, err)
}

func (s *envStore) Delete(ctx context.Context, name string) error {
	err := ctx.Err()
	if err == nil {
		err = checkName(name)
	}
	return s.readOnly("delete", name, err)
}

func (s *envStore) readOnly(op, name string, err error) error {
	if err != nil {
		return &Error{Backend: "env", Op: op, Name: name, Err: err}
	}
	return &Error{Backend: "env", Op: op, Name: name,
		Err:  fmt.Errorf("%w: the environment can only be read", ErrUnavailable),
		Hint: "choose a store that keeps secrets: export BTCPAYCTL_KEYSTORE=file"}
}
