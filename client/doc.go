// Package client is one connection to one BTCPay Server. It knows no endpoint:
// the packages for the two APIs, such as bitpay, name paths and types, and this
// package takes care of everything between a path and a decoded answer.
//
// # A call
//
//	c, err := client.New("https://btcpay.example.com", client.WithCredential(key))
//	...
//	health, err := client.Call[Health](ctx, c, client.Request{
//		Method: "GET",
//		Path:   []string{"api", "v1", "health"},
//	})
//
// On its way a request passes one list of steps: authorise, limit, retry, trace,
// send. The credential sees the final URL and the final bytes.
//
// # What it refuses
//
// Plain http, but for loopback and .onion; plain http to an .onion name through an HTTP
// proxy, which would read it, and to a name such as shop.localhost that does not resolve
// to this machine; an .onion name without a proxy, which would be asked of the DNS; a path segment that is empty or moves through the path; an answer
// above 8 MiB after decompression, or 64 KiB where keys and tokens are exchanged, or one
// that would take far more memory than it has bytes. It never follows a redirect,
// because net/http would take custom headers, and with some statuses the body, to any
// host.
//
// # Errors
//
//   - [*Error]: the server answered with an error; what it said is in there.
//   - [*RedirectError]: it answered with a redirect.
//   - [*AnswerError]: it answered 2xx with something that cannot be used; with a
//     [*DifferentError] inside, with something else than was asked for.
//   - [*NetworkError]: no whole answer came.
//
// errors.Is finds [ErrNotFound], [ErrUnauthenticated], [ErrForbidden], [ErrThrottled],
// [ErrConflict] and [ErrNotFoundOrForbidden] in an [*Error], and [HasCode] its code. A
// request that was refused before it was sent is a [*RequestError].
//
// Only GET and HEAD are ever repeated, and only after a lost or refused connection,
// 429, 502, 503 or 504. A Retry-After of up to a minute is followed, a longer one is
// left to the caller. For every other request ask [FateUnknown]: it tells whether the
// request may have been carried out all the same. With [WithRetryUnsent] any request that
// found no connection is tried again, since it was surely not sent; with [AwaitAnswer] one
// that is on its way outlasts the end of its context.
//
// # In between
//
// [WithTransport] and [WithMiddleware] put code of the caller's between a call and the
// wire, [WithHeader] sends what a gateway asks for, [WithTLSConfig], [WithCAs] and
// [WithClientCertificate] say whom to trust and what to show, and [WithObserver] reports
// each attempt for metrics. [Client.As] and [Client.With] make clients that share the
// connections of another one, for as many credentials as there are tenants. A
// [CallOption] changes one call.
//
// # Lists
//
// BTCPay Server orders lists by whole seconds and leaves the order within a second open,
// so reading them page by page loses rows. [Listing] reads such a list completely, or
// fails; the packages for the two APIs use it in their All methods.
//
// # Trust
//
// The system's certificates are trusted, or those of [WithCAFile], and
// [WithCertificatePin] adds the one key that the server may have. [WithProxy] takes an
// HTTP or a SOCKS5 proxy, which then resolves names; [WithDialer] takes any other way to a
// host.
//
// # Amounts and secrets
//
// [Decimal] holds an amount as exact text, and one that was never set is no amount.
// [Secret] holds a text that does not print and is not encoded; a [SentSecret] is encoded
// in the bodies of requests only.
// [WithDebug] writes what is sent and what comes back, without credentials and without
// the secrets of [WithSecrets] in any form in which they travel. Errors repeat a
// server's words without them, too.
//
// # Compatibility
//
// The package follows semantic versioning and links nothing but the standard library.
// Options and members of structures may be added. What errors say may change, what
// errors.Is and errors.AsType find does not.
package client
