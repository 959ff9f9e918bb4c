// Command bench measures what the project promises of its speed and memory, and
// compares each figure with a baseline measured in the same run on the same
// machine. It prints one line a promise and exits with 1 where a limit is
// passed.
//
//	go run ./cmd/btcpayctl/internal/bench -binary bin/btcpayctl
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"text/tabwriter"
)

// A row is one promise: what was measured, what it is compared with, and the
// limit. A limit of "" makes the row a figure that is told and not judged.
type row struct {
	promise  string
	measured string
	baseline string
	limit    string
	ratio    string
	passed   bool
}

func main() {
	binary := flag.String("binary", "bin/btcpayctl", "the stripped btcpayctl to measure")
	rounds := flag.Int("rounds", 10, "how often each benchmark is repeated; the median counts")
	only := flag.String("only", "", "measure what has this in its name, such as \"ledger\"")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *only, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, only string, rounds int) error {
	measurements := []struct {
		what string
		rows func() ([]row, error)
	}{
		{"benchmarks", func() ([]row, error) { return benchmarkRows(ctx, rounds) }},
		{"start-up", func() ([]row, error) { return startupRows(ctx, binary) }},
		{"signed requests", func() ([]row, error) { return bitidRows(ctx, binary) }},
		{"a long list", func() ([]row, error) { return listRows(ctx, binary) }},
		{"the sandbox", func() ([]row, error) { return sandboxRows(ctx, binary) }},
		{"keys", func() ([]row, error) { return greenfieldRows(ctx, binary) }},
		{"the ledger", func() ([]row, error) { return ledgerRows(ctx, binary) }},
		{"the binary", func() ([]row, error) { return sizeRows(binary) }},
	}
	var rows []row
	for _, m := range measurements {
		if !strings.Contains(m.what, only) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", m.what)
		got, err := m.rows()
		if err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
		rows = append(rows, got...)
	}
	return report(rows)
}

func report(rows []row) error {
	fmt.Printf("%s %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROMISE\tMEASURED\tBASELINE\tRATIO\tLIMIT\t")
	failed := 0
	for _, r := range rows {
		verdict := ""
		if r.limit != "" && !r.passed {
			verdict = "OVER"
			failed++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.promise, r.measured, dash(r.baseline), dash(r.ratio), dash(r.limit), verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d promises are not kept", failed, len(rows))
	}
	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// ratioRow judges measured/baseline against a limit; limit 0 only tells.
func ratioRow(promise, unit string, measured, baseline, limit float64) row {
	r := row{
		promise:  promise,
		measured: fmt.Sprintf("%.4g %s", measured, unit),
		baseline: fmt.Sprintf("%.4g %s", baseline, unit),
		ratio:    fmt.Sprintf("%.3f", measured/baseline),
	}
	if limit > 0 {
		r.limit = fmt.Sprintf("%.2f×", limit)
		r.passed = measured/baseline <= limit
	}
	return r
}

// absoluteRow judges measured against a limit in the same unit.
func absoluteRow(promise, unit string, measured, limit float64) row {
	return row{
		promise:  promise,
		measured: fmt.Sprintf("%.4g %s", measured, unit),
		limit:    fmt.Sprintf("%.4g %s", limit, unit),
		passed:   measured <= limit,
	}
}
