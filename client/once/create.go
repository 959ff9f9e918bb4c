package once

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// A Request is what identifies a requested invoice.
type Request struct {
	Key
	Amount   *client.Decimal // in Currency; nil for an invoice of any amount
	Currency string          // empty for the store's default
}

// Create creates the invoice of an order, or returns the one that it has. See the package
// documentation for what it does. It is for packages of an API: programs call their
// CreateOnce.
func Create[I any](ctx context.Context, journal Journal, asked Request, api API[I]) (I, error) {
	entry, err := begin(ctx, journal, asked.Key)
	if err != nil {
		return *new(I), err
	}
	defer entry.Release()
	c := creation[I]{asked: asked, api: api, entry: entry}
	invoice, err := c.create(ctx)
	if err != nil {
		return *new(I), err
	}
	return invoice, nil
}

// A creation is one call of [Create], which holds the order.
type creation[I any] struct {
	asked Request
	api   API[I]
	entry Entry
}

func (c *creation[I]) create(ctx context.Context) (I, error) {
	record := c.entry.Record()
	if err := c.compareRecord(record); err != nil {
		return *new(I), err
	}
	if record.Invoice != "" {
		invoice, err := c.api.Get(ctx, record.Invoice)
		if err != nil {
			return *new(I), fmt.Errorf("%s has invoice %s, which cannot be read: %w", c.asked.Key, record.Invoice, err)
		}
		return invoice, c.compare(ctx, invoice, false)
	}
	found, err := c.api.Find(ctx)
	switch {
	case err != nil && record.IsZero():
		return *new(I), fmt.Errorf("%s cannot be looked up, and nothing was sent: %w", c.asked.Key, err)
	case err != nil:
		return *new(I), &UnknownError{Key: c.asked.Key, Since: record.Created, LookUp: err}
	case len(found) > 1:
		return *new(I), &ConflictError{Key: c.asked.Key, Invoices: ids(c.api, found)}
	case len(found) == 1:
		return c.adopt(ctx, record, found[0])
	case !record.IsZero():
		return *new(I), &UnknownError{Key: c.asked.Key, Since: record.Created}
	}
	return c.send(ctx)
}

// adopt takes an invoice that has the order id. One that differs is not recorded, since
// this call may not have created it.
func (c *creation[I]) adopt(ctx context.Context, record Record, invoice I) (I, error) {
	if err := c.compare(ctx, invoice, true); err != nil {
		return *new(I), err
	}
	if record.IsZero() {
		record = c.newRecord()
	}
	c.made(record, invoice)
	return invoice, nil
}

func (c *creation[I]) send(ctx context.Context) (I, error) {
	record := c.newRecord()
	if err := c.entry.Save(record); err != nil {
		// The record may be there: an error may come after the rename.
		return *new(I), errors.Join(fmt.Errorf("the journal cannot be written, and nothing was sent: %w", err), c.entry.Remove())
	}
	invoice, outcome, err := Send(ctx, c.api)
	switch outcome {
	case Made, Adopted:
		if outcome == Made {
			c.made(record, invoice)
			return invoice, c.compare(ctx, invoice, false)
		}
		return c.adopt(ctx, record, invoice)
	case NotMade:
		return *new(I), errors.Join(err, c.entry.Remove())
	case Unknown:
	}
	if unknown, ok := errors.AsType[*UnknownError](err); ok {
		unknown.Key, unknown.Since = c.asked.Key, record.Created
	}
	return *new(I), err
}

func (c *creation[I]) newRecord() Record {
	r := Record{Key: c.asked.Key, Currency: c.asked.Currency, Created: time.Now().UTC()}
	if c.asked.Amount != nil {
		r.Amount = c.asked.Amount.String()
	}
	return r
}

// made records the invoice. If this fails, the record without it still leads to the
// invoice, by its order id.
func (c *creation[I]) made(record Record, invoice I) {
	record.Invoice = c.api.ID(invoice)
	_ = c.entry.Save(record)
}

func (c *creation[I]) compare(ctx context.Context, invoice I, found bool) error {
	err := c.api.Compare(ctx, invoice, found)
	if different, ok := errors.AsType[*client.DifferentError](err); ok {
		return &ConflictError{Key: c.asked.Key, Invoices: []client.InvoiceID{c.api.ID(invoice)}, Different: different}
	}
	return err
}

const anyAmount = "any amount"

// compareRecord compares the request with the earlier one.
func (c *creation[I]) compareRecord(r Record) error {
	if r.IsZero() {
		return nil
	}
	var e client.DifferentError
	before, err := client.ParseDecimal(r.Amount)
	switch asked := c.asked.Amount; {
	case r.Amount == "" && asked != nil:
		e.Text("amount", asked.String(), anyAmount)
	case r.Amount != "" && asked == nil:
		e.Text("amount", anyAmount, r.Amount)
	case asked == nil:
	case err != nil:
		return fmt.Errorf("%s: %w: %w", c.asked.Key, ErrDamaged, err)
	default:
		e.Amount("amount", *asked, before)
	}
	if asked := c.asked.Currency; asked != "" && r.Currency != "" && !SameCurrency(asked, r.Currency) {
		e.Text("currency", asked, r.Currency)
	}
	if len(e.Differences) == 0 {
		return nil
	}
	conflict := &ConflictError{Key: c.asked.Key, Different: &e}
	if r.Invoice != "" {
		conflict.Invoices = []client.InvoiceID{r.Invoice}
	}
	return conflict
}

// SameCurrency reports whether two codes name one currency. Servers ignore their case and
// blanks around them.
func SameCurrency(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
