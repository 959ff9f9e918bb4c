package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestKill kills the program at random moments. A key whose SIN was printed is
// never lost, and keystore, index, profiles and ledger stay readable.
func TestKill(t *testing.T) { killMany(t, 100) }

// TestTortureKill is [TestKill], longer.
func TestTortureKill(t *testing.T) {
	torture(t)
	killMany(t, 1000)
}

func torture(t *testing.T) {
	t.Helper()
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("long: make torture")
	}
}

// killMany kills either command this often; what ends before the kill is not
// counted.
func killMany(t *testing.T, kills int) {
	t.Run("key generate", func(t *testing.T) {
		s := newShell(t)
		took := s.measure()
		var acknowledged []string
		killed, unusable := 0, 0
		for i := 0; killed < kills; i++ {
			if i > 10*kills {
				t.Fatalf("only %d of %d were killed before their end", killed, i)
			}
			if len(acknowledged) < i/10 {
				took += took / 10 // other work slows this machine down since it was measured
			}
			r := s.stopped(rand.N(took*5/4), os.Kill, "key", "generate", "--profile", fmt.Sprintf("p%d", i), "-o", "name")
			if sin := strings.TrimSpace(r.stdout); sin != "" {
				acknowledged = append(acknowledged, sin)
			}
			switch r.code {
			case 0:
			case -1:
				killed++
			default:
				unusable++
				t.Errorf("after %d kills: exit %d\n%s", killed, r.code, r.stderr)
			}
		}
		lost, unreadable := s.checkStores(t, acknowledged)
		if len(acknowledged) == 0 {
			t.Error("each kill came before a key was acknowledged")
		}
		t.Attr("figure", fmt.Sprintf("keys lost of %d acknowledged, %d kill -9 of key generate | %d | = 0", len(acknowledged), killed, lost))
		t.Attr("figure", fmt.Sprintf("stores unreadable, %d kill -9 of key generate | %d | = 0", killed, unreadable+unusable))
	})
	t.Run("pair client", func(t *testing.T) {
		w := startWorld(t, sandbox.Options{})
		s := newShell(t)
		took := s.measure()
		var acknowledged []string
		killed, unusable := 0, 0
		for i := 0; killed < kills; i++ {
			if i > 10*kills {
				t.Fatalf("only %d of %d were killed before their end", killed, i)
			}
			if len(acknowledged) < i/10 {
				took += took / 10 // other work slows this machine down since it was measured
			}
			r := s.stopped(rand.N(took*5/2), os.Kill, "pair", "client", "--profile", fmt.Sprintf("p%d", i), "--server", w.server.URL, "--interval", "100ms")
			// What a person was asked to approve counts as acknowledged.
			for line := range strings.Lines(r.stderr) {
				if sin, ok := strings.CutPrefix(line, "  SIN      "); ok {
					acknowledged = append(acknowledged, strings.TrimSpace(sin))
				}
			}
			if r.code == -1 {
				killed++
			} else { // nobody approves, so it does not end by itself
				unusable++
				t.Errorf("after %d kills: exit %d\n%s", killed, r.code, r.stderr)
			}
		}
		lost, unreadable := s.checkStores(t, acknowledged)
		if len(acknowledged) == 0 {
			t.Error("each kill came before a key was shown")
		}
		t.Attr("figure", fmt.Sprintf("keys lost of %d shown, %d kill -9 of pair client | %d | = 0", len(acknowledged), killed, lost))
		t.Attr("figure", fmt.Sprintf("stores unreadable, %d kill -9 of pair client | %d | = 0", killed, unreadable+unusable))
	})
}

// measure tells how long it takes to make a key here and now, at best.
func (s *shell) measure() time.Duration {
	s.t.Helper()
	best := time.Hour
	for i := range 5 {
		start := time.Now()
		s.run("key", "generate", "--profile", fmt.Sprintf("measured%d", i)).ok()
		best = min(best, time.Since(start))
	}
	return best
}

// checkStores counts keys that were shown and are lost, and what cannot be read.
func (s *shell) checkStores(t *testing.T, acknowledged []string) (lost, unreadable int) {
	t.Helper()
	listed := strings.Fields(s.run("key", "list", "-o", "name").ok())
	for _, sin := range acknowledged {
		if !slices.Contains(listed, sin) {
			lost++
			t.Errorf("a key that was shown is lost: %s", sin)
		}
	}
	var readers sync.WaitGroup
	var keys atomic.Int64
	next := make(chan string)
	for range 2 {
		readers.Go(func() {
			for sin := range next {
				if r := s.run("key", "show", sin, "-o", "name"); r.code != 0 || strings.TrimSpace(r.stdout) != sin {
					keys.Add(1)
					t.Errorf("the key %s cannot be read: exit %d\n%s", sin, r.code, r.stderr)
				}
			}
		})
	}
	for _, sin := range listed {
		next <- sin
	}
	close(next)
	readers.Wait()
	unreadable = int(keys.Load())
	s.run("profile", "list", "-o", "json").ok()
	if r := s.run("profile", "show"); strings.Contains(r.stderr, "warning") {
		unreadable++
		t.Errorf("the ledger cannot be read:\n%s", r.stderr)
	}
	// Any command goes on from here.
	s.run("key", "generate", "--profile", "afterwards").ok()
	if r := s.run("rate", "get", "--server", "http://127.0.0.1:1", "--store", "x"); r.code != 7 || strings.Contains(r.stderr, "warning") {
		unreadable++
		t.Errorf("the ledger cannot be read:\n%s", r.stderr)
	}
	return lost, unreadable
}
