package sandbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

func newSandboxReset(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "reset",
		Short: "Take the sandbox back to its start",
		Long: `Take a sandbox back to its start: everything that was created is gone, what was deleted
is back, the clock shows the real time, and all faults are removed. The account, the
store and the API key are those that were printed at its start. Snapshots stay.`,
		Example: "  btcpayctl sandbox reset",
		Args:    cli.Arguments(0, 0),
	}, sandboxView, func(ctx context.Context, p *sandboxActor, _ []string) (sandboxRecord, error) {
		record, err := ask[sandboxRecord](ctx, p, "reset", struct{}{})
		record.URL = p.server
		return record, err
	})
}

type snapshotRecord struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"` // by the sandbox's clock
	Bytes int       `json:"bytes"`
}

var snapshotView = output.View[snapshotRecord]{
	Columns: []output.Column[snapshotRecord]{
		{Title: "NAME", Value: func(r snapshotRecord) string { return r.Name }},
		{Title: "AT", Value: func(r snapshotRecord) string {
			if r.At.IsZero() {
				return "damaged"
			}
			return r.At.Format(time.RFC3339)
		}},
	},
	Name: func(r snapshotRecord) string { return r.Name },
}

func newSandboxSnapshot(a *app.App) *cobra.Command {
	cmd := cli.Group("snapshot", "Save the state of the sandbox, and restore it", "", `Save the state of a sandbox under a name, and restore it: for tests that all begin alike.
With --state, snapshots are kept in the folder FILE.snapshots; without it, until the
sandbox ends.`)
	cmd.Example = `  btcpayctl sandbox snapshot save unpaid
  btcpayctl sandbox snapshot restore unpaid`
	cmd.AddCommand(newSnapshotSave(a), newSnapshotList(a), newSnapshotRestore(a), newSnapshotRemove(a))
	return cmd
}

func newSnapshotSave(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "save NAME",
		Short: "Save the state",
		Long: `Save the state of a sandbox. A snapshot of the same name is replaced. The name has up to
64 letters, digits, dots, hyphens and underscores.`,
		Example: "  btcpayctl sandbox snapshot save unpaid",
		Args:    cli.Arguments(1, 1),
	}, snapshotView, func(ctx context.Context, p *sandboxActor, args []string) (snapshotRecord, error) {
		return ask[snapshotRecord](ctx, p, "snapshot/save", map[string]string{"name": args[0]})
	})
}

func newSnapshotList(a *app.App) *cobra.Command {
	return newListCommand(a, &cobra.Command{
		Use:     "list",
		Short:   "List the snapshots",
		Example: "  btcpayctl sandbox snapshot list",
		Args:    cli.Arguments(0, 0),
	}, snapshotView, func(ctx context.Context, p *sandboxActor, _ []string) ([]snapshotRecord, error) {
		return p.snapshots(ctx)
	})
}

func newSnapshotRestore(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "restore NAME",
		Short: "Go back to a snapshot",
		Long: `Go back to a snapshot: to everything as it was, and to its time, so that invoices are as
far from their expiry as they were when it was saved. Faults stay.`,
		Example: "  btcpayctl sandbox snapshot restore unpaid",
		Args:    cli.Arguments(1, 1),
	}, snapshotView, func(ctx context.Context, p *sandboxActor, args []string) (snapshotRecord, error) {
		if _, err := p.findSnapshot(ctx, args[0]); err != nil {
			return snapshotRecord{}, err
		}
		return ask[snapshotRecord](ctx, p, "snapshot/restore", map[string]string{"name": args[0]})
	})
}

func newSnapshotRemove(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove a snapshot",
		Example: "  btcpayctl sandbox snapshot remove unpaid",
		Args:    cli.Arguments(1, 1),
	}, snapshotView, func(ctx context.Context, p *sandboxActor, args []string) (snapshotRecord, error) {
		record, err := p.findSnapshot(ctx, args[0])
		if err != nil {
			return snapshotRecord{}, err
		}
		_, err = ask[struct{}](ctx, p, "snapshot/remove", map[string]string{"name": args[0]})
		return record, err
	})
}

func (p *sandboxActor) snapshots(ctx context.Context) ([]snapshotRecord, error) {
	return ask[[]snapshotRecord](ctx, p, "snapshot/list", struct{}{})
}

func (p *sandboxActor) findSnapshot(ctx context.Context, name string) (snapshotRecord, error) {
	all, err := p.snapshots(ctx)
	if err != nil {
		return snapshotRecord{}, err
	}
	i := slices.IndexFunc(all, func(r snapshotRecord) bool { return r.Name == name })
	if i < 0 {
		return snapshotRecord{}, &output.Error{Code: output.NotFound, What: fmt.Sprintf("there is no snapshot %.80q", name), Next: "btcpayctl sandbox snapshot list"}
	}
	return all[i], nil
}
