//go:build linux

package keystore

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/passstore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

// Real helpers, under the suite that every store passes, with fewer calls where each
// starts a dozen programs.
func TestHelperConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts hundreds of programs")
	}
	conformRealHelpers(t, true)
}

// TestTortureHelperConformance is [TestHelperConformance] with the whole suite.
func TestTortureHelperConformance(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	programs.DockerSecret.Need(t)
	programs.DockerPass.Need(t)
	var failed atomic.Int64
	t.Run("helpers", func(t *testing.T) {
		t.Cleanup(func() {
			if t.Failed() {
				failed.Add(1)
			}
		})
		conformRealHelpers(t, false)
	})
	t.Attr("figure", fmt.Sprintf("real credential helpers that fail the whole suite | %d | = 0", failed.Load()))
}

func conformRealHelpers(t *testing.T, slow bool) {
	t.Run("secretservice", func(t *testing.T) {
		t.Parallel()
		helper := programs.DockerSecret.Need(t)
		bus := secretservice.StartBus(t)
		secretservice.StartGnome(t, bus)
		conformHelper(t, helper, slow, with(map[string]string{"DBUS_SESSION_BUS_ADDRESS": bus.Address}))
	})
	t.Run("pass", func(t *testing.T) {
		t.Parallel()
		helper, env := passstore.Start(t, "")
		conformHelper(t, helper, slow, with(env))
	})
}

// with is the environment with other values, which a helper is given.
func with(values map[string]string) func(string) string {
	return func(variable string) string {
		if value, ok := values[variable]; ok {
			return value
		}
		return os.Getenv(variable)
	}
}

func conformHelper(t *testing.T, helper string, slow bool, getenv func(string) string) {
	dir := t.TempDir()
	conform(t, backend{name: "helper", max: helperMax, slow: slow, open: func() Store {
		return open(t, "helper:"+helper, Options{Dir: dir, Timeout: patience, Getenv: getenv})
	}})
}

// What one helper of docker's stores under our URL, a person finds there.
func TestHelperEntryIsPlain(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it makes a gpg key")
	}
	t.Parallel()
	helper, env := passstore.Start(t, "")
	getenv := with(env)
	must(t, open(t, "helper:"+helper, Options{Timeout: patience, Getenv: getenv}).Put(t.Context(), name, []byte("the secret")))
	cmd := exec.CommandContext(t.Context(), helper, "get")
	for _, variable := range []string{"PATH", "HOME", "GNUPGHOME", "PASSWORD_STORE_DIR"} {
		cmd.Env = append(cmd.Env, variable+"="+getenv(variable))
	}
	cmd.Stdin = strings.NewReader("https://btcpayctl.invalid/" + name)
	out, err := cmd.Output()
	want := `{"ServerURL":"https://btcpayctl.invalid/` + name + `","Username":"` + helperUser(name) +
		`","Secret":"btcpayctl:1:` + name + `:dGhlIHNlY3JldA=="}` + "\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\n%s", err, out, want)
	}
}

// A real helper without what it needs: no bus, no password store.
func TestHelperUnusable(t *testing.T) {
	t.Run("no bus", func(t *testing.T) {
		t.Parallel()
		helper := programs.DockerSecret.Need(t)
		getenv := with(map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=" + t.TempDir() + "/none"})
		err := open(t, "helper:"+helper, Options{Timeout: patience, Getenv: getenv}).Put(t.Context(), name, []byte("secret of the test"))
		wantError(t, err, "helper", "put", ErrUnavailable)
		wantHint(t, err, "export BTCPAYCTL_KEYSTORE=file")
	})
	t.Run("no password store", func(t *testing.T) {
		t.Parallel()
		helper := programs.DockerPass.Need(t)
		programs.Pass.Need(t)
		home := t.TempDir()
		store := open(t, "helper:"+helper, Options{Timeout: patience,
			Getenv: with(map[string]string{"HOME": home, "PASSWORD_STORE_DIR": home + "/none"})})
		err := store.Put(t.Context(), name, []byte("secret of the test"))
		wantError(t, err, "helper", "put", ErrUnavailable)
		wantHint(t, err, "pass init")
		_, err = store.Get(t.Context(), name)
		wantError(t, err, "helper", "get", ErrNotFound)
	})
}
