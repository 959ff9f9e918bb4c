package bitpay_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// invoiceReader is all that paidOrder needs. A program that uses this package declares such
// an interface itself, with the methods it calls.
type invoiceReader interface {
	Get(context.Context, bitpay.InvoiceID, ...client.CallOption) (bitpay.Invoice, error)
}

// The field Invoices of a bitpay.Client is one.
var _ invoiceReader = (*bitpay.InvoiceService)(nil)

// paidOrder is the code under test. It returns the order that a notification reports as
// paid, or "" if the order is not paid. Anyone can send a notification, so it reads the
// invoice.
func paidOrder(ctx context.Context, invoices invoiceReader, body []byte) (string, error) {
	notification, err := bitpay.ParseNotification(body)
	if err != nil {
		return "", err
	}
	invoice, err := invoices.Get(ctx, notification.Invoice.ID)
	if err != nil || invoice.Status != bitpay.StatusComplete {
		return "", err
	}
	return invoice.OrderID, nil
}

// fakeInvoices are the invoices of a server in a test.
type fakeInvoices map[bitpay.InvoiceID]bitpay.Invoice

func (f fakeInvoices) Get(_ context.Context, id bitpay.InvoiceID, _ ...client.CallOption) (bitpay.Invoice, error) {
	invoice, ok := f[id]
	if !ok {
		return invoice, bitpay.ErrInvoiceNotFound
	}
	return invoice, nil
}

// A service is tested without a server by an interface of the methods that it calls. To
// test against the responses of a real server, use the package sandbox.
func Example_fake() {
	ctx := context.Background()
	fake := fakeInvoices{
		"paid": {OrderID: "A-17", Status: bitpay.StatusComplete},
		"open": {OrderID: "A-18", Status: bitpay.StatusNew},
	}
	for _, id := range []string{"paid", "open", "forged"} {
		order, err := paidOrder(ctx, fake, []byte(`{"id":"`+id+`","status":"complete"}`))
		fmt.Printf("%s: %q %t\n", id, order, errors.Is(err, bitpay.ErrInvoiceNotFound))
	}
	// Output:
	// paid: "A-17" false
	// open: "" false
	// forged: "" true
}
