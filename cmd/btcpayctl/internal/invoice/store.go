package invoice

import (
	"context"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// ready learns whether the key serves the store that is selected. Every request of
// these commands is behind it, or behind mayRead.
func (b *bitpayInvoices) ready(ctx context.Context) error {
	return operations.ReadyToCreate(ctx, b.app, b.Connection)
}

// mayRead is [bitpayInvoices.ready] for requests that read.
func (b *bitpayInvoices) mayRead(ctx context.Context) error {
	err := operations.CheckStore(ctx, b.app, b.Connection)
	if err == nil {
		operations.TellUnproven(b.app, b.Connection)
	}
	return err
}

// showsStore holds an invoice of the key against the store that is selected.
func (b *bitpayInvoices) showsStore(ctx context.Context, made *invoiceRecord) error {
	other := operations.ProveBy(ctx, b.app, b.Connection, made.ID)
	if proven := b.Proven(); proven != nil {
		made.store = proven.ID
	}
	if other == nil {
		return nil
	}
	says := b.Connection.Store.Source
	if says == "profile" {
		says += " " + b.Name.Text
	}
	return &misplacedError{&output.Error{Code: output.MadeOtherwise,
		What: fmt.Sprintf("invoice %s (order id %s) is in store %s, and %s says store %s", made.ID, scalarText(made.OrderID), other, says, b.Connection.Store.Text),
		Why:  "It exists and can be paid: whoever pays it pays that store. The key in use is for that store.",
		Next: "give the invoice to nobody\nthen " + operations.PairAgain(b.Connection, other)}}
}

// A misplacedError is about an invoice of another store than the one that is selected.
type misplacedError struct{ told *output.Error }

func (e *misplacedError) Error() string { return e.told.Error() }

func (e *misplacedError) Unwrap() error { return e.told }

func (b *bitpayInvoices) knownStore() string {
	if proven := b.Proven(); proven != nil {
		return proven.ID
	}
	return b.Connection.Store.Text
}

// stillServes refuses to look for an invoice among those of another store: the key was
// approved for that one since.
func (b *bitpayInvoices) stillServes(ctx context.Context, r ledger.Invoice) error {
	if err := b.mayRead(ctx); err != nil || !r.StoreProven {
		return err
	}
	serves, err := operations.Serves(ctx, b.app, b.Connection)
	if err != nil || serves.ID == r.Store {
		return nil //nolint:nilerr // what cannot be told is no reason
	}
	return &output.Error{Code: output.BadCredential, What: fmt.Sprintf("operation %s is for store %s, and its key serves store %s now", r.ID, r.Store, serves),
		Why:  "The key's token was revoked, and the key was approved for another store since. Whether the operation created an invoice cannot be looked up with it.",
		Next: "look for order id " + r.OrderID + " in store " + r.Store + "\nthen btcpayctl doctor --forget " + r.ID}
}
