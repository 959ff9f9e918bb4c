package keystore

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestUnlockOnce(t *testing.T) {
	dir := t.TempDir()
	store := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("correct horse battery staple")})
	for name, secret := range golden {
		must(t, store.Put(t.Context(), name, []byte(secret)))
	}
	unlockOnce(t, dir, 50)
}

// The store of the long test has the costs of a real one.
func TestTortureUnlockOnce(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	unlockOnce(t, goldenCopy(t, "passphrase"), 10_000)
}

// unlockOnce gets secrets all at once from one store, and counts how often the
// passphrase is asked for, which each derivation needs anew. Where the identity
// has a file of its own, that file is gone after the first secret.
func unlockOnce(t *testing.T, dir string, gets int) {
	ask := &asked{say: []byte("correct horse battery staple")}
	got := getAtOnce(t, open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: ask.passphrase}), gets)
	t.Attr("figure", fmt.Sprintf("passphrases asked for and derived from, %d gets in a process | %d | = 1", got, ask.calls))
	if ask.calls != 1 || got != gets {
		t.Errorf("%d of %d secrets were got, with %d passphrases", got, gets, ask.calls)
	}

	o := identityOptions(t.TempDir())
	store := open(t, "file", o)
	for name, secret := range golden {
		must(t, store.Put(t.Context(), name, []byte(secret)))
	}
	store = open(t, "file", o)
	wantSecret(t, store, name, golden[name])
	must(t, os.Remove(o.IdentityFile))
	got = getAtOnce(t, store, gets)
	t.Attr("figure", fmt.Sprintf("secrets got after the identity file was read once | %d | = %d", got, gets))
	if got != gets {
		t.Errorf("%d of %d secrets were got without the identity file", got, gets)
	}
}

// getAtOnce gets secrets of [golden] from eight goroutines and counts the right
// ones.
func getAtOnce(t *testing.T, store Store, gets int) int {
	names := slices.Collect(maps.Keys(golden))
	var next, right atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := next.Add(1); i <= int64(gets); i = next.Add(1) {
				name := names[i%int64(len(names))]
				if got, err := store.Get(t.Context(), name); err == nil && string(got) == golden[name] {
					right.Add(1)
				}
			}
		})
	}
	group.Wait()
	return int(right.Load())
}

// resident is the memory of a process in bytes, 0 where that cannot be told.
func resident(pid int) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize()
}
