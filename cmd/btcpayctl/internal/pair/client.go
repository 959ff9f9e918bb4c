package pair

import (
	"context"
	"fmt"
	"time"

	"github.com/mdp/qrterminal/v3"
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newPairClient(a *app.App) *cobra.Command {
	var o options
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

Servers 2.0.0 to 2.3.5 show no Approve button unless --store names the store. On an
old server, btcpayctl prints how to add the store to the page's address.

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
			ctx := cmd.Context()
			p, err := o.plan(cmd, a, func(*app.Connection) error { return nil })
			if err != nil {
				return err
			}
			if paired, err := p.checkPaired(ctx); paired || err != nil {
				return p.forgetServer(ctx, err)
			}
			old, err := p.isOld(ctx)
			if err != nil {
				return err
			}
			b, err := p.begin(ctx, "")
			if err != nil {
				return err
			}
			asking, stop := cli.AwaitAnswer(ctx, a, "a pairing code")
			code, err := p.key.Connection.RequestPairing(asking, bitpay.PairingRequest{Label: p.label, StoreID: bitpay.StoreID(p.key.Connection.Store.Text)})
			stop()
			if err := b.answered(code, err); err != nil || p.dryRun {
				// A code that did not come can be approved by no one.
				return p.forgetServer(ctx, err)
			}
			p.show(code, o.wait, old)
			if qr {
				qrterminal.GenerateHalfBlock(code.ApproveURL, qrterminal.L, a.Err)
			}
			if open {
				if err := cli.Browse(a, code.ApproveURL); err != nil {
					fmt.Fprintln(a.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
				}
			}
			return b.await(ctx, code.Code, code.Expires, o.wait, o.interval)
		},
	}
	cmd.Flags().BoolVar(&qr, "qr", false, "print the page's address as a QR code")
	cmd.Flags().BoolVar(&open, "open", false, "open the page in the browser")
	o.addFlags(cmd)
	cli.SetsUpProfile(cmd)
	cli.Shows(cmd, pairView)
	return cmd
}

// compareSIN is printed before an approval. The server requires no signature when a code
// is claimed.
const compareSIN = "Approve only if the page shows this SIN. Anyone who knows the code can replace the key with their own,\n" +
	"so give the address only to the owner."

// isOld reports whether the server's approval page may need a store's id. It fails if a
// proxy removes signatures, because the key would never be seen as paired.
func (p *plan) isOld(ctx context.Context) (bool, error) {
	if p.dryRun {
		return false, nil
	}
	arrival, err := p.key.Connection.Arrival(ctx)
	switch {
	case err != nil:
		return false, nil //nolint:nilerr // the next request reports it better
	case !arrival.Credential:
		return false, bitpay.ErrNotArrived
	}
	return arrival.Before236 && p.key.Connection.Store.Text == "", nil
}

// addStore is for pages of servers 2.0.0 to 2.3.5 (recordings 61-pairing-client of 2.0.8).
const addStore = "If the page has no Approve button, as on servers 2.0.0 to 2.3.5, add the store's id to its address:\n\n  %s&selectedStore=STORE\n\n" +
	"The id is in the address of the store's pages, after /stores/. Or run the same command with --store ID.\n\n"

// show prints the page for the owner, and what to compare there.
func (p *plan) show(code bitpay.Pairing, wait time.Duration, old bool) {
	page := output.VisibleLine(code.ApproveURL)
	fmt.Fprintf(p.app.Err, "Ask the store's owner to open this page, choose the store and approve:\n\n  %s\n\n", page)
	if old {
		fmt.Fprintf(p.app.Err, addStore, page)
	}
	fmt.Fprintf(p.app.Err, "%s\n\n  Label    %s\n  SIN      %s\n", compareSIN, output.VisibleLine(code.Label), p.key.Connection.Identity.SIN())
	if !p.app.IsTerminal(p.app.Err) || wait == 0 {
		fmt.Fprintf(p.app.Err, "  Expires  in %s\n", cli.ClockText(code.Left().Round(time.Second)))
	}
}
