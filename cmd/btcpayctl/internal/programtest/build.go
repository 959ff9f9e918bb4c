// Package programtest has what tests of the whole program share: builds of it, what a
// store's owner does on the server's pages, and an end to the processes that it leaves.
package programtest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// A Build is the program as a build of its own, made when a test first needs it.
type Build struct {
	tags string
	once sync.Once
	dir  string
	err  error
}

var (
	// Plain lacks the race detector, which takes a tenth of a second to start: tests
	// start the program thousands of times. A passphrase costs it next to nothing.
	Plain = Build{tags: "lightpassphrase"}
	// Killable is like Plain, and has points at which it kills itself.
	Killable = Build{tags: "faults,lightpassphrase"}
)

// Path builds the program if that was not done, and returns its path. In the inner loop it
// skips the test: to link the program takes longer than all that is left there, and most of
// these tests start it dozens of times.
func (b *Build) Path(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program and starts it")
	}
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "btcpayctl-build-"); b.err != nil {
			return
		}
		// An ordinary user may run it too.
		if b.err = os.Chmod(b.dir, 0o755); b.err != nil {
			return
		}
		// Git refuses to describe a checkout of another user, and would fail the build.
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags="+b.tags, "-o", filepath.Join(b.dir, "btcpayctl"),
			"github.com/btcpayctl/btcpayctl/cmd/btcpayctl")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.err = errors.Join(err, errors.New(string(out)))
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return filepath.Join(b.dir, "btcpayctl")
}

// Run runs the tests of a package and removes the builds. It fails if the tests pass and
// leave goroutines. More tests run side by side than there are processors, unless
// -parallel says otherwise: most of the time they wait for programs.
func Run(m interface{ Run() int }) int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	for _, b := range []*Build{&Plain, &Killable} {
		if b.dir != "" {
			os.RemoveAll(b.dir)
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}
