package pair

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newPairStatus(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Check whether the key is paired",
		Long: `Ask the server whether the key is paired, and learn from an invoice of the key which
store it serves. If --store or the environment names a store, it must be that one.

Exit 0: paired. 8: not yet, and a requested code is still valid. 10: the code was
approved for another key, or the key for another store. 4: neither. The server's
response to a revoked key and to an unknown key is the same.`,
		Example: "  btcpayctl pair status --profile shop && ./open-the-shop.sh",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			connection, err := a.Paired(cmd.Context(), flags)
			if err != nil {
				return err
			}
			return (&plan{app: a, printer: p, key: operations.PairedKey{App: a, Connection: connection}}).status(cmd.Context())
		},
	}
	cli.AddServerFlags(cmd, &flags)
	cli.Shows(cmd, pairView)
	return cmd
}

// status prints whether the key is paired, and with which store.
func (p *plan) status(ctx context.Context) error {
	c := p.key.Connection
	tokens, err := c.Tokens(ctx)
	if err != nil {
		return cli.DryRunIsDone(err)
	}
	if len(tokens) == 0 {
		return p.unpaired(ctx)
	}
	if err := operations.FinishPairings(ctx, p.app, c.URL, c.Identity.SIN()); err != nil {
		return err
	}
	serves, err := p.key.ProvenStore(ctx)
	if err == nil && serves == nil {
		err = operations.CheckStore(ctx, p.app, c)
	}
	if err != nil {
		return err
	}
	if serves == nil {
		fmt.Fprintln(p.app.Err, "Note: the key is paired, and "+p.key.Unproven()+".")
	}
	return p.print(serves)
}

// unpaired explains that a key is not paired: its code may still be approved, or it has
// none.
func (p *plan) unpaired(ctx context.Context) error {
	c := p.key.Connection
	if err := operations.Arrives(ctx, c); err != nil {
		return err
	}
	open, err := operations.UnfinishedOf[ledger.Pair](ctx, p.app)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Server != c.URL || r.SIN != c.Identity.SIN() {
			continue
		}
		e := &output.Error{Code: output.Pending, What: "not approved yet", Next: "btcpayctl pair status" + p.key.ProfileFlag()}
		if r.Code != "" {
			if taken, err := c.CodeTaken(ctx, r.Code); taken && err == nil {
				return errors.Join(p.key.Taken(r), operations.EndOperation(ctx, p.app, r.ID))
			}
			e.Why = fmt.Sprintf("The code %s is valid until %s.", r.Code, operations.PairingEnd(r).Local().Format("15:04"))
			if page, err := c.ApproveURL(r.Code, bitpay.StoreID(r.Store)); err == nil {
				e.Next = "have it approved: " + page
			}
		}
		return e
	}
	if other := p.otherForm(ctx); other != nil {
		return other
	}
	return &output.Error{Code: output.NotPaired, What: "the key " + c.Identity.SIN() + " is not paired, or was revoked",
		Next: "btcpayctl pair client" + p.key.ProfileFlag()}
}

// otherForm is the failure of a key that the server knows by its uncompressed public key, as
// some clients paired it. It is nil for other keys.
func (p *plan) otherForm(ctx context.Context) *output.Error {
	c := p.key.Connection
	if c.Identity.IsUncompressed() {
		return nil
	}
	long := c.Identity.Uncompressed()
	if tokens, err := c.Tokens(ctx, bitpay.As(long)); err != nil || len(tokens) == 0 {
		return nil //nolint:nilerr // the other form was not paired, or it is not known
	}
	return &output.Error{Code: output.NotPaired, What: "the key is paired as " + long.SIN() + ", with its uncompressed public key, and is used here as " + c.Identity.SIN(),
		Next: "btcpayctl key export " + c.Identity.SIN() + " --output-file key.pem\nthen btcpayctl key import key.pem --sin " + long.SIN() + " --replace" + p.key.ProfileFlag()}
}
