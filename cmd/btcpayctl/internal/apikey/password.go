package apikey

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const maxPassword = 4 << 10 // bytes

// connectByPassword connects with an account's e-mail address and password,
// which comes from the file that the environment names, a prompt, or the first
// line of standard input.
func connectByPassword(ctx context.Context, a *app.App, f app.Flags, email string) (*app.GreenfieldConnection, error) {
	s, err := a.Settings(f, false)
	if err != nil {
		return nil, err
	}
	file, err := a.Variable(app.PasswordFileVariable)
	if err != nil {
		return nil, err
	}
	if file.Text != "" && s.Name.Source != "--profile" {
		if err := s.ForeignServer(app.PasswordFileVariable); err != nil {
			return nil, err
		}
	}
	password, err := readPassword(ctx, a, email, file.Text)
	if err != nil {
		return nil, err
	}
	basic, err := greenfield.NewBasic(email, password)
	if err != nil {
		return nil, &output.Error{Code: output.BadInput, What: err.Error(), Why: "Nothing was sent.", Next: "btcpayctl authorize --permission unrestricted --all-stores", Err: err}
	}
	a.Conceal(password)
	c, err := a.ConnectGreenfield(f, s, basic, "--basic")
	if err != nil {
		return nil, err
	}
	if err := c.ResolveStore(ctx, f); err != nil {
		c.CloseIdleConnections()
		return nil, err
	}
	return c, nil
}

func readPassword(ctx context.Context, a *app.App, email, path string) (client.Secret, error) {
	var text []byte
	var err error
	from := app.PasswordFileVariable
	switch {
	case path != "":
		text, err = a.ReadSecretFile(path)
		text, _, _ = bytes.Cut(text, []byte("\n"))
	case a.CanAsk() && a.IsTerminal(a.In):
		from = "the terminal"
		text, err = a.AskHidden(ctx, fmt.Sprintf("Password of %s: ", output.VisibleLine(email)))
	default:
		from = "standard input"
		text, err = bufio.NewReader(io.LimitReader(a.In, maxPassword)).ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	defer clear(text)
	if err != nil {
		return client.Secret{}, &output.Error{Code: output.BadInput, What: "the password cannot be read from " + from, Why: err.Error(), Err: err}
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 {
		return client.Secret{}, &output.Error{Code: output.BadInput, What: "there is no password in " + from,
			Next: "export " + app.PasswordFileVariable + "=FILE, or give it as a line on standard input"}
	}
	return client.NewSecret(string(text)), nil
}
