//go:build unix

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestNobodyReads: where the reader of standard output has gone, a command that made
// something says so, and one that only reads ends without a word, as others do.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	unread := func(args ...string) (code int, stderr string) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		defer writer.Close()
		cmd := s.command(args...)
		var text bytes.Buffer
		cmd.Stdout, cmd.Stderr = writer, &text
		_ = cmd.Run() // the exit code tells
		return cmd.ProcessState.ExitCode(), text.String()
	}
	code, stderr := unread("key", "generate", "--profile", "shop")
	sin := s.run("key", "show", "--profile", "shop", "-o", "name").ok()
	_, failure, _ := strings.Cut(stderr, "error: ")
	if code != 1 || !strings.Contains(failure, sin) {
		t.Errorf("exit %d, %s is not named:\n%s", code, sin, stderr)
	}
	if code, stderr := unread("key", "list"); code != 141 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
