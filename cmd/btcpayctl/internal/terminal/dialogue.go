package terminal

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

// A Dialogue reads lines from the terminal while something else may happen. If a read is
// given up, the line that it still gets is the answer to the next question. Input is shown
// only while a question is asked, since a user who pastes a key is faster than the program.
type Dialogue struct {
	prompts io.Writer
	tty     *os.File
	state   *term.State
	pending chan typed
}

type typed struct {
	line string
	err  error
}

// OpenDialogue opens the terminal, and writes prompts to w. It returns nil if the program
// runs in the background.
func OpenDialogue(w io.Writer) (*Dialogue, error) {
	tty, err := open()
	if err != nil {
		return nil, err
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
	return &Dialogue{prompts: w, tty: tty, state: state}, nil
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
	if d.pending == nil { // else a hidden read gets the answer
		if err := term.Restore(int(d.tty.Fd()), d.state); err != nil {
			return false, err
		}
	}
	ask(d.prompts, question, byDefault)
	line, err := d.read(ctx, func() (string, error) {
		line, err := readLine(d.tty)
		return string(line), errors.Join(err, hideEcho(d.tty))
	})
	if err != nil {
		return false, err
	}
	return isYes(line, byDefault), nil
}

func (d *Dialogue) read(ctx context.Context, read func() (string, error)) (string, error) {
	if d.pending == nil {
		// The channel has room, so that the reader ends only with the program.
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
