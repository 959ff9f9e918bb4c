// Package bitpay is the BitPay-compatible API of the server: tokens and pairing codes, invoices, rates, and the
// notifications (IPN) of invoices.
package bitpay

import "github.com/btcpayctl/btcpayctl/sandbox/internal/serve"

// Routes returns the routes of the API. They come before the pages, some of which have the same paths.
func Routes() []serve.Route {
	return []serve.Route{
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/tokens", Permission: serve.Anyone, Handler: listTokens, Exact: true},
		{Realm: serve.BitpayRealm, Method: "POST", Path: "/tokens", Permission: serve.Open, Mutates: true, Handler: postTokens, Exact: true},
		{Realm: serve.BitpayRealm, Method: "POST", Path: "/invoices", Permission: serve.CreateInvoice, Mutates: true, Handler: createInvoice, When: isInvoicePost},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/invoices", Permission: serve.CreateInvoice, Handler: listInvoices, When: serve.CarriesCredential},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/invoices/{invoiceId}", Permission: serve.CreateInvoice, Handler: getInvoice, When: serve.AsksForInvoice},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/rates", Permission: serve.GetRates, Handler: listRates},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/rates/{base}", Permission: serve.GetRates, Handler: baseRates},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/rates/{base}/{currency}", Permission: serve.GetRates, Handler: pairRate},
		{Realm: serve.BitpayRealm, Method: "GET", Path: "/api/rates", Permission: serve.Open, Handler: publicRates, Public: true},
	}
}
