package main

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

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	keystoretest.LightPassphrases()
	testscript.Main(leakChecked{m}, map[string]func(){"btcpayctl": main})
}

// leakChecked looks for goroutines that the tests left, where they passed.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	runMoreAtOnce()
	code := l.m.Run()
	for _, b := range []*ownBuild{&plainBinary, &killableBinary} {
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

// runMoreAtOnce lets more tests run side by side than there are processors,
// unless -parallel says otherwise: most of the time they wait for programs.
func runMoreAtOnce() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
}

// An ownBuild is the program as a build of its own, made when a test first needs it.
type ownBuild struct {
	tags string
	once sync.Once
	dir  string
	err  error
}

var (
	// plainBinary lacks the race detector, which takes a tenth of a second to
	// start: tests start it thousands of times.
	plainBinary = ownBuild{tags: "lightpassphrase"}
	// killableBinary has points at which it kills itself.
	killableBinary = ownBuild{tags: "faults,lightpassphrase"}
)

func buildPlain(t testing.TB) string {
	t.Helper()
	return plainBinary.build(t)
}

func buildKillable(t testing.TB) string {
	t.Helper()
	return killableBinary.build(t)
}

func (b *ownBuild) build(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "btcpayctl-build-"); b.err != nil {
			return
		}
		// An ordinary user may run it too.
		if b.err = os.Chmod(b.dir, 0o755); b.err != nil {
			return
		}
		// Git refuses to describe a checkout of another user, and would fail the build.
		args := []string{"build", "-buildvcs=false", "-ldflags=-s -w", "-tags=" + b.tags, "-o", filepath.Join(b.dir, "btcpayctl"), "."}
		build := exec.Command("go", args...)
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
