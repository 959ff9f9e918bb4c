package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newInvoiceOpen(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:     "open ID",
		Short:   "Open an invoice's checkout page in the browser",
		Long:    "Open an invoice's checkout page in the browser, and print the invoice. BROWSER\nnames another browser than the desktop's.",
		Example: "  btcpayctl invoice open QvKaGcfACNbRiBjPAMkQ7Q",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := printer(a, cmd)
			if err != nil {
				return err
			}
			c, err := a.BitPay(cmd.Context(), flags)
			if err != nil {
				return err
			}
			invoice, err := c.Invoices.Get(cmd.Context(), args[0])
			if err != nil {
				return dryRunIsDone(err)
			}
			// Not the address that the server sent, which could be anyone's.
			page := c.URL + "/i/" + args[0]
			if err := a.Browse(page); err != nil {
				return &output.Error{Code: output.Failed, What: "the browser cannot be opened", Why: err.Error(), Next: "open " + page, Err: err}
			}
			fmt.Fprintln(a.Err, "Opened", page)
			return output.One(p, invoiceView, fromBitPay(invoice))
		},
	}
	addServerFlags(cmd, &flags)
	return cmd
}
