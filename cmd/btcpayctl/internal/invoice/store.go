package invoice

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// ready checks whether the key serves the selected store. All requests of these commands
// come after it or mayRead.
func (b *bitpayInvoices) ready(ctx context.Context) error {
	return operations.ReadyToCreate(ctx, b.app, b.Connection)
}

// mayRead is [bitpayInvoices.ready] for requests that only read.
func (b *bitpayInvoices) mayRead(ctx context.Context) error {
	if b.Source == "" {
		return b.noKey()
	}
	err := operations.CheckStore(ctx, b.app, b.Connection)
	if err == nil {
		operations.TellUnproven(b.app, b.Connection)
	}
	return err
}

// noKey is for invoices that are to be read without any key. A server fails then with 500,
// if the store lets anyone create invoices.
func (b *bitpayInvoices) noKey() error {
	e := &output.Error{Code: output.NoCredential, What: "no key is given, and invoices cannot be read without one", Why: "Nothing was sent.",
		Next: "btcpayctl pair client --profile NAME\nor btcpayctl authorize --profile NAME --store " +
			app.ShellWord(cmp.Or(b.Store.Text, "ID")) + " --for \"invoice create,invoice get\""}
	if name := b.Name.Text; name != "" {
		e.What = "profile " + name + " has no key, and invoices cannot be read without one"
		e.Next = strings.ReplaceAll(e.Next, "NAME", app.ShellWord(name))
	}
	return e
}

// showsStore compares an invoice of the key with the selected store.
func (b *bitpayInvoices) showsStore(ctx context.Context, made *invoiceRecord) error {
	other := operations.ProveBy(ctx, b.app, b.Connection, made.ID)
	if proven := b.Proven(); proven != nil {
		made.store, made.Store = proven.ID, &proven.ID
	}
	if other == nil {
		return nil
	}
	says := b.Connection.Store.Source
	if says == "profile" {
		says += " " + b.Name.Text
	}
	return &misplacedError{&output.Error{Code: output.MadeOtherwise,
		What: fmt.Sprintf("invoice %s (order id %s) is in store %s, but %s names store %s", made.ID, scalarText(made.OrderID), other, says, b.Connection.Store.Text),
		Why:  "It exists and can be paid: a payment goes to that store. The key in use is for that store.",
		Next: "do not give the invoice to the buyer\nthen " + operations.PairAgain(b.Connection, other)}}
}

// A misplacedError is about an invoice in another store than the selected one.
type misplacedError struct{ told *output.Error }

func (e *misplacedError) Error() string { return e.told.Error() }

func (e *misplacedError) Unwrap() error { return e.told }

func (b *bitpayInvoices) knownStore() string {
	if proven := b.Proven(); proven != nil {
		return proven.ID
	}
	return b.Connection.Store.Text
}

// stillServes refuses to look up an invoice if the key was approved for another store
// since.
func (b *bitpayInvoices) stillServes(ctx context.Context, r ledger.Invoice) error {
	if err := b.mayRead(ctx); err != nil || !r.StoreProven {
		return err
	}
	serves, err := operations.Serves(ctx, b.app, b.Connection)
	if err != nil || serves.ID == r.Store {
		return nil //nolint:nilerr // an unknown store is no reason to refuse
	}
	return &output.Error{Code: output.BadCredential, What: fmt.Sprintf("operation %s is for store %s, but its key serves store %s now", r.ID, r.Store, serves),
		Why:  "The key's token was revoked, and the key was approved for another store since. It cannot look up whether the operation created an invoice.",
		Next: "look for order id " + r.OrderID + " in store " + r.Store + "\nthen btcpayctl doctor --forget " + r.ID}
}
