package pair

import (
	"context"
	"errors"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// A begun pairing is a plan that the journal has.
type begun struct {
	*plan
	operation *ledger.Operation[ledger.Pair] // nil with --dry-run
}

// begin records a plan in the journal. The first request comes after that.
func (p *plan) begin(ctx context.Context, code string) (*begun, error) {
	if p.dryRun {
		return &begun{plan: p}, nil
	}
	if err := p.remember(ctx, true); err != nil {
		return nil, err
	}
	c := p.key.Connection
	operation, err := operations.Begin(ctx, p.app, ledger.Pair{
		Header:      ledger.Header{ID: operations.NewOperationID(), Kind: ledger.KindPair, Profile: p.key.ProfileName(), Server: c.URL, Label: p.label},
		PairPayload: ledger.PairPayload{Store: c.Store.Text, SIN: c.Identity.SIN(), Code: code},
	})
	return &begun{p, operation}, err
}

// answered records the code that the server gave, or finishes an operation that failed.
func (b *begun) answered(code bitpay.Pairing, err error) error {
	if b.operation == nil {
		return cli.DryRunIsDone(err)
	}
	switch {
	case err == nil:
		b.app.Did(app.Effect{ID: code.Code, What: "the pairing code " + code.Code + " is for the key " + b.key.Connection.Identity.SIN(), Look: "btcpayctl pair status" + b.key.ProfileFlag()})
		err := b.operation.Advance(func(r *ledger.Pair) {
			r.Code, r.Expires = code.Code, b.app.Now().Add(code.Left()).UTC()
		})
		if err != nil {
			err = &output.Error{Code: output.Failed, What: "the journal of operations cannot be written", Why: err.Error() + ". The code " + code.Code + " stays unused.",
				Next: "free disk space or fix the permissions there, and run the same command", Err: err}
		}
		return err
	case client.FateUnknown(err):
		// The code may have been claimed: only the signed list shows it.
		return errors.Join(err, b.operation.Release())
	}
	return errors.Join(err, b.operation.Finish())
}
