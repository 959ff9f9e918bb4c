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
		k := &killing{shell: newShell(t)}
		k.repeat(kills, 5./4, func(i int) []string {
			return []string{"key", "generate", "--profile", fmt.Sprintf("p%d", i), "-o", "name"}
		}, func(r run) (ended bool) {
			if sin := strings.TrimSpace(r.stdout); sin != "" {
				k.acknowledged = append(k.acknowledged, sin)
			}
			return r.code == 0
		})
		k.tell("acknowledged", "key generate")
	})
	t.Run("pair client", func(t *testing.T) {
		w := startWorld(t, sandbox.Options{})
		k := &killing{shell: newShell(t)}
		k.repeat(kills, 5./2, func(i int) []string {
			return []string{"pair", "client", "--profile", fmt.Sprintf("p%d", i), "--server", w.server.URL, "--interval", "100ms"}
		}, func(r run) (ended bool) {
			// What a person was asked to approve counts as acknowledged.
			for line := range strings.Lines(r.stderr) {
				if sin, ok := strings.CutPrefix(line, "  SIN      "); ok {
					k.acknowledged = append(k.acknowledged, strings.TrimSpace(sin))
				}
			}
			return false // nobody approves, so it does not end by itself
		})
		k.tell("shown", "pair client")
	})
}

// A killing is a command that is killed many times, and the keys that it
// acknowledged.
type killing struct {
	*shell
	acknowledged     []string
	killed, unusable int
}

// repeat kills at any moment of so many times what making a key takes. see looks
// at what a run printed, and tells whether it may have come to its end.
func (k *killing) repeat(kills int, span float64, args func(i int) []string, see func(run) (ended bool)) {
	took := k.measure()
	for i := 0; k.killed < kills; i++ {
		if i > 10*kills {
			k.t.Fatalf("only %d of %d were killed before their end", k.killed, i)
		}
		switch { // other work makes this machine slower and faster again
		case len(k.acknowledged) < i/10:
			took += took / 10
		case k.killed < i/2:
			took -= took / 10
		}
		r := k.stopped(rand.N(time.Duration(float64(took)*span)), os.Kill, args(i)...)
		switch ended := see(r); {
		case r.code == -1:
			k.killed++
		case !ended:
			k.unusable++
			k.t.Errorf("after %d kills: exit %d\n%s", k.killed, r.code, r.stderr)
		}
	}
}

func (k *killing) tell(acknowledged, command string) {
	lost, unreadable := k.checkStores(k.t, k.acknowledged)
	if len(k.acknowledged) == 0 {
		k.t.Errorf("each kill came before a key was %s", acknowledged)
	}
	k.t.Attr("figure", fmt.Sprintf("keys lost of %d %s, %d kill -9 of %s | %d | = 0", len(k.acknowledged), acknowledged, k.killed, command, lost))
	k.t.Attr("figure", fmt.Sprintf("stores unreadable, %d kill -9 of %s | %d | = 0", k.killed, command, unreadable+k.unusable))
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
