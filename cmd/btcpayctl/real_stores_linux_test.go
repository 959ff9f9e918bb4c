package main

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/passstore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

// TestRealStores brings a key and a credential through all stores of this system, one after the
// other: files, a real gnome-keyring, and docker's own helpers for it and for
// pass. Each has both then, and the one before has none.
func TestRealStores(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a keyring daemon and makes a GnuPG key")
	}
	t.Parallel()
	s := newShell(t)
	s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = patience.String()
	sin := s.run("key", "generate", "--profile", "shop", "-o", "name").ok()
	s.input(`{"ServerURL":"https://registry.example","Username":"alice","Secret":"s3cret"}`, "credential", "store").ok()

	startGnome := sync.OnceFunc(func() {
		bus := secretservice.StartBus(t)
		secretservice.StartGnome(t, bus)
		s.env["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	})
	from := "file"
	for _, store := range []struct {
		name  string
		needs []programs.Program
		start func() (spec string) // runs with the programs there: it belongs to the whole test
	}{
		{"keyring", []programs.Program{programs.DBus, programs.GnomeKeyring}, func() string {
			startGnome()
			return "keyring"
		}},
		{"docker's helper for it", []programs.Program{programs.DBus, programs.GnomeKeyring, programs.DockerSecret}, func() string {
			startGnome()
			return "helper:" + programs.DockerSecret.Need(t)
		}},
		{"docker's helper for pass", []programs.Program{programs.DockerPass, programs.GnuPG, programs.Pass, programs.Bash, programs.Base64}, func() string {
			pass, env := passstore.Start(t, "")
			maps.Copy(s.env, env)
			return "helper:" + pass
		}},
		{"keyring again", []programs.Program{programs.DBus, programs.GnomeKeyring}, func() string {
			startGnome()
			return "keyring"
		}},
	} {
		t.Run(store.name, func(t *testing.T) {
			for _, p := range store.needs {
				p.Need(t)
			}
			to := store.start()
			if to == from {
				t.Skip("what comes between is missing")
			}
			moved := strings.Fields(s.run("keystore", "move", "--from", from, "--to", to, "-o", "name").ok())
			if len(moved) != 2 || !slices.Contains(moved, "bitid/"+sin) {
				t.Errorf("from %s to %s: %q", from, to, moved)
			}
			s.run("keystore", "test", to).ok()
			if got := s.run("key", "show", "--profile", "shop", "-o", "name").ok(); got != sin {
				t.Errorf("%s gives %s", to, got)
			}
			if left := s.run("keystore", "move", "--from", from, "--to", to, "--dry-run", "-o", "name").ok(); left != "" {
				t.Errorf("%s still has %s", from, left)
			}
			if got := s.input("https://registry.example\n", "credential", "get").ok(); !strings.Contains(got, `"Secret":"s3cret"`) {
				t.Errorf("the credential in %s: %s", to, got)
			}
			state := s.run("keystore", "status", "--profile", "shop", "--jq", ".[0] | .keystore, .state, .secrets").ok()
			if state != to+"\nready\n2" {
				t.Errorf("the state of %s: %q", to, state)
			}
			from = to
		})
	}

	backup := s.path("keys.age")
	s.run("keystore", "backup", backup, "--recipient", s.recipient()).ok()
	t.Run("age opens the backup", func(t *testing.T) {
		out, err := exec.CommandContext(t.Context(), programs.Age.Need(t), "-d", "-i", s.env["BTCPAYCTL_IDENTITY_FILE"], backup).Output()
		if err != nil || strings.Count(string(out), "\n") != 3 || !strings.Contains(string(out), "bitid/"+sin) {
			t.Errorf("age -d: %v\n%.60s…", err, out)
		}
	})
	t.Run("a keyring that is locked", func(t *testing.T) {
		if from != "keyring" {
			programs.DBus.Need(t)
			programs.GnomeKeyring.Need(t)
		}
		// What was locked stays locked, and everyone is told.
		s.run("keystore", "lock", "--profile", "shop").ok()
		if state := s.run("keystore", "status", "--profile", "shop", "--jq", ".[0].state").ok(); state != "locked" {
			t.Errorf("the locked keyring is %s", state)
		}
		s.run("key", "show", "--profile", "shop", "-o", "json").fails9(t, "keystore-locked")
		s.run("keystore", "move", "--to", "file", "--profile", "shop", "-o", "json").fails9(t, "keystore-locked")
	})
	// The backup brings them back to a store that opens.
	s.run("keystore", "restore", backup, "--to", "file", "--identity-file", s.env["BTCPAYCTL_IDENTITY_FILE"]).ok()
	if got := s.run("key", "show", "--profile", "shop", "-o", "name").ok(); got != sin {
		t.Errorf("the restored key is %s", got)
	}
}

func (r run) fails9(t *testing.T, code string) {
	t.Helper()
	if r.code != 9 || r.stdout != "" || !strings.Contains(r.stderr, `"code":"`+code+`"`) {
		t.Errorf("btcpayctl %s: exit %d, want 9 %s\n%s%s", r.line, r.code, code, r.stdout, r.stderr)
	}
}

// recipient is the public key of the shell's identity file.
func (s *shell) recipient() string {
	s.t.Helper()
	text, err := os.ReadFile(s.env["BTCPAYCTL_IDENTITY_FILE"])
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "# public key: ")
	recipient, _, _ := strings.Cut(rest, "\n")
	return recipient
}
