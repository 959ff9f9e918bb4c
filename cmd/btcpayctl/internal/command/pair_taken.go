package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// taken explains a code that was approved for another key.
func (c *pairedKey) taken(r ledger.Pair) *output.Error {
	page := c.URL + "/stores/STORE/tokens, of the store that approved it"
	if r.Store != "" {
		if address, err := c.TokensURL(r.Store); err == nil {
			page = address
		}
	}
	label := "without a label"
	if r.Label != "" {
		label = fmt.Sprintf("labelled %q", r.Label)
	}
	return &output.Error{Code: output.PairingTaken, What: "the code " + r.Code + " was approved, but not for this key",
		Why: strings.TrimSpace(fmt.Sprintf("Somebody who knew the code put a key of their own in its place. The token %s is theirs, and lets them make and read invoices there. "+
			"This key, %s, is not paired.", label, r.SIN)),
		Next: "revoke that token: " + page + "\nthen btcpayctl pair client" + c.profileFlag()}
}

// takenOver looks whether an open pairing was approved for another key.
func (d *checker) takenOver(ctx context.Context, r ledger.Pair) *output.Error {
	if r.Profile == "" || r.Code == "" || d.flags.DryRun {
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
	e := (&pairedKey{d.app, connection}).taken(r)
	if err := endOperation(ctx, d.app, r.ID); err != nil {
		e.Why += " " + err.Error()
	}
	return e
}

// endOperation ends an operation that no other process is at.
func endOperation(ctx context.Context, a *app.App, id string) error {
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
