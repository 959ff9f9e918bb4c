// Command torture runs the long tests of the project and prints what they
// measured as one table. It exits with 1 where a figure is missed, a test failed
// or did not come to its end, or a test told no figure.
//
//	go run ./cmd/btcpayctl/internal/torture
//	go run ./cmd/btcpayctl/internal/torture -run 'List|Symlink' ./keystore/...
//	go run ./cmd/btcpayctl/internal/torture -skip Canary
//
// A long test is one with Torture in its name. It runs at full length where
// BTCPAYCTL_TORTURE is 1, and skips, or takes a sample, elsewhere. Packages run
// one after the other, so that none disturbs what another one times.
//
// # How a test tells a figure
//
// A figure is an attribute of the test, or of a subtest, with the key "figure"
// and three parts between bars, each with a space on both sides:
//
//	t.Attr("figure", fmt.Sprintf("secrets kept, %d writers × %d rounds | %d | = %d", writers, rounds, kept, writers*rounds))
//	t.Attr("figure", fmt.Sprintf("10,000 names listed from the index | %v | < 100ms", took))
//	t.Attr("figure", fmt.Sprintf("get, against age -d of the same file | %.2f× | ≤ 1.2×", ratio))
//	t.Attr("figure", fmt.Sprintf("invoices created | %d | -", made))
//
// Its parts:
//
//   - The goal says what is measured, in a few words: the table has one line for it.
//   - Measured is a plain number (2000, not 2,000) with its unit behind it, or a
//     time.Duration as it prints itself, rounded as far as it is worth reading.
//   - Wanted is one of = < ≤ > ≥, a space, and a limit in the same unit; or "-" for a
//     figure that is told for orientation and not judged.
//
// This program judges the figure, and the test fails by itself as well, so that
// it can be run without this program. A figure is told before the test may end,
// also when it is missed; a test tells as many figures as it likes, and each is a
// row. The value is one line and none of its parts has a bar in it. A test that
// needs a missing program skips with one line that says how to get it, and that
// line becomes its row; a subtest that skips is a row as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
)

func main() {
	only := flag.String("run", "", "run only the long tests whose names match this regular expression")
	not := flag.String("skip", "", "run none of the long tests whose names match this regular expression")
	timeout := flag.Duration("timeout", 2*time.Hour, "give up on a package after this time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *not, *timeout, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, not string, timeout time.Duration, patterns []string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	unwanted, err := regexp.Compile(not)
	if err != nil {
		return fmt.Errorf("-skip: %w", err)
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	packages, err := list(ctx, ".", patterns, func(name string) bool {
		return wanted.MatchString(name) && (not == "" || !unwanted.MatchString(name))
	})
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		return fmt.Errorf("no long test in %s matches -run %q -skip %q", strings.Join(patterns, " "), only, not)
	}
	s, start := newSuite(packages), time.Now()
	runErr := s.run(ctx, ".", timeout, os.Stderr)
	if ctx.Err() != nil {
		runErr = errors.New("interrupted")
	}
	fmt.Printf("%s %s/%s, %d cores, %s, in %v\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		start.Format(time.DateOnly), time.Since(start).Round(time.Second))
	return errors.Join(runErr, report(os.Stdout, s.rows()))
}

// run has `go test` run the tests, and takes in what it tells.
func (s *suite) run(ctx context.Context, dir string, timeout time.Duration, stderr *os.File) error {
	names, paths, count := s.selection()
	if count == 0 {
		return nil
	}
	p := gotest.NewProgress(stderr, count)
	defer p.Stop()
	args := []string{"test", "-json", "-count=1", "-p=1", "-timeout=" + timeout.String(), "-run=^(" + strings.Join(names, "|") + ")$"}
	cmd := exec.CommandContext(ctx, "go", append(args, paths...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BTCPAYCTL_TORTURE=1")
	cmd.Stderr = p
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := s.read(stdout, p)
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 && s.failed() {
		err = nil // the rows say it better
	}
	if err != nil {
		err = fmt.Errorf("go test: %w", err)
	}
	return errors.Join(readErr, err)
}
