package keystore

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

// childVariable makes the test binary play another process; see children.
const childVariable = "KEYSTORE_TEST_CHILD"

// patience is how long anything may take on a busy machine: what is waited for,
// and the deadline of calls that are to succeed.
const patience = 2 * time.Minute

// shortWait is the deadline of calls that are to run into it. On a busy machine
// it may pass before they come as far as the test is about, see [tryLonger].
const shortWait = 50 * time.Millisecond

// await waits until ok says that what a test is about has happened.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: ", what)
		}
	}
}

// tryLonger makes a call that runs into its deadline, and makes it again with
// twice the time until reached says that it came as far as the test is about.
func tryLonger(t *testing.T, reached func() bool, call func(wait time.Duration)) {
	t.Helper()
	for wait := shortWait; ; wait *= 2 {
		if call(wait); reached() {
			return
		}
		if t.Failed() || wait > patience {
			t.Fatalf("the call does not come as far as this test is about within %v", wait)
		}
	}
}

// factorOfProgram is what the program uses.
var factorOfProgram int

func TestMain(m *testing.M) {
	factorOfProgram, work.Factor = work.Factor, work.Light // less than a millisecond for a passphrase instead of a second
	if job := os.Getenv(childVariable); job != "" {
		children[job]()
		os.Exit(0)
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		// Those that run side by side wait, for deadlines and for other programs.
		flag.Set("test.parallel", fmt.Sprint(4*runtime.GOMAXPROCS(0)))
	}
	leaks.Main(m)
}

// child prepares this test binary to run as another process.
func child(t *testing.T, job string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	// With the race detector a process would wait a second before it ends.
	cmd.Env = append(os.Environ(), childVariable+"="+job, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// torture tells whether the long tests should run at full length.
func torture() bool { return os.Getenv("BTCPAYCTL_TORTURE") != "" }

func open(t *testing.T, spec string, o Options) Store {
	t.Helper()
	store, err := Open(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// writeProgram makes a file that can be executed at once. A child that another
// test forks while the file is open for writing would hold it so until it
// executes its own program, and the kernel says "text file busy" meanwhile.
func writeProgram(path string, content []byte, mode os.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, mode)
}
