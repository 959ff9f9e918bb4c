package canary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A canaryStage is a sandbox and a home for one kind of keystore, from which
// each run gets a copy.
type canaryStage struct {
	backend canaryBackend
	server  *sandbox.Server
	home    *canaryHome
	tap     string // host and port that the home knows
	static  *Searcher
	strace  string // empty where it cannot be used
	// Of further daemons: one whose collection is locked, one that holds nonsense.
	lockedBus, damagedBus string
	wrap                  []string // begins the command line, in place of strace
	scratch               string
	workers               int
	number                atomic.Int64

	// expected are secrets that were seen where they belong: the search works.
	runs, bytes, sightings, expected atomic.Int64
}

// A variant is all that is done to a scenario.
type variant struct {
	how     string // "", "--debug", "environment" or "--dry-run"
	fault   string // of the server, see [tap]
	passing int    // requests before the fault begins
	keyring string // fault of the keystore
	crash   string // step at which the program is killed
	signal  syscall.Signal
}

func (v variant) String() string {
	var parts []string
	for _, part := range []string{v.how, v.fault, v.keyring, v.crash} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if v.fault != "" {
		parts = append(parts, fmt.Sprintf("after %d requests", v.passing))
	}
	if v.signal != 0 {
		parts = append(parts, v.signal.String())
	}
	return strings.Join(parts, ", ")
}

var errNoSuchFault = errors.New("this backend has no such fault here")

// A canaryRun is one run of the program that is watched.
type canaryRun struct {
	stage      *canaryStage
	scenario   *scenario
	variant    variant
	home       *canaryHome
	tap        *tap
	vault      *httptest.Server
	vaultFault string
	cleanup    []func() error

	code           int
	coreDumped     bool
	requests       int
	stdout, stderr []byte
	said           []utterance
	programs       []string
}

// play runs a scenario in one variant and looks for canaries everywhere.
func (s *canaryStage) play(ctx context.Context, sc *scenario, v variant) (r *canaryRun, leaks []string, err error) {
	r = &canaryRun{stage: s, scenario: sc, variant: v}
	dir := filepath.Join(s.scratch, strconv.FormatInt(s.number.Add(1), 10))
	r.tap = newTap(s.server.URL, v.fault == "tls")
	defer r.tap.Close()
	defer func() {
		if r.home != nil {
			programtest.EndWatchers(r.home.path("data"))
		}
		for _, clean := range r.cleanup {
			err = errors.Join(err, clean())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := r.prepare(ctx, dir); err != nil {
		return r, nil, err
	}
	if err := r.execute(ctx); err != nil {
		return r, nil, err
	}
	leaks, err = r.look(ctx)
	s.runs.Add(1)
	s.sightings.Add(int64(len(leaks)))
	return r, leaks, err
}

func (r *canaryRun) prepare(ctx context.Context, dir string) (err error) {
	address, err := url.Parse(r.tap.URL)
	if err != nil {
		return err
	}
	replace := map[string]string{r.stage.tap: address.Host}
	if r.variant.fault == "tls" {
		replace["http://"+r.stage.tap] = r.tap.URL
	}
	var kept *canaryVault
	if r.stage.home.vault != nil {
		kept = r.stage.home.vault.clone()
		r.vault = httptest.NewServer(kept.handler(""))
		replace[strings.TrimPrefix(r.stage.home.vaultURL, "http://")] = strings.TrimPrefix(r.vault.URL, "http://")
		r.cleanup = append(r.cleanup, func() error { r.vault.Close(); return nil })
	}
	if r.home, err = r.stage.home.copy(dir, replace); err != nil {
		return err
	}
	if kept != nil {
		r.home.vault = kept
	}
	// What the server is asked for beforehand it answers over http too.
	before := r.scenario.before
	if r.variant.fault != "tls" && !r.stage.backend.readOnly {
		if err := r.home.prepare(ctx, before...); err != nil {
			return err
		}
	}
	for name, value := range r.scenario.env {
		r.home.env[name] = r.home.expand(value)
	}
	if fault := r.stage.backend.faults[r.variant.keyring]; fault != nil {
		if err := fault(r); err != nil {
			return err
		}
	}
	if r.vault != nil {
		r.vault.Config.Handler = r.home.vault.handler(r.vaultFault)
	}
	if r.variant.how == "environment" {
		r.home.env["BTCPAYCTL_DEBUG"], r.home.env["BTCPAYCTL_OUTPUT"] = "1", "json"
	}
	if r.variant.crash != "" {
		r.home.env["BTCPAYCTL_FAULT"] = r.variant.crash
	}
	fault := r.variant.fault
	if fault == "tls" {
		fault = ""
	}
	r.tap.set(fault, r.variant.passing)
	return nil
}

// args are the words of the scenario, with the flag of the variant after the
// name of the command.
func (r *canaryRun) args() []string {
	words := r.home.words(r.scenario.line)
	if strings.HasPrefix(r.variant.how, "--") {
		n := len(strings.Fields(r.scenario.command))
		words = append(words[:n:n], append([]string{r.variant.how}, words[n:]...)...)
	}
	return words
}

// execute runs the program, traced where that can be, with its streams in files
// and with somebody beside it who clicks.
func (r *canaryRun) execute(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	out := r.home.path("out")
	if err := os.Mkdir(out, 0o700); err != nil {
		return err
	}
	cmd := r.home.command(ctx, r.args()...)
	if r.stage.wrap != nil {
		wrapped := exec.CommandContext(ctx, r.stage.wrap[0], append(r.stage.wrap[1:], cmd.Args...)...)
		wrapped.Env, wrapped.Dir, wrapped.WaitDelay = cmd.Env, cmd.Dir, cmd.WaitDelay
		cmd = wrapped
	}
	if r.stage.strace != "" {
		traced := exec.CommandContext(ctx, r.stage.strace, append(straceArgs(filepath.Join(out, "trace")), cmd.Args...)...)
		traced.Env, traced.Dir, traced.WaitDelay = cmd.Env, cmd.Dir, cmd.WaitDelay
		cmd = traced
	}
	// Files, since a program that outlives this one may hold a pipe open.
	if err := os.WriteFile(filepath.Join(out, "stdin"), []byte(r.home.expand(r.scenario.stdin)), 0o600); err != nil {
		return err
	}
	stdin, err := os.Open(filepath.Join(out, "stdin"))
	if err != nil {
		return err
	}
	defer stdin.Close()
	stdout, err := os.Create(filepath.Join(out, "stdout"))
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, err := os.Create(filepath.Join(out, "stderr"))
	if err != nil {
		return err
	}
	defer stderr.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	beside := make(chan struct{})
	besideCtx, stopBeside := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(beside)
		if r.scenario.beside == "" {
			return
		}
		for {
			_, err := r.home.without("BTCPAYCTL_FAULT").run(besideCtx, "", r.scenario.beside)
			if err == nil {
				return
			}
			select {
			case <-ended:
				return
			case <-time.After(time.Second):
			}
			if r.variant.fault+r.variant.keyring+r.variant.crash != "" {
				// The person gave up, and so does who waits.
				r.kill(cmd, syscall.SIGINT)
				return
			}
			// Nothing is wrong, but the program may be slow to ask on a busy machine.
		}
	}()
	go r.interrupt(cmd, stdout.Name(), ended)
	go r.endWatcher(stderr.Name(), ended)
	err = cmd.Wait()
	close(ended)
	stopBeside()
	<-beside
	if ctx.Err() != nil {
		return fmt.Errorf("it does not end: %w", ctx.Err())
	}
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return err
	}
	r.code = cmd.ProcessState.ExitCode()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		r.coreDumped = status.CoreDump()
	}
	r.requests = r.tap.count()
	r.stdout, err = os.ReadFile(stdout.Name())
	if err == nil {
		r.stderr, err = os.ReadFile(stderr.Name())
	}
	return err
}

// endWatcher ends the process that a command leaves behind which says that it goes on:
// strace would wait for it.
func (r *canaryRun) endWatcher(stderr string, ended chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Millisecond):
		}
		if said, err := os.ReadFile(stderr); err == nil && bytes.Contains(said, []byte("asks the server again")) {
			programtest.EndWatchers(r.home.path("data"))
		}
	}
}

// without is the home as somebody sees it who does not have this variable.
func (h *canaryHome) without(variable string) *canaryHome {
	other := *h
	other.env = map[string]string{}
	for name, value := range h.env {
		if name != variable {
			other.env[name] = value
		}
	}
	return &other
}

// interrupt sends the signal of the variant when the server was asked for
// something that it does not answer, and ends a server that runs until it is told.
func (r *canaryRun) interrupt(cmd *exec.Cmd, stdout string, ended chan struct{}) {
	signal := r.variant.signal
	reached := r.tap.reached
	if r.scenario.server {
		signal = syscall.SIGINT
		ready := make(chan struct{})
		go func() {
			defer close(ready)
			for {
				select {
				case <-ended:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if info, err := os.Stat(stdout); err == nil && info.Size() > 0 {
					return
				}
			}
		}()
		reached = ready
	}
	if signal == 0 {
		return
	}
	select {
	case <-ended:
		return
	case <-reached:
	}
	r.kill(cmd, signal)
}

// kill sends a signal to the program, which strace may have started.
func (r *canaryRun) kill(cmd *exec.Cmd, signal syscall.Signal) {
	pid := cmd.Process.Pid
	if r.stage.strace != "" {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		fields := bytes.Fields(children)
		if err != nil || len(fields) == 0 {
			return // it has ended by itself
		}
		if pid, err = strconv.Atoi(string(fields[0])); err != nil {
			return
		}
	}
	syscall.Kill(pid, signal)
}
