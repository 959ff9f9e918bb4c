package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A shell runs the program with a home of its own. It is built without the race
// detector, which takes a tenth of a second to start; the scripts run with it.
type shell struct {
	t       *testing.T
	program string
	home    string
	env     map[string]string
	as      *otherUser // nil runs it as who runs the tests
}

func newShell(t *testing.T) *shell {
	t.Helper()
	return newShellIn(t, t.TempDir())
}

func newShellIn(t *testing.T, home string) *shell {
	t.Helper()
	s := &shell{t: t, program: buildPlain(t), home: home, env: map[string]string{}}
	for name, dir := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
	} {
		s.env[name] = s.path(dir)
		if err := os.MkdirAll(s.env[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A server that a test has ended never says that a key is gone.
	t.Cleanup(func() { programtest.EndWatchers(s.path("data")) })
	s.env["PATH"] = os.Getenv("PATH")
	s.env["BTCPAYCTL_KEYSTORE"] = "file"
	s.env["BTCPAYCTL_TIMEOUT"] = patience.String()
	s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = patience.String()
	s.env["BTCPAYCTL_IDENTITY_FILE"] = s.path("home", "identity")
	return s
}

func (s *shell) path(parts ...string) string {
	return filepath.Join(append([]string{s.home}, parts...)...)
}

func (s *shell) write(name, text string) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

// A run is what came of one command line.
type run struct {
	t              *testing.T
	line           string
	code           int
	stdout, stderr string
}

func (s *shell) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, args...)
	cmd.Dir = s.home
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	slices.Sort(cmd.Env)
	if s.as != nil {
		runAs(cmd, s.as)
	}
	return cmd
}

func (s *shell) run(args ...string) run { return s.input("", args...) }

func (s *shell) input(stdin string, args ...string) run {
	s.t.Helper()
	cmd := s.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.t.Fatal(err)
	}
	return run{s.t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// ok checks that the command succeeded, and gives its standard output.
func (r run) ok() string {
	r.t.Helper()
	if r.code != 0 {
		r.t.Fatalf("btcpayctl %s: exit %d\n%s", r.line, r.code, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// fails checks a failure: the exit code, nothing on standard output, one line
// that says what, no stack trace, and these words.
func (r run) fails(code int, words ...string) {
	r.t.Helper()
	if r.code != code {
		r.t.Errorf("btcpayctl %s: exit %d, want %d\n%s%s", r.line, r.code, code, r.stdout, r.stderr)
	}
	if r.stdout != "" {
		r.t.Errorf("btcpayctl %s: a failed call printed\n%s", r.line, r.stdout)
	}
	if n := strings.Count("\n"+r.stderr, "\nerror: "); n != 1 {
		r.t.Errorf("btcpayctl %s: %d lines say what went wrong:\n%s", r.line, n, r.stderr)
	}
	for _, trace := range []string{"goroutine ", "panic", "runtime error", ".go:"} {
		if strings.Contains(r.stderr, trace) {
			r.t.Errorf("btcpayctl %s: there is a trace of %q:\n%s", r.line, trace, r.stderr)
		}
	}
	for line := range strings.Lines(r.stderr) {
		if len(line) > 2000 {
			r.t.Errorf("btcpayctl %s: a line has %d bytes", r.line, len(line))
		}
	}
	for _, word := range words {
		if !strings.Contains(r.stderr, word) {
			r.t.Errorf("btcpayctl %s: %q is not said:\n%s", r.line, word, r.stderr)
		}
	}
}

// never checks that nothing shows these words.
func (r run) never(words ...string) run {
	r.t.Helper()
	for _, word := range words {
		if strings.Contains(r.stderr, word) || strings.Contains(r.stdout, word) {
			r.t.Errorf("btcpayctl %s: %q is shown:\n%s%s", r.line, word, r.stdout, r.stderr)
		}
	}
	return r
}

// files are all files below the home, without locks.
func (s *shell) files() []string {
	var names []string
	filepath.WalkDir(s.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.Contains(filepath.Base(path), "lock") {
			names = append(names, strings.TrimPrefix(path, s.home+"/"))
		}
		return nil
	})
	return names
}

// openOperations are the records of the ledger.
func (s *shell) openOperations() []string {
	names, err := filepath.Glob(s.path("data", "btcpayctl", "ledger", "*.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

func startWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	w, err := newWorld(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

// pairKey puts a key into a file, pairs it, and makes the shell use it.
func (s *shell) pairKey(w *world, server string) (sin string) {
	s.t.Helper()
	sin = s.run("key", "generate", "--output-file", s.path("key.pem"), "-o", "name").ok()
	s.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = s.path("key.pem")
	code, err := w.makeCode(s.t.Context(), w.server.Seed.StoreID, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.run("pair", "server", "--server", w.server.URL, "--code", code, "--interval", "100ms").ok()
	s.env["BTCPAYCTL_SERVER"] = server
	return sin
}
