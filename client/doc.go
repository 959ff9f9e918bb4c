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
// Plain http, but for loopback and .onion; a path segment that is empty or moves
// through the path; an answer above 8 MiB after decompression. It never follows
// a redirect, because net/http would take custom headers, and with some statuses the
// body, to any host.
//
// # Errors
//
//   - [*Error]: the server answered with an error; what it said is in there.
//   - [*RedirectError]: it answered with a redirect.
//   - [*AnswerError]: it answered 2xx with something that cannot be used.
//   - [*NetworkError]: no whole answer came.
//
// Only GET and HEAD are ever repeated, and only after a lost or refused connection,
// 429, 502, 503 or 504. For every other request ask [FateUnknown]: it tells
// whether the request may have been carried out all the same.
//
// # Amounts and secrets
//
// [Decimal] holds an amount as exact text, [Secret] a text that does not print.
package client
