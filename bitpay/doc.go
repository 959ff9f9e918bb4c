// Package bitpay is a client of the BitPay-compatible API of BTCPay Server: pairing with
// BitId keys, invoices, rates and notifications. It reads the responses of servers from
// 1.13.5 to 2.4.1.
//
// # A key
//
// An [Identity] is a BitId: a private key of the curve secp256k1, and the SIN, which is
// the key's name on a server. [Generate] makes one. [ParsePrivateKey] reads one in any
// form that a BitPay client has ever stored, and [ParseEncryptedPrivateKey] opens one with
// its passphrase. A text that can mean several keys is an [*AmbiguousKeyError]. A key that
// was paired by its uncompressed public key is [Identity.Uncompressed].
//
//	id := bitpay.Generate()
//	store(id.SIN(), id.PEM().Reveal()) // before anything else
//
// A server ties a key to one store, and a lost key cannot be made again. So store the key
// durably and read it back before you pair it. Use one key for each store.
//
// # Pairing
//
// The owner of the store has to approve a key on a page of the server. There are three
// ways. In the first, the client requests a pairing code:
//
//	c, err := bitpay.New("https://btcpay.example.com", id)
//	...
//	pairing, err := c.RequestPairing(ctx, bitpay.PairingRequest{Label: "till 1"})
//	...
//	fmt.Println("Approve this key:", pairing.ApproveURL)
//	_, err = c.WaitPaired(ctx, bitpay.WaitOptions{Until: pairing.Expires})
//
// In the second, the owner makes a code on the store's access token page, at
// [Client.AccessTokensURL], and the client claims it with [Client.ClaimPairing]. In the
// third, the owner pastes [Identity.PublicKey] on that page, and the client has nothing to
// claim. In all three, only [Client.Tokens] shows whether the key is paired. A pairing
// code does not show it, even after the server issued it or the client claimed it.
//
// # Which store
//
// No call of this API reports which store a key serves. The owner chose the store on a
// page, and it may not be the store that you meant. [Client.OwnStore] finds the store on
// the checkout page of one of the store's invoices. If there is no invoice yet,
// [InvoiceService.CheckoutStatus] of the first one reports the store. Compare the store
// before you rely on a key:
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
// Amounts are exact text, [client.Decimal], and are never converted to a float. Times are
// sent in milliseconds, unlike in the Greenfield API of the same server. If the server
// would silently change a field, such as a negative price, the method sends nothing and
// returns a [*client.RequestError].
//
// Creating an invoice is the only call that must not simply be repeated: the server makes
// a second invoice with the same order id. Set an order id that you have stored. If
// [client.FateUnknown] is true for the error, look for that order id first:
//
//	for found, err := range c.Invoices.All(ctx, bitpay.ListOptions{OrderID: "order 17"}) {
//		...
//	}
//
// [InvoiceService.CreateOnce] does all this with a journal of package once.
//
// [InvoiceService.All] returns all invoices or fails. It does not lose invoices that were
// created in the same second, unlike pages that are read with [ListOptions.Offset].
//
// # Notifications
//
// A server posts notifications to [InvoiceRequest.NotificationURL] without a signature.
// [ParseNotification] reads them. Take only the invoice id from a notification, request
// the invoice with [InvoiceService.Get], and trust only that response.
//
// # Other credentials
//
// A [LegacyKey] is the single key that a store has for this API. The owner makes it on the
// store's access token page. An [Anonymous] credential names a store. It can read rates,
// and it can make invoices if the store lets anyone make them. A Greenfield API key does
// not work here.
//
// # Errors
//
// If a response has a meaning that this package knows, the error wraps one of the values
// below, for errors.Is, and the response as a [*client.Error], for errors.AsType:
//
//	ErrNotPaired        403, a key without a store      pair the key
//	ErrReusedKey        400, a key of another store     make a new key and a new code
//	ErrPairingExpired   400, or the wait has ended      request a new code
//	ErrCodeUnknown      404, mistyped or used           copy the code again, or make a new one
//	ErrInvoiceNotFound  404                             check the id and the store
//	ErrNoWallet         400, for a price above 0        set up a wallet in the store
//	ErrNoPaymentMethod  400, no method or no rate       read the message, then the store's settings
//	ErrExpiryTooSoon    400, by the server's clock      compare the clocks
//	ErrNoPairs          400, no currency pair           name a pair
//	ErrPairFormat       400, an unreadable pair         write the pair like BTC_USD
//	ErrStoreNotFound    404, by RateService.Public      check the store's id
//	ErrForbidden        403, without a BitId key        set a credential
//	ErrUnauthenticated  401                             check the key and the server's address
//	ErrNotServer        401 or 403 of another program   check the firewall or proxy on the way
//	ErrNotArrived       a proxy removes the credential  have it let the headers through
//	ErrNoAPI            404, an empty response          check the address and its path prefix
//	ErrNoCheckout       404, by CheckoutStatus          use another invoice
//	ErrLoginPage        302 to the log-in page          check the proxy in front of the server
//
// [*ProxyError] is a 401 with a known cause: the proxy in front of the server hides the
// address that clients use, or a part of it. [ErrNoRate], [ErrStoreUnknown],
// [ErrNoIdentity], [ErrNoCredential] and [*client.RequestError] are returned without an
// error response. All other errors are those of package client.
//
// # Security
//
// A signature covers the URL and the body, but not the time and not the method. Anyone who
// can read a request can send it again at any later time. So plain http is refused, except
// to loopback and .onion. The secret of an [Identity], a [LegacyKey] or a [Token] never
// appears in an error or a log line, or when the value is printed. The methods that return
// a secret return a [client.Secret].
//
// # Compatibility
//
// The package follows semantic versioning. Later versions may add fields to structs, so
// write struct literals with field names. Types such as [Status] and [EventCode] are open:
// a value that this package does not know is passed on unchanged. The texts of errors may
// change; what errors.Is and errors.AsType find does not.
package bitpay
