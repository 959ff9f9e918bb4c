package pair

import (
	"bufio"
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
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// pasteWait is how long a person gets to paste a public key.
const pasteWait = 15 * time.Minute

type pairServer struct {
	pairing
	code string
	open bool
}

func newPairServer(a *app.App) *cobra.Command {
	c := &pairServer{pairing: pairing{PairedKey: operations.PairedKey{App: a}}}
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
				if err := c.readCode(); err != nil {
					return err
				}
			}
			if err := c.prepare(cmd, c.check); err != nil {
				return err
			}
			if c.code != "" {
				return c.claim(cmd)
			}
			if paired, err := c.already(cmd.Context()); paired || err != nil {
				return err
			}
			return c.paste(cmd)
		},
	}
	cmd.Flags().StringVar(&c.code, "code", "", "the pairing `code`; - reads one line of standard input")
	cmd.Flags().BoolVar(&c.open, "open", false, "open the page in the browser")
	c.addFlags(cmd)
	return cmd
}

// check finds a code that cannot be one, or a missing store, before a key is
// made.
func (c *pairServer) check(plain *app.Connection) error {
	if c.code != "" {
		_, err := plain.ApproveURL(c.code, "")
		return err
	}
	if plain.Store.Text == "" {
		return &output.Error{Code: output.Usage, What: "--store is missing: the page belongs to a store",
			Why: "Its id stands in the store's general settings.", Next: "btcpayctl pair server --store ID"}
	}
	return nil
}

func (c *pairServer) readCode() error {
	if c.code == "-" {
		line, err := bufio.NewReader(io.LimitReader(c.App.In, 1<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return &output.Error{Code: output.BadInput, What: "standard input cannot be read", Why: err.Error(), Err: err}
		}
		c.code = line
	}
	if c.code = strings.TrimSpace(c.code); c.code == "" {
		return &output.Error{Code: output.BadInput, What: "the pairing code is empty", Next: "btcpayctl pair server --code CODE"}
	}
	return nil
}

func (c *pairServer) claim(cmd *cobra.Command) error {
	if err := c.begin(cmd.Context(), c.code); err != nil {
		return err
	}
	asking, stop := cli.AwaitAnswer(cmd.Context(), c.App, "the pairing code")
	p, err := c.ClaimPairing(asking, c.code, bitpay.ClaimOptions{Label: c.label})
	stop()
	if client.FateUnknown(err) && c.operation != nil {
		// A code can be claimed once, so whether it was is asked of the list.
		fmt.Fprintln(c.App.Err, "The answer was lost. Asking whether the key is paired:", output.VisibleLine(err.Error()))
		if tokens, listErr := c.Tokens(cmd.Context()); cmd.Context().Err() == nil && listErr == nil && len(tokens) > 0 {
			return c.paired(cmd.Context())
		}
		return errors.Join(&output.Error{Code: cli.LostCode(cmd.Context()), What: "the code may have been claimed: its answer was lost", Why: err.Error() + ". It was not sent again.",
			Next: "btcpayctl pair status" + c.ProfileFlag(), Err: err}, c.operation.Release())
	}
	err = c.answered(p, err)
	if errors.Is(err, bitpay.ErrCodeUnknown) {
		// Used up by this key, where the command is simply run again.
		if paired, listErr := c.already(cmd.Context()); paired {
			return listErr
		}
	}
	if err != nil || c.flags.DryRun {
		return err
	}
	fmt.Fprintf(c.App.Err, "The code is claimed for the key with this SIN:\n\n  SIN      %s\n\n", c.Identity.SIN())
	fmt.Fprintln(c.App.Err, "Waiting for the approval (Ctrl-C stops waiting, nothing is lost)")
	return c.await(cmd.Context(), p.Code, p.Expires)
}

func (c *pairServer) paste(cmd *cobra.Command) error {
	page, err := c.AccessTokensURL(c.Store.Text)
	if err != nil {
		return err
	}
	if c.flags.DryRun {
		_, err := c.Tokens(cmd.Context())
		return cli.DryRunIsDone(err)
	}
	if err := c.begin(cmd.Context(), ""); err != nil {
		return err
	}
	if c.wait < 0 {
		c.wait = pasteWait
	}
	if err := c.operation.Advance(func(r *ledger.Pair) { r.Expires = c.App.Now().Add(c.wait).UTC() }); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Err, "Paste this public key on the store's Access Tokens page, request pairing, and approve:\n\n  %s\n  %s\n\n"+
		"Waiting for the approval (Ctrl-C stops waiting, nothing is lost)\n", page, c.Identity.PublicKey())
	if c.open {
		if err := cli.Browse(c.App, page); err != nil {
			fmt.Fprintln(c.App.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
		}
	}
	return c.await(cmd.Context(), "", time.Time{})
}
