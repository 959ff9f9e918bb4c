package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
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
func TestKill(t *testing.T) {
	t.Parallel()
	killMany(t, 20)
}

// TestTortureKill is [TestKill], longer.
func TestTortureKill(t *testing.T) {
	torture(t)
	killMany(t, 1000)
}

func torture(t *testing.T) {
	t.Helper()
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
}

// killMany kills either command this often; what ends before the kill is not
// counted.
func killMany(t *testing.T, kills int) {
	t.Run("key generate", func(t *testing.T) {
		t.Parallel()
		k := &killing{shell: newShell(t), shows: regexp.MustCompile(`(?m)^(T\w+)$`)}
		k.repeat(kills, 0, func(i int) []string {
			return []string{"key", "generate", "--profile", fmt.Sprintf("p%d", i), "-o", "name"}
		})
		k.tell("acknowledged", "key generate")
	})
	t.Run("pair client", func(t *testing.T) {
		t.Parallel()
		w := startWorld(t, sandbox.Options{})
		// What a person was asked to approve counts as acknowledged. Nobody
		// approves, so it does not end by itself.
		k := &killing{shell: newShell(t), shows: regexp.MustCompile(`(?m)^  SIN      (\w+)$`)}
		k.repeat(kills, -1, func(i int) []string {
			return []string{"pair", "client", "--profile", fmt.Sprintf("p%d", i), "--server", w.server.URL, "--interval", "100ms"}
		})
		k.tell("shown", "pair client")
	})
}

// A killing is a command that is killed many times, and the keys that it
// acknowledged.
type killing struct {
	*shell
	shows            *regexp.Regexp // the SIN in what it prints
	acknowledged     []string
	killed, unusable int
}

// repeat kills the command so many times. Every fourth kill comes as soon as a key
// is shown, the others at any moment: the span of these follows what came of the
// last ones, so that about as many keys are shown as are not, however fast this
// machine is at the moment. end is the exit code of a run that came to its end
// before the kill, below 0 where none can.
func (k *killing) repeat(kills, end int, args func(i int) []string) {
	k.t.Helper()
	k.run("key", "generate", "--profile", "first").ok() // the profile in use, of no server
	span, before := 20*time.Millisecond, 0
	for i := 0; k.killed < kills || before < kills/10 || len(k.acknowledged) < kills/10; i++ {
		after := rand.N(2 * span)
		if i%4 == 3 {
			after = patience
		}
		r := k.kill(after, k.shows, args(i)...)
		shown := k.shows.FindStringSubmatch(r.stdout + r.stderr)
		switch {
		case shown != nil:
			k.acknowledged = append(k.acknowledged, shown[1])
			if i%4 != 3 {
				span -= span / 10
			}
		case r.code == -1:
			before++
			span += span/10 + time.Microsecond
		}
		switch {
		case r.code == -1:
			k.killed++
		case end < 0 || r.code != end:
			k.unusable++
			k.t.Errorf("after %d kills: exit %d\n%s", k.killed, r.code, r.stderr)
			if k.unusable == 10 {
				return
			}
		}
	}
	k.t.Logf("%d keys were shown, %d kills came before", len(k.acknowledged), before)
}

// kill runs a command and kills it after a while, or before that as soon as it
// shows something.
func (s *shell) kill(after time.Duration, shows *regexp.Regexp, args ...string) run {
	s.t.Helper()
	cmd := s.command(args...)
	var stdout, stderr watchedBuffer
	seen := make(chan struct{})
	once := sync.OnceFunc(func() { close(seen) })
	for _, b := range []*watchedBuffer{&stdout, &stderr} {
		b.written = func(text string) {
			if after == patience && shows.MatchString(text) {
				once()
			}
		}
	}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	must(s.t, cmd.Start())
	timer := time.NewTimer(after)
	defer timer.Stop()
	ended := make(chan struct{})
	go func() {
		select {
		case <-timer.C:
		case <-seen:
		case <-ended:
			return
		}
		cmd.Process.Kill() // it may have ended by itself
	}()
	cmd.Wait()
	close(ended)
	return run{s.t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// A watchedBuffer tells what it holds each time that it grows.
type watchedBuffer struct {
	b       bytes.Buffer
	written func(text string)
}

func (b *watchedBuffer) Write(p []byte) (int, error) {
	n, err := b.b.Write(p)
	b.written(b.String())
	return n, err
}

func (b *watchedBuffer) String() string { return b.b.String() }

func (k *killing) tell(acknowledged, command string) {
	k.t.Helper()
	lost, unreadable := k.checkStores(k.t, k.acknowledged)
	k.t.Attr("figure", fmt.Sprintf("keys lost of %d %s, %d kill -9 of %s | %d | = 0", len(k.acknowledged), acknowledged, k.killed, command, lost))
	k.t.Attr("figure", fmt.Sprintf("stores unreadable, %d kill -9 of %s | %d | = 0", k.killed, command, unreadable+k.unusable))
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
