// Package client sends requests to one BTCPay Server and decodes the responses. It knows
// no endpoints: the packages of the two APIs, such as bitpay, name paths and types, and
// this package does everything between a path and a decoded response.
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
// Each request passes these steps: authorise, limit, retry, trace, observe, send. The
// credential sees the final URL and the final bytes.
//
// # What it refuses
//
// The client refuses to send:
//
//   - plain http, except to loopback and .onion addresses
//   - plain http to an .onion name through an HTTP proxy, which would read it
//   - plain http to a name such as shop.localhost that does not resolve to this machine
//   - a request to an .onion name without a proxy, which would need a DNS query
//   - a path with a segment that is empty, "." or ".."
//
// It refuses a response of more than 8 MiB after decompression, or 64 KiB if the request
// sends or returns keys or tokens, and a response that would take far more memory than it
// has bytes. It never follows a redirect, since net/http would send custom headers, and
// with some statuses the body, to any host.
//
// # Errors
//
//   - [*Error]: the server responded with an error, which it contains.
//   - [*RedirectError]: the server responded with a redirect.
//   - [*AnswerError]: a 2xx response cannot be used. If it wraps a [*DifferentError], the
//     response differs from what the request asked for.
//   - [*NetworkError]: there was no complete response.
//
// errors.Is finds [ErrNotFound], [ErrUnauthenticated], [ErrForbidden], [ErrThrottled],
// [ErrConflict] and [ErrNotFoundOrForbidden] in an [*Error], and [HasCode] finds its
// code. A request that was refused before it was sent is a [*RequestError].
//
// The client only repeats GET and HEAD, and only after a lost or refused connection, 429,
// 502, 503 or 504. It follows a Retry-After of up to a minute; a longer one is left to
// the caller. For every other request call [FateUnknown]: it reports whether the server
// may have carried out the request although the call failed. With [WithRetryUnsent] the
// client also repeats any request that found no connection, since it was certainly not
// sent. With [AwaitAnswer] it waits for the response to a request that is on its way, even
// if the context ends.
//
// # Absent, null and unknown fields
//
// An [Opt] is a field of a request that is absent, null or set, where the server treats
// these differently. A type that a program reads, changes and sends back has a field
// Extra with what the type does not know, so that a program never erases what a newer
// server added; [UnmarshalExtra] and [MarshalExtra] implement it.
//
// # Between a call and the network
//
// [WithTransport] and [WithMiddleware] put the caller's code between a call and the
// network. [WithHeader] sends a header that a gateway requires. [WithTLSConfig],
// [WithCAs] and [WithClientCertificate] set which certificates to trust and which one to
// show. [WithObserver] reports each attempt for metrics. [Client.As] and [Client.With]
// return clients that share the connections of another one, such as one for the
// credential of each tenant. A [CallOption] changes one call.
//
// # Lists
//
// BTCPay Server orders lists by whole seconds and does not order the rows within a
// second, so reading them page by page loses rows. [Listing] reads such a list
// completely, or fails; the packages of the two APIs use it in their All methods.
//
// # Trust
//
// The client trusts the system's certificates, or those of [WithCAFile].
// [WithCertificatePin] also requires one certain public key of the server. [WithProxy]
// sets an HTTP or SOCKS5 proxy, which then resolves names; [WithDialer] sets any other
// way to reach a host.
//
// # Amounts and secrets
//
// [Decimal] holds an amount as exact text; one that was never set is not an amount.
// [Secret] holds a text that is neither printed nor encoded; a [SentSecret] is encoded
// only in the bodies of requests. [WithDebug] writes what is sent and what is received,
// without credentials and without the secrets of [WithSecrets], in any form in which they
// are sent. Errors repeat a server's text without these secrets, too.
//
// # Compatibility
//
// The package follows semantic versioning and links only the standard library. Options
// and fields of structures may be added. The texts of errors may change; what errors.Is
// and errors.AsType find does not.
package client
