// Command torture runs the long tests of the project and prints their figures as
// one table. It exits with 1 if a figure is missed, a test fails or does not
// finish, or a test reports no figure.
//
//	go run ./cmd/btcpayctl/internal/torture
//	go run ./cmd/btcpayctl/internal/torture -run 'List|Symlink' ./keystore/...
//
// A long test has Torture in its name. It runs at full length if
// BTCPAYCTL_TORTURE is 1, and otherwise skips or takes a sample. Packages run one
// after the other, so that none disturbs the timing of another.
//
// # How a test reports a figure
//
// A figure is an attribute of the test or of a subtest, with the key "figure" and
// three parts between bars, each with a space on both sides:
//
//	t.Attr("figure", fmt.Sprintf("secrets kept, %d writers × %d rounds | %d | = %d", writers, rounds, kept, writers*rounds))
//	t.Attr("figure", fmt.Sprintf("10,000 names listed from the index | %v | < 100ms", took))
//	t.Attr("figure", fmt.Sprintf("get, against age -d of the same file | %.2f× | ≤ 1.2×", ratio))
//	t.Attr("figure", fmt.Sprintf("invoices created | %d | -", made))
//
// Its parts:
//
//   - The goal says what is measured, in a few words. It is a line of the table.
//   - Measured is a plain number (2000, not 2,000) followed by its unit, or a
//     time.Duration, rounded to the digits that matter.
//   - Wanted is one of = < ≤ > ≥, a space, and a limit in the same unit; or "-" for a
//     figure without a limit.
//
// This program compares the figure with its limit. The test also fails by itself, so
// that it is a test without this program. A test reports its figures before it can
// fail, as many as it likes. The value is one line. A test that needs a missing
// program skips with a line that says how to install it; the table shows that line.
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
	timeout := flag.Duration("timeout", 2*time.Hour, "stop the tests of a package after this time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *timeout, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, timeout time.Duration, patterns []string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	s, err := list(ctx, ".", patterns, wanted.MatchString)
	if err != nil {
		return err
	}
	if len(s.packages) == 0 {
		return fmt.Errorf("no long test in %s matches -run %q", strings.Join(patterns, " "), only)
	}
	start := time.Now()
	runErr := s.run(ctx, ".", timeout, os.Stderr)
	if ctx.Err() != nil {
		runErr = errors.New("interrupted")
	}
	fmt.Printf("%s %s/%s, %d cores, %s, in %v\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		start.Format(time.DateOnly), time.Since(start).Round(time.Second))
	return errors.Join(runErr, report(os.Stdout, s.rows()))
}

func (s *suite) run(ctx context.Context, dir string, timeout time.Duration, stderr *os.File) error {
	names, paths := s.selection()
	if len(names) == 0 {
		return nil
	}
	s.stderr = stderr
	args := []string{"-count=1", "-p=1", "-timeout=" + timeout.String(), "-run=^(" + strings.Join(names, "|") + ")$"}
	err := gotest.Run(ctx, dir, append(args, paths...), []string{"BTCPAYCTL_TORTURE=1"}, stderr, s.take)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 && s.failed() {
		return nil // the table says more
	}
	return err
}
