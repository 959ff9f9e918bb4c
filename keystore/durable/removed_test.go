package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// TestLockRemoved: the holder of a lock may remove its file, and there is one holder at a
// time all the same.
func TestLockRemoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open is not removed there")
	}
	dir, path := create(t)
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	var holders, taken atomic.Int32
	var workers sync.WaitGroup
	for n := range 8 {
		wait := time.Duration(n%2) * patience
		workers.Go(func() {
			for range rounds {
				lock, err := dir.Lock(t.Context(), "lock", wait)
				if held, busy := errors.AsType[*durable.LockError](err); busy && wait == 0 && held.Path == path+"/lock" {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				taken.Add(1)
				if holders.Add(1) > 1 {
					t.Error("two hold the lock at once")
				}
				if !lock.InPlace() {
					t.Error("the lock is on a file that was removed")
				}
				runtime.Gosched()
				holders.Add(-1)
				if err := dir.Remove("lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
				if err := lock.Unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if int(taken.Load()) < 4*rounds {
		t.Errorf("%d were taken", taken.Load())
	}
	// A folder that is gone is no file that comes back.
	must(t, os.RemoveAll(path))
	if _, err := dir.Lock(t.Context(), "lock", patience); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestSomeNames(t *testing.T) {
	dir, path := create(t)
	if names, all, err := dir.SomeNames(1); len(names) > 0 || !all || err != nil {
		t.Errorf("an empty folder: %q %t %v", names, all, err)
	}
	for _, name := range []string{"c", "a", "b"} {
		must(t, dir.Write(name, nil))
	}
	for limit, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 3} {
		names, all, err := dir.SomeNames(limit)
		if len(names) != want || all != (limit >= 3) || err != nil {
			t.Errorf("%d: %q %t %v", limit, names, all, err)
		}
	}
	must(t, os.WriteFile(path+"/.tmp-old", nil, 0o600))
	names, all, err := dir.SomeNames(4)
	slices.Sort(names)
	if !slices.Equal(names, []string{"a", "b", "c"}) || !all || err != nil {
		t.Errorf("%q %t %v", names, all, err)
	}
	names, all, err = dir.SweepSome(0, 4)
	slices.Sort(names)
	if !slices.Equal(names, []string{"a", "b", "c"}) || !all || err != nil {
		t.Errorf("swept: %q %t %v", names, all, err)
	}
	if _, err := os.Lstat(path + "/.tmp-old"); err == nil {
		t.Error("a temporary file is left")
	}
}
