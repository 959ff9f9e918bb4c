package command

import (
	"fmt"
	"time"

	"github.com/pkg/browser"
	"github.com/spf13/cobra"

	"github.com/mdp/qrterminal/v3"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newPairClient(a *app.App) *cobra.Command {
	c := &pairing{app: a}
	var qr, open bool
	cmd := &cobra.Command{
		Use:   "client",
		Short: "Ask for a code and wait until a person approves it",
		Long: `Ask the server for a pairing code, print the page where the store's owner
approves it, and wait. A code lives 15 minutes. The page shows label and SIN:
compare them.

Servers 2.0.0 to 2.3.5 show no Approve button unless --store names the store.`,
		Example: `  btcpayctl pair client --server https://btcpay.example.com --label "Books & Co"`,
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.prepare(cmd); err != nil {
				return err
			}
			p, err := c.client.RequestPairing(cmd.Context(), bitpay.PairingRequest{Label: c.label, StoreID: a.Store(c.flags)})
			if err != nil {
				return dryRunIsDone(err)
			}
			fmt.Fprintf(a.Err, "Ask the store's owner to open this page, compare, choose the store and approve:\n\n  %s\n\n"+
				"  Label    %s\n  SIN      %s\n  Expires  in %s\n\n", output.VisibleLine(p.ApproveURL), output.VisibleLine(p.Label),
				c.identity.SIN(), p.Left().Round(time.Second))
			if qr {
				qrterminal.GenerateHalfBlock(p.ApproveURL, qrterminal.L, a.Err)
			}
			if open {
				if err := browser.OpenURL(p.ApproveURL); err != nil {
					fmt.Fprintln(a.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
				}
			}
			return c.await(cmd.Context(), p.Code, p.Left(), p.Expires)
		},
	}
	cmd.Flags().BoolVar(&qr, "qr", false, "draw the page's address as a QR code")
	cmd.Flags().BoolVar(&open, "open", false, "open the page in the browser")
	c.addFlags(cmd)
	return cmd
}
