// Command testrun runs the tests as `make test` does: it says first what this
// machine leaves out, and last how many tests ran, how many were skipped, and why.
//
//	go run ./cmd/btcpayctl/internal/testrun -race -shuffle=on -timeout=30m ./...
//
// Arguments are those of go test, with values after an equals sign. The program
// exits with 1 if a test fails, a package does not build, or no test runs. With
// -programs as its only argument it prints the optional programs of the tests, one a
// line with all its names, and runs nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-programs" {
		for _, p := range programs.All() {
			fmt.Println(strings.Join(p.Names, " "))
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
		os.Exit(1)
	}
}

// run has go test run the tests of the module in dir.
func run(ctx context.Context, dir string, args []string, stdout, stderr *os.File) error {
	packages, err := gotest.List(ctx, dir, patterns(args))
	if err != nil {
		return err
	}
	for _, line := range leftOut(packages, args) {
		fmt.Fprintln(stdout, line)
	}
	s := newSummary(stdout)
	err = gotest.Run(ctx, dir, args, environment(args), stderr, s.take)
	s.print()
	switch exit, failed := errors.AsType[*exec.ExitError](err); {
	case ctx.Err() != nil:
		err = errors.New("interrupted")
	case failed && exit.ExitCode() == 1 && s.bad():
		err = errors.New("tests failed; their output is above")
	case err != nil:
	case s.bad():
		err = errors.New("go test reported a failure and exited with 0")
	case s.passed == 0:
		err = errors.New("no test ran")
	}
	return err
}

// environment is what go test gets beside the environment of this program.
func environment(args []string) (env []string) {
	// Tests and compilers end soon, and would spend a fifth of their time on the collection of
	// garbage. A setting of the user's counts.
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		env = append(env, "GOGC=300", "GOMEMLIMIT=1GiB")
	}
	// The race detector needs cgo, which all else is compiled without. It waits for a second
	// before a process ends, for races of goroutines that still run: tests leave none, and
	// start themselves as other processes.
	if slices.Contains(args, "-race") {
		env = append(env, "CGO_ENABLED=1", strings.TrimSpace("GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE")))
	}
	return env
}

// patterns are the packages among the arguments of go test.
func patterns(args []string) []string {
	first := len(args)
	for first > 0 && !strings.HasPrefix(args[first-1], "-") {
		first--
	}
	if first == len(args) {
		return []string{"."}
	}
	return args[first:]
}

func long(packages []gotest.Package) (count int) {
	for _, p := range packages {
		for _, t := range p.Tests {
			if t.Long() && !t.LeftOut {
				count++
			}
		}
	}
	return count
}

// isShort reports whether the arguments of go test ask for the short run.
func isShort(args []string) bool { return slices.Contains(args, "-short") }
