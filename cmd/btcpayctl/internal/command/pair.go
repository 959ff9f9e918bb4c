package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type pairRecord struct {
	Server string `json:"server"`
	SIN    string `json:"sin"`
	Paired bool   `json:"paired"`
}

var pairView = output.View[pairRecord]{
	Columns: []output.Column[pairRecord]{
		{Title: "SERVER", Value: func(r pairRecord) string { return r.Server }},
		{Title: "SIN", Value: func(r pairRecord) string { return r.SIN }},
		{Title: "PAIRED", Value: func(r pairRecord) string {
			if r.Paired {
				return "yes"
			}
			return "no"
		}},
	},
	Name: func(r pairRecord) string { return r.SIN },
}

func newPair(a *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pair",
		Short: "Tie a BitId key to a store",
		Long: `Tie a BitId key to a store. With "client" this side asks for a code and a person
approves it; with "server" a person pastes the public key on the store's Access
Tokens page, or makes a code there that is claimed here.`,
		GroupID: "start",
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPairClient(a), newPairServer(a), newPairStatus(a))
	return cmd
}

// A pairing is what the three commands need before they ask the server.
type pairing struct {
	app      *app.App
	flags    app.Flags
	label    string
	wait     time.Duration
	interval time.Duration

	printer  *output.Printer
	identity *bitpay.Identity
	client   *bitpay.Client
	server   string
}

func (c *pairing) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	host, _ := os.Hostname()
	f.StringVar(&c.label, "label", strings.TrimSpace("btcpayctl "+host), "`name` of the key on the Access Tokens page")
	f.DurationVar(&c.wait, "wait", -1, "longest wait for the approval; 0 looks once (default until the code expires)")
	f.DurationVar(&c.interval, "interval", 2*time.Second, "pause between two looks")
	addServerFlags(cmd, &c.flags)
}

func (c *pairing) prepare(cmd *cobra.Command) error {
	if c.interval < 100*time.Millisecond {
		return &output.Error{Code: output.Usage, What: "--interval is less than 100ms", Next: "--interval 2s"}
	}
	var err error
	if c.printer, err = printer(c.app, cmd); err != nil {
		return err
	}
	if c.server, err = c.app.Server(c.flags); err != nil {
		return err
	}
	if c.identity, err = c.app.Identity(); err != nil {
		return err
	}
	c.client, err = c.app.BitPayAs(c.flags, c.identity)
	return err
}

func (c *pairing) print(paired bool) error {
	return output.One(c.printer, pairView, pairRecord{strings.TrimRight(c.server, "/"), c.identity.SIN(), paired})
}

// await waits until the server lists a token. Code is empty where a public key
// was pasted.
func (c *pairing) await(ctx context.Context, code string, left time.Duration, until time.Time) error {
	wait := ctx
	switch {
	case c.wait == 0:
		tokens, err := c.client.Tokens(ctx)
		if err != nil {
			return dryRunIsDone(err)
		}
		if len(tokens) == 0 {
			return notYet()
		}
		return c.paired()
	case c.wait > 0 && (c.wait < left || left == 0):
		var stop context.CancelFunc
		wait, stop = context.WithTimeout(ctx, c.wait)
		defer stop()
	}
	_, err := c.client.WaitPaired(wait, bitpay.WaitOptions{Until: until, Interval: c.interval, Progress: c.progress})
	switch {
	case err == nil:
		return c.paired()
	case errors.Is(err, bitpay.ErrPairingExpired) && code != "":
		return &output.Error{Code: output.PairingCodeExpired, What: "the code " + code + " expired before anyone approved it",
			Next: "run the same command for a new code", Err: err}
	case ctx.Err() != nil:
		fmt.Fprintln(c.app.Err, "Not paired yet; btcpayctl pair status tells.")
		return ctx.Err()
	case wait.Err() != nil:
		return notYet()
	}
	return err
}

func (c *pairing) progress(p bitpay.PairProgress) {
	if p.Err != nil {
		fmt.Fprintf(c.app.Err, "The server did not answer, asking again: %s\n", output.VisibleLine(p.Err.Error()))
	}
}

func notYet() error {
	return &output.Error{Code: output.Pending, What: "not approved yet", Next: "btcpayctl pair status"}
}

func (c *pairing) paired() error {
	fmt.Fprintln(c.app.Err, "Paired. The server does not tell which store: the owner chose it on the page.\n"+
		"Next: btcpayctl invoice create --amount 10 --currency USD")
	return c.print(true)
}

func newPairStatus(a *app.App) *cobra.Command {
	c := &pairing{app: a, interval: time.Second}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether the key is paired",
		Long: `Ask the server whether the key is paired. The exit code is 0 if it is and 4 if
not. The server answers a revoked key like one it has never seen.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.prepare(cmd); err != nil {
				return err
			}
			tokens, err := c.client.Tokens(cmd.Context())
			if err != nil {
				return dryRunIsDone(err)
			}
			if len(tokens) == 0 {
				return &output.Error{Code: output.NotPaired, What: "the key " + c.identity.SIN() + " is not paired, or was revoked",
					Next: "btcpayctl pair client"}
			}
			return c.print(true)
		},
	}
	addServerFlags(cmd, &c.flags)
	return cmd
}
