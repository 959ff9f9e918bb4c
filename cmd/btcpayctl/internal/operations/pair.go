package operations

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// takenOver checks whether an open pairing was approved for another key.
func (d *Checker) takenOver(ctx context.Context, r ledger.Pair) *output.Error {
	if r.Profile == "" || r.Code == "" || d.Flags.DryRun {
		return nil
	}
	connection, err := d.pairConnection(ctx, r)
	if err != nil {
		return nil
	}
	defer connection.CloseIdleConnections()
	if taken, err := connection.CodeTaken(ctx, r.Code); !taken || err != nil {
		return nil
	}
	e := (&PairedKey{d.App, connection}).Taken(r)
	if err := EndOperation(ctx, d.App, r.ID); err != nil {
		e.Why += " " + err.Error()
	}
	return e
}

// EndOperation ends an operation that no other process holds.
func EndOperation(ctx context.Context, a *app.App, id string) error {
	journal, err := a.Ledger()
	if err != nil {
		return err
	}
	operation, err := ledger.Resume[ledger.Pair](ctx, journal, id)
	if errors.Is(err, ledger.ErrBusy) || errors.Is(err, ledger.ErrNotFound) {
		return nil // its own process finds out
	}
	if err != nil {
		return err
	}
	return operation.Finish()
}

// FinishPairings ends the open pairings of a key that is paired.
func FinishPairings(ctx context.Context, a *app.App, server, sin string) error {
	journal, err := a.Ledger()
	if err != nil {
		return err
	}
	// A record that cannot be read is reported elsewhere.
	records, _ := journal.Unfinished()
	for _, r := range ledger.Of[ledger.Pair](records) {
		if r.Server != server || r.SIN != sin {
			continue
		}
		operation, err := ledger.Resume[ledger.Pair](ctx, journal, r.ID)
		if errors.Is(err, ledger.ErrBusy) || errors.Is(err, ledger.ErrNotFound) {
			continue // its own process will read the same list
		}
		if err == nil {
			err = operation.Finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Checker) pairOperation(ctx context.Context, r ledger.Pair) cli.Check {
	if d.isPaired(ctx, r) {
		return cli.Check{Check: nameOf(r.Header), Status: "ok", Detail: "the key " + r.SIN + " was paired since"}
	}
	if e := d.takenOver(ctx, r); e != nil {
		return cli.Check{Check: nameOf(r.Header), Status: "failed", Detail: e.What + ". " + e.Why, Next: e.Next, Code: e.Code}
	}
	return warning(r.Header, "a pairing waits for approval until "+PairingEnd(r).Local().Format("15:04"), "btcpayctl pair status"+profileFlag(r.Header))
}

// isPaired reports whether a pairing was approved since, and ends it then.
func (d *Checker) isPaired(ctx context.Context, r ledger.Pair) bool {
	if r.Profile == "" || d.Flags.DryRun {
		return false
	}
	connection, err := d.pairConnection(ctx, r)
	if err != nil {
		return false
	}
	defer connection.CloseIdleConnections()
	tokens, err := connection.Tokens(ctx)
	return err == nil && len(tokens) > 0 && FinishPairings(ctx, d.App, r.Server, r.SIN) == nil
}

// pairConnection connects with the key of a pairing, if the profile still has it.
func (d *Checker) pairConnection(ctx context.Context, r ledger.Pair) (*app.Connection, error) {
	flags := d.Reaching(r.Header).Flags
	flags.Profile, flags.Server, flags.Store = r.Profile, "", ""
	connection, err := d.App.Paired(ctx, flags)
	if err != nil {
		return nil, err
	}
	if connection.Identity.SIN() != r.SIN || connection.URL != r.Server {
		connection.CloseIdleConnections()
		return nil, errors.New("the profile has another key or server now")
	}
	return connection, nil
}
