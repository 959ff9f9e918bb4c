package invoice

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func newInvoiceOpen(a *app.App) *cobra.Command {
	c := &invoiceCall{app: a}
	cmd := &cobra.Command{
		Use:   "open ID",
		Short: "Open an invoice's checkout page in the browser",
		Long: `Open an invoice's checkout page in the browser, and print the invoice. BROWSER selects
another browser than the desktop's.`,
		Example: "  btcpayctl invoice open QvKaGcfACNbRiBjPAMkQ7Q",
		Args:    cli.Arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			api, err := c.connect(cmd.Context())
			if err != nil {
				return err
			}
			invoice, err := api.get(cmd.Context(), args[0])
			if err != nil {
				return cli.DryRunIsDone(err)
			}
			// Not the address from the server's response, which could point anywhere.
			page := api.server() + "/i/" + args[0]
			if err := cli.Browse(a, page); err != nil {
				return &output.Error{Code: output.Failed, What: "the browser cannot be opened", Why: err.Error(), Next: "open " + page, Err: err}
			}
			fmt.Fprintln(a.Err, "Opened", page)
			return output.One(p, invoiceView, invoice)
		},
	}
	c.addFlags(cmd)
	cli.Needs(cmd, greenfield.CanViewInvoices)
	cli.Shows(cmd, invoiceView)
	return cmd
}
