package main

import (
	"context"
	"errors"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

type shop struct {
	c       *greenfield.Client
	store   greenfield.StoreID
	journal once.Journal
	every   time.Duration // between two looks at an invoice
}

// order returns the invoice of an order, and creates it if there is none. If the outcome of
// the request is unknown ([once.UnknownError]), call it again.
func (s shop) order(ctx context.Context, id, amount, currency string) (greenfield.Invoice, error) {
	price, err := client.ParseDecimal(amount)
	if err != nil {
		return greenfield.Invoice{}, err
	}
	request := greenfield.InvoiceRequest{Amount: &price, Currency: currency}
	request.Metadata.SetText(greenfield.MetaOrderID, id)
	return s.c.Invoices.CreateOnce(ctx, s.journal, s.store, request)
}

// wait returns the invoice when no more payment is expected. Ship only if it is settled.
func (s shop) wait(ctx context.Context, invoice greenfield.Invoice) (greenfield.Invoice, error) {
	for {
		now, err := s.c.Invoices.Get(ctx, s.store, invoice.ID, greenfield.InvoiceGetOptions{})
		if _, unreached := errors.AsType[*client.NetworkError](err); err != nil && !unreached {
			return invoice, err
		}
		if err == nil {
			invoice = now
		}
		if invoice.Status != greenfield.InvoiceStatusNew && invoice.Status != greenfield.InvoiceStatusProcessing {
			return invoice, nil
		}
		select {
		case <-ctx.Done():
			return invoice, ctx.Err()
		case <-time.After(s.every):
		}
	}
}
