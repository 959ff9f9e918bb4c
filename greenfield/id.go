package greenfield

import "github.com/btcpayctl/btcpayctl/client"

// Ids are types, so that one cannot be taken for another. A constant text converts by
// itself; write StoreID(text) for a variable.
type (
	// A StoreID names a store.
	StoreID = client.StoreID
	// An InvoiceID names an invoice.
	InvoiceID = client.InvoiceID
	// A UserID names an account. Where a method takes a UserID, an e-mail address will do.
	UserID string
	// An APIKeyID names an API key on servers after 2.4.4, and proves nothing.
	APIKeyID string
)
