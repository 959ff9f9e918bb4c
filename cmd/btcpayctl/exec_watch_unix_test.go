//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWatchAfterTheEnd: the server is away when the command ends. The log says what is
// left, and a watcher goes on until the server is back.
func TestWatchAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, ttl := range []string{"", "1h"} {
		t.Run("ttl "+ttl, func(t *testing.T) {
			t.Parallel()
			s := newWatchScene(t)
			s.away.Store(true)
			args := []string{"--", "sh", "-c", "exit 7"}
			if ttl != "" {
				args = append([]string{"--ttl", ttl}, args...)
			}
			r := s.exec(args...)
			s.until("nobody asks", func() bool { return s.asked.Load() >= 3 }) // a watcher is at it
			r.signal(syscall.SIGTERM)                                          // ends the waiting, not the care
			got := r.end()
			watcher := s.watcher()
			said := regexp.MustCompile(`warning: btcpayctl/admin/[A-Z2-7]{26} is not revoked yet: .*\n  It is the key [0-9a-f]{16} of (\S+)\. Process (\d+) asks the server again until the key is revoked, until \d{4}-\d\d-\d\d \d\d:\d\d at most\.\n  Next: btcpayctl apikey list --open\n        or btcpayctl doctor --profile admin\n`).FindStringSubmatch(got.stderr)
			if got.code != 7 || said == nil || said[1] != s.gate.URL || said[2] != strconv.Itoa(watcher) {
				t.Errorf("exit %d, watcher %d\n%s", got.code, watcher, got.stderr)
			}
			// While it goes on, it is named: by the doctor, and by other commands.
			s.until("no question is written down", func() bool { return s.watch().Why != "" })
			if d := s.run("doctor", "--profile", "admin"); d.code == 0 || !strings.Contains(d.stdout, "is not revoked yet") || !strings.Contains(d.stdout, fmt.Sprintf("process %d has asked since", watcher)) {
				t.Errorf("exit %d\n%s", d.code, d.stdout)
			}
			note := fmt.Sprintf("is not revoked yet; process %d has asked since", watcher)
			if c := s.run("apikey", "current", "--profile", "admin"); !strings.Contains(c.stderr, note) || strings.Contains(c.stderr, "cut off") {
				t.Errorf("%s", c.stderr)
			}
			if n := len(s.labels()); n != s.keys+1 {
				t.Errorf("the server holds %d keys", n)
			}
			s.away.Store(false)
			s.closes()
		})
	}
}

// watch is what the watcher has written down.
func (s *watchScene) watch() (w struct{ Why string }) {
	s.t.Helper()
	var record struct{ Watch *struct{ Why string } }
	for _, path := range s.openOperations() {
		if data, err := os.ReadFile(path); err == nil {
			_ = json.Unmarshal(data, &record) // it may be gone by now
		}
	}
	if record.Watch != nil {
		w = *record.Watch
	}
	return w
}

// TestWatchHoldsNobody: whoever reads what exec writes sees its end, though a watcher
// goes on. The watcher is in a session of its own.
func TestWatchHoldsNobody(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	s.away.Store(true)
	cmd := s.command()
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", `"$0" apikey exec --profile admin --all-stores --for "invoice list" -- true 2>&1 | cat`, s.program}
	out, err := cmd.Output() // ends with the pipe
	if err != nil || !strings.Contains(string(out), "asks the server again") {
		t.Errorf("%v\n%s", err, out)
	}
	watcher := s.watcher()
	if session, err := unix.Getsid(watcher); err != nil || session != watcher {
		t.Errorf("process %d is in session %d: %v", watcher, session, err)
	}
	syscall.Kill(watcher, syscall.SIGHUP)
	s.away.Store(false)
	s.closes()
}

// TestWatchAfterAKill: exec is killed while the server is away.
func TestWatchAfterAKill(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	r := s.exec(append([]string{"--ttl", "1h"}, lasting...)...)
	r.says("ready")
	s.away.Store(true)
	r.signal(syscall.SIGKILL)
	r.wait()
	s.until("nobody asks", func() bool { return s.asked.Load() >= 2 })
	s.letGo()
	s.away.Store(false)
	s.closes()
}

// wait waits for the program, and not for what its children still write.
func (r *running) wait() {
	r.t.Helper()
	for end := time.Now().Add(patience); r.cmd.Process.Signal(syscall.Signal(0)) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatal("the program does not end")
		}
	}
}

// TestWatchKeepsTheTime: the time of the key is over while the command runs, and the
// server is away at that moment.
func TestWatchKeepsTheTime(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	s.away.Store(true)
	r := s.exec(append([]string{"--ttl", "1s"}, lasting...)...)
	r.says("has passed, and it is not revoked yet")
	if n := len(s.labels()); n != s.keys+1 {
		t.Errorf("the server holds %d keys", n)
	}
	s.away.Store(false)
	r.says(": its time limit has passed.")
	s.until("the key lives", s.isGone)
	s.letGo()
	got := r.end()
	if got.code != 7 || strings.Count(got.stderr, "Revoked btcpayctl/admin/") != 1 || strings.Count(got.stderr, "warning:") != 1 {
		t.Errorf("exit %d\n%s", got.code, got.stderr)
	}
	s.closes()
}

// TestWatchIsKilled: a watcher that is killed while the command runs is replaced, and
// the new one does the same.
func TestWatchIsKilled(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	r := s.exec(append([]string{"--ttl", "1h"}, lasting...)...)
	r.says("ready")
	first := s.watcher()
	for _, ignored := range stops {
		must(t, syscall.Kill(first, ignored.signal)) // the key would have nobody
	}
	must(t, syscall.Kill(first, syscall.SIGKILL))
	second := s.watcher(first)
	r.signal(syscall.SIGKILL)
	r.wait()
	s.closesWhileRunning()
	if first == second {
		t.Error("there is no other watcher")
	}
	s.letGo()
}

// closesWhileRunning is closes for a command that goes on without its key.
func (s *watchScene) closesWhileRunning() {
	s.t.Helper()
	s.until("the operation stays open", func() bool { return len(s.openOperations()) == 0 })
	if labels := s.labels(); len(labels) != s.keys {
		s.t.Errorf("the server holds %q", labels)
	}
}

// TestWatchAndExecAreKilled: the next run revokes what both left.
func TestWatchAndExecAreKilled(t *testing.T) {
	t.Parallel()
	for name, next := range map[string][]string{
		"exec":   {"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true"},
		"doctor": {"doctor", "--profile", "admin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWatchScene(t)
			r := s.exec(append([]string{"--ttl", "1h"}, lasting...)...)
			r.says("ready")
			watcher := s.watcher()
			// None of them sees the other go.
			s.freeze(watcher)
			r.signal(syscall.SIGKILL)
			must(t, syscall.Kill(watcher, syscall.SIGKILL))
			r.wait()
			s.letGo()
			got := s.run(next...)
			if got.code != 0 || !strings.Contains(got.stdout+got.stderr, "evoked") {
				t.Errorf("exit %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			s.closes()
		})
	}
}

// TestWatchIsStopped: a watcher that is asked to stop once its command is gone asks a last
// time, and leaves the key to the next run.
func TestWatchIsStopped(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	s.away.Store(true)
	r := s.exec("--", "true")
	s.until("nobody asks", func() bool { return s.asked.Load() >= 3 })
	r.signal(syscall.SIGTERM)
	r.end()
	watcher := s.watcher()
	must(t, syscall.Kill(watcher, syscall.SIGTERM))
	s.until("it does not end", func() bool { return hasEnded(watcher) })
	if open := s.openOperations(); len(open) != 1 {
		t.Errorf("the ledger holds %q", open)
	}
	if d := s.run("doctor", "--profile", "admin"); d.code == 0 || strings.Contains(d.stdout, "has asked since") {
		t.Errorf("exit %d\n%s", d.code, d.stdout)
	}
	s.away.Store(false)
	got := s.run("apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true")
	if got.code != 0 || !strings.Contains(got.stderr, "of a run that was killed") {
		t.Errorf("exit %d\n%s", got.code, got.stderr)
	}
	s.closes()
}

// TestWatchLosesItsFolders: a job takes its folders away, and the key dies all the same.
func TestWatchLosesItsFolders(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	s.away.Store(true)
	r := s.exec("--", "true")
	s.until("nobody asks", func() bool { return s.asked.Load() >= 3 })
	r.signal(syscall.SIGTERM)
	r.end()
	watcher := s.watcher()
	t.Cleanup(func() { syscall.Kill(watcher, syscall.SIGKILL) })
	s.freeze(watcher) // or it writes into what is taken away
	must(t, os.RemoveAll(s.path("data")))
	must(t, syscall.Kill(watcher, syscall.SIGCONT))
	s.away.Store(false)
	s.until("the key lives", s.isGone)
	s.until("the watcher does not end", func() bool { return hasEnded(watcher) })
}

// TestWatchKnowsNoCredential looks at the environment of the watcher.
func TestWatchKnowsNoCredential(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	s.env["BTCPAYCTL_API_KEY"], s.env["BTCPAYCTL_SERVER"] = s.w.server.Seed.APIKey, s.gate.URL
	s.env["VAULT_TOKEN"] = "a secret of another program"
	r := s.launch(append([]string{"apikey", "exec", "--all-stores", "--for", "invoice list", "--ttl", "1h"}, lasting...)...)
	r.says("ready")
	watcher := s.watcher()
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", watcher))
	line, lineErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", watcher))
	s.letGo()
	if got := r.end(); got.code != 7 {
		t.Errorf("exit %d\n%s", got.code, got.stderr)
	}
	s.closes()
	if err != nil || lineErr != nil {
		t.Skip("this system shows no environment of other processes, or not to this user")
	}
	for entry := range strings.SplitSeq(string(environment), "\x00") {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "BTCPAY") && name != "BTCPAYCTL_CONFIG_DIR" || name == "VAULT_TOKEN" {
			t.Errorf("the watcher has %s", name)
		}
	}
	if string(line) != "btcpayctl\x00apikey\x00watch\x00" {
		t.Errorf("its line is %q", line)
	}
}

// TestWatchWithAnotherKeystore: a watcher cannot delete a key from a store that takes a
// credential. It writes down that the key is gone, and the doctor forgets it without
// asking the server.
func TestWatchWithAnotherKeystore(t *testing.T) {
	t.Parallel()
	s := newWatchScene(t)
	r := s.exec(append([]string{"--ttl", "1h"}, lasting...)...)
	r.says("ready")
	watcher := s.watcher()
	s.freeze(watcher)
	r.signal(syscall.SIGKILL)
	r.wait()
	s.letGo()
	path := s.openOperations()[0]
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.Replace(string(text), `"keystore": "file"`, `"keystore": "memory"`, 1)), 0o600))
	must(t, syscall.Kill(watcher, syscall.SIGCONT))
	s.until("the watcher does not end", func() bool { return hasEnded(watcher) })
	text, err = os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `"ended": true`) || len(s.labels()) != s.keys {
		t.Errorf("%v\n%s", err, text)
	}
	before := s.served.Load()
	d := s.run("doctor", "--profile", "admin")
	if d.code != 0 || !strings.Contains(d.stdout, "is revoked") || s.served.Load() != before {
		t.Errorf("exit %d\n%s", d.code, d.stdout)
	}
	s.closes()
}
