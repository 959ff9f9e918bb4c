//go:build unix

package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A mintScene is a home with an admin's key and a shop's, on a sandbox behind a gate.
type mintScene struct {
	*shell
	gate *gate
	w    *world
	keys int // that the server holds when nothing is made
}

func newMintScene(t *testing.T) *mintScene {
	t.Helper()
	hearStops(t)
	s := &mintScene{shell: newShell(t), w: startWorld(t, sandbox.Options{})}
	s.gate = newGate(t, s.w.server.URL)
	s.env["BTCPAYCTL_API_KEY"], s.env["BTCPAYCTL_SERVER"] = s.w.server.Seed.APIKey, s.gate.URL
	s.run("apikey", "create", "--permission", "unrestricted", "--save-as", "admin").ok()
	s.run("apikey", "create", "--all-stores", "--for", "invoice list", "--save-as", "shop").ok()
	delete(s.env, "BTCPAYCTL_API_KEY")
	delete(s.env, "BTCPAYCTL_SERVER")
	s.keys = len(s.labels())
	return s
}

func (s *mintScene) labels() []string {
	s.t.Helper()
	labels, err := s.w.keyLabels(s.t.Context())
	must(s.t, err)
	return labels
}

// mints are the commands that make a key.
var mints = map[string][]string{
	"exec":     {"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "touch", "ran"},
	"exec ttl": {"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--ttl", "1h", "--", "touch", "ran"},
	"create":   {"apikey", "create", "--profile", "admin", "--all-stores", "--for", "invoice list", "--save-as", "new"},
	"rotate":   {"apikey", "rotate", "--profile", "shop", "--by", "admin"},
}

// closed wants nothing left: no key, no operation, no command that ran.
func (s *mintScene) closed() {
	s.t.Helper()
	if labels := s.labels(); len(labels) != s.keys {
		s.t.Errorf("the server holds %q", labels)
	}
	if open := s.openOperations(); len(open) > 0 {
		s.t.Errorf("left open: %q", open)
	}
	if _, err := os.Stat(s.path("ran")); err == nil {
		s.t.Error("the command was run")
	}
	if profiles := s.run("profile", "list", "-o", "name").ok(); strings.Contains(profiles, "new") {
		s.t.Errorf("the profiles are %q", profiles)
	}
}

func isMint(r *http.Request) bool { return r.Method == http.MethodPost }

func isProof(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/api-keys/current")
}

// TestSignalWhileMinting stops the commands that make a key while the request is on its
// way, before the answer is passed on. The answer is awaited, and the key revoked.
func TestSignalWhileMinting(t *testing.T) {
	t.Parallel()
	s := newMintScene(t)
	for name, line := range mints {
		for _, stop := range stops {
			var r *running
			started := make(chan struct{})
			s.gate.hold(nil, func(request *http.Request) {
				if isMint(request) {
					<-started
					r.cmd.Process.Signal(stop.signal)
					r.says("Waiting for the server's response about the key btcpayctl/admin/")
				}
			})
			r = s.launch(line...)
			close(started)
			got := r.end()
			if got.code != stop.exit || !strings.Contains(strings.ToLower(got.stderr), "revoked") || got.stdout != "" {
				t.Errorf("%s, %s: exit %d\n%s%s", name, stop.name, got.code, got.stdout, got.stderr)
			}
			got.never("goroutine ", "Nothing was sent", "No key was made")
			s.closed()
		}
	}
}

// TestSecondSignalWhileMinting gives up an answer. The key is named by its label, in what
// is said and in the ledger.
func TestSecondSignalWhileMinting(t *testing.T) {
	t.Parallel()
	s := newMintScene(t)
	for i, stop := range stops {
		name := []string{"exec", "create", "rotate", "exec ttl"}[i]
		var r *running
		started := make(chan struct{})
		s.gate.hold(nil, func(request *http.Request) {
			if isMint(request) {
				<-started
				r.cmd.Process.Signal(stop.signal)
				r.says("Waiting for the server's response")
				r.cmd.Process.Signal(stop.signal)
				<-r.done
			}
		})
		r = s.launch(slices.Insert(slices.Clone(mints[name]), 2, "-o", "json")...)
		close(started)
		got := r.end()
		label := ""
		for _, l := range s.labels() {
			if strings.Contains(got.stderr, l) {
				label = l
			}
		}
		if got.code != stop.exit || label == "" || !strings.Contains(got.stderr, `"code":"`+stop.code+`"`) {
			t.Errorf("%s, %s: exit %d\n%s", name, stop.name, got.code, got.stderr)
		}
		got.never("goroutine ")
		if open := s.openOperations(); len(open) != i+1 {
			t.Errorf("%s: the ledger holds %q", name, open)
		}
		if doctor := s.run("doctor", "--profile", "admin"); !strings.Contains(doctor.stdout, label) {
			t.Errorf("the doctor does not name %s:\n%s", label, doctor.stdout)
		}
	}
}

// TestSignalBeforeTheRequest stops the commands before anything could be sent.
func TestSignalBeforeTheRequest(t *testing.T) {
	t.Parallel()
	s := newMintScene(t)
	s.w.close()
	s.gate.Listener.Close()
	s.gate.CloseClientConnections()
	for i, stop := range stops {
		name := []string{"exec", "create", "exec ttl", "create"}[i]
		r := s.launch(slices.Insert(slices.Clone(mints[name]), 2, "--retry", "1h")...)
		r.says("Trying again for ")
		r.cmd.Process.Signal(stop.signal)
		got := r.end()
		if got.code != stop.exit || !strings.Contains(got.stderr, "No key was made") {
			t.Errorf("%s, %s: exit %d\n%s", name, stop.name, got.code, got.stderr)
		}
		if open := s.openOperations(); len(open) > 0 {
			t.Errorf("left open: %q", open)
		}
	}
}

// TestSignalWhileProving stops the commands while the server is asked about the new key.
func TestSignalWhileProving(t *testing.T) {
	t.Parallel()
	s := newMintScene(t)
	for i, stop := range stops {
		name := []string{"create", "rotate"}[i%2]
		var r *running
		made := false
		started := make(chan struct{})
		s.gate.hold(nil, func(request *http.Request) {
			switch {
			case isMint(request):
				made = true
			case made && isProof(request):
				<-started
				r.cmd.Process.Signal(stop.signal)
				select {
				case <-r.done:
				case <-request.Context().Done():
				}
			}
		})
		r = s.launch(mints[name]...)
		close(started)
		got := r.end()
		if got.code != stop.exit || !strings.Contains(got.stderr, "It was revoked") {
			t.Errorf("%s, %s: exit %d\n%s", name, stop.name, got.code, got.stderr)
		}
		s.closed()
	}
}

// TestSignalsOfEveryCommand: each ends with the exit code of its signal and a word, and
// none with a trace of the stack.
func TestSignalsOfEveryCommand(t *testing.T) {
	t.Parallel()
	hearStops(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { silent.Close() })
	accepted := make(chan net.Conn, 64)
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	s := newShell(t)
	s.env["BTCPAYCTL_SERVER"], s.env["BTCPAYCTL_API_KEY"] = "http://"+silent.Addr().String(), strings.Repeat("a", 40)
	for i, stop := range stops {
		line := [][]string{{"apikey", "current"}, {"store", "list"}, {"invoice", "list", "--store", "x"}, {"rate", "get", "--store", "x"}}[i]
		r := s.launch(line...)
		c := <-accepted
		r.cmd.Process.Signal(stop.signal)
		r.end().fails(stop.exit, "error: stopped by ")
		c.Close()
	}
}

// TestHangUpIsIgnoredWhereItWas leaves a hang-up to nohup.
func TestHangUpIsIgnoredWhereItWas(t *testing.T) {
	t.Parallel()
	hearStops(t)
	s := newMintScene(t)
	program := s.program
	s.program = "/bin/sh" // and its trap is what nohup does
	r := s.launch(append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, program, "apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--"}, "sh", "-c", "echo ready >&2; while [ ! -e go ]; do sleep 0.05; done; exit 7")...)
	r.says("ready")
	r.cmd.Process.Signal(syscall.SIGHUP)
	must(t, os.WriteFile(filepath.Join(s.home, "go"), nil, 0o600))
	if got := r.end(); got.code != 7 {
		t.Errorf("exit %d\n%s", got.code, got.stderr)
	}
}

// TestSignalWhilePairing stops "pair" while a code is made or claimed. The answer is
// awaited and written down; what was given up is told.
func TestSignalWhilePairing(t *testing.T) {
	t.Parallel()
	hearStops(t)
	w := startWorld(t, sandbox.Options{})
	g := newGate(t, w.server.URL)
	for i, stop := range stops {
		for _, twice := range []bool{false, true} {
			s := newShell(t)
			s.run("key", "generate", "--profile", "shop").ok()
			line, lives := []string{"pair", "client"}, regexp.MustCompile(`The code \w{7} is valid until`)
			if i%2 == 1 {
				code, err := w.makeCode(t.Context(), w.server.Seed.StoreID, "")
				must(t, err)
				line = []string{"pair", "server", "--code", code}
			}
			if twice && i%2 == 1 {
				lives = regexp.MustCompile(`the code may have been claimed`)
			} else if twice {
				lives = regexp.MustCompile(`error: stopped by`)
			}
			var r *running
			started := make(chan struct{})
			g.hold(nil, func(request *http.Request) {
				if request.Method != http.MethodPost {
					return
				}
				<-started
				r.cmd.Process.Signal(stop.signal)
				r.says("Waiting for the server's response about")
				if twice {
					r.cmd.Process.Signal(stop.signal)
					<-r.done
				}
			})
			r = s.launch(append(line, "--profile", "shop", "--server", g.URL)...)
			close(started)
			got := r.end()
			got.fails(stop.exit)
			if !lives.MatchString(got.stderr) || len(s.openOperations()) != 1 {
				t.Errorf("%q, %s: %q is open\n%s", line, stop.name, s.openOperations(), got.stderr)
			}
		}
	}
}
