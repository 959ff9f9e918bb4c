package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A pair is a Go benchmark with the sub-benchmarks SDK and Baseline.
type pair struct {
	promise    string
	pkg        string
	name       string
	timeLimit  float64
	allocLimit float64 // 0: allocations are not promised
}

var pairs = []pair{
	{"sign and SIN, against btcec and sha256", "./bitpay", "BenchmarkSign", 1.15, 0},
	{"one signed call, against net/http by hand", "./bitpay", "BenchmarkCall", 1.10, 1.3},
	{"sandbox handler, against parse and verify", "./sandbox", "BenchmarkHandler", 1.3, 0},
}

func benchmarkRows(ctx context.Context, rounds int) ([]row, error) {
	var rows []row
	for _, p := range pairs {
		sdk, baseline, err := p.run(ctx, rounds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, medianRow(p.promise, "ns/op", sdk.time, baseline.time, p.timeLimit))
		if p.allocLimit > 0 {
			rows = append(rows, medianRow(p.promise, "allocs/op", sdk.allocs, baseline.allocs, p.allocLimit))
		}
	}
	return rows, nil
}

type samples struct{ time, allocs []float64 }

// run repeats the benchmark in a process of its own each time. Within one
// process Go would run SDK as often as asked and only then Baseline; so both of
// a repetition see the same disturbances, and the ratio of a repetition is worth
// more than the ratio of two means.
func (p pair) run(ctx context.Context, rounds int) (sdk, baseline samples, err error) {
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return sdk, baseline, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bench.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, p.pkg)
	if out, err := build.CombinedOutput(); err != nil {
		return sdk, baseline, fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	var all []byte
	for range rounds {
		cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", "^"+p.name+"$", "-test.benchmem", "-test.benchtime", "300ms")
		cmd.Dir = p.pkg
		out, err := cmd.CombinedOutput()
		if err != nil {
			return sdk, baseline, fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
		all = append(all, out...)
	}
	return p.read(all, rounds)
}

func (p pair) read(out []byte, rounds int) (sdk, baseline samples, err error) {
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) < 4 || !strings.HasPrefix(fields[0], p.name+"/") {
			continue
		}
		into := &sdk
		if strings.HasPrefix(fields[0], p.name+"/Baseline") {
			into = &baseline
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return sdk, baseline, fmt.Errorf("%s: %q is not a benchmark line", p.name, line)
			}
			switch fields[i+1] {
			case "ns/op":
				into.time = append(into.time, value)
			case "allocs/op":
				into.allocs = append(into.allocs, value)
			}
		}
	}
	if len(sdk.time) != rounds || len(baseline.time) != rounds {
		return sdk, baseline, fmt.Errorf("%s in %s gave %d and %d of %d results:\n%s",
			p.name, p.pkg, len(sdk.time), len(baseline.time), rounds, out)
	}
	return sdk, baseline, nil
}

// medianRow judges the median of the ratios of single repetitions.
func medianRow(promise, unit string, measured, baseline []float64, limit float64) row {
	ratios := make([]float64, len(measured))
	for i := range measured {
		ratios[i] = measured[i] / baseline[i]
	}
	r := ratioRow(promise, unit, median(measured), median(baseline), limit)
	r.ratio = fmt.Sprintf("%.3f", median(ratios))
	r.passed = median(ratios) <= limit
	return r
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
