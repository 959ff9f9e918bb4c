package greenfield_test

import (
	"context"
	"fmt"
	"log"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// invoiceCreator is all that payLink needs. A program that uses this package declares such
// an interface itself, with the methods it calls.
type invoiceCreator interface {
	Create(context.Context, greenfield.StoreID, greenfield.InvoiceRequest, ...client.CallOption) (greenfield.Invoice, error)
}

// The field Invoices of a greenfield.Client is one.
var _ invoiceCreator = (*greenfield.InvoiceService)(nil)

// payLink is the code under test.
func payLink(ctx context.Context, invoices invoiceCreator, store greenfield.StoreID, order string, amount client.Decimal) (string, error) {
	request := greenfield.InvoiceRequest{Amount: &amount, Currency: "EUR"}
	request.Metadata.SetText(greenfield.MetaOrderID, order)
	invoice, err := invoices.Create(ctx, store, request)
	if err != nil {
		return "", fmt.Errorf("order %s: %w", order, err)
	}
	return invoice.CheckoutLink, nil
}

// fakeInvoices replaces the server in a test.
type fakeInvoices struct {
	requests []greenfield.InvoiceRequest
	err      error
}

func (f *fakeInvoices) Create(_ context.Context, _ greenfield.StoreID, r greenfield.InvoiceRequest, _ ...client.CallOption) (greenfield.Invoice, error) {
	f.requests = append(f.requests, r)
	return greenfield.Invoice{CheckoutLink: "https://btcpay.example.com/i/1"}, f.err
}

// A service is tested without a server by an interface of the methods that it calls. To
// test against the responses of a real server, use the package sandbox.
func Example_fake() {
	ctx, amount := context.Background(), client.NewDecimal(1250, -2)
	fake := &fakeInvoices{}
	link, err := payLink(ctx, fake, "store", "A-17", amount)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link, fake.requests[0].Amount, fake.requests[0].Metadata.OrderID())

	fake.err = greenfield.ErrUnauthenticated
	_, err = payLink(ctx, fake, "store", "A-18", amount)
	fmt.Println(err)
	// Output:
	// https://btcpay.example.com/i/1 12.50 A-17
	// order A-18: the server refused the key or the password
}
