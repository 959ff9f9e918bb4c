package client

// Ids are types, so that one cannot be taken for another. A constant text converts by
// itself; write StoreID(text) for a variable.
type (
	// A StoreID names a store, on both APIs.
	StoreID string
	// An InvoiceID names an invoice, on both APIs.
	InvoiceID string
)
