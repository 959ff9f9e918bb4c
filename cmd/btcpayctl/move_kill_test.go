package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMoveKill kills moves of keys between two keystores at random moments, in
// both directions and with none finished in between. After each kill every key
// is in the store that index and profiles name.
func TestMoveKill(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it kills the program again and again")
	}
	t.Parallel()
	killMoves(t, 4, 3)
}

// TestTortureMoveKill is [TestMoveKill], longer.
func TestTortureMoveKill(t *testing.T) {
	torture(t)
	t.Parallel()
	killMoves(t, 100, 6)
}

func killMoves(t *testing.T, kills, keys int) {
	s := newShell(t)
	stores := []string{"file", s.secondStore()}
	var sins []string
	for i := range keys {
		sins = append(sins, s.run("key", "generate", "--profile", fmt.Sprintf("p%d", i), "-o", "name").ok())
	}
	s.run("profile", "delete", fmt.Sprintf("p%d", keys-1)).ok()
	// How often a whole move calls the second store, in either direction.
	var calls [2]int64
	for from := range stores {
		must(t, os.RemoveAll(s.path("calls")))
		s.run("keystore", "move", "--from", stores[from], "--to", stores[1-from]).ok()
		calls[from] = s.helperCalls()
	}

	killed, lost, finished, from := 0, 0, 0, 0
	for killed < kills {
		r := s.killAtCall(1+rand.N(calls[from]), "keystore", "move", "--from", stores[from], "--to", stores[1-from])
		switch r.code {
		case 0:
			finished++
			from = 1 - from
		case -1:
			killed++
			from = rand.IntN(2)
		default:
			t.Fatalf("after %d kills: exit %d\n%s", killed, r.code, r.stderr)
		}
		for _, sin := range sins {
			if r := s.run("key", "show", sin, "-o", "name"); r.code != 0 || strings.TrimSpace(r.stdout) != sin {
				lost++
				t.Errorf("after %d kills the key %s cannot be read: exit %d\n%s", killed, sin, r.code, r.stderr)
			}
		}
		if t.Failed() {
			break
		}
	}
	// One that is not killed ends the work, and names nothing that is left.
	s.run("keystore", "move", "--from", stores[0], "--to", stores[1]).ok()
	for _, store := range stores {
		s.run("keystore", "test", store).ok()
	}
	if open := s.openOperations(); len(open) > 0 {
		t.Errorf("operations are open: %q", open)
	}
	if left := s.run("keystore", "move", "--from", stores[0], "--to", stores[1], "--dry-run", "-o", "name").ok(); left != "" {
		t.Errorf("what is left in the old store: %s", left)
	}
	t.Logf("%d moves came to their end before the kill", finished)
	t.Attr("figure", fmt.Sprintf("keys unreadable, %d kill -9 of keystore move | %d | = 0", killed, lost))
}

// killAtCall runs a command and kills it a moment after it has called the second
// store so many times.
func (s *shell) killAtCall(call int64, args ...string) run {
	s.t.Helper()
	must(s.t, os.RemoveAll(s.path("calls")))
	cmd := s.command(args...)
	var stdout, stderr lockedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(s.t, cmd.Start())
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for s.helperCalls() < call {
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
		time.Sleep(rand.N(20 * time.Millisecond))
		cmd.Process.Kill() // it may have ended by itself
	}()
	cmd.Wait()
	close(ended)
	<-watched
	return run{s.t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// helperCalls is how often the second store was called.
func (s *shell) helperCalls() int64 {
	info, err := os.Stat(s.path("calls"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// secondStore is this program under docker's name, with a home of its own: the
// name of a keystore.
func (s *shell) secondStore() string {
	s.t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
echo >>'%[3]s'
export XDG_DATA_HOME='%[1]s' XDG_CONFIG_HOME='%[1]s' XDG_STATE_HOME='%[1]s' BTCPAYCTL_KEYSTORE=file BTCPAYCTL_IDENTITY_FILE='%[1]s/identity'
exec '%[2]s' credential "$1"
`, s.path("second"), s.program, s.path("calls"))
	path := s.path("helper")
	// No child of another test may hold the script open while it is executed.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(script), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		s.t.Fatal(err)
	}
	return "helper:" + path
}
