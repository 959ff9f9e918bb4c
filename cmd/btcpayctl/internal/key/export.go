package key

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// An exportForm is a value of --format.
type exportForm struct {
	name  string
	write func(*bitpay.Identity) client.Secret
}

var exportForms = []exportForm{
	{"pem", (*bitpay.Identity).PEM},
	{"pkcs8", (*bitpay.Identity).PKCS8},
	{"hex", (*bitpay.Identity).Hex},
	{"wif", func(id *bitpay.Identity) client.Secret { return id.WIF(false) }},
	{"wif-testnet", func(id *bitpay.Identity) client.Secret { return id.WIF(true) }},
}

type keyExport struct {
	app         *app.App
	flags       app.Flags
	format      string
	file        string
	reveal, yes bool
}

func newKeyExport(a *app.App) *cobra.Command {
	c := &keyExport{app: a}
	cmd := &cobra.Command{
		Use:   "export [SIN]",
		Short: "Write a private key to a new file",
		Long: `Write the private key in use, or the key of a SIN, to a new file that only you can
read. --reveal prints it instead; if standard output is not a terminal, that also
needs --yes. Anyone who has the key can create invoices in its store.`,
		Example: "  btcpayctl key export --profile shop --output-file shop.pem\n  btcpayctl key export --format wif --reveal",
		Args:    cli.Arguments(0, 1),
		RunE:    c.run,
	}
	cmd.Flags().StringVar(&c.format, "format", "pem", "pem, pkcs8, hex, wif or wif-testnet")
	cmd.Flags().StringVar(&c.file, "output-file", "", "write the key to this new `file`")
	cmd.Flags().BoolVar(&c.reveal, "reveal", false, "print the private key")
	cmd.Flags().BoolVar(&c.yes, "yes", false, "print the key even if standard output is not a terminal")
	cli.AddProfileFlag(cmd, &c.flags)
	cli.Shows(cmd, exportedView)
	return cmd
}

func (c *keyExport) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, exportedView, exportedRecord{})
	if err != nil {
		return err
	}
	form := slices.IndexFunc(exportForms, func(f exportForm) bool { return f.name == c.format })
	switch {
	case form < 0:
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("unknown format %q", c.format), Next: "--format pem, pkcs8, hex, wif or wif-testnet"}
	case (c.file != "") == c.reveal:
		return &output.Error{Code: output.Usage, What: "--output-file or --reveal is required", Next: "btcpayctl key export --output-file shop.pem"}
	case c.reveal && !c.yes && !c.app.IsTerminal(c.app.Out):
		return &output.Error{Code: output.Usage, What: "standard output is not a terminal, and a private key printed there may be logged",
			Next: "--output-file shop.pem, or --reveal --yes to print it all the same"}
	}
	id, err := findKey(cmd.Context(), c.app, c.flags, args)
	if err != nil {
		return err
	}
	secret := exportForms[form].write(id)
	if id.IsUncompressed() {
		fmt.Fprintf(c.app.Err, "Note: the server knows this key by its uncompressed public key, which the file does not say. Import it with --sin %s.\n", id.SIN())
	}
	if c.reveal {
		return c.print(secret)
	}
	if err := cli.WriteSecret(c.file, secret); err != nil {
		return err
	}
	c.app.Did(app.Effect{ID: c.file, What: "the key " + id.SIN() + " was written to " + c.file})
	fmt.Fprintln(c.app.Err, "Anyone who can read this file can create invoices in the key's store.")
	return output.One(p, exportedView, exportedRecord{id.SIN(), c.file, c.format})
}

type exportedRecord struct {
	SIN    string `json:"sin"`
	File   string `json:"file"`
	Format string `json:"format"`
}

var exportedView = output.View[exportedRecord]{
	Columns: []output.Column[exportedRecord]{
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r exportedRecord) string { return r.SIN }},
		{Title: "FILE", Fit: output.FitBelow, Value: func(r exportedRecord) string { return r.File }},
		{Title: "FORMAT", Value: func(r exportedRecord) string { return r.Format }},
	},
	Name: func(r exportedRecord) string { return r.File },
}

func (c *keyExport) print(secret client.Secret) error {
	text := strings.TrimSuffix(secret.Reveal(), "\n")
	if c.app.Getenv("GITHUB_ACTIONS") != "" {
		// This line makes the runner replace the text in its log from now on.
		for line := range strings.Lines(text) {
			fmt.Fprintln(c.app.Err, "::add-mask::"+strings.TrimSpace(line))
		}
	}
	_, err := io.WriteString(c.app.Out, text+"\n")
	return err
}
