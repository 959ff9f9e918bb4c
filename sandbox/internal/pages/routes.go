package pages

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pictures"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the pages. A caller who is not logged in is redirected to the log-in, except on open pages.
func Routes() []serve.Route {
	return []serve.Route{
		// Home and log-in.
		get("/", serve.Open, homePage),
		get("/login", serve.Open, loginPage),
		post("/login", serve.Open, logInByForm),
		mutating(get("/logout", serve.Open, logOutByLink)),

		// Pairing and tokens of the BitPay API.
		get("/api-access-request", serve.Open, pairingPage),
		post("/api-access-request", serve.Anyone, approvePairing),
		get("/api-tokens", serve.Anyone, createTokenPage),
		post("/api-tokens", serve.Anyone, createToken),
		get("/stores/{storeId}/tokens", world.ModifyStoreSettings, tokensPage),
		get("/stores/{storeId}/tokens/create", world.ModifyStoreSettings, createTokenPage),
		post("/stores/{storeId}/tokens/create", world.ModifyStoreSettings, createToken),
		serve.In(release.Release.HasLegacyKeys, post("/stores/{storeId}/tokens/apikey", world.ModifyStoreSettings, changeLegacyKey)),
		get("/stores/{storeId}/tokens/{token}/revoke", world.ModifyStoreSettings, revokeTokenPage),
		post("/stores/{storeId}/tokens/{token}/revoke", world.ModifyStoreSettings, revokeTokenByForm),

		// Invoices, for the merchant and for the customer.
		serve.In(release.Release.RedirectsInvoicesToLogin, get("/invoices", serve.Anyone, homePage)),
		get("/invoices/{invoiceId}", serve.Anyone, invoicePage),
		get("/LocalStorage/{file}", serve.Open, pictures.Show),
		toBrowsers(get("/invoice", serve.Open, checkoutByQuery)),
		get("/invoice/status", serve.Open, showStatusByQuery),
		get("/invoice/{invoiceId}/status", serve.Open, showStatus),
		get("/i/{invoiceId}/status", serve.Open, showStatus),
		get("/i/{invoiceId}/{method}/status", serve.Open, showStatus),
		get("/i/{invoiceId}/status/ws", serve.Open, statusSocket),
		get("/i/{invoiceId}/{method}/status/ws", serve.Open, statusSocket),
		get("/invoice/{invoiceId}/status/ws", serve.Open, statusSocket),
		get("/invoice/{invoiceId}/{method}/status", serve.Open, statusSocket), // the server's socket, too
		get("/invoice/status/ws", serve.Open, statusSocketByQuery),
		toBrowsers(get("/i/{invoiceId}", serve.Open, checkoutPage)),
		get("/i/{invoiceId}/receipt", serve.Open, receiptPage),
		toBrowsers(get("/i/{invoiceId}/{method}", serve.Open, checkoutPage)),
		post("/i/{invoiceId}/simulate", serve.Open, simulate),

		get("/api/v1/invoices", serve.Open, payByButton),
		unguarded(post("/api/v1/invoices", serve.Open, payByButton)),

		// Payment requests, for the customer.
		get("/payment-requests/{paymentRequestId}", serve.Open, requestPage),
		mutating(get("/payment-requests/{paymentRequestId}/pay", serve.Open, payRequest)),
		mutating(get("/payment-requests/{paymentRequestId}/cancel", serve.Open, cancelRequest)),

		// Points of sale.
		get("/apps/{appId}/pos", serve.Open, tillPage),
		unguarded(post("/apps/{appId}/pos", serve.Open, sell)),

		// Pull payments, for the recipient.
		get("/pull-payments/{pullPaymentId}", serve.Open, pullPaymentPage),
		post("/pull-payments/{pullPaymentId}", serve.Open, claimByForm),

		// Errors.
		get("/errors/{status}", serve.Open, errorPage),

		// Consent, and keys of the Greenfield API.
		get("/api-keys/authorize", serve.Anyone, consentPage),
		guardedLate(post("/api-keys/authorize", serve.Anyone, decideConsent)),
		get("/account/apikeys", serve.Anyone, keysPage),
		get("/account/addapikey", serve.Anyone, addKeyPage),
		post("/account/addapikey", serve.Anyone, addKey),
		get("/api-keys/{apikey}/delete", serve.Anyone, deleteKeyPage),
		post("/api-keys/{apikey}/delete", serve.Anyone, deleteKeyByForm),
		post("/UIManage/deleteapikeypost", serve.Anyone, deleteNothing),
	}
}

func get(path, permission string, h serve.Handler) serve.Route {
	return serve.Route{Method: "GET", Path: path, Realm: serve.PageRealm, Permission: permission, Handler: h}
}

func post(path, permission string, h serve.Handler) serve.Route {
	return serve.Route{Method: "POST", Path: path, Realm: serve.PageRealm, Permission: permission, Mutates: true, Handler: h}
}

func mutating(r serve.Route) serve.Route {
	r.Mutates = true
	return r
}

// toBrowsers leaves out wallets that ask for a payment request of BIP 70. They get none.
func toBrowsers(r serve.Route) serve.Route {
	r.When = wantsNoBIP70
	return r
}

func unguarded(r serve.Route) serve.Route {
	r.Unguarded = true
	return r
}

func guardedLate(r serve.Route) serve.Route {
	r.GuardedLate = true
	return r
}
