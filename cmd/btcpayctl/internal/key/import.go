package key

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type keyImport struct {
	keeping
	sin, passphraseFile string
}

func newKeyImport(a *app.App) *cobra.Command {
	c := &keyImport{keeping: keeping{app: a}}
	cmd := &cobra.Command{
		Use:   "import SOURCE",
		Short: "Import a key from a file or another client",
		Long: `Read a private key from a file, or from standard input for -, store it, and make the
profile use it. Forms:

  hex       64 digits; fewer if leading zeros were left out
  PEM, DER  SEC1 and PKCS#8, also encrypted; also as base64 or hex
  JWK       one, or a set
  WIF       of mainnet and testnet
  PHP       files of FilesystemStorage and EncryptedFilesystemStorage
  Node      ~/.bitpay/api.key, the JSON of bitauth
  Python    PEM, or a pickled client; Ruby: ~/.bitpay/bitpay.pem
  BitPay    BitPay.config.json, with the key file that it names

Text may be UTF-16, in quotes, base64, the value of a variable, or have a comment.

If the key is encrypted, btcpayctl asks for its passphrase, or reads it from
--passphrase-file.

A file can mean several keys: one with two of them, or hex with an odd count of digits,
whose last digit some clients drop. And some clients paired a key with its uncompressed
public key, which gives it another SIN. The store's page Access Tokens shows the SIN of
each paired key; --sin chooses the key with that SIN. Without --sin btcpayctl asks, or
stops if there is no terminal.`,
		Example: `  btcpayctl key import old.pem --profile shop
  pass show shop | btcpayctl key import - --profile shop
  btcpayctl key import bitpay.key --passphrase-file password.txt --sin Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR`,
		Args: cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.sin != "" {
				if err := bitpay.ValidateSIN(c.sin); err != nil {
					return &output.Error{Code: output.Usage, What: "--sin: " + err.Error(), Next: "copy the SIN from the store's page Access Tokens", Err: err}
				}
			}
			return c.keep(cmd, func() (*bitpay.Identity, error) { return c.read(cmd.Context(), args[0]) })
		},
	}
	cmd.Flags().StringVar(&c.sin, "sin", "", "`SIN` that the server shows for the key, if the file can mean several")
	cmd.Flags().StringVar(&c.passphraseFile, "passphrase-file", "", "`file` with the passphrase of an encrypted key")
	c.addFlags(cmd)
	cli.Shows(cmd, keyView)
	return cmd
}

// read reads the key, and lets the user choose if the file can mean several.
func (c *keyImport) read(ctx context.Context, path string) (*bitpay.Identity, error) {
	data, err := c.app.ReadKeyData(path)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	imported, err := c.open(ctx, path, data)
	if file, ok := errors.AsType[*bitpay.KeyFileError](err); ok {
		path, imported, err = c.follow(ctx, path, file)
	}
	id, err := c.choose(ctx, path, imported, err)
	if err != nil {
		return nil, err
	}
	c.app.Conceal(id.Hex())
	return id, nil
}

// open asks for the passphrase of a key that is encrypted.
func (c *keyImport) open(ctx context.Context, path string, data []byte) (bitpay.Imported, error) {
	imported, err := bitpay.ParsePrivateKey(data)
	for wrong := 0; errors.Is(err, bitpay.ErrKeyEncrypted) || errors.Is(err, bitpay.ErrKeyPassphrase) && c.mayAskAgain(wrong); wrong++ {
		var passphrase []byte
		if passphrase, err = c.passphrase(ctx, path); err == nil {
			imported, err = bitpay.ParseEncryptedPrivateKey(data, passphrase)
		}
		clear(passphrase)
	}
	return imported, err
}

func (c *keyImport) mayAskAgain(wrong int) bool {
	return c.passphraseFile == "" && c.app.AskAgain(wrong)
}

func (c *keyImport) passphrase(ctx context.Context, path string) ([]byte, error) {
	switch {
	case c.passphraseFile != "":
		passphrase, err := c.app.ReadPassphrase(c.passphraseFile)
		if err != nil {
			err = &output.Error{Code: output.BadInput, What: "the passphrase cannot be read", Why: err.Error(), Next: "--passphrase-file FILE", Err: err}
		}
		return passphrase, err
	case !c.app.CanAsk():
		return nil, &output.Error{Code: output.BadInput, What: "the private key is encrypted, and there is no terminal to ask for its passphrase",
			Next: "btcpayctl key import " + app.ShellWord(path) + " --passphrase-file FILE"}
	}
	return c.app.AskPassphrase(ctx, "the key in "+output.VisibleLine(path), false)
}

// follow reads the key's file that a configuration names. It is also looked for beside the
// configuration, because people copy both from a web server.
func (c *keyImport) follow(ctx context.Context, config string, file *bitpay.KeyFileError) (string, bitpay.Imported, error) {
	beside := filepath.Dir(config)
	path := file.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(beside, path)
	}
	data, err := c.app.ReadKeyData(path)
	if errors.Is(err, fs.ErrNotExist) {
		moved := filepath.Join(beside, filepath.Base(filepath.FromSlash(strings.ReplaceAll(file.Path, "\\", "/"))))
		if other, otherErr := c.app.ReadKeyData(moved); otherErr == nil {
			path, data, err = moved, other, nil
		}
	}
	if err != nil {
		return path, bitpay.Imported{}, err
	}
	defer clear(data)
	fmt.Fprintf(c.app.Err, "%s names the key's file: %s\n", output.VisibleLine(config), output.VisibleLine(path))
	if password := file.Passphrase.Reveal(); password != "" && c.passphraseFile == "" {
		if imported, err := bitpay.ParseEncryptedPrivateKey(data, []byte(password)); !errors.Is(err, bitpay.ErrKeyPassphrase) {
			return path, imported, err
		}
	}
	imported, err := c.open(ctx, path, data)
	return path, imported, err
}

// choose returns the key that --sin names or that the user chooses.
func (c *keyImport) choose(ctx context.Context, path string, imported bitpay.Imported, err error) (*bitpay.Identity, error) {
	choice, ambiguous := errors.AsType[*bitpay.AmbiguousKeyError](err)
	readings := append([]bitpay.Reading{{Identity: imported.Identity, Why: "the key was paired with its compressed public key, as usual"}}, imported.Others...)
	format := imported.Format
	switch {
	case ambiguous:
		readings, format = choice.Readings, choice.Format
	case err != nil:
		if _, explained := errors.AsType[*output.Error](err); !explained && ctx.Err() == nil {
			err = app.UnusableKey(path, err)
		}
		return nil, err
	}
	id := imported.Identity
	switch {
	case c.sin != "":
		id = bySIN(readings, c.sin)
	case len(readings) > 1 && c.app.CanAsk():
		if id, err = c.ask(ctx, readings); err != nil {
			return nil, err
		}
	case ambiguous:
		return nil, app.UnusableKey(path, choice)
	}
	if id == nil {
		return nil, c.otherSIN(path, readings)
	}
	fmt.Fprintf(c.app.Err, "Read as: %s\n", format)
	if id != imported.Identity || c.sin != "" {
		return id, nil
	}
	if imported.Warning != "" {
		fmt.Fprintln(c.app.Err, "warning:", output.VisibleLine(imported.Warning))
	}
	if len(imported.Others) > 0 {
		sin := imported.Others[0].Identity.SIN()
		fmt.Fprintf(c.app.Err, "If the server knows the key as %s: %s\n", sin, c.app.Hint("btcpayctl key import "+app.ShellWord(path)+" --sin "+sin))
	}
	return id, nil
}

// bySIN returns the reading with a SIN, in either form of its public key.
func bySIN(readings []bitpay.Reading, sin string) *bitpay.Identity {
	for _, reading := range readings {
		if id, ok := reading.Identity.ForSIN(sin); ok {
			return id
		}
	}
	return nil
}

// ask asks about one reading after the other. It returns nil if the user wants none.
func (c *keyImport) ask(ctx context.Context, readings []bitpay.Reading) (*bitpay.Identity, error) {
	fmt.Fprintf(c.app.Err, "The file can mean %d keys. The store's page Access Tokens shows the SIN of each paired key.\n", len(readings))
	for _, reading := range readings {
		fmt.Fprintf(c.app.Err, "\n  SIN  %s\n       if %s\n", reading.Identity.SIN(), output.VisibleLine(reading.Why))
		yes, err := c.app.Confirm(ctx, "Import this one?", false)
		if err != nil {
			return nil, err
		}
		if yes {
			return reading.Identity, nil
		}
	}
	return nil, nil
}

// otherSIN says which SINs a file can mean, if the wanted one is not among them.
func (c *keyImport) otherSIN(path string, readings []bitpay.Reading) error {
	var sins []string
	for _, reading := range readings {
		sins = append(sins, reading.Identity.SIN(), reading.Identity.Uncompressed().SIN()+" (uncompressed)")
	}
	e := &output.Error{Code: output.BadInput, What: "the key in " + path + " has none of the SINs that you want", Why: "It can be " + strings.Join(sins, ", ") + ".",
		Next: "compare the SIN on the store's page Access Tokens\nor import another file"}
	if c.sin != "" {
		e.What = "the key in " + path + " does not have the SIN " + c.sin
	}
	return e
}
