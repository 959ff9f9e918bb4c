package once

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Key identifies an order.
type Key struct {
	Server  string         `json:"server"` // the server's address, as [client.Client.Server] returns it
	Store   client.StoreID `json:"store"`
	OrderID string         `json:"orderId"`
}

// String returns the key for messages. It quotes the order id.
func (k Key) String() string {
	return fmt.Sprintf("order %q of store %s on %s", k.OrderID, k.Store, k.Server)
}

// check refuses a key that does not identify an order.
func (k Key) check() error {
	switch {
	case k.Server == "":
		return client.Refuse("server", "it is missing")
	case k.Store == "":
		return client.Refuse("store id", "it is missing")
	}
	return CheckOrderID(k.OrderID)
}

// A Record is what a journal has about an order.
type Record struct {
	Key
	// Amount and Currency are those of the request. Amount is empty for an invoice of any
	// amount, and Currency for the store's default.
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Invoice is the order's invoice. It is empty while the outcome of the request is
	// unknown.
	Invoice client.InvoiceID `json:"invoice,omitempty"`
	// Created is when the record was first written, by this machine's clock.
	Created time.Time `json:"created"`
}

// IsZero reports whether there is no record.
func (r Record) IsZero() bool { return r.Key == Key{} }

// A Journal keeps records of orders. Its methods may be called from several goroutines at
// once.
type Journal interface {
	// Begin holds an order until [Entry.Release], and returns its entry. While one caller
	// holds an order, Begin waits, until ctx ends; it does not wait for callers that hold
	// other orders. A process that ends, for whatever reason, holds nothing any more.
	Begin(ctx context.Context, key Key) (Entry, error)
}

// An Entry is an order that the caller holds. It belongs to one goroutine.
type Entry interface {
	// Record returns the record, or the zero Record if there is none.
	Record() Record
	// Save writes the record. When it returns nil, the record survives a crash of the
	// process, and in a durable journal one of the machine.
	Save(Record) error
	// Remove deletes the record, as durably as Save.
	Remove() error
	// Release ends the hold and leaves the record. A second call does nothing.
	Release()
}

// ErrKnown means that an order's invoice is known.
var ErrKnown = errors.New("the order has an invoice")

// Forget removes the record of an order with an unknown outcome, so that the next call
// sends its request again. Call it only if the earlier request can no longer be carried
// out; the package documentation says how long to wait. It returns [ErrKnown] if the
// journal has the order's invoice, and nil if it has no record of the order.
func Forget(ctx context.Context, journal Journal, key Key) error {
	entry, err := begin(ctx, journal, key)
	if err != nil {
		return err
	}
	defer entry.Release()
	switch record := entry.Record(); {
	case record.IsZero():
		return nil
	case record.Invoice != "":
		return fmt.Errorf("%s: %w, %s", key, ErrKnown, record.Invoice)
	}
	return entry.Remove()
}

func begin(ctx context.Context, journal Journal, key Key) (Entry, error) {
	if journal == nil {
		return nil, client.Refuse("journal", "it is missing")
	}
	if err := key.check(); err != nil {
		return nil, err
	}
	entry, err := journal.Begin(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("the journal cannot hold %s, and nothing was sent: %w", key, err)
	}
	return entry, nil
}

// ErrDamaged means that a journal has an entry that is not a record of the order. Nothing
// is sent for such an order.
var ErrDamaged = errors.New("the record is damaged")

// decode reads a record, and refuses one of another order.
func decode(data []byte, key Key) (Record, error) {
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if r.Key != key {
		return Record{}, fmt.Errorf("%w: it is about another order", ErrDamaged)
	}
	return r, nil
}
