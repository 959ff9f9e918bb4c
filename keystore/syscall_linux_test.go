package keystore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

func init() {
	children["put"] = func() {
		dir := os.Getenv("CHILD_DIR")
		store, err := Open("file", identityOptions(dir))
		childMust(err)
		if err := store.Put(context.Background(), name, []byte("new")); err != nil {
			fmt.Println("error:", err)
			return
		}
		if err := OpenIndex(dir).Add(context.Background(), Entry{Name: name}); err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println("stored")
	}
}

// Single system calls fail or are the last that the process makes, in a store
// that is there and in one that is being made. strace counts for each thread, so
// the n-th call is one of the n-th calls.
func TestFileFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts dozens of traced processes")
	}
	t.Parallel()
	injectFaults(t, []string{"fsync", "/^rename", "/^link"}, 2)
}

func TestTortureFileFaults(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	injectFaults(t, []string{
		"fsync", "/^rename", "/^link", "write", "openat", "close", "fchmod", "flock", "/^unlink", "read", "fstat", "/^newfstatat", "/^mkdir",
	}, 12)
}

func injectFaults(t *testing.T, calls []string, times int) {
	strace := programs.Strace.Need(t)
	var runs, stored, failed, killed, lost, stuck int
	for _, call := range calls {
		for _, fault := range []string{"error=EIO", "error=ENOSPC", "signal=SIGKILL"} {
			if fault != "signal=SIGKILL" && !strings.Contains("fsync /^rename /^link write openat fchmod", call) {
				continue // the others do not fail so, or the runtime needs them
			}
			for n := range times {
				for _, old := range []bool{true, false} {
					runs++
					dir := t.TempDir()
					if old {
						must(t, open(t, "file", identityOptions(dir)).Put(t.Context(), name, []byte("old")))
					}
					cmd := child(t, "put")
					traced := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
						"-e", fmt.Sprintf("inject=%s:%s:when=%d", call, fault, n+1), cmd.Path)
					traced.Env = append(cmd.Env, "CHILD_DIR="+dir)
					out, err := traced.Output()
					if err != nil && strings.Contains(err.Error(), "exit status 1") && len(out) == 0 && runs == 1 {
						t.Skip("strace cannot trace here")
					}
					acknowledged := strings.Contains(string(out), "stored")
					switch {
					case acknowledged:
						stored++
					case strings.Contains(string(out), "error:"):
						failed++
					default:
						killed++
					}
					// Whoever comes next finds a store that works.
					store := open(t, "file", identityOptions(dir))
					got, err := store.Get(t.Context(), name)
					switch {
					case acknowledged && string(got) == "new":
					case !acknowledged && old && (string(got) == "old" || string(got) == "new"):
					case !acknowledged && !old && (err == nil && string(got) == "new" || strings.Contains(fmt.Sprint(err), ErrNotFound.Error())):
					default:
						lost++
						t.Errorf("%s %s %d, old %v: child said %q, now %q, %v", call, fault, n+1, old, out, got, err)
					}
					if err := store.Put(t.Context(), "bitid/next", nil); err != nil {
						stuck++
						t.Errorf("%s %s %d, old %v: the next write: %v", call, fault, n+1, old, err)
					}
					noLeftovers(t, dir)
				}
			}
		}
	}
	t.Logf("%d runs: %d stored, %d failed with an error, %d ended in the middle", runs, stored, failed, killed)
	t.Attr("figure", fmt.Sprintf("secrets lost, %d writers with a failing or last system call | %d | = 0", runs, lost))
	t.Attr("figure", fmt.Sprintf("stores that take no next write, after each of these | %d | = 0", stuck))
	if failed == 0 || killed == 0 {
		t.Error("the faults did not hit")
	}
}
