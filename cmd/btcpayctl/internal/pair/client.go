package pair

import (
	"fmt"
	"time"

	"github.com/mdp/qrterminal/v3"
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newPairClient(a *app.App) *cobra.Command {
	c := &pairing{PairedKey: operations.PairedKey{App: a}}
	var qr, open bool
	cmd := &cobra.Command{
		Use:   "client",
		Short: "Request a code and wait until the owner approves it",
		Long: `Request a pairing code from the server, print the page where the store's owner
approves it, and wait. A code is valid for 15 minutes. A named profile without a key
gets a new one.

The page shows a SIN: approve only if it is the one printed here. Anyone who knows the
code can replace the key with their own. If the code was approved for another key, the
exit code is 10, and btcpayctl prints the page where that token can be revoked.

Servers 2.0.0 to 2.3.5 show no Approve button unless --store names the store.

The owner chooses the store on the page, whatever --store says. btcpayctl learns which
store it was from an invoice of the key, if the store has invoices: another store than
--store or the profile names is an error with exit code 10. Otherwise the first
created invoice shows the store.

Exit 0: paired. 8: --wait ended first. 10: the code expired, or was approved for
another key or another store. 130: stopped by Ctrl-C; the code stays valid, and "pair
status" reports the result.`,
		Example: `  btcpayctl pair client --profile shop --server https://btcpay.example.com --label "Books & Co"`,
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.prepare(cmd, func(*app.Connection) error { return nil }); err != nil {
				return err
			}
			if paired, err := c.already(cmd.Context()); paired || err != nil {
				return err
			}
			if err := c.begin(cmd.Context(), ""); err != nil {
				return err
			}
			asking, stop := cli.AwaitAnswer(cmd.Context(), c.App, "a pairing code")
			p, err := c.RequestPairing(asking, bitpay.PairingRequest{Label: c.label, StoreID: c.Store.Text})
			stop()
			if err := c.answered(p, err); err != nil || c.flags.DryRun {
				return err
			}
			c.show(p)
			if qr {
				qrterminal.GenerateHalfBlock(p.ApproveURL, qrterminal.L, a.Err)
			}
			if open {
				if err := cli.Browse(a, p.ApproveURL); err != nil {
					fmt.Fprintln(a.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
				}
			}
			return c.await(cmd.Context(), p.Code, p.Expires)
		},
	}
	cmd.Flags().BoolVar(&qr, "qr", false, "print the page's address as a QR code")
	cmd.Flags().BoolVar(&open, "open", false, "open the page in the browser")
	c.addFlags(cmd)
	return cmd
}

// compareSIN is said before an approval. The server asks for no signature where a
// code is claimed.
const compareSIN = "Approve only if the page shows this SIN. Whoever knows the code can put a key of their own in its place,\n" +
	"so give the address to nobody but the owner."

func (c *pairing) show(p bitpay.Pairing) {
	fmt.Fprintf(c.App.Err, "Ask the store's owner to open this page, choose the store and approve:\n\n  %s\n\n%s\n\n  Label    %s\n  SIN      %s\n",
		output.VisibleLine(p.ApproveURL), compareSIN, output.VisibleLine(p.Label), c.Identity.SIN())
	if !c.App.IsTerminal(c.App.Err) || c.wait == 0 {
		fmt.Fprintf(c.App.Err, "  Expires  in %s\n", cli.ClockText(p.Left().Round(time.Second)))
	}
}
