//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// nobody is an ordinary user without files of its own.
const nobody = 65534

// ordinaryShell is a shell of an ordinary user.
func ordinaryShell(t *testing.T) *shell {
	t.Helper()
	if os.Geteuid() != 0 {
		return newShell(t)
	}
	// Not below t.TempDir, whose parents are closed to others.
	home, err := os.MkdirTemp("", "btcpayctl-nobody-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	must(t, os.Chmod(home, 0o755))
	s := newShellIn(t, home)
	s.as = &syscall.Credential{Uid: nobody, Gid: nobody}
	s.program = filepath.Join(home, "btcpayctl")
	copyProgram(t, buildPlain(t), s.program)
	for _, dir := range []string{"", "home", "config", "data", "state"} {
		must(t, os.Chown(s.path(dir), nobody, nobody))
	}
	return s
}

// TestRights plays as an ordinary user, also where the tests run as root, whom
// no mode stops.
func TestRights(t *testing.T) {
	t.Parallel()
	ordinary := ordinaryShell

	t.Run("a directory that cannot be written", func(t *testing.T) {
		s := ordinary(t)
		sin := s.run("key", "generate", "--profile", "shop", "-o", "name").ok()
		for _, dir := range []string{s.path("config", "btcpayctl"), s.path("data", "btcpayctl", "keystore")} {
			must(t, os.Chmod(dir, 0o500))
			t.Cleanup(func() { os.Chmod(dir, 0o700) }) // or its owner could not remove what is in it
		}
		s.run("profile", "set", "till", "--store", "x").fails(2, "permission denied", "Next: check who owns the file and its directory")
		s.run("key", "generate", "--profile", "till").fails(2, "permission denied", "Next: check who owns the file and its directory")
		must(t, os.Chmod(s.path("config", "btcpayctl"), 0o700))
		s.run("key", "generate", "--profile", "till").fails(9, "permission denied", "Next: check who owns")
		if got := s.run("key", "show", "-o", "name").ok(); got != sin {
			t.Errorf("the key reads as %q", got)
		}
	})
	t.Run("files that cannot be read", func(t *testing.T) {
		s := ordinary(t)
		sin := s.run("key", "generate", "--profile", "shop", "-o", "name").ok()
		must(t, os.Chmod(s.path("data", "btcpayctl", "keystore", "bitid-"+sin+".age"), 0o000))
		s.run("key", "show").fails(9, "permission denied", "Next: check who owns")
		must(t, os.Chmod(s.path("config", "btcpayctl", "config.toml"), 0o000))
		s.run("profile", "list").fails(2, "permission denied", "Next: check who owns the file")
	})
	t.Run("files of root", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can give files away: sudo go test -run Rights ./cmd/btcpayctl")
		}
		s := ordinary(t)
		s.run("profile", "set", "shop", "--store", "x").ok()
		path := s.path("config", "btcpayctl", "config.toml")
		must(t, os.Chown(path, 0, 0))
		must(t, os.Chmod(path, 0o644))
		if got := s.run("profile", "list", "-o", "name").ok(); got != "shop" {
			t.Errorf("a file of the administrator reads as %q", got)
		}
		must(t, os.Chown(path, 1, 1))
		s.run("profile", "list").fails(2, "belongs to another user")
	})
	t.Run("modes of what is made", func(t *testing.T) {
		s := ordinary(t)
		program := s.program
		s.program = "sh"
		for _, line := range [][]string{
			{"key", "generate", "--profile", "shop"}, {"key", "export", "--profile", "shop", "--output-file", s.path("home", "out.pem")},
		} {
			s.run(append([]string{"-c", `umask 0; exec "$0" "$@"`, program}, line...)...).ok()
		}
		for _, root := range []string{"config", "data", "state"} {
			filepath.WalkDir(s.path(root, "btcpayctl"), func(path string, entry os.DirEntry, err error) error {
				must(t, err)
				info, err := entry.Info()
				must(t, err)
				if info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s has mode %o", path, info.Mode().Perm())
				}
				return nil
			})
		}
		info, err := os.Stat(s.path("home", "out.pem"))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the export has mode %o", info.Mode().Perm())
		}
	})
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	// By another process: no child that is started meanwhile holds the copy open.
	out, err := exec.Command("cp", from, to).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
