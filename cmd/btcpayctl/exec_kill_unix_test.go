//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
)

// TestExecKilled runs "apikey exec", ten at a time, while exec, the processes that watch
// over keys and the server get signals at random moments. Once the server is back, the
// watchers have ended by themselves, and one more run has swept what was left without
// one, no key lives but those whose answer was lost with a process, each named by label.
func TestExecKilled(t *testing.T) {
	t.Parallel()
	killExecs(t, 20, []string{"2.0", "2.4"})
}

// TestTortureExecKilled is [TestExecKilled], longer, on each line of releases.
func TestTortureExecKilled(t *testing.T) {
	torture(t)
	runs := 1000
	if n, err := strconv.Atoi(os.Getenv("BTCPAYCTL_TORTURE_RUNS")); err == nil {
		runs = n
	}
	killExecs(t, runs, []string{"2.0", "2.3", "2.4", "newer"})
}

func killExecs(t *testing.T, runs int, releases []string) {
	hearStops(t)
	var tables []string
	made, alive, unnamed := 0, 0, 0
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			k := newKilledExecs(t, release)
			k.play(runs / len(releases))
			tables = append(tables, k.judge())
			made, alive, unnamed = made+k.made, alive+len(k.alive), unnamed+k.unnamed
		})
	}
	t.Logf("\n%s\n%s", killTableHead, strings.Join(tables, "\n"))
	t.Attr("figure", fmt.Sprintf("keys alive and not named, of %d made in %d runs of apikey exec under kills | %d | = 0", made, runs, unnamed))
}

// killSignals are those that processes get.
var killSignals = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT}

// kills counts signals by their kind.
type kills [5]atomic.Int64

func (k *kills) String() string {
	var counts []string
	for i := range k {
		counts = append(counts, strconv.FormatInt(k[i].Load(), 10))
	}
	return strings.Join(counts, " ")
}

const killTableHead = "release   runs  exec: KILL TERM INT HUP QUIT   watcher: the same   server: the same   keys made  revoked  alive  of these named by label"

// A killedExecs is one server, one home, and what runs there.
type killedExecs struct {
	*shell
	release string
	server  *killedServer

	execs, watchers, servers kills
	span                     atomic.Int64 // how long a run takes, about
	ended                    atomic.Int64

	mu       sync.Mutex
	codes    map[int]int
	lost     map[string]bool // labels of which a run said that their answer was lost
	killed   int             // runs that got KILL and ended by it
	complain []string

	runs, made, unnamed int
	alive               []string
}

func newKilledExecs(t *testing.T, release string) *killedExecs {
	k := &killedExecs{shell: newShell(t), release: release, codes: map[int]int{}, lost: map[string]bool{}}
	delete(k.env, "BTCPAYCTL_TIMEOUT") // an answer that a stopped process owes
	k.span.Store(int64(time.Second))
	k.server = newKilledServer(k.shell, release)
	k.env["BTCPAYCTL_API_KEY"], k.env["BTCPAYCTL_SERVER"] = k.server.key, k.server.URL
	k.run("apikey", "create", "--permission", "unrestricted", "--save-as", "admin").ok()
	delete(k.env, "BTCPAYCTL_API_KEY")
	delete(k.env, "BTCPAYCTL_SERVER")
	k.server.stop(syscall.SIGINT)
	k.made = -k.server.state().Numbered
	k.server.start()
	return k
}

// play runs commands and kills.
func (k *killedExecs) play(runs int) {
	k.runs = runs
	over, server := make(chan struct{}), sync.WaitGroup{}
	server.Go(func() { k.killServers(over) })
	var workers sync.WaitGroup
	var begun atomic.Int64
	for range 10 {
		workers.Go(func() {
			for begun.Add(1) <= int64(runs) {
				k.once()
				k.ended.Add(1)
			}
		})
	}
	workers.Wait()
	close(over)
	server.Wait()
}

// killServers stops the server and starts it again, about once in so many runs.
func (k *killedExecs) killServers(over <-chan struct{}) {
	wait := func(d time.Duration) bool {
		select {
		case <-over:
			return false
		case <-time.After(d):
			return true
		}
	}
	for wait(time.Duration(k.span.Load())/2 + rand.N(time.Duration(k.span.Load()))) {
		i := rand.IntN(len(killSignals))
		k.server.stop(killSignals[i])
		k.servers[i].Add(1)
		wait(rand.N(time.Duration(k.span.Load())))
		k.server.start()
	}
}

// execLines are the ways to run a command: without and with a time, with a server that is
// waited for.
var execLines = [][]string{{}, {"--ttl", "1h"}, {"--ttl", "200ms"}, {"--retry", "20s"}, {"--ttl", "1h", "--retry", "20s"}}

// once runs one command, and kills it or a watcher at a random moment.
func (k *killedExecs) once() {
	child := fmt.Sprintf(`trap 'exit 9' INT TERM HUP QUIT; i=%d; while [ $i -gt 0 ]; do sleep 0.05; i=$((i-1)); done; exit 21`, rand.IntN(20))
	line := slices.Concat([]string{"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list"}, execLines[rand.IntN(len(execLines))], []string{"--", "sh", "-c", child})
	cmd := k.command(line...)
	// Files, since what outlives exec may hold a pipe open.
	errs, err := os.CreateTemp(k.home, "stderr-*")
	if err != nil {
		k.complains("%v", err)
		return
	}
	defer errs.Close()
	cmd.Stderr = errs
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		k.complains("%v", err)
		return
	}
	target, signals, ended := rand.IntN(4), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(signals)
		if rand.IntN(2) == 0 {
			untilMinted(errs.Name(), ended)
		}
		for range 1 + rand.IntN(2) {
			time.Sleep(rand.N(time.Duration(k.span.Load())))
			i := rand.IntN(len(killSignals))
			if target == 1 || target == 3 {
				if cmd.Process.Signal(killSignals[i]) == nil {
					k.execs[i].Add(1)
				}
			}
			if target == 2 || target == 3 {
				k.killWatcher(i)
			}
		}
	}()
	cmd.Wait()
	close(ended)
	<-signals
	took := time.Since(begun)
	k.span.Store((3*k.span.Load() + int64(min(took, 5*time.Second))) / 4)
	said, err := os.ReadFile(errs.Name())
	if err != nil {
		k.complains("%v", err)
	}
	k.note(cmd.ProcessState.ExitCode(), cmd.ProcessState.Sys().(syscall.WaitStatus), string(said))
	os.Remove(errs.Name())
}

// untilMinted waits until a run has said that it made a key, or has ended.
func untilMinted(name string, ended <-chan struct{}) {
	for {
		if said, err := os.ReadFile(name); err != nil || strings.Contains(string(said), "Minted") {
			return
		}
		select {
		case <-ended:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// killWatcher sends a signal to one of the processes that watch over keys.
func (k *killedExecs) killWatcher(i int) {
	watching := programtest.Watchers(k.path("data"))
	if len(watching) == 0 {
		return
	}
	if syscall.Kill(watching[rand.IntN(len(watching))], killSignals[i]) == nil {
		k.watchers[i].Add(1)
	}
}

func (k *killedExecs) complains(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.complain = append(k.complain, fmt.Sprintf(format, args...))
}

var lostLabel = regexp.MustCompile(`the key may have been made(?:.|\n)*?label is (btcpayctl/admin/[A-Z2-7]{26}) on`)

// note takes down what came of a run.
func (k *killedExecs) note(code int, status syscall.WaitStatus, said string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.codes[code]++
	if status.Signaled() && status.Signal() == syscall.SIGKILL {
		k.killed++
	}
	if lost := lostLabel.FindStringSubmatch(said); lost != nil {
		k.lost[lost[1]] = true
	}
	good := slices.Contains([]int{
		21, 9, // the command's own
		7,                  // the server is away before it
		8,                  // the answer was lost
		-1,                 // killed, or stopped before it could listen
		129, 130, 131, 143, // stopped
	}, code)
	if strings.Contains(said, "SIGQUIT: quit") && !strings.Contains(said, "internal/signals.(*Listener).listen") {
		return // before it listened: no goroutine of the dump does
	}
	if !good || strings.Contains(said, "goroutine ") || strings.Contains(said, "panic") {
		k.complain = append(k.complain, fmt.Sprintf("exit %d\n%s", code, said))
	}
}

// judge lets happen what is promised, and compares with what the server holds.
func (k *killedExecs) judge() string {
	// The server is back. Who watches over a key needs nothing else.
	back := time.Now()
	for end := back.Add(patience); len(programtest.Watchers(k.path("data"))) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			k.t.Errorf("these still watch over keys: %v", programtest.Watchers(k.path("data")))
			break
		}
	}
	watched := time.Since(back)
	open := len(k.openOperations())
	// What a kill left without a watcher is revoked by the next run.
	sweep := k.run("apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true")
	if sweep.code != 0 {
		k.t.Errorf("the next run ended with %d\n%s", sweep.code, sweep.stderr)
	}
	var named []struct{ Label, Status string }
	if err := json.Unmarshal([]byte(k.run("apikey", "list", "--open", "-o", "json").ok()), &named); err != nil {
		k.t.Error(err)
	}
	labels := map[string]bool{}
	for _, n := range named {
		labels[n.Label] = true
		if n.Status != "lost" {
			k.t.Errorf("%s is %s", n.Label, n.Status)
		}
	}
	k.server.stop(syscall.SIGINT)
	state := k.server.state()
	k.made += state.Numbered - 1 // without that of the next run
	var unseen []string
	for _, key := range state.APIKeys {
		if !strings.HasPrefix(key.Label, "btcpayctl/admin/") {
			continue
		}
		k.alive = append(k.alive, key.Label)
		if !labels[key.Label] {
			k.unnamed++
			k.t.Errorf("the key %s lives, and is not named", key.Label)
		}
		if !k.lost[key.Label] {
			unseen = append(unseen, key.Label)
		}
	}
	// Of a run that could speak, the answer was lost with the server, and the run said so.
	if len(unseen) > k.killed {
		k.t.Errorf("%d keys live that no run named, and %d runs were killed: %q", len(unseen), k.killed, unseen)
	}
	for _, what := range k.complain {
		k.t.Error(what)
	}
	k.t.Logf("exits %v; %d operations were open when the watchers had ended, %s after the server was back; the next run said:\n%s",
		k.codes, open, watched.Round(time.Millisecond), sweep.stderr)
	return fmt.Sprintf("%-8s %5d  %23s   %18s   %16s   %9d  %7d  %5d  %d", k.release, k.runs, &k.execs, &k.watchers, &k.servers, k.made, k.made-len(k.alive), len(k.alive), len(k.alive)-k.unnamed)
}
