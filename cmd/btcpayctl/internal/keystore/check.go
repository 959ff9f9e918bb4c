package keystore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
)

type storeCheck struct {
	app   *app.App
	flags app.Flags
	adopt bool
}

func newKeystoreTest(a *app.App) *cobra.Command {
	c := &storeCheck{app: a}
	cmd := &cobra.Command{
		Use:   "test [KEYSTORE]",
		Short: "Write, read and delete a test entry, and read all keys",
		Long: `Test the keystore in use, or the named one: write a test entry, read it, delete it, and
check that it is gone. Then read each key that the index, the profiles or the keystore
itself name, and check that it matches its name. No key is shown.

--adopt adds keys that the keystore holds to the index if the index was lost.

The report is on standard output, also if a test fails. The exit code is that of the
first failure, or 0.`,
		Example: "  btcpayctl keystore test\n  btcpayctl keystore test file",
		Args:    cli.Arguments(0, 1),
		RunE:    c.run,
	}
	cmd.Flags().BoolVar(&c.adopt, "adopt", false, "add keys that the index does not have to it")
	addWhoseStoreFlag(cmd, &c.flags)
	cli.Shows(cmd, cli.CheckView)
	return cmd
}

// chosenStore is the keystore that an argument names, or the one in use.
func chosenStore(a *app.App, flags app.Flags, args []string) (string, error) {
	if len(args) == 0 {
		s, err := a.Settings(flags, false)
		return s.Keystore.Text, err
	}
	if flags.Profile != "" {
		return "", &output.Error{Code: output.Usage, What: "an argument and --profile both name a keystore", Next: "use only one of them"}
	}
	return args[0], checkStoreName(a, args[0])
}

// checkStoreName makes an unknown keystore name a usage error.
func checkStoreName(a *app.App, spec string) error {
	_, err := a.OpenKeystore(spec)
	if e, ok := errors.AsType[*keystore.Error](err); ok && e.Op == "open" {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("%q is not a keystore: %v", spec, e.Err), Next: e.Hint, Err: err}
	}
	return err
}

func (c *storeCheck) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, cli.CheckView, cli.Check{})
	if err != nil {
		return err
	}
	spec, err := chosenStore(c.app, c.flags, args)
	if err != nil {
		return err
	}
	store, err := c.app.OpenKeystore(spec)
	if err != nil {
		return err
	}
	return cli.PrintChecks(p, "keystore "+spec+": ", c.checks(cmd.Context(), spec, store))
}

const writable = "write, read, delete"

// checks stops at a failure that every secret would have: each would take the whole
// timeout, or ask once more.
func (c *storeCheck) checks(ctx context.Context, spec string, store keystore.Store) iter.Seq2[cli.Check, error] {
	return func(yield func(cli.Check, error) bool) {
		record, hopeless := c.probe(ctx, spec, store)
		if !c.yield(ctx, yield, record) {
			return
		}
		held, err := c.held(ctx, spec)
		if err != nil {
			if !hopeless {
				c.yield(ctx, yield, cli.FailedCheck(ctx, "list", err))
			}
			return
		}
		var done atomic.Int64
		status := cli.StartCount(c.app, &done, len(held), "secrets")
		defer status.Stop()
		for _, h := range held {
			record := cli.Check{Check: h.Name, Status: "skipped", Detail: "the keystore cannot be used"}
			if !hopeless {
				record, hopeless = c.read(ctx, spec, store, h)
			}
			done.Add(1)
			if !c.yield(ctx, yield, record) {
				return
			}
		}
	}
}

// yield passes a record on, except one that an interruption caused, and reports whether to
// continue.
func (c *storeCheck) yield(ctx context.Context, yield func(cli.Check, error) bool, r cli.Check) bool {
	if ctx.Err() != nil {
		yield(r, context.Cause(ctx))
		return false
	}
	return yield(r, nil)
}

func (c *storeCheck) probe(ctx context.Context, spec string, store keystore.Store) (r cli.Check, hopeless bool) {
	if spec == "env" {
		return cli.Check{Check: writable, Status: "skipped", Detail: "the environment can only be read"}, false
	}
	start := c.app.Now()
	if err := keystore.Check(ctx, store); err != nil {
		// A keystore that cannot be written may still be readable.
		return cli.FailedCheck(ctx, writable, err), isHopeless(err) && !errors.Is(err, keystore.ErrUnavailable)
	}
	took := c.app.Now().Sub(start).Round(time.Millisecond)
	return cli.Check{Check: writable, Status: "ok", Detail: fmt.Sprintf("took %v", took)}, false
}

func isHopeless(err error) bool {
	for _, kind := range []error{keystore.ErrLocked, keystore.ErrDismissed, keystore.ErrPassphrase, keystore.ErrTimeout, keystore.ErrUnavailable} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (c *storeCheck) held(ctx context.Context, spec string) ([]operations.SecretRef, error) {
	holdings, err := operations.Holdings(ctx, c.app)
	if err != nil {
		return nil, err
	}
	return operations.HeldIn(ctx, c.app, spec, holdings)
}

// read reads one secret and checks it.
func (c *storeCheck) read(ctx context.Context, spec string, store keystore.Store, h operations.SecretRef) (r cli.Check, hopeless bool) {
	secret, err := store.Get(ctx, h.Name)
	defer clear(secret)
	if err != nil {
		r = cli.FailedCheck(ctx, h.Name, err)
		if errors.Is(err, keystore.ErrNotFound) {
			r.Next = "btcpayctl keystore restore FILE"
		}
		return r, isHopeless(err)
	}
	entry, err := operations.CheckSecret(h.Entry, secret)
	switch {
	case err != nil:
		return cli.Check{Check: h.Name, Status: "failed", Detail: err.Error(), Next: "restore it from a backup: btcpayctl keystore restore FILE --replace", Code: output.KeystoreDamaged}, false
	case h.Keystore != spec:
		return cli.Check{Check: h.Name, Status: "warning", Detail: "this is a copy: the one in use is in keystore " + h.Keystore, Next: "btcpayctl keystore status"}, false
	case h.Indexed:
		return cli.Check{Check: h.Name, Status: "ok"}, false
	case !c.adopt:
		return cli.Check{Check: h.Name, Status: "warning", Detail: "it is not in the index", Next: "btcpayctl keystore test " + app.ShellWord(spec) + " --adopt"}, false
	}
	if err := c.enter(ctx, entry); err != nil {
		return cli.FailedCheck(ctx, h.Name, err), false
	}
	return cli.Check{Check: h.Name, Status: "ok", Detail: "added to the index"}, false
}

func (c *storeCheck) enter(ctx context.Context, entry keystore.Entry) error {
	index, err := c.app.Index()
	if err != nil {
		return err
	}
	entry.Created = c.app.Now().UTC() // when it was created is unknown
	if err := index.Add(ctx, entry); err != nil {
		return err
	}
	c.app.Did(app.Effect{ID: entry.Name, What: entry.Name + " was added to the index", Look: "btcpayctl keystore test"})
	return nil
}
