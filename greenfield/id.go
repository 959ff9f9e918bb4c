package greenfield

import "github.com/btcpayctl/btcpayctl/client"

// Ids are types, so that the compiler refuses one instead of another. An untyped constant
// converts automatically; for a variable, write StoreID(text).
type (
	// A StoreID names a store.
	StoreID = client.StoreID
	// An InvoiceID names an invoice.
	InvoiceID = client.InvoiceID
	// A UserID names an account. A method that takes a UserID also accepts an e-mail
	// address.
	UserID string
	// An APIKeyID names an API key on servers after 2.4.4. It is not a credential and
	// proves nothing.
	APIKeyID string
	// A WebhookID names a webhook of a store.
	WebhookID string
	// A WebhookDeliveryID names a delivery of a webhook. It is the deliveryId of the event
	// that was sent.
	WebhookDeliveryID string
)
