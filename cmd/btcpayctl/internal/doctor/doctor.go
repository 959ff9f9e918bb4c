// Package doctor has the command that checks the configuration and finishes interrupted
// operations.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type doctor struct {
	operations.Checker
	forget         []string
	forgetAll, yes bool

	settings app.Settings
}

// New returns the command doctor.
func New(a *app.App) *cobra.Command {
	d := &doctor{Checker: operations.Checker{KeyHolder: operations.KeyHolder{App: a}}}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the configuration and finish interrupted operations",
		Long: `Check the configuration, the keystore, the server, the API key and the pairing in
use, and whether "invoice create" would work now: the server's node, the store's
payment methods and its exchange rate. Then look at interrupted operations, and finish
those that need no decision: an accepted key is put to use, the key of a killed
"apikey exec" is revoked, a rotation or revocation continues.

The API key's permissions are tried with calls that change nothing. If the server refuses
some of them now, because the role of the key's owner in the store does not allow
them, that is a warning. If it refuses all that can be tried, the check fails with
exit code 5.

A key from "authorize" that was not accepted yet is never put to use without a
decision. On a terminal doctor asks; otherwise the exit code is 8, and --keep or
--drop with the operation's id decides. --drop and --fix revoke a new key; --fix drops
all keys that arrived with other permissions than requested.

A key whose response was lost, or whose consent page was not answered, is named by its
label. Delete it on the server's page Account / API Keys, and then close the operation
with --forget. --forget-open closes all operations of that kind after a confirmation;
a script needs --yes. doctor prints what it forgets. A key that is stored here and
works is not forgotten.

The report is on standard output, also if a check fails. A key that may be active and
that nothing uses is a failure. The exit code is that of the first failure, or 0.`,
		Example: "  btcpayctl doctor --profile shop\n  btcpayctl doctor -o json --jq '.[] | select(.status == \"failed\")'",
		GroupID: "start",
		Args:    cli.Arguments(0, 0),
		RunE:    d.run,
	}
	cmd.Flags().StringArrayVar(&d.Decision.Keep, "keep", nil, "accept the key of this `operation` and put it to use")
	cmd.Flags().StringArrayVar(&d.Decision.Drop, "drop", nil, "drop the key of this `operation`")
	cmd.Flags().BoolVar(&d.Fix, "fix", false, "also drop keys that arrived with other permissions than requested")
	cmd.Flags().StringSliceVar(&d.forget, "forget", nil, "close these `operations` or notes of handed-out keys, which you have dealt with")
	cmd.Flags().BoolVar(&d.forgetAll, "forget-open", false, "close every operation whose key only you can find on the server")
	cmd.Flags().BoolVar(&d.yes, "yes", false, "do not ask before --forget-open")
	cli.AddServerFlags(cmd, &d.Flags)
	cli.Needs(cmd, greenfield.CanViewProfile)
	cli.Handles(cmd, cli.Keys)
	cli.Shows(cmd, cli.CheckView)
	return cmd
}

func (d *doctor) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(d.App, cmd, cli.CheckView, cli.Check{})
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	operations.SweepAll(d.App)
	open, _ := operations.UnfinishedOf[ledger.Key](ctx, d.App) // reported below
	if err := d.Decision.Check(open); err != nil {
		return err
	}
	if err := d.forgetNamed(ctx); err != nil {
		return err
	}
	if err := d.forgetOpen(ctx); err != nil {
		return err
	}
	return cli.PrintChecks(p, "", d.records(ctx))
}

// records are the results of the checks, in order.
func (d *doctor) records(ctx context.Context) iter.Seq2[cli.Check, error] {
	return func(yield func(cli.Check, error) bool) {
		for _, check := range d.checks(ctx) {
			if ctx.Err() != nil {
				yield(cli.Check{}, context.Cause(ctx))
				return
			}
			for _, record := range check() {
				record.Next = d.App.Hint(record.Next)
				if !yield(record, nil) {
					return
				}
			}
		}
		if ctx.Err() != nil {
			yield(cli.Check{}, context.Cause(ctx)) // Ctrl-C at a prompt
		}
	}
}

// checks are run in this order. A check depends on earlier ones as little as possible.
func (d *doctor) checks(ctx context.Context) []func() []cli.Check {
	one := func(check func(context.Context) cli.Check) func() []cli.Check {
		return func() []cli.Check { return []cli.Check{check(ctx)} }
	}
	return []func() []cli.Check{
		one(d.configuration), one(d.keystore), d.journal, one(d.server), one(d.apiKey), one(d.pairing), one(d.invoices),
		func() []cli.Check { return d.Operations(ctx) },
	}
}

// refusal explains a refused key without the advice to run doctor.
func refusal(r cli.Check) cli.Check {
	if r.Next == "btcpayctl doctor" {
		r.Next = "check --server: does BTCPay Server respond there?"
	}
	return r
}

func (d *doctor) configuration(ctx context.Context) cli.Check {
	config, err := d.App.ReadConfig()
	if err == nil {
		d.settings, err = d.App.Settings(d.Flags, false)
	}
	if err == nil {
		err = d.misnamedKey()
	}
	if err != nil {
		return cli.FailedCheck(ctx, "configuration", err)
	}
	detail := fmt.Sprintf("%d profiles", len(config.Profiles))
	if len(config.Profiles) == 1 {
		detail = "1 profile"
	}
	if d.settings.Name.Text != "" {
		detail += ", in use: " + d.settings.Name.Text + " (" + d.settings.Name.Source + ")"
	}
	detail += d.fromEnvironment()
	return cli.Check{Check: "configuration", Status: "ok", Detail: detail}
}

func (d *doctor) keystore(ctx context.Context) cli.Check {
	spec := d.settings.Keystore.Text
	if spec == "" || d.Flags.DryRun {
		return cli.Check{Check: "keystore", Status: "skipped"}
	}
	if why := d.needsNoKeystore(); why != "" {
		return cli.Check{Check: "keystore", Status: "skipped", Detail: why}
	}
	if err := operations.ProbeKeystore(ctx, d.App, spec); err != nil {
		return cli.FailedCheck(ctx, "keystore", err)
	}
	return cli.Check{Check: "keystore", Status: "ok", Detail: spec + " can store, read and delete a secret"}
}

func (d *doctor) server(ctx context.Context) cli.Check {
	if d.settings.Server.Text == "" || d.Flags.DryRun {
		return cli.Check{Check: "server", Status: "skipped", Detail: "no server is given", Next: "--server https://btcpay.example.com"}
	}
	connection, err := d.App.ConnectGreenfield(d.Flags, d.settings, nil, "")
	if err != nil {
		return cli.FailedCheck(ctx, "server", err)
	}
	defer connection.CloseIdleConnections()
	health, err := connection.Client.Server.Health(ctx)
	if err != nil {
		return cli.FailedCheck(ctx, "server", err)
	}
	r := cli.Check{Check: "server", Status: "ok", Detail: connection.URL + " responds"}
	if own, err := connection.Client.Server.OwnAddress(ctx); err == nil {
		if note, remedy := cli.OtherAddress(connection.URL, own); note != "" {
			r.Status, r.Next = "warning", remedy
			r.Detail += ", but " + note + ": links for buyers begin with that, and it refuses BitId signatures"
		}
	}
	if !health.Synchronized {
		r.Status, r.Code, r.Next = "failed", output.Unavailable, "wait a minute, and run the same command\nif it stays so: ask the server's operator"
		r.Detail += ", but its node cannot be reached or is not synchronised: until then, no invoice can be created and payments are seen late"
	}
	return r
}

func (d *doctor) apiKey(ctx context.Context) cli.Check {
	const name = "api key"
	if d.settings.Server.Text == "" || d.Flags.DryRun {
		return cli.Check{Check: name, Status: "skipped"}
	}
	if d.hasLegacyKey() {
		return cli.Check{Check: name, Status: "skipped", Detail: "the environment gives a store's legacy key, see pairing"}
	}
	connection, err := d.App.Greenfield(ctx, d.Flags)
	if e, ok := errors.AsType[*output.Error](err); ok && e.Code == output.NoCredential {
		return cli.Check{Check: name, Status: "skipped", Detail: "no API key is given"}
	} else if ok && e.Code == output.BadCredential {
		return cli.Check{Check: name, Status: "skipped", Detail: e.What} // a store's legacy key
	}
	if err != nil {
		return cli.FailedCheck(ctx, name, err)
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(ctx)
	if err != nil {
		return refusal(cli.FailedCheck(ctx, name, d.WhyRefused(ctx, connection, err)))
	}
	now := operations.TryCreating(ctx, connection, operations.TryKey(ctx, connection, info.Permissions, connection.Store))
	r := cli.Check{Check: name, Status: "ok", Detail: fmt.Sprintf("%s (%s) works: %s", connection.KeyID, connection.Source, cli.ShortPermissions(info.Permissions))}
	if refusals := now.Without(greenfield.RightNoEffect).Refusals(); len(refusals) > 0 || now.Useless() {
		known := fmt.Sprintf("the server knows %s (%s)", connection.KeyID, connection.Source)
		r = cli.Check{Check: name, Status: "warning", Next: now.OtherUser(connection.Name.Text, info.Permissions), Detail: strings.Join(append([]string{known}, refusals...), "; ")}
	} else if err := now.Unanswered(); err != nil {
		r.Status, r.Next = "warning", "btcpayctl doctor"
		r.Detail += "; what it can do now is unknown: " + cli.Explain(ctx, err).What
	}
	if now.Useless() {
		r.Status, r.Code = "failed", output.MissingPermission
	}
	for _, note := range operations.PermissionNotes(info.Permissions) {
		r.Warn()
		r.Next = "btcpayctl authorize --profile NAME --store ID --for \"invoice create\""
		r.Detail += "; " + note
	}
	if version := d.version(ctx, connection); version != "" {
		r.Detail += "; the server is " + version
	}
	if store := app.SingleStore(info.Permissions); store != "" && connection.Store.Text != "" && connection.Store.Text != store {
		r.Warn()
		r.Next = "btcpayctl profile set NAME --store " + store
		r.Detail += fmt.Sprintf("; it is for store %s, but %s names %s", store, connection.Store.Source, connection.Store.Text)
	}
	return r
}

// version is empty if the server does not report it. A server that never reached its block
// explorer fails at that call, and may work otherwise.
func (d *doctor) version(ctx context.Context, connection *app.GreenfieldConnection) string {
	info, err := connection.Client.Server.Info(ctx)
	if err != nil {
		return ""
	}
	return "BTCPay Server " + info.Version
}

func (d *doctor) pairing(ctx context.Context) cli.Check {
	const name = "pairing"
	key, err := d.App.KeySource(d.settings)
	if d.settings.Server.Text == "" || err == nil && key.Text == "" || d.misnamedKey() != nil || d.Flags.DryRun {
		return cli.Check{Check: name, Status: "skipped"}
	}
	if err == nil && d.hasLegacyKey() {
		return d.legacyKey(ctx)
	}
	connection, err := d.App.Paired(ctx, d.Flags)
	if err != nil {
		return cli.FailedCheck(ctx, name, err)
	}
	defer connection.CloseIdleConnections()
	tokens, err := connection.Tokens(ctx)
	if _, refused := errors.AsType[*client.Error](err); refused && errors.Is(err, bitpay.ErrNotPaired) {
		err, tokens = nil, nil
	}
	if err == nil && len(tokens) == 0 {
		err = operations.Arrives(ctx, connection)
	}
	switch {
	case err != nil:
		return cli.FailedCheck(ctx, name, err)
	case len(tokens) == 0:
		return cli.Check{Check: name, Status: "failed", Detail: "the key " + connection.Identity.SIN() + " is not paired, or its token was revoked", Next: "btcpayctl pair client", Code: output.NotPaired}
	}
	c := &operations.PairedKey{App: d.App, Connection: connection}
	serves, err := c.ProvenStore(ctx)
	if err == nil && serves == nil {
		err = operations.CheckStore(ctx, d.App, connection)
	}
	if err != nil {
		return cli.FailedCheck(ctx, name, err)
	}
	r := cli.Check{Check: name, Status: "ok", Detail: "the key " + connection.Identity.SIN() + " is paired, and the server accepts its signatures"}
	if serves == nil {
		r.Detail += "; " + c.Unproven()
		return r
	}
	r.Detail += fmt.Sprintf("; it serves store %s, as invoice %s shows", serves, serves.Invoice)
	return r
}
