package bitpay

import "github.com/btcpayctl/btcpayctl/client"

// Ids are types, so that one cannot be taken for another. A constant text converts by
// itself; write StoreID(text) for a variable.
type (
	// A StoreID names a store.
	StoreID = client.StoreID
	// An InvoiceID names an invoice.
	InvoiceID = client.InvoiceID
)
