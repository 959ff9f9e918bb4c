package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A comparison is a Go benchmark with the sub-benchmarks SDK and Baseline.
type comparison struct {
	promise    string
	pkg        string
	name       string
	timeLimit  float64
	allocLimit float64 // 0: none
}

var comparisons = []comparison{
	{"sign and SIN, against btcec and sha256", "./bitpay", "BenchmarkSign", 1.15, 0},
	{"one signed GET, against net/http by hand", "./bitpay", "BenchmarkCall", 1.08, 1.15},
	{"one signed POST, against net/http by hand", "./bitpay", "BenchmarkPost", 1.08, 1.15},
	{"one GET with a key, against net/http by hand", "./greenfield", "BenchmarkGet", 1.08, 1.15},
	{"one POST with a key, against net/http by hand", "./greenfield", "BenchmarkPost", 1.08, 1.15},
	{"sandbox handler, against parse and verify", "./sandbox", "BenchmarkHandler", 1.3, 0},
	{"sandbox GET, against one without its log", "./sandbox", "BenchmarkLog", 1.08, 1.01},
}

func (b bench) benchmarks(ctx context.Context) ([]row, error) {
	var rows []row
	for _, c := range comparisons {
		sdk, baseline, err := b.compare(ctx, c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, ratioRow(c.promise, "ns/op", sdk["ns/op"], baseline["ns/op"], c.timeLimit))
		if c.allocLimit > 0 {
			rows = append(rows, ratioRow(c.promise, "allocs/op", sdk["allocs/op"], baseline["allocs/op"], c.allocLimit))
		}
	}
	return rows, nil
}

// samples are the figures of a benchmark by unit, one a round.
type samples map[string][]float64

// compare repeats the benchmark in a process of its own each time. With -count, Go
// would run all of SDK before Baseline; so both of a round see the same disturbances.
func (b bench) compare(ctx context.Context, c comparison) (sdk, baseline samples, err error) {
	binary := filepath.Join(b.dir, "bench.test")
	build := program{args: []string{"go", "test", "-c", "-o", binary, c.pkg}, stdout: os.Stderr}
	if _, _, err := build.run(ctx); err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	run := program{args: []string{binary, "-test.run=^$", "-test.bench=^" + c.name + "$", "-test.benchmem", "-test.benchtime=300ms"}, dir: c.pkg, stdout: &out}
	for range b.rounds {
		if _, _, err := run.run(ctx); err != nil {
			return nil, nil, fmt.Errorf("%w\n%s", err, &out)
		}
	}
	sdk, baseline = samples{}, samples{}
	for line := range strings.Lines(out.String()) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], c.name+"/") {
			continue
		}
		into := sdk
		if strings.HasPrefix(fields[0], c.name+"/Baseline") {
			into = baseline
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %q is not a benchmark line", c.name, line)
			}
			into[fields[i+1]] = append(into[fields[i+1]], value)
		}
	}
	if n, m := len(sdk["ns/op"]), len(baseline["ns/op"]); n != b.rounds || m != b.rounds {
		return nil, nil, fmt.Errorf("%s in %s gave %d and %d of %d results:\n%s", c.name, c.pkg, n, m, b.rounds, &out)
	}
	return sdk, baseline, nil
}
