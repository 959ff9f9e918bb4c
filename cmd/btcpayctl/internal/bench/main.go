// Command bench measures the speed and memory that the project promises. Each time
// is compared with a baseline that is measured in turn with it in the same run. It
// prints one line a promise and exits with 1 if a limit is passed.
//
//	go run ./cmd/btcpayctl/internal/bench -binary bin/btcpayctl
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
)

// A bench is what the measurements share.
type bench struct {
	binary string // the stripped btcpayctl
	dir    string // for files; removed at the end
	rounds int    // of each Go benchmark
}

func main() {
	binary := flag.String("binary", "bin/btcpayctl", "the stripped btcpayctl to measure")
	rounds := flag.Int("rounds", 10, "how often each Go benchmark is repeated; the median counts")
	only := flag.String("only", "", "run the measurements with this in their names, such as \"ledger\"")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *only, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, only string, rounds int) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{binary, dir, rounds}
	var rows []row
	for _, m := range []struct {
		what string
		rows func(context.Context) ([]row, error)
	}{
		{"benchmarks", b.benchmarks},
		{"start-up", b.startup},
		{"signed requests", b.signedRequests},
		{"a long list", b.longList},
		{"the sandbox", b.sandbox},
		{"keys", b.keys},
		{"the ledger", b.ledger},
		{"the binary", b.size},
	} {
		if !strings.Contains(m.what, only) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", m.what)
		got, err := m.rows(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
		rows = append(rows, got...)
	}
	fmt.Printf("%s %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return report(os.Stdout, rows)
}
