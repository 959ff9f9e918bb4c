package command

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// pasteWait is how long a person gets to paste a public key.
const pasteWait = 15 * time.Minute

func newPairServer(a *app.App) *cobra.Command {
	c := &pairing{app: a}
	var code string
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Print the public key to paste, or claim a code the server made",
		Long: `Without --code: print the public key and the page where the store's owner pastes
it, and wait for the approval. This needs --store.

With --code: claim a code that was made on that page without a key. A code can be
claimed once and lives 15 minutes. "--code -" reads it from standard input.`,
		Example: "  btcpayctl pair server --store J8Rx6Z4dzx\n  btcpayctl pair server --code cMKARv6",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.prepare(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("code") {
				return c.claim(cmd, code)
			}
			return c.paste(cmd)
		},
	}
	cmd.Flags().StringVar(&code, "code", "", "the pairing `code`; - reads one line of standard input")
	c.addFlags(cmd)
	return cmd
}

func (c *pairing) claim(cmd *cobra.Command, code string) error {
	if code == "-" {
		line, err := bufio.NewReader(io.LimitReader(c.app.In, 1<<10)).ReadString('\n')
		if err != nil && err != io.EOF {
			return &output.Error{Code: output.BadInput, What: "standard input cannot be read", Why: err.Error(), Err: err}
		}
		code = line
	}
	if code = strings.TrimSpace(code); code == "" {
		return &output.Error{Code: output.BadInput, What: "the pairing code is empty", Next: "btcpayctl pair server --code CODE"}
	}
	p, err := c.client.ClaimPairing(cmd.Context(), code, bitpay.ClaimOptions{Label: c.label})
	if err != nil {
		return dryRunIsDone(err)
	}
	fmt.Fprintln(c.app.Err, "The code is claimed. Waiting until it is approved (Ctrl-C stops waiting, nothing is lost)")
	return c.await(cmd.Context(), p.Code, p.Left(), p.Expires)
}

func (c *pairing) paste(cmd *cobra.Command) error {
	store := c.app.Store(c.flags)
	if store == "" {
		return &output.Error{Code: output.Usage, What: "--store is missing: the page belongs to a store",
			Why: "Its id stands in the store's general settings.", Next: "btcpayctl pair server --store ID"}
	}
	page, err := c.client.AccessTokensURL(store)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.app.Err, "Paste this public key on the store's Access Tokens page, request pairing, and approve:\n\n  %s\n  %s\n\n"+
		"Waiting for the approval (Ctrl-C stops waiting, nothing is lost)\n", page, c.identity.PublicKey())
	if c.wait < 0 {
		c.wait = pasteWait
	}
	return c.await(cmd.Context(), "", 0, time.Time{})
}
