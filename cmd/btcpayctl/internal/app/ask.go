package app

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
)

const (
	noInputVariable        = "BTCPAYCTL_NO_INPUT"
	passphraseFileVariable = "BTCPAYCTL_PASSPHRASE_FILE"
)

// CanAsk reports whether questions can be asked: standard error is a terminal, and
// BTCPAYCTL_NO_INPUT is not set.
func (a *App) CanAsk() bool {
	return a.IsTerminal(a.Err) && a.Getenv(noInputVariable) == ""
}

// Confirm asks a question that is answered with y or n; anything else, and an
// end of input, is the default. Call it only if [App.CanAsk].
func (a *App) Confirm(ctx context.Context, question string, byDefault bool) (bool, error) {
	return terminal.Confirm(ctx, a.Err, question, byDefault)
}

// AskHidden asks for a line that is not shown. Call it only if [App.CanAsk].
func (a *App) AskHidden(ctx context.Context, prompt string) ([]byte, error) {
	return terminal.Hidden(ctx, a.Err, prompt)
}

// askPassphrase gives the passphrase of the encrypted store: from the file that
// the environment names, else from the terminal. It is the Passphrase of
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
		return nil, fmt.Errorf("there is no terminal to ask on, and %s is not set", passphraseFileVariable)
	}
	return a.AskPassphrase(ctx, "the encrypted keystore", confirm)
}

// maxWrongPassphrases is how many wrong passphrases end a command that asks for one.
const maxWrongPassphrases = 3

// AskAgain reports whether to ask again after so many wrong passphrases, and if so prints
// that the last one was wrong. It never asks in a script.
func (a *App) AskAgain(wrong int) bool {
	if !a.CanAsk() || wrong >= maxWrongPassphrases {
		return false
	}
	fmt.Fprintln(a.Err, "That passphrase is wrong. Try again.")
	return true
}

// passphraseAgain reports whether to ask again for the passphrase of the encrypted store. A
// file has the same one each time. It is the PassphraseAgain of [keystore.Options].
func (a *App) passphraseAgain(wrong int) bool {
	file, err := a.Variable(passphraseFileVariable)
	return err == nil && file.Text == "" && a.AskAgain(wrong)
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

// AskPassphrase asks for the passphrase of something; a new one, with confirm, twice, and
// again if the two differ. Call it only if [App.CanAsk]. The caller clears it.
func (a *App) AskPassphrase(ctx context.Context, of string, confirm bool) ([]byte, error) {
	if !confirm {
		return a.AskHidden(ctx, "Passphrase of "+of+": ")
	}
	for tries := 1; ; tries++ {
		passphrase, err := a.choosePassphrase(ctx, of)
		if !errors.Is(err, errPassphrasesDiffer) || tries == maxWrongPassphrases {
			return passphrase, err
		}
		fmt.Fprintln(a.Err, "The two passphrases differ. Try again.")
	}
}

var errPassphrasesDiffer = errors.New("the two passphrases differ")

func (a *App) choosePassphrase(ctx context.Context, of string) ([]byte, error) {
	passphrase, err := a.AskHidden(ctx, "Choose a passphrase for "+of+": ")
	if err != nil {
		return nil, err
	}
	again, err := a.AskHidden(ctx, "Repeat the passphrase: ")
	defer clear(again)
	if err == nil && subtle.ConstantTimeCompare(passphrase, again) != 1 {
		err = errPassphrasesDiffer
	}
	if err != nil {
		clear(passphrase)
		return nil, err
	}
	return passphrase, nil
}
