// Package bitpay is a client of the BitPay-compatible API of BTCPay Server: pairing
// by BitId keys, invoices, rates and notifications. It reads what servers from 1.13.5
// to 2.4.1 answer.
//
// # A key
//
// An [Identity] is a BitId: a private key of secp256k1 and the SIN that names it on a
// server. [Generate] makes one, [ParsePrivateKey] reads one in any form that a BitPay
// client has ever stored.
//
//	id := bitpay.Generate()
//	store(id.SIN(), id.PEM().Reveal()) // before anything else
//
// A server ties a key to one store, and nobody can make a lost key again. So
// store it durably before it is paired, read it back, and use one key for each store.
//
// # Pairing
//
// A person who owns the store has to agree, on a page of the server. Either the client
// asks first:
//
//	c, err := bitpay.New("https://btcpay.example.com", id)
//	...
//	pairing, err := c.RequestPairing(ctx, bitpay.PairingRequest{Label: "till 1"})
//	...
//	fmt.Println("Approve this key:", pairing.ApproveURL)
//	_, err = c.WaitPaired(ctx, bitpay.WaitOptions{Until: pairing.Expires})
//
// or the person makes a code on the store's access token page, at
// [Client.AccessTokensURL], and the client claims it with [Client.ClaimPairing]. There
// the person may also paste [Identity.PublicKey]; then nothing is left to claim. In all
// three ways only [Client.Tokens] tells whether the key is paired: a pairing code that
// was handed out or claimed says nothing about that.
//
// # Which store
//
// No call of this API tells which store a key serves: the owner chose it on a page, and
// may have chosen another than was meant. [Client.OwnStore] learns it from the checkout page
// of an invoice of the key, and [InvoiceService.CheckoutStatus] from the first one that is
// created where there is none yet. Compare it before a key is relied on:
//
//	store, err := c.OwnStore(ctx)
//	switch {
//	case errors.Is(err, bitpay.ErrStoreUnknown): // not known before an invoice is created
//	case err == nil && store.ID != wanted: // approved for another store
//	}
//
// # Invoices
//
//	price, err := client.ParseDecimal("12.50")
//	...
//	invoice, err := c.Invoices.Create(ctx, bitpay.InvoiceRequest{
//		Price: &price, Currency: "EUR", OrderID: "order 17",
//	})
//
// Amounts are exact text, [client.Decimal], and never pass through a float. Times travel
// in milliseconds here, unlike in the Greenfield API of the same server. A member that a
// server would silently change, such as a negative price, is refused before anything is
// sent, with a [*client.RequestError].
//
// Creating is the one call that must not simply be repeated: the server makes a second
// invoice for the same order id. Set an order id that you have stored, and where
// [client.FateUnknown] is true for the error, look for it first:
//
//	for found, err := range c.Invoices.All(ctx, bitpay.ListOptions{OrderID: "order 17"}) {
//		...
//	}
//
// [InvoiceService.All] is complete or fails: it does not lose invoices that were created
// in the same second, as pages by [ListOptions.Offset] do.
//
// # Notifications
//
// A server posts notifications to [InvoiceRequest.NotificationURL] without a signature.
// [ParseNotification] reads them; take the invoice id from it, ask with
// [InvoiceService.Get], and believe that answer alone.
//
// # Other credentials
//
// A [LegacyKey] is a store's one key of this API, made on its access token page. An
// [Anonymous] credential names a store and can read rates; it can make invoices where
// the store allows that to anyone. A Greenfield API key does not work here.
//
// # Errors
//
// An answer that has a meaning of its own gives an error that wraps one of these, for
// errors.Is, and the answer as [*client.Error], for errors.AsType:
//
//	ErrNotPaired        403, a key without a store      pair it
//	ErrReusedKey        400, a key of another store     make a new key and a new code
//	ErrPairingExpired   400, or the wait was over       ask for a new code
//	ErrCodeUnknown      404, mistyped or used           copy it again, or make a new one
//	ErrInvoiceNotFound  404                             check the id and the store
//	ErrNoWallet         400, for a price above 0        set up a wallet in the store
//	ErrNoPaymentMethod  400, no method or no rate       read the message, then the store's settings
//	ErrExpiryTooSoon    400, by the server's clock      compare the clocks
//	ErrNoPairs          400, no currency pair           name one
//	ErrPairFormat       400, an unreadable pair         write it like BTC_USD
//	ErrStoreNotFound    404, by RateService.Public      check the store's id
//	ErrForbidden        403, without a BitId key        give a credential
//	ErrUnauthenticated  401                             check the key and the server's address
//	ErrNoAPI            404, an empty answer            check the address and its path prefix
//	ErrNoCheckout       404, by CheckoutStatus          ask for another invoice
//	ErrLoginPage        302 to the log-in page          look at the proxy in front of the server
//
// [*ProxyError] is a 401 that was looked into: the proxy in front of the server hides that
// clients use https. [ErrNoRate], [ErrStoreUnknown], [ErrNoIdentity], [ErrNoCredential] and
// [*client.RequestError] come without an answer. All other errors are those of package client.
//
// # Security
//
// A signature covers the URL and the body, but no time and no method: who can read a
// request can send it again for ever. That is why plain http is refused but for loopback
// and .onion. No error, log line or print of an [Identity], a [LegacyKey] or a [Token] shows
// its secret; the methods that return one return a [client.Secret].
//
// # Compatibility
//
// The package follows semantic versioning. Members may be added to structures, so
// write them with their names; types such as [Status] and [EventCode] are open, and a
// value that is new to this package is handed through. What errors say may change, what
// errors.Is and errors.AsType find does not.
package bitpay
