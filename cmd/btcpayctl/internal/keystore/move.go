package keystore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

type movedRecord struct {
	Name     string   `json:"name"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Profiles []string `json:"profiles"`
	Moved    bool     `json:"moved"` // false with --dry-run
}

var movedView = output.View[movedRecord]{
	Columns: []output.Column[movedRecord]{
		{Title: "SECRET", Fit: output.FitMiddle, Value: func(r movedRecord) string { return r.Name }},
		{Title: "FROM", Fit: output.FitMiddle, Value: func(r movedRecord) string { return r.From }},
		{Title: "TO", Fit: output.FitMiddle, Value: func(r movedRecord) string { return r.To }},
		{Title: "PROFILES", Fit: output.FitWords, Value: func(r movedRecord) string { return cli.Dash(strings.Join(r.Profiles, ",")) }},
		{Title: "MOVED", Value: func(r movedRecord) string { return cli.YesNo(r.Moved) }},
	},
	Name: func(r movedRecord) string { return r.Name },
}

type storeMove struct {
	app      *app.App
	flags    app.Flags
	from, to string
	dryRun   bool
}

func newKeystoreMove(a *app.App) *cobra.Command {
	m := &storeMove{app: a}
	cmd := &cobra.Command{
		Use:   "move --to KEYSTORE",
		Short: "Move all secrets from one keystore to another",
		Long: `Copy all secrets of the keystore in use, or of --from, to another one and read each
back; switch index and profiles to the new keystore; and then erase the old entries,
each after one more check. No server is contacted and no key changes, so pairings stay
valid.

If it is interrupted, each secret is still where index and profiles say, and the same
command completes the move. If both keystores have a secret with different content, the
command stops before it changes anything. --dry-run lists what would be moved.`,
		Example: "  btcpayctl keystore move --to file\n  btcpayctl keystore move --from file --to vault:https://vault.example.com:8200/secret/btcpayctl",
		Args:    cli.Arguments(0, 0),
		RunE:    m.run,
	}
	cmd.Flags().StringVar(&m.to, "to", "", "`keystore` to move the secrets to")
	cmd.Flags().StringVar(&m.from, "from", "", "`keystore` to move the secrets from (default: the one in use)")
	cmd.Flags().BoolVar(&m.dryRun, "dry-run", false, "list what would be moved, without reading a secret")
	addWhoseStoreFlag(cmd, &m.flags)
	cli.Handles(cmd, cli.Moves)
	cli.Shows(cmd, movedView)
	return cmd
}

func (m *storeMove) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.Printer(m.app, cmd)
	if err == nil {
		err = output.Check(p, movedView, movedRecord{Profiles: []string{}})
	}
	if err == nil {
		err = m.choose(cmd)
	}
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	unfinished, err := operations.Unfinished(ctx, m.app)
	if err != nil {
		return err
	}
	if err := m.refuseOpenKeys(ledger.Of[ledger.Key](unfinished)); err != nil {
		return err
	}
	open := ledger.Of[ledger.Move](unfinished)
	moving, err := m.secretsToMove(ctx, open)
	if err != nil {
		return err
	}
	if !m.dryRun {
		if err := m.move(ctx, open, moving); err != nil {
			return err
		}
	}
	records := []movedRecord{}
	for _, h := range moving {
		records = append(records, movedRecord{h.Name, m.from, m.to, cli.OrEmpty(h.Profiles), !m.dryRun})
	}
	return output.Each(p, movedView, records)
}

// choose determines the two keystores and refuses invalid combinations.
func (m *storeMove) choose(cmd *cobra.Command) error {
	if m.to == "" {
		return &output.Error{Code: output.Usage, What: "--to is missing", Next: cmd.CommandPath() + " --to file"}
	}
	if m.from == "" {
		s, err := m.app.Settings(m.flags, false)
		if err != nil {
			return err
		}
		m.from = s.Keystore.Text
	} else if m.flags.Profile != "" {
		return &output.Error{Code: output.Usage, What: "--from and --profile both name a keystore", Next: "use only one of them"}
	}
	for _, spec := range []string{m.from, m.to} {
		if err := checkStoreName(m.app, spec); err != nil {
			return err
		}
		if !cli.Keeps(spec) {
			return &output.Error{Code: output.Usage, What: "keystore " + spec + " cannot take part in a move", Why: map[string]string{
				"env": "The environment can only be read.", "memory": "It is cleared when the program ends."}[spec],
				Next: "btcpayctl keystore status\nand name another with --from or --to"}
		}
	}
	if m.from == m.to {
		return &output.Error{Code: output.Usage, What: "both keystores are " + m.to, Next: "name the keystore to move from with --from, or another one with --to"}
	}
	return nil
}

// lock keeps two moves apart. It does not wait.
func (m *storeMove) lock(ctx context.Context) (func(), error) {
	if m.dryRun {
		return func() {}, nil
	}
	state, err := m.app.StateDir()
	if err != nil {
		return nil, err
	}
	dir, err := durable.Create(state)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	lock, err := dir.Lock(ctx, "move.lock", 0)
	if held, ok := errors.AsType[*durable.LockError](err); ok {
		return nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("process %d is moving secrets", held.Holder), Next: "wait until it has finished", Err: err}
	}
	if err != nil {
		return nil, err
	}
	return func() { lock.Unlock() }, nil
}

// refuseOpenKeys refuses to move a key that an open operation needs.
func (m *storeMove) refuseOpenKeys(open []ledger.Key) error {
	for _, r := range open {
		if r.Keystore == m.from || r.Rotate.OldKeystore == m.from {
			return &output.Error{Code: output.Failed, What: fmt.Sprintf("the operation %s %s is not finished, and its key is in keystore %s", r.Kind, r.ID, m.from),
				Why: "Nothing was moved.", Next: "btcpayctl doctor\nthen the same command"}
		}
	}
	return nil
}

// secretsToMove are the secrets to move: those in the old keystore, and after an
// interrupted move those that are in both.
func (m *storeMove) secretsToMove(ctx context.Context, open []ledger.Move) ([]operations.SecretRef, error) {
	holdings, err := operations.Holdings(ctx, m.app)
	if err != nil {
		return nil, err
	}
	held, err := operations.HeldIn(ctx, m.app, m.from, holdings)
	if err != nil {
		return nil, err
	}
	// Secrets that the index has in another keystore stay there.
	held = slices.DeleteFunc(held, func(h operations.SecretRef) bool { return h.Keystore != m.from && h.Keystore != m.to })
	if len(m.interrupted(open)) == 0 {
		return held, nil
	}
	from, err := m.app.OpenKeystore(m.from)
	if err != nil {
		return nil, err
	}
	for _, h := range holdings {
		if h.Keystore != m.to || slices.ContainsFunc(held, func(other operations.SecretRef) bool { return other.Name == h.Name }) {
			continue
		}
		secret, err := from.Get(ctx, h.Name)
		clear(secret)
		if err == nil {
			held = append(held, h)
		} else if !errors.Is(err, keystore.ErrNotFound) {
			return nil, err
		}
	}
	return held, nil
}

// interrupted are earlier moves between these two keystores, in either direction.
func (m *storeMove) interrupted(open []ledger.Move) []ledger.Move {
	return slices.DeleteFunc(slices.Clone(open), func(r ledger.Move) bool {
		same := r.OldKeystore == m.from && r.Keystore == m.to || r.OldKeystore == m.to && r.Keystore == m.from
		return !same
	})
}

func (m *storeMove) move(ctx context.Context, open []ledger.Move, moving []operations.SecretRef) error {
	earlier := m.interrupted(open)
	if len(moving) == 0 {
		fmt.Fprintf(m.app.Err, "There is nothing to move in keystore %s.\n", m.from)
		return m.close(ctx, earlier)
	}
	operation, err := operations.Begin(ctx, m.app, ledger.Move{
		Header:      ledger.Header{ID: operations.NewOperationID(), Kind: ledger.KindMove},
		MovePayload: ledger.MovePayload{OldKeystore: m.from, Keystore: m.to},
	})
	if err != nil {
		return err
	}
	defer operation.Release()
	copied := false
	profiles, err := m.moveSecrets(ctx, moving, &copied)
	if err != nil && !copied {
		return errors.Join(err, operation.Finish())
	}
	done := fmt.Sprintf("%d secrets were moved from keystore %s to %s", len(moving), m.from, m.to)
	if err != nil {
		done = fmt.Sprintf("secrets were copied from keystore %s to %s", m.from, m.to)
	}
	m.app.Did(app.Effect{ID: done, What: done, Look: "btcpayctl keystore status"})
	if err != nil {
		e := *cli.Explain(ctx, err)
		if errors.Is(err, keystore.ErrNotFound) {
			e.Next = "btcpayctl keystore test " + app.ShellWord(m.from)
		}
		e.Why = strings.TrimSpace(e.Why + " Each secret is where index and profiles say, and the same command completes the move.")
		return &e
	}
	fmt.Fprintf(m.app.Err, "Moved from keystore %s to %s: %d secrets.", m.from, m.to, len(moving))
	if len(profiles) > 0 {
		fmt.Fprintf(m.app.Err, " Profiles that now use it: %s.", strings.Join(profiles, ", "))
	}
	fmt.Fprintln(m.app.Err)
	if fresh, err := m.app.FreshKeystore(); err == nil && fresh.Text != m.to {
		fmt.Fprintf(m.app.Err, "Keys of new profiles still go to keystore %s.\nNext: export BTCPAYCTL_KEYSTORE=%s\n", fresh.Text, app.ShellWord(m.to))
	}
	if err := operation.Finish(); err != nil {
		return err
	}
	return m.close(ctx, earlier)
}

// moveSecrets moves the secrets, with the progress on a terminal.
func (m *storeMove) moveSecrets(ctx context.Context, moving []operations.SecretRef, copied *bool) (profiles []string, err error) {
	from, err := m.app.OpenKeystore(m.from)
	if err != nil {
		return nil, err
	}
	to, err := m.app.OpenKeystore(m.to)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, h := range moving {
		names = append(names, h.Name)
	}
	var read atomic.Int64
	status := cli.StartCount(m.app, &read, 2*len(names), "steps")
	defer status.Stop()
	checked := keystore.Checked(m.from, from, operations.VerifySecret)
	err = keystore.Move(ctx, names, counted{checked, &read}, noted{to, copied}, func(ctx context.Context) error {
		profiles, err = repin(context.WithoutCancel(ctx), m.app, m.from, m.to, moving)
		return err
	})
	return profiles, err
}

// counted counts reads from a keystore. A move reads each secret once to copy it and once
// before erasing it.
type counted struct {
	keystore.Store
	read *atomic.Int64
}

func (c counted) Get(ctx context.Context, name string) ([]byte, error) {
	if !keystore.IsProbe(name) {
		defer c.read.Add(1)
	}
	return c.Store.Get(ctx, name)
}

// noted notes whether something may have been written to a keystore.
type noted struct {
	keystore.Store
	written *bool
}

func (n noted) Put(ctx context.Context, name string, secret []byte) error {
	*n.written = *n.written || !keystore.IsProbe(name)
	return n.Store.Put(ctx, name, secret)
}

// close ends earlier moves, which this one completed.
func (m *storeMove) close(ctx context.Context, earlier []ledger.Move) error {
	journal, err := m.app.Ledger()
	if err != nil {
		return err
	}
	for _, r := range earlier {
		cut, err := ledger.ResumeWithin[ledger.Move](ctx, journal, r.ID, operations.HoldWait)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err == nil {
			err = cut.Finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
