package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"btcpayctl": main})
}

// leakChecked looks for goroutines that the tests left, where they passed.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	code := l.m.Run()
	if plainBinary.dir != "" {
		os.RemoveAll(plainBinary.dir)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// plainBinary is the program without the race detector, for tests that start it
// a thousand times.
var plainBinary struct {
	once sync.Once
	dir  string
	err  error
}

func buildPlain(t testing.TB) string {
	t.Helper()
	plainBinary.once.Do(func() {
		dir, err := os.MkdirTemp("", "btcpayctl-plain-")
		if err != nil {
			plainBinary.err = err
			return
		}
		plainBinary.dir = dir
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "btcpayctl"), ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			plainBinary.err = errors.Join(err, errors.New(string(out)))
		}
	})
	if plainBinary.err != nil {
		t.Fatal(plainBinary.err)
	}
	return filepath.Join(plainBinary.dir, "btcpayctl")
}
