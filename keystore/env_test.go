package keystore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func apiKeyName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "apikey/" + hex.EncodeToString(sum[:8])
}

func environment(t *testing.T, variables map[string]string) Store {
	return open(t, "env", Options{Timeout: patience, Getenv: func(name string) string { return variables[name] }})
}

func fileOf(t *testing.T, content string) string {
	path := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestEnvAPIKey(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdef0123456789abcdef01234567"
	for what, variables := range map[string]map[string]string{
		"variable":           {"BTCPAYCTL_API_KEY": key},
		"alias":              {"BTCPAY_API_KEY": key},
		"file":               {"BTCPAYCTL_API_KEY_FILE": fileOf(t, key)},
		"line end":           {"BTCPAYCTL_API_KEY_FILE": fileOf(t, key+"\r\n")},
		"beside another one": {"BTCPAYCTL_API_KEY": "another", "BTCPAYCTL_API_KEY_FILE": fileOf(t, key)},
		"before a lost file": {"BTCPAYCTL_API_KEY": key, "BTCPAYCTL_API_KEY_FILE": "/nowhere"},
	} {
		t.Run(what, func(t *testing.T) {
			wantSecret(t, environment(t, variables), apiKeyName(key), key)
		})
	}
	t.Run("another key", func(t *testing.T) {
		store := environment(t, map[string]string{"BTCPAYCTL_API_KEY": "another-key"})
		_, err := store.Get(t.Context(), apiKeyName(key))
		wantError(t, err, "env", "get", ErrNotFound)
		wantHint(t, err, "export BTCPAYCTL_API_KEY_FILE=")
		if err != nil && strings.Contains(err.Error(), "another-key") {
			t.Error("the key stands in the error")
		}
	})
}

func TestEnvPrivateKey(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
	store := environment(t, map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": fileOf(t, pem)})
	wantSecret(t, store, name, pem) // whole: its reader knows the formats
	_, err := environment(t, nil).Get(t.Context(), name)
	wantError(t, err, "env", "get", ErrNotFound)
	wantHint(t, err, "export BTCPAYCTL_PRIVATE_KEY_FILE=")
	_, err = store.Get(t.Context(), "other/kind")
	wantError(t, err, "env", "get", ErrNotFound)
}

func TestEnvReadOnly(t *testing.T) {
	t.Parallel()
	store := environment(t, map[string]string{"BTCPAYCTL_API_KEY": "x"})
	wantError(t, store.Put(t.Context(), name, nil), "env", "put", ErrUnavailable)
	err := store.Delete(t.Context(), name)
	wantError(t, err, "env", "delete", ErrUnavailable)
	wantHint(t, err, "export BTCPAYCTL_KEYSTORE=file")
}

// Containers and shells hand secrets over by links, pipes and descriptors.
func TestEnvFileThroughLinkAndPipe(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(fileOf(t, "key"), link))
	wantSecret(t, environment(t, map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": link}), name, "key")

	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("descriptors have no names here")
	}
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	w.WriteString("from a pipe")
	w.Close()
	path := filepath.Join("/dev/fd", fd(r))
	wantSecret(t, environment(t, map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": path}), name, "from a pipe")
}

func TestBadInputEnvFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := fileOf(t, strings.Repeat("x", MaxSize+1))
	open := fileOf(t, "x")
	must(t, os.Chmod(open, 0o666))
	pipe := filepath.Join(dir, "pipe")
	if err := mkfifo(pipe); err != nil {
		pipe = dir
	}
	for path, want := range map[string]error{
		dir + "/none":       ErrNotFound,
		dir:                 ErrUnavailable,
		fileOf(t, ""):       ErrNotFound,
		fileOf(t, "\n  \n"): ErrNotFound,
		large:               ErrTooLarge,
		open:                ErrDenied,
		"/dev/zero":         ErrUnavailable,
		pipe:                nil, // see below
		dir + "/a\x00b":     ErrUnavailable,
	} {
		for _, variable := range []string{"BTCPAYCTL_PRIVATE_KEY_FILE", "BTCPAYCTL_API_KEY_FILE"} {
			n := name
			if variable == "BTCPAYCTL_API_KEY_FILE" {
				n = apiKeyName("x")
			}
			_, err := environment(t, map[string]string{variable: path}).Get(t.Context(), n)
			if want == nil { // a pipe that nobody writes to is empty, and not waited for
				if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUnavailable) {
					t.Errorf("%s: %v", path, err)
				}
				continue
			}
			wantError(t, err, "env", "get", want)
			if err != nil && !strings.Contains(err.Error(), variable) {
				t.Errorf("%v does not name %s", err, variable)
			}
		}
	}
	// A pipe whose writer says nothing.
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	if _, err := os.Stat("/dev/fd"); err == nil {
		variables := map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": "/dev/fd/" + fd(r)}
		_, err := must2(Open("env", Options{Timeout: shortWait, Getenv: func(name string) string { return variables[name] }})).Get(t.Context(), name)
		wantError(t, err, "env", "get", ErrTimeout)
	}
}

func fd(f *os.File) string { return strconv.FormatUint(uint64(f.Fd()), 10) }
