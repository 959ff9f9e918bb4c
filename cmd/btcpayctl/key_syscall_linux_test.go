package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// TestTortureKeySyscalls lets single system calls of what is done with keys fail,
// or be the last that the program makes. Each key that the sandbox holds
// afterwards is stored, or named. Without BTCPAYCTL_TORTURE it is a sample.
func TestTortureKeySyscalls(t *testing.T) {
	strace := programs.Strace.Need(t)
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a traced program for each system call, and TestKilledWithKeys kills at steps")
	}
	if err := programtest.CanTrace(strace); err != nil {
		t.Skip(err)
	}
	t.Parallel()
	calls, first, step, last := []string{"fsync", "/^rename"}, 2, 5, 12
	every, combination := 4, 0
	if os.Getenv("BTCPAYCTL_TORTURE") != "" {
		every = 1
		calls, first, step, last = []string{"fsync", "/^rename", "write", "openat", "/^unlink", "flock", "connect", "read"}, 1, 1, 24
	}
	commands := []struct {
		name string
		args []string
	}{
		{"create", []string{"apikey", "create", "--all-stores", "--for", "invoice list", "--save-as", "shop"}},
		{"rotate", []string{"apikey", "rotate", "--profile", "shop", "--by", "admin"}},
		{"exec", []string{"apikey", "exec", "--all-stores", "--for", "invoice list", "--", "true"}},
		{"revoke", []string{"apikey", "revoke", "current", "--profile", "shop", "--yes"}},
	}
	var done, failed, killed, lost atomic.Int64
	t.Run("calls", func(t *testing.T) {
		for _, c := range commands {
			for _, call := range calls {
				for _, fault := range []string{"error=EIO", "error=ENOSPC", "signal=SIGKILL"} {
					if fault != "signal=SIGKILL" && !strings.Contains("fsync /^rename", call) {
						continue // the others do not fail so, or the runtime needs them
					}
					for n := first; n <= last; n += step {
						if combination++; combination%every != 0 {
							continue
						}
						inject := fmt.Sprintf("inject=%s:%s:when=%d", call, fault, n)
						t.Run(c.name+"/"+inject, func(t *testing.T) {
							t.Parallel()
							defer func() {
								if t.Failed() {
									lost.Add(1)
								}
							}()
							s := newKillScene(t)
							if c.name == "rotate" || c.name == "revoke" {
								s.must("apikey", "create", "--permission", "unrestricted", "--save-as", "admin")
								s.must("apikey", "create", "--all-stores", "--for", "invoice list", "--save-as", "shop")
							}
							traced := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call,
								"-e", inject, s.program}, c.args...)...)
							traced.Env = s.env
							var errs bytes.Buffer
							traced.Stderr = &errs
							err := traced.Run()
							switch {
							case err == nil:
								done.Add(1)
							case strings.Contains(errs.String(), "error:") || strings.Contains(errs.String(), "warning:"):
								failed.Add(1)
							default:
								killed.Add(1)
							}
							// What the program said counts as naming a key, too.
							doctor, code := s.run("", "doctor", "-o", "json")
							if code == -1 || doctor == "" {
								t.Fatalf("the doctor ended with %d", code)
							}
							s.account(doctor + errs.String())
							if t.Failed() {
								t.Logf("it said:\n%s", errs.String())
							}
						})
					}
				}
			}
		}
	})
	runs := done.Load() + failed.Load() + killed.Load()
	t.Logf("%d runs: %d done, %d failed with an error, %d ended in the middle", runs, done.Load(), failed.Load(), killed.Load())
	t.Attr("figure", fmt.Sprintf("keys neither stored nor named, %d commands with a failing or last system call | %d | = 0", runs, lost.Load()))
	if done.Load() == 0 || failed.Load() == 0 || killed.Load() == 0 {
		t.Error("the faults did not hit")
	}
}
