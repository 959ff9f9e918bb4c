// Command crosscheck checks the module for platforms that this machine may not be.
//
//	go run ./cmd/btcpayctl/internal/crosscheck linux/amd64 windows/arm64
//
// For each of them, in this order, it
//   - type-checks every package with its tests, from source, which takes seconds
//     where a compilation of all that they import takes minutes;
//   - builds the program;
//   - has go vet look at the packages with a file that it did not look at for an
//     earlier platform: at all packages for the first one.
//
// The platforms that -uncompiled names are only type-checked.
//
// It exits with 1 if one of these fails, after it has tried them all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	uncompiled := flag.String("uncompiled", "", "`platforms`, with commas between, that are only type-checked")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "crosscheck: name the platforms, such as linux/amd64 windows/arm64")
		os.Exit(2)
	}
	if err := run(ctx, ".", flag.Args(), strings.Split(*uncompiled, ","), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "crosscheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, platforms, uncompiled []string, stdout *os.File) error {
	sources, vetted := newSources(), vettedFiles{}
	var failed []string
	for _, name := range platforms {
		goos, goarch, ok := strings.Cut(name, "/")
		if !ok || types.SizesFor("gc", goarch) == nil {
			return fmt.Errorf("%q is no platform that Go compiles for, such as linux/amd64", name)
		}
		start := time.Now()
		p := platform{goos: goos, goarch: goarch, dir: dir}
		packages, err := p.list(ctx)
		if err != nil {
			return err
		}
		problems := sources.check(p, packages)
		for _, problem := range problems {
			fmt.Fprintln(stdout, problem)
		}
		rest := "no more"
		if !slices.Contains(uncompiled, name) {
			unvetted := vetted.take(packages)
			err = errors.Join(p.build(ctx, stdout), p.vet(ctx, stdout, unvetted))
			rest = fmt.Sprintf("the program built, %d packages vetted", len(unvetted))
		}
		if len(problems) > 0 || err != nil {
			failed = append(failed, name)
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		fmt.Fprintf(stdout, "%-14s  %d packages and their tests type-checked, %s: %.0f s\n",
			name, count(packages), rest, time.Since(start).Seconds())
	}
	if len(failed) > 0 {
		return fmt.Errorf("not good for %s; see above", strings.Join(failed, ", "))
	}
	return nil
}

// A platform is an operating system and a processor, as Go names them.
type platform struct {
	goos, goarch string
	dir          string // of the module
}

func (p platform) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.goos, "GOARCH="+p.goarch)
	return cmd
}

// flags are those of make build for this machine, so that what it compiled serves again. For
// another one nothing is optimized, which saves a third of the time: it has to compile and to link.
func (p platform) flags() []string {
	flags := []string{"-trimpath"}
	if p.goos != runtime.GOOS || p.goarch != runtime.GOARCH {
		flags = append(flags, "-gcflags=all=-N -l")
	}
	return flags
}

// vet has the flags of build, so that it finds the packages compiled.
func (p platform) vet(ctx context.Context, stdout *os.File, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	cmd := p.command(ctx, slices.Concat([]string{"vet"}, p.flags(), packages)...)
	cmd.Stdout, cmd.Stderr = stdout, stdout
	return cmd.Run()
}

// program is the package that is built.
const program = "github.com/btcpayctl/btcpayctl/cmd/btcpayctl"

func (p platform) build(ctx context.Context, stdout *os.File) error {
	cmd := p.command(ctx, slices.Concat([]string{"build"}, p.flags(), []string{"-buildvcs=false", "-ldflags=-s -w", "-o", os.DevNull, program})...)
	cmd.Stdout, cmd.Stderr = stdout, stdout
	return cmd.Run()
}
