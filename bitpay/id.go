package bitpay

import "github.com/btcpayctl/btcpayctl/client"

// Ids are types, so that the compiler refuses one kind for another. A constant text
// converts by itself; for a variable, write StoreID(text).
type (
	// A StoreID names a store.
	StoreID = client.StoreID
	// An InvoiceID names an invoice.
	InvoiceID = client.InvoiceID
)
