package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A program is a command line.
type program struct {
	args   []string
	env    []string
	dir    string
	stdout io.Writer // nil drops it
}

// run returns how the program ended and how long it took.
func (p program) run(ctx context.Context) (*os.ProcessState, time.Duration, error) {
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.dir, p.stdout, &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w\n%s", cmd, err, &stderr)
	}
	return cmd.ProcessState, time.Since(start), nil
}

// times of one program, in milliseconds a round.
type times struct{ wall, cpu []float64 }

// inTurn runs the programs one after the other in each round, so that all see the same
// disturbances, and returns the times of each.
func inTurn(ctx context.Context, rounds int, programs func(round int) []program) ([]times, error) {
	all := make([]times, len(programs(0)))
	for round := range rounds {
		for i, p := range programs(round) {
			state, took, err := p.run(ctx)
			if err != nil {
				return nil, err
			}
			all[i].wall = append(all[i].wall, milliseconds(took))
			all[i].cpu = append(all[i].cpu, milliseconds(state.UserTime()+state.SystemTime()))
		}
	}
	return all, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// same is for programs that are alike in each round.
func same(programs ...program) func(int) []program { return func(int) []program { return programs } }
