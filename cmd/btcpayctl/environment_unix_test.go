//go:build unix

package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// nameless is a user that has no entry among the users of a machine.
const nameless = 54321

// processEnvironments are unusual environments that only a process has. Package root has
// the others, with the same commands.
var processEnvironments = []struct {
	name string
	make func(*testing.T, *shell)
	// sh runs before the program, which is "$0" "$@".
	sh string
	// exits are the commands that do not succeed, with their exit codes; cause is a word of
	// each error.
	exits map[string]int
	cause map[string]string
}{
	{name: "no passwd entry, HOME read-only", make: func(t *testing.T, s *shell) {
		must(t, os.Chmod(s.path("home"), 0o555))
		t.Cleanup(func() { os.Chmod(s.path("home"), 0o700) })
		if s.as != nil {
			s.as = &syscall.Credential{Uid: nameless, Gid: nameless}
		}
	}, exits: map[string]int{"create": 1, "generate": 2}, cause: map[string]string{"create": "the journal of operations cannot be written", "generate": "permission denied"}},
	{name: "a configuration of the administrator", make: func(t *testing.T, s *shell) {
		dir := s.path("home", ".config", "btcpayctl")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "config.toml"), []byte("current = \"shop\"\n\n[profile.shop]\nserver = \"https://btcpay.example.com\"\n"), 0o644))
		must(t, os.Chown(s.path("home", ".config"), nobody, nobody))
	}, exits: map[string]int{"generate": 2}, cause: map[string]string{"generate": "belongs to another user"}},
	{name: "umask 000", sh: "umask 000"},
	{name: "umask 777", sh: "umask 777"},
	{name: "the working directory is gone", sh: `mkdir "$HOME/gone" && cd "$HOME/gone" && rmdir "$HOME/gone"`},
	{name: "standard input closed, odd time zone", sh: "exec <&-; TZ=:/nonexistent/zone; export TZ"},
	{name: "standard output closed", sh: "exec >&-"},
	{name: "standard error closed", sh: "exec 2>&-"},
	{name: "standard error full", sh: "exec 2>/dev/full"},
	{name: "standard output full", sh: "exec >/dev/full", exits: map[string]int{"doctor": 1, "show": 1, "current": 1, "keys": 1, "stores": 1, "permissions": 1, "get": 1, "list": 1, "create": 1, "generate": 1}},
	{name: "20 open files", sh: "ulimit -n 20"},
	{name: "no file may have a content", make: func(*testing.T, *shell) {}, sh: "ulimit -f 0", exits: map[string]int{"create": 1, "generate": 9},
		cause: map[string]string{"create": "file too large", "generate": "keyring"}},
}

// processCommands are the main commands of the table in package root.
var processCommands = []struct{ name, line string }{
	{"doctor", "doctor"}, {"show", "profile show"}, {"current", "apikey current"}, {"keys", "apikey list"}, {"stores", "store list"},
	{"permissions", "apikey permissions"}, {"get", "invoice get ID"}, {"list", "invoice list --limit 1"},
	{"create", "invoice create --amount 1 --currency USD -o name"}, {"generate", "key generate --profile fresh"},
}

// TestEnvironments runs the main commands in unusual environments, as an ordinary user:
// each has its exit code and one cause, and what is made is private.
func TestEnvironments(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts the program 120 times")
	}
	t.Parallel()
	w := startWorld(t, sandbox.Options{})
	seed := w.server.Seed
	first := ordinaryShell(t)
	settle := func(s *shell) {
		maps.Copy(s.env, map[string]string{"BTCPAYCTL_SERVER": w.server.URL, "BTCPAYCTL_API_KEY": seed.APIKey, "BTCPAYCTL_STORE": seed.StoreID})
		for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
			delete(s.env, name)
		}
	}
	settle(first)
	id := first.run("invoice", "create", "--amount", "1", "--currency", "USD", "-o", "name").ok()
	for _, e := range processEnvironments {
		t.Run(e.name, func(t *testing.T) {
			if e.name == "a configuration of the administrator" && os.Geteuid() != 0 {
				t.Skip("only root can give files away")
			}
			s := ordinaryShell(t)
			settle(s)
			if e.make != nil {
				delete(s.env, "BTCPAYCTL_KEYSTORE") // doctor checks one that is asked for
				e.make(t, s)
			}
			program := s.program
			s.program = "sh"
			for _, c := range processCommands {
				line := append([]string{"-c", strings.TrimPrefix(e.sh+`; exec "$0" "$@"`, "; "), program}, strings.Fields(strings.Replace(c.line, "ID", id, 1))...)
				r := s.run(line...)
				if r.code != e.exits[c.name] {
					t.Errorf("%s: exit %d, want %d\n%s%s", c.line, r.code, e.exits[c.name], r.stdout, r.stderr)
				}
				causes := min(e.exits[c.name], 1)
				if n := strings.Count("\n"+r.stderr, "\nerror: "); n != causes {
					t.Errorf("%s: %d causes\n%s", c.line, n, r.stderr)
				}
				if !strings.Contains(r.stderr, e.cause[c.name]) {
					t.Errorf("%s: %q is not said\n%s", c.line, e.cause[c.name], r.stderr)
				}
				r.never("goroutine ", "panic")
			}
			wantPrivate(t, s.path("home", ".local"))
		})
	}
}

// wantPrivate wants no file that others can read, whatever the umask was, and none that its
// owner cannot use.
func wantPrivate(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // nothing was made there
		}
		info, err := entry.Info()
		must(t, err)
		if !strings.HasSuffix(path, "lock") && entry.Name() != ".local" && (info.Mode().Perm()&0o077 != 0 || info.Mode().Perm()&0o600 != 0o600) {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return nil
	})
}
