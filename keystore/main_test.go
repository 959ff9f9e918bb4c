package keystore

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test binary play another process; see children.
const childVariable = "KEYSTORE_TEST_CHILD"

// scryptWorkReal is what the program uses.
var scryptWorkReal int

func TestMain(m *testing.M) {
	scryptWorkReal, scryptWork = scryptWork, 2 // less than a millisecond for a passphrase instead of a second
	if job := os.Getenv(childVariable); job != "" {
		children[job]()
		os.Exit(0)
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		// Those that run side by side wait, for deadlines and for other programs.
		flag.Set("test.parallel", fmt.Sprint(4*runtime.GOMAXPROCS(0)))
	}
	goleak.VerifyTestMain(m)
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
