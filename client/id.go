package client

// Each kind of id has its own type, so that one cannot be used for another. A constant
// text converts by itself; for a variable write StoreID(text).
type (
	// A StoreID identifies a store in both APIs.
	StoreID string
	// An InvoiceID identifies an invoice in both APIs.
	InvoiceID string
)
