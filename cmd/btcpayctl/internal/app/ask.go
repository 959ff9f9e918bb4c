package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

const (
	noInputVariable        = "BTCPAYCTL_NO_INPUT"
	passphraseFileVariable = "BTCPAYCTL_PASSPHRASE_FILE"
)

// CanAsk tells whether there is a person to ask: standard error is a terminal,
// and nothing says that nobody is there.
func (a *App) CanAsk() bool {
	return a.IsTerminal(a.Err) && a.Getenv(noInputVariable) == ""
}

// Confirm asks a question that is answered with y or n; anything else, and an
// end of input, is the default. It is for [App.CanAsk] only.
func (a *App) Confirm(ctx context.Context, question string, byDefault bool) (bool, error) {
	choice := "[y/N]"
	if byDefault {
		choice = "[Y/n]"
	}
	fmt.Fprintf(a.Err, "%s %s ", question, choice)
	line, err := a.readTerminal(ctx, func(tty *os.File) ([]byte, error) {
		text, err := bufio.NewReader(io.LimitReader(tty, 1<<10)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return []byte(text), err
	})
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(string(line))) {
	case "y", "yes":
		return true, nil
	case "n", "no":
		return false, nil
	}
	return byDefault, nil
}

// askPassphrase gives the passphrase of the encrypted store: from the file that
// the environment names, else from a person. It is the Passphrase of
// [keystore.Options].
func (a *App) askPassphrase(ctx context.Context, confirm bool) ([]byte, error) {
	path, err := a.Variable(passphraseFileVariable)
	if err != nil {
		return nil, err
	}
	if path.Text != "" {
		passphrase, err := a.ReadPassphrase(path.Text)
		if err != nil {
			err = fmt.Errorf("%s: %w", passphraseFileVariable, err)
		}
		return passphrase, err
	}
	if !a.CanAsk() {
		return nil, fmt.Errorf("nobody can be asked, and %s names no file", passphraseFileVariable)
	}
	return a.AskPassphrase(ctx, "the encrypted keystore", confirm)
}

// ReadPassphrase reads a passphrase from a file, without the end of its line.
func (a *App) ReadPassphrase(path string) ([]byte, error) {
	data, err := a.ReadSecretFile(path)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimRight(data, "\r\n")
	if len(data) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return data, nil
}

// AskPassphrase asks a person for the passphrase of something; a new one, with
// confirm, twice. It is for [App.CanAsk] only. The caller clears it.
func (a *App) AskPassphrase(ctx context.Context, of string, confirm bool) ([]byte, error) {
	prompt := "Passphrase of " + of + ": "
	if confirm {
		prompt = "Choose a passphrase for " + of + ": "
	}
	passphrase, err := a.askHidden(ctx, prompt)
	if err != nil || !confirm {
		return passphrase, err
	}
	again, err := a.askHidden(ctx, "The same once more: ")
	if err != nil {
		return nil, err
	}
	defer clear(again)
	if subtle.ConstantTimeCompare(passphrase, again) != 1 {
		return nil, errors.New("the two are not the same")
	}
	return passphrase, nil
}

// askHidden turns the echo off before it asks: who pastes is faster than the
// program.
func (a *App) askHidden(ctx context.Context, prompt string) ([]byte, error) {
	defer fmt.Fprintln(a.Err)
	return a.readTerminal(ctx, func(tty *os.File) ([]byte, error) {
		if err := hideEcho(tty); err != nil {
			return nil, err
		}
		fmt.Fprint(a.Err, prompt)
		return term.ReadPassword(int(tty.Fd()))
	})
}

// readTerminal reads from the terminal even where standard input is a pipe. A
// signal ends the wait, with the terminal as it was before.
func (a *App) readTerminal(ctx context.Context, read func(*os.File) ([]byte, error)) ([]byte, error) {
	tty, err := os.OpenFile(terminalName(), os.O_RDWR, 0)
	if err != nil {
		return nil, &output.Error{Code: output.Usage, What: "there is no terminal to ask on", Why: err.Error(), Next: "btcpayctl help environment", Err: err}
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
		text, err := read(tty)
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, errors.Join(r.err, term.Restore(int(tty.Fd()), state))
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), term.Restore(int(tty.Fd()), state))
	}
}

func terminalName() string {
	if runtime.GOOS == "windows" {
		return "CONIN$"
	}
	return "/dev/tty"
}
