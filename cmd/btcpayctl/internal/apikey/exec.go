package apikey

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore/vault"
)

type apiKeyExec struct {
	app   *app.App
	flags app.Flags
	asks  cli.PermissionFlags
	ttl   time.Duration
	*minting

	gone, lost      bool // the key is revoked; the server may have processed a request for that
	reportedOverdue bool // the user knows that the key is not revoked in time
	reportedRevoked bool
	deadline        operations.Deadline // when the key has to be revoked
	watcher         *operations.Watcher // nil if none was needed yet
	restarts        int                 // of a watcher that was killed
	withoutWatcher  bool                // no watcher will revoke the key in time
}

func newAPIKeyExec(a *app.App, tree cli.Tree) *cobra.Command {
	c := &apiKeyExec{app: a}
	cmd := &cobra.Command{
		Use:   "exec --permission PERMISSION [--store ID] -- COMMAND [ARGUMENT...]",
		Short: "Run a command with a key that is revoked when it ends",
		Long: `Make a key for one command, run the command with it, and revoke the key when the
command ends, for whatever reason. The command gets BTCPAY_API_KEY, BTCPAY_SERVER
and, for a key of one store, BTCPAY_STORE in its environment. btcpayctl removes its
own credentials, profiles, server and store from that environment, and the tokens of
keystores in OpenBao and Vault (BAO_TOKEN, VAULT_TOKEN).

The key is limited to the store that --store, the environment or the profile names.
Only --all-stores makes a key for every store.

Signals are passed on to the command, and the exit code is the command's. If a signal
arrives before the command runs, btcpayctl waits for the server's response, revokes
the key and exits with 128 plus the signal. After a second signal it does not wait,
and prints the key's label.

With --ttl a second process, the watcher, holds the key and no other credential. It
revokes the key when its time is over, or at once if btcpayctl is killed. Without
--ttl the next "apikey exec" or "doctor" revokes the key of a killed run.

If the server does not revoke the key at the end, btcpayctl starts a watcher if there
is none. The watcher asks the server until the key is revoked, for up to seven days,
also after you log out. btcpayctl waits for that for 10 seconds, or for the time of
--retry if that is longer, and then reports what is left.

--retry waits for a server that restarts before the command runs: requests that could
not be sent, because the connection was refused or the name not found, are retried.`,
		Example: `  btcpayctl apikey exec --profile admin --permission btcpay.store.cancreateinvoice --store ID -- ./nightly.sh
  btcpayctl apikey exec --for "invoice create,invoice get" --store ID --ttl 10m -- btcpayctl invoice create --amount 5 --currency USD`,
		Annotations: map[string]string{cli.ArgumentsMayBeEmpty: "true"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &output.Error{Code: output.Usage, What: "no command is given", Next: "btcpayctl apikey exec --store ID --for \"invoice list\" -- ./nightly.sh"}
			}
			return nil
		},
		RunE: c.run,
	}
	cmd.Flags().SetInterspersed(false)
	c.asks.Tree = tree
	c.asks.Add(cmd)
	cmd.Flags().DurationVar(&c.ttl, "ttl", 0, "revoke the key after this time, such as 10m, by a second process")
	cli.AddRetryFlag(cmd, &c.flags)
	cli.AddServerFlags(cmd, &c.flags)
	cli.Needs(cmd, greenfield.Unrestricted)
	cli.Handles(cmd, cli.Keys)
	return cmd
}

func (c *apiKeyExec) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	path, err := c.findProgram(args[0])
	if err != nil {
		return &output.Error{Code: output.BadInput, What: "cannot find the command " + args[0], Why: err.Error() + ". No key was made.", Next: "check the name and PATH", Err: err}
	}
	if c.ttl < 0 {
		return &output.Error{Code: output.Usage, What: "--ttl is negative", Next: "--ttl 10m"}
	}
	by, err := c.app.Greenfield(ctx, c.flags)
	if err != nil {
		return err
	}
	defer by.CloseIdleConnections()
	permissions, err := c.asks.Permissions(by.Store, false)
	if err != nil {
		return cli.WithLeftStore(err, by.Settings)
	}
	c.flags.CAFile = by.CAFile.Text
	c.minting = &minting{KeyHolder: operations.KeyHolder{App: c.app, Flags: c.flags}, by: by, permissions: permissions, keystore: by.Keystore.Text}
	if err := c.validate(ctx, c.asks.AllowUnknown); err != nil {
		return err
	}
	if !c.flags.DryRun {
		c.sweep(ctx)
	}
	err = c.mint(ctx, ledger.Key{Header: ledger.Header{Kind: ledger.KindMint}, Mint: ledger.MintPayload{Temporary: true}})
	if err != nil {
		return cli.DryRunIsDone(cannotMint(ctx, err, by, "--profile"))
	}
	fmt.Fprintf(c.app.Err, "Minted %s for %s (%s).\n", c.operation.Record.Label, output.VisibleLine(args[0]), countText(c.permissions))
	if c.deadline = operations.After(c.app.Now(), c.ttl); c.ttl > 0 {
		c.watcher, err = operations.StartWatcher(c.app, operations.WatchFor(c.app, c.flags, c.operation.Record, c.key, c.deadline))
	}
	c.noteTokens(args[0])
	code := 0
	if err == nil {
		err = c.checkPermissions()
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx) // a signal arrived before the command ran
	}
	if err == nil {
		code, err = c.runChild(ctx, path, args)
	}
	c.end(ctx)
	if err == nil && code != 0 {
		err = &cli.Exited{Code: code}
	}
	return err
}

// checkPermissions refuses a key with other permissions than requested, before the command
// gets it. The server reported its permissions with the key; the end of the run revokes it.
func (c *apiKeyExec) checkPermissions() error {
	d := operations.CompareGrant(c.request(), c.request().Compare(c.info.Permissions))
	if d.What == "" {
		return nil
	}
	return &output.Error{Code: output.BadAnswer, What: "the server made another key than requested: " + d.What, Why: "The command was not run.",
		Next: "btcpayctl apikey permissions --live"}
}

// findProgram looks the command up in the PATH of the App's environment.
func (c *apiKeyExec) findProgram(name string) (string, error) {
	if filepath.Base(name) != name {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(c.app.Getenv(cli.PathVariable)) {
		if !filepath.IsAbs(dir) {
			continue // a program in the working directory is only run by a path such as ./name
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func countText(permissions []greenfield.Permission) string {
	text := "1 permission"
	if n := len(permissions); n != 1 {
		text = fmt.Sprintf("%d permissions", n)
	}
	if app.SingleStore(permissions) != "" {
		return text + ", 1 store"
	}
	return text
}

// removedVariables are variables that are removed from the command's environment, with those
// of [vault.TokenVariables].
var removedVariables = []string{
	"BTCPAYCTL_PROFILE", "BTCPAYCTL_SERVER", "BTCPAYCTL_STORE", "BTCPAYCTL_API_KEY", "BTCPAYCTL_API_KEY_FILE",
	"BTCPAYCTL_PRIVATE_KEY_FILE", "BTCPAYCTL_PASSWORD_FILE", "BTCPAYCTL_PASSPHRASE_FILE", "BTCPAYCTL_IDENTITY_FILE",
	app.WebhookSecretVariable,
	"BTCPAY_SERVER", "BTCPAY_STORE", "BTCPAY_API_KEY",
}

// noteTokens names the tokens that the command does not get, because another program than
// btcpayctl may have set them for it.
func (c *apiKeyExec) noteTokens(command string) {
	for _, variable := range vault.TokenVariables() {
		if c.app.Getenv(variable) != "" {
			fmt.Fprintf(c.app.Err, "Note: %s is not passed to %s: it opens a keystore.\n", variable, output.VisibleLine(command))
		}
	}
}

func childEnvironment(environment []string, server, store string, key greenfield.APIKey) []string {
	child := slices.DeleteFunc(slices.Clone(environment), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(removedVariables, name) || slices.Contains(vault.TokenVariables(), name)
	})
	child = append(child, "BTCPAY_API_KEY="+key.Secret().Reveal(), "BTCPAY_SERVER="+server)
	if store != "" {
		child = append(child, "BTCPAY_STORE="+store)
	}
	return child
}
