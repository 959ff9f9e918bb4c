package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A Dialogue reads lines from the terminal while something else may happen. A
// read that nobody waits for any more is not lost: the line that it gets, which
// a person typed for the next question, is the answer to that. What is typed is shown
// while a question is asked alone: whoever pastes a key is faster than the program.
type Dialogue struct {
	app     *App
	tty     *os.File
	state   *term.State
	pending chan typed
}

type typed struct {
	line string
	err  error
}

// OpenDialogue opens the terminal. It is for [App.CanAsk] only. It returns nil
// where the program runs in the background.
func (a *App) OpenDialogue() (*Dialogue, error) {
	tty, err := os.OpenFile(terminalName(), os.O_RDWR, 0)
	if err != nil {
		return nil, &output.Error{Code: output.Usage, What: "there is no terminal to ask on", Why: err.Error(), Next: "btcpayctl help environment", Err: err}
	}
	if !inForeground(tty) {
		return nil, tty.Close()
	}
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return nil, errors.Join(err, tty.Close())
	}
	if err := hideEcho(tty); err != nil {
		return nil, errors.Join(err, tty.Close())
	}
	return &Dialogue{app: a, tty: tty, state: state}, nil
}

// Hidden reads a line without showing it. It ends with ctx.
func (d *Dialogue) Hidden(ctx context.Context) (string, error) {
	return d.read(ctx, func() (string, error) {
		line, err := term.ReadPassword(int(d.tty.Fd()))
		return string(line), err
	})
}

// Confirm asks a question that is answered with y or n; anything else is the
// default.
func (d *Dialogue) Confirm(ctx context.Context, question string, byDefault bool) (bool, error) {
	choice := "[y/N]"
	if byDefault {
		choice = "[Y/n]"
	}
	if d.pending == nil { // else a hidden read gets the answer
		if err := term.Restore(int(d.tty.Fd()), d.state); err != nil {
			return false, err
		}
	}
	fmt.Fprintf(d.app.Err, "%s %s ", question, choice)
	line, err := d.read(ctx, func() (string, error) {
		line, err := bufio.NewReader(io.LimitReader(d.tty, 1<<10)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return line, errors.Join(err, hideEcho(d.tty))
	})
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	case "n", "no":
		return false, nil
	}
	return byDefault, nil
}

func (d *Dialogue) read(ctx context.Context, read func() (string, error)) (string, error) {
	if d.pending == nil {
		// The channel has room, so that the reader ends with the program alone.
		pending := make(chan typed, 1)
		go func() {
			line, err := read()
			pending <- typed{line, err}
		}()
		d.pending = pending
	}
	select {
	case t := <-d.pending:
		d.pending = nil
		return t.line, t.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(int(d.tty.Fd()), d.state))
	}
}

// Close leaves the terminal as it was found.
func (d *Dialogue) Close() error {
	if d == nil {
		return nil
	}
	err := term.Restore(int(d.tty.Fd()), d.state)
	if d.pending == nil {
		err = errors.Join(err, d.tty.Close())
	}
	return err
}
