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

// startup compares `btcpayctl version` with a program that is cobra and one command,
// and shows what an empty Go program takes. What counts is the time on a processor,
// which other programs disturb least.
func (b bench) startup(ctx context.Context) ([]row, error) {
	built := []string{b.binary}
	for _, name := range []string{"cobraonly", "empty"} {
		built = append(built, filepath.Join(b.dir, name))
		build := program{args: []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", built[len(built)-1],
			"./cmd/btcpayctl/internal/bench/testdata/" + name}, env: append(os.Environ(), "CGO_ENABLED=0")}
		if _, _, err := build.run(ctx); err != nil {
			return nil, err
		}
	}
	var programs []program
	for _, path := range built {
		// A copy, as an installation makes. The linker maps its output and writes it page by
		// page, and some systems then read it by single pages, which costs a start 2 ms.
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		installed := filepath.Join(b.dir, "installed-"+filepath.Base(path))
		if err := os.WriteFile(installed, data, 0o755); err != nil {
			return nil, err
		}
		programs = append(programs, program{args: []string{installed, "version"}})
	}
	got, err := inTurn(ctx, 100, same(programs...))
	if err != nil {
		return nil, err
	}
	return []row{
		ratioRow("btcpayctl version, against a bare cobra program", "ms CPU", got[0].cpu, got[1].cpu, 1.6),
		ratioRow("btcpayctl version, against an empty program", "ms CPU", got[0].cpu, got[2].cpu, 0),
	}, nil
}

// sandbox measures from the start of the process to the line that says the sandbox is
// ready.
func (b bench) sandbox(ctx context.Context) ([]row, error) {
	var took []float64
	for range 20 {
		ready, err := b.sandboxReady(ctx)
		if err != nil {
			return nil, err
		}
		took = append(took, milliseconds(ready))
	}
	return []row{absoluteRow("sandbox process ready", "ms", median(took), 50)}, nil
}

func (b bench) sandboxReady(ctx context.Context) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, b.binary, "sandbox", "-o", "json")
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

func (b bench) size(context.Context) ([]row, error) {
	info, err := os.Stat(b.binary)
	if err != nil {
		return nil, err
	}
	return []row{absoluteRow("stripped binary", "MiB", float64(info.Size())/(1<<20), 16)}, nil
}
