// Package gotest runs `go test -json` and collects the results, and finds the
// tests that packages declare.
package gotest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// An Event is one line of `go test -json`, described by `go doc test2json`.
type Event struct {
	Action      string  `json:"Action"`
	Package     string  `json:"Package"`
	Test        string  `json:"Test"`
	Elapsed     float64 `json:"Elapsed"` // seconds
	Output      string  `json:"Output"`
	Key         string  `json:"Key"`
	Value       string  `json:"Value"`
	ImportPath  string  `json:"ImportPath"`
	FailedBuild string  `json:"FailedBuild"`
}

// Run runs `go test -json` with the arguments in dir and passes each event to
// take. What go prints besides, such as errors of its own, goes to stderr. The
// error has an [exec.ExitError] in it where go exits with another code than 0.
func Run(ctx context.Context, dir string, args, env []string, stderr *os.File, take func(Event)) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := Read(events, stderr, take)
	if err := cmd.Wait(); err != nil {
		return errors.Join(readErr, fmt.Errorf("go test: %w", err))
	}
	return readErr
}

// Read passes each event to take, up to the end of the stream, and copies other lines to other.
func Read(r io.Reader, other io.Writer, take func(Event)) error {
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		var e Event
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case json.Unmarshal(line, &e) != nil || e.Action == "":
			other.Write(line)
		default:
			take(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the events of go test: %w", err)
		}
	}
}
