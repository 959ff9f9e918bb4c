// Package webhook receives the deliveries of a BTCPay Server's webhooks.
//
// It links the standard library only: a program that receives needs no client and no API
// key. [Handler] does all that is below; [Verify] and [Parse] are its parts, for programs
// that are no web servers.
//
//	secret, err := webhook.NewSecret(os.Getenv("WEBHOOK_SECRET"))
//	…
//	handled, err := webhook.File("/var/lib/shop/webhooks")
//	…
//	handler, err := webhook.NewHandler(webhook.HandlerOptions{
//		Secrets: []webhook.Secret{secret},
//		Deduper: handled,
//		Handle:  func(ctx context.Context, e webhook.Event) error { … },
//	})
//	http.Handle("POST /btcpay/webhook", handler)
//
// # Signature
//
// The server signs the bytes of the body with the webhook's secret. Verify them before
// anything else reads the body: a body that was parsed and encoded again has another
// signature. While a secret is replaced, give both: see [Handler.SetSecrets].
//
// # At least once
//
// A delivery is acknowledged after HandlerOptions.Handle returned nil and the [Deduper]
// recorded it. After an error, the server delivers again if the webhook has automatic
// redelivery: after 10 seconds, a minute, and then six times after 10 minutes. A restart
// of the server ends this. So an event can be handled twice, if the process ends between
// the two steps, and an event can be lost, if the receiver is away for too long: look for
// missed deliveries in the webhook's list, or read the invoices.
//
// # An event is a hint
//
// The fields of an event are those of the time when the event happened. Before goods are
// sent, read the invoice from the server and use its state. Events may arrive in another
// order than they happened: InvoicePaymentSettled comes before InvoiceReceivedPayment if
// a payment arrives settled.
//
// # Compatibility
//
// Servers from 1.13.5 to 2.4.1 are supported. Event types and fields that a later server
// adds are in [Event.Extra].
package webhook
