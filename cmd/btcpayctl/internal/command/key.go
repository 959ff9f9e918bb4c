package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type keyRecord struct {
	SIN       string `json:"sin"`
	PublicKey string `json:"publicKey"`
}

var keyView = output.View[keyRecord]{
	Columns: []output.Column[keyRecord]{
		{Title: "SIN", Value: func(r keyRecord) string { return r.SIN }},
		{Title: "PUBLIC KEY", Value: func(r keyRecord) string { return r.PublicKey }},
	},
	Name: func(r keyRecord) string { return r.SIN },
}

func newKey(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make, read and use BitId keys",
		Long: `Make, read and use BitId keys. A key is tied to one store for ever, so every
store needs one of its own. The environment variable BTCPAYCTL_PRIVATE_KEY_FILE
names the key that the other commands use.`,
		GroupID: "start",
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeyGenerate(a), newKeyImport(a), newKeyShow(a), newKeySign(a), newKeyVerify(a))
	return cmd
}

func newKeyGenerate(a *app.App) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "generate --output-file FILE",
		Short: "Make a key",
		Long: `Make a key in a new file that only you can read. The SIN and the public key are
printed after the file is on the disk and was read back. A file that is there
already is never overwritten.`,
		Example: "  btcpayctl key generate --output-file shop.key\n  export BTCPAYCTL_PRIVATE_KEY_FILE=shop.key",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return keepKey(a, cmd, file, bitpay.Generate())
		},
	}
	cmd.Flags().StringVar(&file, "output-file", "", "new `file` for the private key")
	return cmd
}

func newKeyImport(a *app.App) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "import SOURCE --output-file FILE",
		Short: "Take over a key from another client",
		Long: `Read a private key from a file, or from standard input for -, and write it to a
new file as PEM. It may be 64 hex digits, PEM (SEC1 or PKCS#8), DER, WIF of main
net or test net, or the key file of the PHP or the Node client.`,
		Example: "  btcpayctl key import old.pem --output-file shop.key\n  pass show shop | btcpayctl key import - --output-file shop.key",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			imported, err := a.ReadKeyFile(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "Read as: %s\n", imported.Format)
			return keepKey(a, cmd, file, imported.Identity)
		},
	}
	cmd.Flags().StringVar(&file, "output-file", "", "new `file` for the private key")
	return cmd
}

// keepKey writes a key to a new file, reads it back, and prints what was read.
func keepKey(a *app.App, cmd *cobra.Command, file string, id *bitpay.Identity) error {
	p, err := printer(a, cmd)
	if err != nil {
		return err
	}
	if file == "" {
		return &output.Error{Code: output.Usage, What: "--output-file is missing", Why: "Nothing was made.", Next: cmd.CommandPath() + " --output-file shop.key"}
	}
	if err := writeKey(file, id.PEM()); err != nil {
		e := &output.Error{Code: output.KeystoreUnusable, What: "the key cannot be stored", Why: err.Error(), Err: err}
		if errors.Is(err, os.ErrExist) {
			e.Code, e.Next = output.BadInput, "name a new file: a key that is overwritten cannot be made again"
		}
		return e
	}
	stored, err := a.ReadKeyFile(file)
	if err != nil {
		return err
	}
	if stored.Identity.SIN() != id.SIN() {
		return &output.Error{Code: output.KeystoreDamaged, What: "the file holds another key than was written", Next: "check the disk, and use another file"}
	}
	fmt.Fprintf(a.Err, "Stored in %s. One key serves one store.\nNext: export BTCPAYCTL_PRIVATE_KEY_FILE=%s, then btcpayctl pair client\n",
		output.VisibleLine(file), output.VisibleLine(file))
	return output.One(p, keyView, keyRecord{stored.Identity.SIN(), stored.Identity.PublicKey()})
}

// writeKey makes a file that is either not there or whole: it gets its name
// only after its content is on the disk.
func writeKey(name string, secret client.Secret) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".btcpayctl-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(secret.Reveal())
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// Unlike rename, link refuses a name that is taken.
	if err := os.Link(temporary.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func newKeyShow(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Print SIN and public key of the key in use",
		Example: "  btcpayctl key show -o json --jq .publicKey",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := printer(a, cmd)
			if err != nil {
				return err
			}
			id, err := a.Identity()
			if err != nil {
				return err
			}
			return output.One(p, keyView, keyRecord{id.SIN(), id.PublicKey()})
		},
	}
}
