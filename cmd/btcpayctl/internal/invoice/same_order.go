package invoice

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// findExisting checks what already has the order id of an order. It returns the invoice that
// --unless-exists adopts, if there is one.
func (s *invoiceSender) findExisting(ctx context.Context, r ledger.Invoice, o order) (*invoiceRecord, error) {
	found, err := s.existing(ctx, o)
	if found != nil {
		if whole, unread := s.get(ctx, found.ID); unread == nil {
			found = &whole // a list has no amounts in bitcoin
		}
		return found, nil
	}
	if err != nil || s.allowed.sameOrder {
		return nil, err
	}
	open, err := s.openOrders(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return nil, open.refuse(r.OrderID)
}

// openOrders are the order ids of open operations, by [scalarKey], with a function that
// checks whether an invoice may still appear.
type openOrders map[string][]func() error

func (o openOrders) add(id string, look func() error) {
	if id != "" {
		o[scalarKey(id)] = append(o[scalarKey(id)], look)
	}
}

func (o openOrders) refuse(id string) error {
	for _, look := range o[scalarKey(id)] {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// refuseOpen refuses the order of an open operation.
func (s *invoiceSender) refuseOpen(ctx context.Context, r ledger.Invoice) error {
	journal, err := s.app.Ledger()
	if err != nil {
		return err
	}
	operation, err := ledger.Resume[ledger.Invoice](ctx, journal, r.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil // the operation has ended since
	case errors.Is(err, ledger.ErrBusy):
		return &output.Error{Code: output.Pending, What: "another process is creating an invoice of order " + r.OrderID + " now", Why: "Nothing was sent.",
			Next: "wait for it, and run the same command\nor --" + sameOrderFlag + ", for one more invoice of this order", Err: err}
	case err != nil:
		return err
	}
	return errors.Join(&output.Error{Code: output.UnknownOutcome,
		What: fmt.Sprintf("order %s may already have an invoice: operation %s has an unknown outcome", r.OrderID, r.ID), Why: "Nothing was sent.",
		Next: "btcpayctl invoice resume " + r.ID + "\nor --" + sameOrderFlag + ", for one more invoice of this order"}, operation.Release())
}

// openOrders returns those of the same store, except for one operation or batch.
func (s *invoiceSender) openOrders(ctx context.Context, own string) (openOrders, error) {
	records, err := operations.UnfinishedOf[ledger.Invoice](ctx, s.app)
	if err != nil && len(records) == 0 {
		return nil, err
	}
	open := openOrders{}
	for _, r := range records {
		if r.ID != own && (r.Batch == "" || r.Batch != own) && s.isIssuer(r.Header, r.Issuer) {
			open.add(r.OrderID, func() error { return s.refuseOpen(ctx, r) })
		}
	}
	batches, err := s.app.Batches()
	if err != nil {
		return nil, err
	}
	all, _ := batches.All() // "doctor" reports records that cannot be read
	for _, b := range all {
		if b.ID == own || !b.Finished.IsZero() || !s.isIssuer(b.Header, b.Issuer) {
			continue
		}
		rows, err := rowsOf(batches, b.ID)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			open.add(row.order.orderID(), func() error { return inBatch(b, row) })
		}
	}
	return open, nil
}

// inBatch refuses the order of a row of an unfinished batch.
func inBatch(b ledger.Batch, row lineRequest) error {
	return &output.Error{Code: output.Pending,
		What: fmt.Sprintf("order %s is line %d of %s, a batch that is not finished", row.order.orderID(), row.line, operations.BatchName(b)), Why: "Nothing was sent.",
		Next: "btcpayctl invoice resume " + b.ID + "\nor --" + sameOrderFlag + ", for one more invoice of this order"}
}
