// Package plugin is the part of a shop's plugin that sends a customer to the checkout
// page. Its test needs no server: package sandbox is one.
package plugin

import (
	"context"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Checkout creates the invoice of an order and returns its page for the customer. The
// amount is in currency. It needs [greenfield.CanCreateInvoice].
func Checkout(ctx context.Context, c *greenfield.Client, store greenfield.StoreID, order string, amount client.Decimal, currency string) (page string, err error) {
	request := greenfield.InvoiceRequest{Amount: &amount, Currency: currency}
	request.Metadata.SetText(greenfield.MetaOrderID, order)
	invoice, err := c.Invoices.Create(ctx, store, request)
	return invoice.CheckoutLink, err
}
