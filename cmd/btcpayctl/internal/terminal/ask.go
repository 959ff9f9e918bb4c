// Package terminal asks on the controlling terminal, also if standard input is a pipe.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Confirm writes a question to w and reads y or n; anything else, and an end of input,
// is the default.
func Confirm(ctx context.Context, w io.Writer, question string, byDefault bool) (bool, error) {
	ask(w, question, byDefault)
	line, err := read(ctx, readLine)
	if err != nil {
		return false, err
	}
	return isYes(string(line), byDefault), nil
}

func ask(w io.Writer, question string, byDefault bool) {
	choice := "[y/N]"
	if byDefault {
		choice = "[Y/n]"
	}
	fmt.Fprintf(w, "%s %s ", question, choice)
}

func readLine(tty *os.File) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(tty, 1<<10)).ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return line, err
}

func isYes(line string, byDefault bool) bool {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true
	case "n", "no":
		return false
	}
	return byDefault
}

// Hidden writes a prompt to w and reads a line without showing it. The echo is off before
// the prompt is written, since a user who pastes is faster than the program.
func Hidden(ctx context.Context, w io.Writer, prompt string) ([]byte, error) {
	defer fmt.Fprintln(w)
	return read(ctx, func(tty *os.File) ([]byte, error) {
		if err := hideEcho(tty); err != nil {
			return nil, err
		}
		fmt.Fprint(w, prompt)
		return term.ReadPassword(int(tty.Fd()))
	})
}

// read opens the terminal and reads from it. A signal ends the wait, with the terminal
// as it was before.
func read(ctx context.Context, from func(*os.File) ([]byte, error)) ([]byte, error) {
	if ctx.Err() != nil { // signals are heard before the echo is off
		return nil, context.Cause(ctx)
	}
	tty, err := open()
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return nil, err
	}
	type result struct {
		text []byte
		err  error
	}
	// The read itself cannot be interrupted; at the end of the program it goes
	// with it.
	done := make(chan result, 1)
	go func() {
		text, err := from(tty)
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, errors.Join(r.err, term.Restore(int(tty.Fd()), state))
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), term.Restore(int(tty.Fd()), state))
	}
}

func open() (*os.File, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	tty, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, &output.Error{Code: output.Usage, What: "there is no terminal to ask on", Why: err.Error(), Next: "btcpayctl help environment", Err: err}
	}
	return tty, nil
}
