package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func stateOf(t *testing.T, spec string, o Options) (State, error) {
	t.Helper()
	return open(t, spec, o).(Stater).State(t.Context())
}

func wantState(t *testing.T, spec string, o Options, want State) {
	t.Helper()
	if got, err := stateOf(t, spec, o); err != nil || got != want {
		t.Errorf("%s: %+v, %v; want %+v", spec, got, err, want)
	}
}

func TestFileState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := identityOptions(dir)
	wantState(t, "file", o, State{New: true, Detail: "will be opened by " + o.IdentityFile})
	wantState(t, "file", Options{Dir: dir}, State{New: true, Detail: "will be opened by a passphrase"})
	if _, err := os.Stat(filepath.Join(dir, "keystore")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a look made the store:", err)
	}
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	wantState(t, "file", o, State{Detail: "opened by " + o.IdentityFile})
	wantFileError := func(o Options, kind error) {
		t.Helper()
		_, err := stateOf(t, "file", o)
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, kind) || e.Backend != "file" || e.Op != "open" || e.Hint == "" {
			t.Errorf("%v; want %v, with a hint", err, kind)
		}
	}
	wantFileError(Options{Dir: dir}, ErrPassphrase)
	elsewhere := identityOptions(t.TempDir())
	must(t, open(t, "file", elsewhere).Put(t.Context(), name, nil))
	wantFileError(Options{Dir: dir, Timeout: patience, IdentityFile: elsewhere.IdentityFile}, ErrPassphrase)
	header := filepath.Join(dir, "keystore", headerFile)
	must(t, os.WriteFile(header, []byte(`{"version":9}`), 0o600))
	wantFileError(o, ErrVersion)
	must(t, os.WriteFile(header, []byte(`{`), 0o600))
	wantFileError(o, ErrDamaged)
	must(t, os.Remove(header))
	wantFileError(o, ErrDamaged)
}

func TestFileStateLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	asked := 0
	o := Options{Dir: dir, Timeout: patience, Passphrase: func(context.Context, bool) ([]byte, error) { asked++; return []byte("correct horse"), nil }}
	store := open(t, "file", o)
	must(t, store.Put(t.Context(), name, []byte("x")))
	const by = "opened by a passphrase"
	look := func(want State) {
		t.Helper()
		if got, err := store.(Stater).State(t.Context()); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	look(State{Detail: by})
	must(t, store.(Locker).Lock(t.Context()))
	look(State{Locked: true, Detail: by})
	wantState(t, "file", o, State{Locked: true, Detail: by})
	if asked != 1 {
		t.Errorf("asked %d times for the passphrase", asked)
	}
}

func TestOtherStates(t *testing.T) {
	t.Parallel()
	o := Options{Getenv: func(variable string) string {
		return map[string]string{"BTCPAYCTL_API_KEY": "x", "BTCPAYCTL_PRIVATE_KEY_FILE": "/x"}[variable]
	}}
	wantState(t, "env", o, State{Detail: "read from BTCPAYCTL_API_KEY, BTCPAYCTL_PRIVATE_KEY_FILE"})
	wantState(t, "memory", o, State{Detail: "cleared when the program ends"})
	self := must2(os.Executable())
	wantState(t, "helper:"+self, o, State{Detail: "kept by " + self})
	for spec, kind := range map[string]error{"env": ErrNotFound, "helper:/no/such/helper": ErrUnavailable, "helper:" + t.TempDir(): ErrUnavailable} {
		if _, err := stateOf(t, spec, Options{Getenv: func(string) string { return "" }}); !errors.Is(err, kind) {
			t.Errorf("%s: %v; want %v", spec, err, kind)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, spec := range []string{"file", "keyring", "env", "memory", "helper:" + self} {
		if _, err := open(t, spec, Options{Dir: t.TempDir()}).(Stater).State(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
