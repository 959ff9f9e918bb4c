package canary

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// unlimited runs a program whose core may have any size.
var unlimited = []string{"sh", "-c", `ulimit -c unlimited 2>/dev/null; exec "$0" "$@"`}

// TestCanaryCrash ends the program by signals that leave a core or a list of all
// goroutines, unless the program takes them itself, while it holds a secret and waits
// for the server.
func TestCanaryCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it prepares a whole home, and a run for each signal")
	}
	t.Parallel()
	resolveScenarios(t)
	s := newCanaryStage(t, canaryBackends[0], programtest.Plain.Path(t))
	s.strace, s.wrap = "", unlimited
	lines := []string{
		"invoice get $INVOICE --profile shop --api bitpay", "invoice get $INVOICE --profile till",
		"apikey create --server $SERVER --basic $EMAIL --permission btcpay.user.canviewprofile",
		"apikey create --profile admin --all-stores --for \"invoice list\" --save-as fresh",
	}
	var jobs []canaryJob
	for i := range scenarios {
		for _, line := range lines {
			if scenarios[i].line != line {
				continue
			}
			for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGSEGV} {
				jobs = append(jobs, canaryJob{&scenarios[i], variant{how: "--debug", fault: "hang", signal: signal}})
			}
		}
	}
	if len(jobs) < 3*len(lines) {
		t.Fatalf("there are only %d runs", len(jobs))
	}
	s.home.env["GOTRACEBACK"] = "crash"
	traces := 0
	s.playAll(t, jobs, func(r *canaryRun) {
		if r.code != -1 && r.code != 2 && (r.code != 131 || r.variant.signal != syscall.SIGQUIT) {
			t.Errorf("btcpayctl %s ended with %d at %v", r.scenario.line, r.code, r.variant.signal)
		}
		traces += strings.Count(string(r.stderr), "goroutine ")
		if r.coreDumped {
			t.Errorf("btcpayctl %s left a core at %v", r.scenario.line, r.variant.signal)
		}
	})
	if traces == 0 {
		t.Error("no list of goroutines was printed")
	}
	t.Logf("%d runs, %d goroutines listed, %d bytes, secrets seen where they belong %d times and %d times elsewhere; %s",
		s.runs.Load(), traces, s.bytes.Load(), s.expected.Load(), s.sightings.Load(), coresAreWritten(t))
}

// coresAreWritten tells whether another program leaves a core here.
func coresAreWritten(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), unlimited[0], append(unlimited[1:], "sleep", "60")...)
	cmd.Dir = t.TempDir()
	must(t, cmd.Start())
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
		if err == nil && strings.TrimSpace(string(name)) == "sleep" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("sleep does not start")
		}
	}
	must(t, cmd.Process.Signal(syscall.SIGABRT))
	cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.CoreDump() {
		return "another program leaves a core here"
	}
	return "no program leaves a core here, so that none was left says little"
}

// TestCanaryMemory lets another program of the same user look into the memory and
// the environment of the program while it holds a secret, as an ordinary user.
func TestCanaryMemory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user: sudo go test -run CanaryMemory ./cmd/btcpayctl/internal/canary")
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	server := sandbox.New(t)
	tap := newTap(server.URL, false)
	t.Cleanup(tap.Close)
	dir, err := os.MkdirTemp("", "canary")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "btcpayctl")
	must(t, exec.Command("install", "-m", "755", programtest.Plain.Path(t), program).Run())
	h, err := newCanaryHome(filepath.Join(dir, "home"), program)
	must(t, err)
	h.env["BTCPAYCTL_API_KEY"], h.env["BTCPAYCTL_SERVER"] = server.Seed.APIKey, tap.URL
	if out, err := exec.Command("chown", "-R", "65534:65534", dir).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	tap.set("hang", 0)
	cmd := h.command(t.Context(), "apikey", "current")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	select {
	case <-tap.reached:
	case <-time.After(patience):
		t.Fatal("the server is not asked")
	}
	other := exec.Command("sleep", "60")
	other.SysProcAttr, other.Dir = cmd.SysProcAttr, "/"
	must(t, other.Start())
	t.Cleanup(func() { other.Process.Kill(); other.Wait() })
	key := NewSearcher(New("api key", server.Seed.APIKey))
	for _, look := range []string{"cat /proc/%d/environ", "head -c 1 /proc/%d/mem", "head -c 4096 /proc/%d/maps", "ls /proc/%d/fd/"} {
		run := func(pid int) (string, error) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf(look, pid))
			cmd.SysProcAttr, cmd.Dir = &syscall.SysProcAttr{Credential: nobody}, "/"
			out, err := cmd.CombinedOutput()
			if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
				t.Fatal(err)
			}
			return string(out), err
		}
		out, err := run(cmd.Process.Pid)
		if err == nil || !strings.Contains(out, "Permission denied") {
			t.Errorf("%s: %v\n%.200q", look, err, out)
		}
		if key.Search([]byte(out)) != nil {
			t.Errorf("%s shows the key", look)
		}
		// Of another program of that user it works, but for reading at address 0.
		if out, err := run(other.Process.Pid); strings.Contains(out, "Permission denied") {
			t.Errorf("%s proves nothing: it fails at another program too: %v %s", look, err, out)
		}
	}
	gcore, err := programs.GCore.Find()
	if err != nil {
		return // what it does first was refused above
	}
	dump := exec.CommandContext(t.Context(), gcore, "-o", filepath.Join(dir, "core"), fmt.Sprint(cmd.Process.Pid))
	dump.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
	out, err := dump.CombinedOutput()
	if cores, _ := filepath.Glob(filepath.Join(dir, "core*")); err == nil || cores != nil {
		t.Errorf("gcore: %v, %v\n%s", err, cores, out)
	}
}
