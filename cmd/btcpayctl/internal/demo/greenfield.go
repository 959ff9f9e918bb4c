package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// The steps that use the Greenfield API.

func (d *demo) authorize(ctx context.Context) error {
	d.say("5. An API key from a user: on the consent page the owner picks a store, and the browser delivers the key.")
	d.background(ctx, `btcpayctl authorize --profile books --app "Books & Co" --for "invoice create,invoice get" --selective-stores --no-browser`)
	if err := d.assign(ctx, "store", "btcpayctl sandbox consent --profile books -o json --jq .storeId"); err != nil {
		return err
	}
	if err := d.wait(); err != nil {
		return err
	}
	return d.command(ctx, "btcpayctl apikey permissions --profile books")
}

func (d *demo) mint(ctx context.Context) error {
	d.say("6. A key for one job: it is made for one command, is limited to one store, and is revoked when the command ends.")
	d.background(ctx, "btcpayctl authorize --profile admin --permission unrestricted --no-browser")
	if err := d.command(ctx, "btcpayctl sandbox consent --profile admin"); err != nil {
		return err
	}
	if err := d.wait(); err != nil {
		return err
	}
	if err := d.command(ctx, `btcpayctl apikey exec --profile admin --for "invoice list" --store "$store" -- btcpayctl apikey current`); err != nil {
		return err
	}
	d.note("The same key is refused for anything else:")
	return d.refused(ctx, output.MissingPermission,
		`btcpayctl apikey exec --profile admin --for "invoice list" --store "$store" -- btcpayctl apikey create --for "invoice list" --reveal --yes`)
}

func (d *demo) revoke(ctx context.Context) error {
	d.say("7. A key is revoked, first on the server.")
	if err := d.command(ctx, "btcpayctl apikey revoke current --profile books --yes"); err != nil {
		return err
	}
	return d.command(ctx, "btcpayctl apikey list")
}

func (d *demo) note(sentence string) { fmt.Fprintf(d.app.Out, "\n%s\n\n", sentence) }

// refused shows and runs a line that has to fail with a certain code. In a shell, the
// exclamation mark makes the failure a success.
func (d *demo) refused(ctx context.Context, code output.Code, line string) error {
	d.show("! " + line)
	words, err := shellWords(line, d.shell)
	if err != nil {
		return err
	}
	exit := d.exec(ctx, d.inner(d.app.Out, d.app.Out), words[1:])
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case exit != code.Exit():
		return &output.Error{Code: output.Failed, What: fmt.Sprintf("the demo's command %q ended with exit code %d, not %d", line, exit, code.Exit()),
			Next: "report this, with the output above"}
	}
	return nil
}

// installed puts this program where the commands find it by name, because one of them runs
// another.
func (d *demo) installed() (path string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(d.dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(bin, "btcpayctl"+filepath.Ext(program))
	if err := os.Symlink(program, name); err != nil {
		// Windows requires a privilege that few users have.
		if err := copyFile(name, program); err != nil {
			return "", err
		}
	}
	return bin, nil
}

func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}

// environ is the whole environment of the commands.
func (d *demo) environ() []string {
	var list []string
	for _, v := range d.env {
		list = append(list, v.name+"="+v.value)
	}
	return append(list, cli.PathVariable+"="+d.path)
}
