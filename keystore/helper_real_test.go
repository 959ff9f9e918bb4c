//go:build linux

package keystore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const helpersPackage = "golang-docker-credential-helpers"

// Real helpers, under the suite that every store passes.
func TestHelperConformance(t *testing.T) {
	t.Run("secretservice", func(t *testing.T) {
		helper := program(t, "docker-credential-secretservice", helpersPackage)
		startKeyring(t)
		conformHelper(t, helper)
	})
	t.Run("pass", func(t *testing.T) {
		helper := program(t, "docker-credential-pass", helpersPackage)
		startPass(t)
		conformHelper(t, helper)
	})
}

func conformHelper(t *testing.T, helper string) {
	dir := t.TempDir()
	conform(t, backend{name: "helper", max: helperMax, open: func() Store {
		return open(t, "helper:"+helper, Options{Dir: dir, Timeout: time.Minute})
	}})
}

// startPass makes a password store with a gpg key of its own.
func startPass(t *testing.T) {
	t.Helper()
	gpg, pass := program(t, "gpg", "gnupg"), program(t, "pass", "pass")
	// The socket of gpg's agent has a path of at most 107 bytes.
	home, err := os.MkdirTemp("", "gpg")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	t.Setenv("GNUPGHOME", home)
	t.Setenv("HOME", home)
	t.Setenv("PASSWORD_STORE_DIR", filepath.Join(home, "store"))
	run := func(path string, args ...string) {
		if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", path, err, out)
		}
	}
	run(gpg, "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", "test@btcpayctl.invalid")
	t.Cleanup(func() { exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	run(pass, "init", "test@btcpayctl.invalid")
}

// What one helper of docker's stores under our URL, a person finds there.
func TestHelperEntryIsPlain(t *testing.T) {
	helper := program(t, "docker-credential-pass", helpersPackage)
	startPass(t)
	must(t, open(t, "helper:"+helper, Options{Timeout: time.Minute}).Put(t.Context(), name, []byte("the secret")))
	cmd := exec.CommandContext(t.Context(), helper, "get")
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
		helper := program(t, "docker-credential-secretservice", helpersPackage)
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		err := open(t, "helper:"+helper, Options{Timeout: time.Minute}).Put(t.Context(), name, []byte("secret of the test"))
		wantError(t, err, "helper", "put", ErrUnavailable)
		wantHint(t, err, "export BTCPAYCTL_KEYSTORE=file")
	})
	t.Run("no password store", func(t *testing.T) {
		helper := program(t, "docker-credential-pass", helpersPackage)
		program(t, "pass", "pass")
		t.Setenv("HOME", t.TempDir())
		t.Setenv("PASSWORD_STORE_DIR", os.Getenv("HOME")+"/none")
		store := open(t, "helper:"+helper, Options{Timeout: time.Minute})
		err := store.Put(t.Context(), name, []byte("secret of the test"))
		wantError(t, err, "helper", "put", ErrUnavailable)
		wantHint(t, err, "pass init")
		_, err = store.Get(t.Context(), name)
		wantError(t, err, "helper", "get", ErrNotFound)
	})
}
