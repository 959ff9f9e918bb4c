package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type apiKeyExec struct {
	app   *app.App
	flags app.Flags
	asks  permissionFlags
	ttl   time.Duration
	*minting
}

func newAPIKeyExec(a *app.App) *cobra.Command {
	c := &apiKeyExec{app: a}
	cmd := &cobra.Command{
		Use:   "exec --permission PERMISSION [--store ID] -- COMMAND [ARGUMENT...]",
		Short: "Run a command with a key that is revoked when it ends",
		Long: `Make a key for one command, run the command with it, and revoke the key when the
command has ended, however it ended. The command finds BTCPAY_API_KEY,
BTCPAY_SERVER and, for a key of one store, BTCPAY_STORE in its environment. Every
credential, profile, server and store of btcpayctl is taken out of it.

The key is for the store that --store, the environment or the profile names; for
every store with --all-stores only.

Signals are passed on, and the exit code is the command's own. After a kill -9 the
next "apikey exec" or "doctor" revokes what was left; with --ttl a second process
does it at once, and revokes the key when its time is over.`,
		Example: `  btcpayctl apikey exec --profile admin --permission btcpay.store.cancreateinvoice --store ID -- ./nightly.sh
  btcpayctl apikey exec --for "invoice create,invoice get" --store ID --ttl 10m -- btcpayctl invoice create --amount 5 --currency USD`,
		Annotations: map[string]string{argumentsMayBeEmpty: "true"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &output.Error{Code: output.Usage, What: "there is no command to run", Next: "btcpayctl apikey exec --for \"invoice list\" -- ./nightly.sh"}
			}
			return nil
		},
		RunE: c.run,
	}
	cmd.Flags().SetInterspersed(false)
	c.asks.add(cmd)
	cmd.Flags().DurationVar(&c.ttl, "ttl", 0, "longest life of the key, such as 10m; a second process sees to it")
	addServerFlags(cmd, &c.flags)
	return cmd
}

// An exited is the exit code of a command that was run.
type exited struct{ code int }

func (e *exited) Error() string { return fmt.Sprintf("the command ended with exit code %d", e.code) }

func (c *apiKeyExec) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	path, err := c.findProgram(args[0])
	if err != nil {
		return &output.Error{Code: output.BadInput, What: "there is no command " + args[0], Why: err.Error() + ". No key was made.", Next: "check the name and PATH", Err: err}
	}
	if c.ttl < 0 {
		return &output.Error{Code: output.Usage, What: "--ttl is negative", Next: "--ttl 10m"}
	}
	by, err := c.app.Greenfield(ctx, c.flags)
	if err != nil {
		return err
	}
	defer by.CloseIdleConnections()
	permissions, err := c.asks.permissions(by.Store, false)
	if err != nil {
		return withLeftStore(err, by.Settings)
	}
	c.flags.CAFile = by.CAFile.Text
	c.minting = &minting{keyHolder: keyHolder{c.app, c.flags}, by: by, permissions: permissions, keystore: by.Keystore.Text}
	if err := c.validate(ctx, c.asks.allowUnknown); err != nil {
		return err
	}
	if !c.flags.DryRun {
		c.sweep(ctx)
	}
	err = c.mint(ctx, ledger.Record{Kind: ledger.Mint, Temporary: true})
	if err != nil {
		return dryRunIsDone(cannotMint(err, by))
	}
	fmt.Fprintf(c.app.Err, "Minted %s for %s (%s).\n", c.operation.Record.Label, output.VisibleLine(args[0]), countText(c.permissions))
	var watcher *watcher
	if c.ttl > 0 {
		watcher, err = startWatcher(c.app, c.flags, c.operation.Record, c.key, c.ttl)
	}
	code := 0
	if err == nil {
		err = c.asAskedFor()
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx) // stopped before the command began
	}
	if err == nil {
		code, err = c.runChild(ctx, path, args)
	}
	c.end(ctx)
	watcher.dismiss() // only now, since it would revoke what this process cannot
	if err == nil && code != 0 {
		err = &exited{code}
	}
	return err
}

// asAskedFor refuses a key that may do more than was asked for, or less, before the
// command gets it. The server said with the key what it may do; its end revokes it.
func (c *apiKeyExec) asAskedFor() error {
	d := compareGrant(c.request(), c.request().Compare(c.info.Permissions))
	if d.what == "" {
		return nil
	}
	return &output.Error{Code: output.BadAnswer, What: "the server made another key than asked for: " + d.what, Why: "The command was not run.",
		Next: "btcpayctl apikey permissions --live"}
}

// findProgram looks a command up where the environment says.
func (c *apiKeyExec) findProgram(name string) (string, error) {
	if filepath.Base(name) != name {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(c.app.Getenv(pathVariable)) {
		if !filepath.IsAbs(dir) {
			continue // a program in the working directory is run by its path alone
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// sweep revokes the keys of earlier runs that were killed.
func (c *apiKeyExec) sweep(ctx context.Context) {
	open, _ := c.app.Unfinished(ctx) // what cannot be read is told by "doctor"
	var swept sweeping
	for _, r := range open {
		if r.Kind != ledger.Mint || !r.Temporary || swept.isAway(r.Server) {
			continue
		}
		if r.KeyID == "" {
			swept.lost(ctx, c.app, r)
			continue
		}
		switch err := c.keyHolder.reaching(r).endTemporary(ctx, r.ID, 0); {
		case errors.Is(err, ledger.ErrBusy), errors.Is(err, ledger.ErrNotFound):
		default:
			swept.add(r, err)
		}
	}
	swept.tell(ctx, c.app)
}

// endTemporary revokes and forgets a key whose process is gone.
func (h *keyHolder) endTemporary(ctx context.Context, operationID string, wait time.Duration) error {
	journal, err := h.app.Ledger()
	if err != nil {
		return err
	}
	operation, err := journal.ResumeWithin(ctx, operationID, wait)
	if err != nil {
		return err
	}
	defer operation.Release()
	return h.endKey(ctx, operation)
}

// end revokes the key, whatever happened before.
func (c *apiKeyExec) end(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	label := c.operation.Record.Label
	err := c.revoke(ctx, c.operation.Record.Server, c.key)
	if err == nil {
		fault.At("exec-revoked")
		err = c.forget(ctx, c.operation)
	}
	if err != nil {
		fmt.Fprintf(c.app.Err, "warning: %s is not revoked yet: %s\n  Next: %s\n", label, output.VisibleLine(err.Error()), c.app.Hint("btcpayctl doctor"))
		c.operation.Release()
		return
	}
	c.app.Undid(app.KeyID(c.key))
	fmt.Fprintf(c.app.Err, "Revoked %s.\n", label)
}

// runChild runs the command with the key, and returns its exit code.
func (c *apiKeyExec) runChild(ctx context.Context, path string, args []string) (int, error) {
	child := exec.Command(path, args[1:]...) //nolint:noctx // it gets the signals, and ends in its own time
	child.Args[0] = args[0]
	child.Stdin, child.Stdout, child.Stderr = c.app.In, c.app.Out, c.app.Err
	child.Env = childEnvironment(c.app.Environ(), c.by.URL, app.SingleStore(c.permissions), c.key)
	if file, err := filepath.Abs(c.by.CAFile.Text); err == nil && c.by.CAFile.Text != "" {
		child.Env = append(child.Env, "BTCPAYCTL_CA_FILE="+file) // a profile may have named it
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn...)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return 0, &output.Error{Code: output.BadInput, What: args[0] + " cannot be run", Why: err.Error(), Next: "check that it is a program", Err: err}
	}
	fault.At("exec-running")
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	stopped := ctx.Done()
	for {
		select {
		case <-ended:
			return exitCode(child.ProcessState), nil
		case received := <-signals:
			if !c.terminalSent(received) {
				child.Process.Signal(received) // gone already is fine
			}
		case <-stopped:
			// The program's own handler gave the signals back.
			signal.Notify(signals, passedOn...)
			stopped = nil
		}
	}
}

// terminalSent tells of signals that a terminal sends to every process in the
// foreground, the command included.
func (c *apiKeyExec) terminalSent(s os.Signal) bool {
	in, ok := c.app.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && slices.Contains(fromKeyboard, s)
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

// ours are the variables that a command with a key of its own has no use for.
var ours = []string{
	"BTCPAYCTL_PROFILE", "BTCPAYCTL_SERVER", "BTCPAYCTL_STORE", "BTCPAYCTL_API_KEY", "BTCPAYCTL_API_KEY_FILE",
	"BTCPAYCTL_PRIVATE_KEY_FILE", "BTCPAYCTL_PASSWORD_FILE", "BTCPAYCTL_PASSPHRASE_FILE", "BTCPAYCTL_IDENTITY_FILE",
	"BTCPAY_SERVER", "BTCPAY_STORE", "BTCPAY_API_KEY",
}

func childEnvironment(environment []string, server, store string, key greenfield.APIKey) []string {
	child := slices.DeleteFunc(slices.Clone(environment), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(ours, name)
	})
	child = append(child, "BTCPAY_API_KEY="+key.Secret().Reveal(), "BTCPAY_SERVER="+server)
	if store != "" {
		child = append(child, "BTCPAY_STORE="+store)
	}
	return child
}
