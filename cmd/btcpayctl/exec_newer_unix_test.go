//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestExecNewer runs "apikey exec" on a server that stores only hashes of keys and shows a
// key once. Every run makes a key, and after the runs none is alive.
func TestExecNewer(t *testing.T) {
	t.Parallel()
	execNewer(t, 10, 2)
}

// TestTortureExecNewer is [TestExecNewer] with a thousand runs.
func TestTortureExecNewer(t *testing.T) {
	torture(t)
	execNewer(t, 1000, 8)
}

func execNewer(t *testing.T, runs, atOnce int) {
	hearStops(t)
	k := newKilledExecs(t, "newer")
	var begun, good atomic.Int64
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for n := begun.Add(1); n <= int64(runs); n = begun.Add(1) {
				line := slices.Concat([]string{"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list"},
					execLines[n%int64(len(execLines))], []string{"--", "sh", "-c", "exit 21"})
				if n%5 == 0 { // the command uses its key
					line[len(line)-1] = `[ "$("` + k.program + `" apikey current --jq .status)" = works ] && exit 21`
				}
				if r := k.run(line...); r.code != 21 || strings.Count(r.stderr, "Minted btcpayctl/admin/") != 1 || !strings.Contains(r.stderr, "evoked") {
					t.Errorf("%q: exit %d\n%s", line, r.code, r.stderr)
					continue
				}
				good.Add(1)
			}
		})
	}
	workers.Wait()
	k.server.stop(syscall.SIGINT)
	state := k.server.state()
	var alive []string
	for _, key := range state.APIKeys {
		if strings.HasPrefix(key.Label, "btcpayctl/admin/") {
			alive = append(alive, key.Label)
		}
	}
	made := k.made + state.Numbered
	t.Attr("figure", fmt.Sprintf("keys alive after %d runs of apikey exec on a server that hides keys, %d made | %d | = 0", runs, made, len(alive)))
	if len(alive) > 0 || made != runs || good.Load() != int64(runs) {
		t.Errorf("%d runs ended well and made %d keys, of which %d live: %q", good.Load(), made, len(alive), alive)
	}
}
