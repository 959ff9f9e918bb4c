package main

import (
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// atTerminal plays a login on a terminal: the person authorises on the page and
// answers the question. It ends by itself, or killed at a point.
func (s *killScene) atTerminal(fault, answer string) (code int) {
	s.t.Helper()
	ours, theirs, err := openTerminal()
	must(s.t, err)
	defer ours.Close()
	cmd := exec.Command(s.program, "authorize", "--profile", "ci", "--all-stores", "--for", "invoice list", "--no-browser")
	cmd.Env = append(s.env[:len(s.env):len(s.env)], "BTCPAYCTL_FAULT="+fault, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	err = cmd.Start()
	theirs.Close()
	must(s.t, err)
	var shown lockedBuffer
	read, ended := make(chan struct{}), make(chan struct{})
	go func() {
		io.Copy(&shown, ours) // ends with EIO when the program is gone
		close(read)
	}()
	go func() {
		cmd.Wait()
		close(ended)
	}()
	until := func(text string) bool {
		for deadline := time.After(patience); !strings.Contains(shown.String(), text); {
			select {
			case <-ended:
				return false
			case <-deadline:
				cmd.Process.Kill()
				<-ended
				s.t.Fatalf("%q was not shown:\n%s", text, shown.String())
			case <-time.After(5 * time.Millisecond):
			}
		}
		return true
	}
	if until("Waiting for the key") {
		s.run("", "sandbox", "consent", consentPage.FindString(strings.ReplaceAll(shown.String(), "\r", "")))
	}
	if until("Keep it for profile ci?") {
		io.WriteString(ours, answer+"\n")
	}
	<-ended
	ours.Close()
	<-read
	return cmd.ProcessState.ExitCode()
}

// TestKilledBeforeConsent kills a login on a terminal at every step. The doctor
// puts the key to use where the person said yes, gives it up where they said no,
// and otherwise waits for them.
func TestKilledBeforeConsent(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it kills the program at each step")
	}
	t.Parallel()
	cases := []struct {
		step, answer string
		doctor       int
		says         string
		used         bool
		keys         int // that the server still holds
	}{
		{"authorize-recorded", "", 8, "a consent page was opened", false, 0},
		{"authorize-came", "", 8, "a consent page was opened", false, 1},
		{"key-recorded", "", 8, "If it exists, its label is btcpayctl/ci/", false, 1},
		{"key-put", "", 8, "was not accepted yet", false, 1},
		{"authorize-stored", "", 8, "was not accepted yet", false, 1},
		{"authorize-proven", "", 8, "was not accepted yet", false, 1},
		{"authorize-refused", "n", 0, "was refused. It was revoked", false, 0},
		{"authorize-agreed", "y", 0, "was accepted; profile ci uses it now", true, 1},
		{"authorize-pinned", "y", 0, "was accepted; profile ci uses it now", true, 1},
	}
	buildKillable(t)
	for _, c := range cases {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			s := newKillScene(t)
			if code := s.atTerminal(c.step, c.answer); code != -1 {
				t.Fatalf("it was not killed: exit code %d", code)
			}
			for range 2 {
				out, code := s.run("", "doctor")
				if code != c.doctor || !strings.Contains(out, c.says) {
					t.Errorf("the doctor ends with %d:\n%s", code, out)
				}
				if profiles := s.must("profile", "list", "-o", "name"); strings.Contains(profiles, "ci") != c.used {
					t.Errorf("the profiles are %q", profiles)
				}
				if c.doctor == 0 && (c.used || c.keys == 0 && c.answer != "") {
					break // it is over
				}
			}
			labels, err := s.w.keyLabels(t.Context())
			if err != nil || len(labels) != c.keys {
				t.Errorf("the server holds %v: %v", labels, err)
			}
		})
	}
}
