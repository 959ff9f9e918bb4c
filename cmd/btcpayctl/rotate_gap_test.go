package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestTortureRotateWithoutAGap rotates a key again and again while ten programs use it,
// each of which reads the key and then calls the server. None is refused.
func TestTortureRotateWithoutAGap(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: ten programs use a key while it is rotated")
	}
	t.Parallel()
	w, s := startWorld(t, sandbox.Options{}), newShell(t)
	t.Cleanup(func() { programtest.EndWatchers(s.path("data")) })
	s.env["BTCPAYCTL_SERVER"] = w.server.URL
	s.input(w.server.Seed.Password+"\n", "apikey", "create", "--basic", w.server.Seed.Email, "--permission", "unrestricted", "--save-as", "admin").ok()
	s.run("apikey", "create", "--profile", "admin", "--for", "invoice list", "--store", w.server.Seed.StoreID, "--save-as", "shop").ok()
	var calls, refused atomic.Int32
	over := make(chan struct{})
	var consumers sync.WaitGroup
	for range 10 {
		consumers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				calls.Add(1)
				if r := s.run("invoice", "list", "--profile", "shop", "-o", "name"); r.code != 0 {
					refused.Add(1)
					t.Errorf("exit %d\n%s", r.code, r.stderr)
				}
			}
		})
	}
	const rotations = 3
	for range rotations {
		s.run("apikey", "rotate", "--profile", "shop", "--by", "admin", "--keep-old", "1h").ok()
	}
	close(over)
	consumers.Wait()
	var old []string
	for id := range strings.Lines(s.run("apikey", "list", "-o", "json", "--jq", `.[] | select(.status == "old") | .id`).ok()) {
		old = append(old, strings.TrimSpace(id))
	}
	if len(old) != rotations {
		t.Errorf("%d rotations leave the old keys %v", rotations, old)
	}
	s.run(append([]string{"apikey", "revoke", "--yes"}, old...)...).ok()
	t.Attr("figure", fmt.Sprintf("calls refused while their key was rotated %d times with --keep-old, of %d by ten programs | %d | = 0", rotations, calls.Load(), refused.Load()))
}
