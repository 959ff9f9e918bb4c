package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	startupRounds = 100
	sandboxRounds = 20
)

// startupRows compares `btcpayctl version` with a program that is cobra and one
// command, and tells what an empty Go program takes. What counts is the time on a processor,
// which others on the machine disturb least.
func startupRows(ctx context.Context, binary string) ([]row, error) {
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"cobraonly", "empty"} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, name),
			"./cmd/btcpayctl/internal/bench/testdata/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", build, err, out)
		}
	}
	programs := []string{binary, filepath.Join(dir, "cobraonly"), filepath.Join(dir, "empty")}
	for i, program := range programs {
		if programs[i], err = installed(program, dir); err != nil {
			return nil, err
		}
	}
	times := make([][]float64, len(programs))
	for range startupRounds {
		for i, program := range programs {
			cmd := exec.CommandContext(ctx, program, "version")
			if out, err := cmd.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s version: %w\n%s", program, err, out)
			}
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			times[i] = append(times[i], float64(cpu.Microseconds())/1000)
		}
	}
	return []row{
		medianRow("btcpayctl version, against cobra alone", "ms CPU", times[0], times[1], 1.6),
		toldRow(medianRow("btcpayctl version, against an empty program", "ms CPU", times[0], times[2], 0)),
	}, nil
}

// installed copies a program as an installation does. The linker maps its output and writes it
// page by page, and some systems then read it by single pages, which costs a start 2 ms.
func installed(program, dir string) (string, error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "installed-"+filepath.Base(program))
	return path, os.WriteFile(path, data, 0o755)
}

// toldRow drops the verdict: the figure is told for orientation.
func toldRow(r row) row {
	r.limit, r.passed = "", true
	return r
}

// sandboxRows measures from the start of the process to the line that says the
// sandbox is ready.
func sandboxRows(ctx context.Context, binary string) ([]row, error) {
	var times []float64
	for range sandboxRounds {
		took, err := sandboxReady(ctx, binary)
		if err != nil {
			return nil, err
		}
		times = append(times, float64(took.Microseconds())/1000)
	}
	return []row{absoluteRow("sandbox process ready", "ms", median(times), 50)}, nil
}

func sandboxReady(ctx context.Context, binary string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, binary, "sandbox", "-o", "json")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_, readErr := bufio.NewReader(stdout).ReadString('\n')
	took := time.Since(start)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	_ = cmd.Wait() // interrupted on purpose: the exit code is 130
	if readErr != nil {
		return 0, fmt.Errorf("%s ended before it was ready: %w", cmd, readErr)
	}
	return took, nil
}

func sizeRows(binary string) ([]row, error) {
	info, err := os.Stat(binary)
	if err != nil {
		return nil, err
	}
	return []row{absoluteRow("stripped binary", "MiB", float64(info.Size())/(1<<20), 16)}, nil
}
