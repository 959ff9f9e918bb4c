// Package once creates at most one invoice for an order, although processes are killed,
// responses are lost and several programs work on the same order.
//
// The server accepts the same order id any number of times, so a program that sends a
// request again after a lost response may create a second invoice. CreateOnce of both
// APIs, greenfield.InvoiceService.CreateOnce and bitpay.InvoiceService.CreateOnce, writes
// the order into a [Journal] before it sends the request, and never sends a request with
// an unknown outcome again:
//
//	journal, err := once.File("/var/lib/shop/orders")
//	...
//	invoice, err := gf.Invoices.CreateOnce(ctx, journal, store, request)
//	if unknown, ok := errors.AsType[*once.UnknownError](err); ok {
//		// The invoice may exist or may still appear. Call CreateOnce again later.
//	}
//
// # An order
//
// An order is a server, a store and an order id, see [Key]. The credential is not part of
// it, so a new API key or BitId key of the same store finds the order. Order ids are
// compared byte by byte: A-1 and a-1 are two orders, and so are two Unicode forms of one
// text. [CheckOrderID] refuses blanks at either end. Another store and another server have
// their own orders. A server that gets a new address is another server to the journal, but
// its invoices are found by their order ids.
//
// # What a call does
//
//   - If the journal has the order's invoice, the call reads and returns it.
//   - Otherwise the call looks the order id up on the server, and adopts the invoice that
//     it finds, also one that another program created.
//   - If there is none, and the journal has no request of this order, the call writes the
//     order into the journal and sends the request. If its response is lost, the call looks
//     the order id up once.
//   - If a request was sent and no invoice is found, the call returns an [*UnknownError].
//
// An invoice is returned whatever its state: new, settled, expired, invalid or archived. An
// expired invoice remains the order's invoice. For another attempt to pay, use another
// order id, such as A-1007-2.
//
// If the invoice has another amount, currency or store than requested, or if several
// invoices have the order id, the call returns a [*ConflictError] that names them. It never
// chooses one of several.
//
// # An unknown outcome
//
// A request can be carried out after its response was lost and after the look-up that
// found nothing: a proxy may hold it back, and a server finishes a request whose client is
// gone. The next call finds such an invoice. No client can know how long a request may
// be held back. Proxies commonly give up after a minute and servers after a few; wait ten
// minutes or longer, or until the proxy and the server were restarted. Then [Forget]
// removes the order from the journal, and the next call sends it again. The same holds for
// a process that was killed between the journal and the request.
//
// # The journal
//
// [File] is a journal in a directory, for any number of processes of one machine. [Memory]
// is one for tests and for programs that may lose it; it knows nothing about earlier
// processes. Programs that create invoices for the same orders must share a journal: two
// journals do not prevent two requests at the same time. For several machines, implement
// [Journal] on a database.
package once
