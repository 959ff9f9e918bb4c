package main

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// TestLeftoversOfKills: any next start takes away what killed runs left, in each folder,
// and leaves what a living process writes.
func TestLeftoversOfKills(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run("key", "generate", "--profile", "shop").ok()
	old := time.Now().Add(-48 * time.Hour)
	leave := func() (left []string) {
		for _, folder := range []string{"config/btcpayctl", "state/btcpayctl", "data/btcpayctl", "data/btcpayctl/ledger", "data/btcpayctl/batches", "data/btcpayctl/handed",
			"data/btcpayctl/keystore", "data/btcpayctl/callbacks", "data/btcpayctl/logins"} {
			must(t, os.MkdirAll(s.path(folder), 0o700))
			left = append(left, s.path(folder, ".tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		}
		left = append(left, s.path("data/btcpayctl/keystore/probe-ABCDEFGHIJKLMNOPQRSTUVWXYZ.age"))
		for _, path := range left {
			must(t, os.WriteFile(path, []byte("half"), 0o600))
			if runtime.GOOS == "windows" { // who lives is told by the age alone
				must(t, os.Chtimes(path, old, old))
			}
		}
		return left
	}
	for _, line := range [][]string{{"version"}, {"profile", "list"}, {"key", "list"}, {"apikey", "list", "--offline"}, {"doctor", "--dry-run"}} {
		left := leave()
		s.run(line...)
		for _, path := range left {
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%q leaves %s", line, path)
			}
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, folder := range []string{"config/btcpayctl", "data/btcpayctl/ledger", "data/btcpayctl/keystore"} {
		dir, err := durable.Open(s.path(folder))
		must(t, err)
		release, err := dir.WriteHeld("alive", nil)
		must(t, err)
		must(t, os.Rename(s.path(folder, "alive"), s.path(folder, ".tmp-alive")))
		must(t, os.Chtimes(s.path(folder, ".tmp-alive"), old, old))
		s.run("version").ok()
		if _, err := os.Lstat(s.path(folder, ".tmp-alive")); err != nil {
			t.Errorf("%s: what a living process writes is taken away", folder)
		}
		release()
		dir.Close()
		s.run("version").ok()
		if _, err := os.Lstat(s.path(folder, ".tmp-alive")); err == nil {
			t.Errorf("%s: it is left", folder)
		}
	}
}
