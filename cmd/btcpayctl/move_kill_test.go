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
func TestMoveKill(t *testing.T) { killMoves(t, 10) }

// TestTortureMoveKill is [TestMoveKill], longer.
func TestTortureMoveKill(t *testing.T) {
	torture(t)
	killMoves(t, 100)
}

func killMoves(t *testing.T, kills int) {
	t.Parallel()
	s := newShell(t)
	stores := []string{"file", s.secondStore()}
	var sins []string
	for i := range 6 {
		sins = append(sins, s.run("key", "generate", "--profile", fmt.Sprintf("p%d", i), "-o", "name").ok())
	}
	s.run("profile", "delete", "p5").ok()
	start := time.Now()
	s.run("keystore", "move", "--from", stores[0], "--to", stores[1]).ok()
	s.run("keystore", "move", "--from", stores[1], "--to", stores[0]).ok()
	took := time.Since(start) / 2

	killed, lost, finished, from := 0, 0, 0, 0
	for i := 0; killed < kills; i++ {
		if i > 20*kills {
			t.Fatalf("only %d of %d were killed before their end", killed, i)
		}
		r := s.stopped(rand.N(took*5/4), os.Kill, "keystore", "move", "--from", stores[from], "--to", stores[1-from])
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

// secondStore is this program under docker's name, with a home of its own: the
// name of a keystore.
func (s *shell) secondStore() string {
	s.t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
export XDG_DATA_HOME='%[1]s' XDG_CONFIG_HOME='%[1]s' XDG_STATE_HOME='%[1]s' BTCPAYCTL_KEYSTORE=file BTCPAYCTL_IDENTITY_FILE='%[1]s/identity'
exec '%[2]s' credential "$1"
`, s.path("second"), s.program)
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
