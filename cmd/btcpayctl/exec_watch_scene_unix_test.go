//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
)

// A watchScene is a home with an admin's key, on a server that can be away: a request to
// revoke a key then meets a connection that closes.
type watchScene struct {
	*mintScene
	away   atomic.Bool
	asked  atomic.Int64 // requests that found nobody
	served atomic.Int64 // requests to revoke that were passed on
}

func newWatchScene(t *testing.T) *watchScene {
	t.Helper()
	s := &watchScene{mintScene: newMintScene(t)}
	s.gate.hold(func(r *http.Request) {
		switch {
		case r.Method != http.MethodDelete:
		case s.away.Load():
			s.asked.Add(1)
			panic(http.ErrAbortHandler)
		default:
			s.served.Add(1)
		}
	}, nil)
	return s
}

// watcher is the one process that watches over a key, once there is one that is not
// among these.
func (s *watchScene) watcher(not ...int) int {
	s.t.Helper()
	found := 0
	s.until("there is no watcher", func() bool {
		for _, process := range programtest.Watchers(s.path("data")) {
			if found = process; !slices.Contains(not, process) {
				return true
			}
		}
		return false
	})
	return found
}

// hasEnded reports whether a process is gone. One whose parent is gone as well may wait for
// somebody to take note.
func hasEnded(process int) bool {
	if syscall.Kill(process, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// freeze stops a process, and waits for that: the signal is taken by one of its threads
// when that has its turn, and the others go on until then.
func (s *watchScene) freeze(process int) {
	s.t.Helper()
	must(s.t, syscall.Kill(process, syscall.SIGSTOP))
	s.until("the process does not stop", func() bool { return isStopped(s.t, process) })
}

func isStopped(t *testing.T, process int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", process))
	must(t, err)
	if len(threads) == 0 { // not on Linux
		state, err := exec.CommandContext(t.Context(), "ps", "-o", "state=", "-p", strconv.Itoa(process)).Output()
		must(t, err)
		return strings.HasPrefix(strings.TrimSpace(string(state)), "T")
	}
	for _, thread := range threads {
		if stat, err := os.ReadFile(thread); err != nil || !strings.Contains(string(stat), ") T ") {
			return false
		}
	}
	return true
}

// until waits for something that comes by itself.
func (s *watchScene) until(otherwise string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal(otherwise)
		}
	}
}

// isGone reports whether the server holds no key of a command. One that goes while it is
// asked for its label is an error of the question.
func (s *watchScene) isGone() bool {
	labels, err := s.w.keyLabels(s.t.Context())
	return err == nil && len(labels) == s.keys
}

func (s *watchScene) closes() {
	s.t.Helper()
	s.until("the operation stays open", func() bool { return len(s.openOperations()) == 0 })
	s.closed()
	if left, _ := filepath.Glob(s.path("data", "btcpayctl", "ledger", "*")); len(left) > 0 {
		s.until("the watcher leaves its lock", func() bool { return len(programtest.Watchers(s.path("data"))) == 0 })
	}
}

func (s *watchScene) exec(args ...string) *running {
	s.t.Helper()
	r := s.launch(append([]string{"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list"}, args...)...)
	s.t.Cleanup(s.letGo)
	return r
}

// lasting is a command that lasts until the file "go" is there.
var lasting = []string{"--", "sh", "-c", "echo ready >&2; while [ ! -e go ] && [ -d \"$PWD\" ]; do sleep 0.02; done; exit 7"}

func (s *watchScene) letGo() { must(s.t, os.WriteFile(s.path("go"), nil, 0o600)) }

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	must(r.t, r.cmd.Process.Signal(s))
}
