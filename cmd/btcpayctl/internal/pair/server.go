package pair

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// pasteWait is how long the owner has to paste a public key.
const pasteWait = 15 * time.Minute

// serverOptions are the flags of "pair server".
type serverOptions struct {
	options
	code string
	open bool
}

func newPairServer(a *app.App) *cobra.Command {
	var o serverOptions
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Print the public key to paste, or claim a code from the server",
		Long: `Without --code: print the public key and the page where the store's owner pastes it,
and wait for the approval, for 15 minutes or --wait. This needs --store.

With --code: claim a code that was created on that page without a key. A code can be
claimed once and is valid for 15 minutes. "--code -" reads it from standard input.

btcpayctl learns from an invoice of the key which store it serves, if the store has
invoices: another store than --store or the profile names is an error with exit code
10. Otherwise the first created invoice shows the store.

Exit 0: paired. 3: the key belongs to another store. 6: the code is unknown or was
used. 8: not approved yet. 10: the code expired, or the key is paired with another
store than requested.`,
		Example: "  btcpayctl pair server --profile shop --store J8Rx6Z4dzx\n  btcpayctl pair server --profile shop --code cMKARv6",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("code") {
				if err := o.readCode(a); err != nil {
					return err
				}
			}
			p, err := o.plan(cmd, a, o.check)
			if err != nil {
				return err
			}
			if o.code != "" {
				return o.claim(cmd.Context(), p)
			}
			if paired, err := p.checkPaired(cmd.Context()); paired || err != nil {
				return p.forgetServer(cmd.Context(), err)
			}
			if err := p.tryServer(cmd.Context()); err != nil {
				return err
			}
			return o.paste(cmd.Context(), p)
		},
	}
	cmd.Flags().StringVar(&o.code, "code", "", "the pairing `code`; - reads one line of standard input")
	cmd.Flags().BoolVar(&o.open, "open", false, "open the page in the browser")
	o.addFlags(cmd)
	cli.SetsUpProfile(cmd)
	cli.Shows(cmd, pairView)
	return cmd
}

// check finds a code that cannot be one, or a missing store, before a key is
// made.
func (o *serverOptions) check(plain *app.Connection) error {
	if o.code != "" {
		_, err := plain.ApproveURL(o.code, "")
		return err
	}
	if plain.Store.Text == "" {
		return &output.Error{Code: output.Usage, What: "--store is missing: the page belongs to a store",
			Why: "The store's general settings show its id.", Next: "btcpayctl pair server --store ID"}
	}
	return nil
}

func (o *serverOptions) readCode(a *app.App) error {
	if o.code == "-" {
		line, err := bufio.NewReader(io.LimitReader(a.In, 1<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return &output.Error{Code: output.BadInput, What: "standard input cannot be read", Why: err.Error(), Err: err}
		}
		o.code = string(app.WithoutMark([]byte(line)))
	}
	if o.code = strings.TrimSpace(o.code); o.code == "" {
		return &output.Error{Code: output.BadInput, What: "the pairing code is empty", Next: "btcpayctl pair server --code CODE"}
	}
	return nil
}

// claim pairs with a code that the owner made on the server.
func (o *serverOptions) claim(ctx context.Context, p *plan) error {
	b, err := p.begin(ctx, o.code)
	if err != nil {
		return err
	}
	asking, stop := cli.AwaitAnswer(ctx, p.app, "the pairing code")
	code, err := p.key.Connection.ClaimPairing(asking, o.code, bitpay.ClaimOptions{Label: p.label})
	stop()
	if client.FateUnknown(err) && b.operation != nil {
		// A code can be claimed once, so whether it was is asked of the list.
		fmt.Fprintln(p.app.Err, "The response was lost. Checking whether the key is paired:", output.VisibleLine(err.Error()))
		if tokens, listErr := p.key.Connection.Tokens(ctx); ctx.Err() == nil && listErr == nil && len(tokens) > 0 {
			return b.paired(ctx)
		}
		return errors.Join(&output.Error{Code: cli.LostCode(ctx), What: "the code may have been claimed: the response was lost", Why: err.Error() + ". It was not sent again.",
			Next: "btcpayctl pair status" + p.key.ProfileFlag(), Err: err}, b.operation.Release())
	}
	err = b.answered(code, err)
	if errors.Is(err, bitpay.ErrCodeUnknown) {
		// This key has used it, if the command is run again.
		if paired, listErr := p.checkPaired(ctx); paired {
			return listErr
		}
	}
	if err != nil || p.dryRun {
		return p.forgetServer(ctx, err)
	}
	fmt.Fprintf(p.app.Err, "The code is claimed for the key with this SIN:\n\n  SIN      %s\n\n", p.key.Connection.Identity.SIN())
	fmt.Fprintln(p.app.Err, "Waiting for the approval (Ctrl-C stops waiting, nothing is lost)")
	return b.await(ctx, code.Code, code.Expires, o.wait, o.interval)
}

// paste pairs with a public key that the owner pastes on the server.
func (o *serverOptions) paste(ctx context.Context, p *plan) error {
	c := p.key.Connection
	if c.Identity.IsUncompressed() {
		return &output.Error{Code: output.Usage, What: "the key " + c.Identity.SIN() + " cannot be pasted: its SIN is that of the uncompressed public key",
			Why: "A server compresses a key that is pasted, and pairs another SIN.", Next: "btcpayctl pair client" + p.key.ProfileFlag() + "\nor btcpayctl pair server --code CODE" + p.key.ProfileFlag()}
	}
	page, err := c.AccessTokensURL(bitpay.StoreID(c.Store.Text))
	if err != nil {
		return err
	}
	if p.dryRun {
		_, err := p.key.Connection.Tokens(ctx)
		return cli.DryRunIsDone(err)
	}
	b, err := p.begin(ctx, "")
	if err != nil {
		return err
	}
	wait := o.wait
	if wait < 0 {
		wait = pasteWait
	}
	if err := b.operation.Advance(func(r *ledger.Pair) { r.Expires = p.app.Now().Add(wait).UTC() }); err != nil {
		return err
	}
	fmt.Fprintf(p.app.Err, "Paste this public key on the store's Access Tokens page, request pairing, and approve:\n\n  %s\n  %s\n\n"+
		"Waiting for the approval (Ctrl-C stops waiting, nothing is lost)\n", page, p.key.Connection.Identity.PublicKey())
	if o.open {
		if err := cli.Browse(p.app, page); err != nil {
			fmt.Fprintln(p.app.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
		}
	}
	return b.await(ctx, "", time.Time{}, wait, o.interval)
}
