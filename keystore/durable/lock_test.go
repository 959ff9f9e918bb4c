package durable_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// children are what other processes do, by name.
var children = map[string]func(){
	"hold": childHolds, "count": childCounts,
}

func child(t *testing.T, job, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "DURABLE_TEST_CHILD="+job, "CHILD_DIR="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func childLocks() (*durable.Dir, *durable.Lock) {
	dir, err := durable.Open(os.Getenv("CHILD_DIR"))
	if err == nil {
		var lock *durable.Lock
		if lock, err = dir.Lock(context.Background(), "lock", patience); err == nil {
			return dir, lock
		}
	}
	fmt.Fprintln(os.Stderr, "child:", err)
	os.Exit(1)
	return nil, nil
}

// childHolds holds the lock until it is killed or its input ends.
func childHolds() {
	childLocks()
	fmt.Println("held")
	io.Copy(io.Discard, os.Stdin)
}

func TestLockHeldByAnotherProcess(t *testing.T) {
	dir, path := create(t)
	cmd := child(t, "hold", path)
	in, err := cmd.StdinPipe()
	must(t, err)
	defer in.Close()
	out, err := cmd.StdoutPipe()
	must(t, err)
	before := time.Now().Truncate(time.Second) // as in the file
	must(t, cmd.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatal(line, err)
	}
	after := time.Now()
	for _, wait := range []time.Duration{0, 50 * time.Millisecond} {
		start := time.Now()
		_, err = dir.Lock(t.Context(), "lock", wait)
		held, ok := errors.AsType[*durable.LockError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) || held.Holder != cmd.Process.Pid || held.Path != path+"/lock" {
			t.Fatalf("error %v, want the lock of process %d", err, cmd.Process.Pid)
		}
		if held.Since.Before(before) || held.Since.After(after) {
			t.Errorf("held since %v, and it was taken from %v to %v", held.Since, before, after)
		}
		if took := time.Since(start); took < wait {
			t.Errorf("a wait of %v took %v", wait, took)
		}
	}
	// A killed holder holds nothing.
	must(t, cmd.Process.Kill())
	cmd.Wait()
	lock, err := dir.Lock(t.Context(), "lock", patience)
	must(t, err)
	must(t, lock.Unlock())
	must(t, lock.Unlock())
}

func TestLockCancelled(t *testing.T) {
	dir, _ := create(t)
	lock, err := dir.Lock(t.Context(), "lock", 0)
	must(t, err)
	defer lock.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := dir.Lock(ctx, "lock", patience)
		done <- err
	}()
	await(t, "nobody waits for the lock", func() bool { return waiters() > 0 })
	cancel()
	err = <-done
	if held, ok := errors.AsType[*durable.LockError](err); !ok || !errors.Is(err, context.Canceled) || held.Holder != os.Getpid() {
		t.Error(err)
	}
	if _, err := dir.Lock(ctx, "free", patience); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call took a free lock: %v", err)
	}
}

// waiters counts the goroutines that wait for a lock in the kernel.
func waiters() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "(*Flock).Lock(")
}

// childCounts adds one to a counter file ten times, under the lock.
func childCounts() {
	for range 10 {
		dir, lock := childLocks()
		data, err := dir.Read("counter", 100)
		n, _ := strconv.Atoi(string(data))
		if err == nil {
			err = dir.Write("counter", []byte(strconv.Itoa(n+1)))
		}
		if err = errors.Join(err, lock.Unlock(), dir.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
	}
}

// Read, change and write under the lock loses no update, between processes and
// between goroutines.
func TestLockLosesNoUpdate(t *testing.T) {
	dir, path := create(t)
	must(t, dir.Write("counter", []byte("0")))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := child(t, "count", path).Run(); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			for range 10 {
				lock, err := dir.Lock(t.Context(), "lock", patience)
				if err != nil {
					t.Error(err)
					return
				}
				data, err := dir.Read("counter", 100)
				n, _ := strconv.Atoi(string(data))
				if err := errors.Join(err, dir.Write("counter", []byte(strconv.Itoa(n+1))), lock.Unlock()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantContent(t, dir, "counter", "160")
}

// A file that was there before under a lock's name is not written over.
func TestLockOnAFileOfAnother(t *testing.T) {
	dir, _ := create(t)
	key := "AGE-SECRET-KEY-1" + strings.Repeat("Q", 58) + "\n"
	must(t, dir.Write("lock", []byte(key)))
	lock, err := dir.Lock(t.Context(), "lock", 0)
	must(t, err)
	_, err = dir.Lock(t.Context(), "lock", 0)
	if held, ok := errors.AsType[*durable.LockError](err); !ok || held.Holder != 0 {
		t.Error(err)
	}
	must(t, lock.Unlock())
	wantContent(t, dir, "lock", key)
}

// A lock file whose text is nonsense still locks; only the holder is unknown.
func TestBadInputLockText(t *testing.T) {
	dir, path := create(t)
	for _, text := range []string{"", "x", "12", "-5 2026-01-01T00:00:00Z", "12 yesterday", strings.Repeat("9", 200), "\x00\xff"} {
		lock, err := dir.Lock(t.Context(), "lock", 0)
		must(t, err)
		must(t, os.WriteFile(path+"/lock", []byte(text), 0o600))
		_, err = dir.Lock(t.Context(), "lock", 0)
		if held, ok := errors.AsType[*durable.LockError](err); !ok || held.Holder != 0 || !held.Since.IsZero() ||
			!strings.Contains(err.Error(), "another process") {
			t.Errorf("%q: %v", text, err)
		}
		must(t, lock.Unlock())
	}
}

// Calls that gave up leave one goroutine at most, and it lets go of the lock.
func TestLockGivenUp(t *testing.T) {
	dir, err := durable.Create(t.TempDir())
	must(t, err)
	defer dir.Close()
	held, err := dir.Lock(t.Context(), "lock", 0)
	must(t, err)
	for range 5 {
		if _, err := dir.Lock(t.Context(), "lock", 10*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
	if n := waiters(); n > 1 {
		t.Errorf("%d goroutines wait in the kernel", n)
	}
	must(t, held.Unlock())
	again, err := dir.Lock(t.Context(), "lock", patience)
	must(t, err)
	must(t, again.Unlock())
}
