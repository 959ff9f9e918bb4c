// Command testrun runs the tests as `make test` does: it says first what this
// machine will leave out, and last how many tests ran and which were skipped, and
// why.
//
//	go run ./cmd/btcpayctl/internal/testrun -race -shuffle=on -timeout=30m ./...
//
// Arguments are those of go test, with a value behind an equals sign. The program
// exits with 1 where a test failed, a package did not build, or no test ran. With
// -programs alone it prints the optional programs of the tests, one a line with
// all its names, and runs nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"

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
	p := gotest.NewProgress(stderr, declared(packages))
	defer p.Stop()
	drawn := p
	if !p.Terminal() {
		drawn = gotest.To(io.Discard, 0)
	}
	s := newSummary(stdout, drawn)
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = p
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := gotest.Read(events, s.take, p)
	err = cmd.Wait()
	s.print()
	switch exit, failed := errors.AsType[*exec.ExitError](err); {
	case ctx.Err() != nil:
		err = errors.New("interrupted")
	case failed && exit.ExitCode() == 1 && s.bad():
		err = errors.New("not all is well; what failed is shown above")
	case err != nil:
		err = fmt.Errorf("go test: %w", err)
	case s.bad():
		err = errors.New("go test reported a failure and exited with 0")
	case s.passed == 0:
		err = errors.New("no test ran")
	}
	return errors.Join(readErr, err)
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

func declared(packages []gotest.Package) (count int) {
	for _, p := range packages {
		for _, t := range p.Tests {
			if !t.LeftOut {
				count++
			}
		}
	}
	return count
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
