package sandbox

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// routes are those of the BitPay-compatible half and of the pages, in the order the paths are told apart.
var routes = []serve.Route{
	// What the server knows of itself, for programs and people.
	{Method: "GET", Path: "/misc/permissions", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listPermissions},
	{Method: "GET", Path: "/misc/lang", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listLanguages},
	{Method: "GET", Path: "/misc/rate-sources", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listRateSources},
	{Method: "GET", Path: "/swagger/v1/swagger.json", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: describeAPI},
	{Method: "HEAD", Path: "/swagger/v1/swagger.json", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: describeAPI},

	// The pages a human clicks. Whoever is not logged in is sent to the log-in, except where strangers may look.
	{Method: "GET", Path: "/", Realm: serve.PageRealm, Permission: serve.Open, Handler: homePage},
	{Method: "GET", Path: "/login", Realm: serve.PageRealm, Permission: serve.Open, Handler: loginPage},
	{Method: "POST", Path: "/login", Realm: serve.PageRealm, Permission: serve.Open, Mutates: true, Handler: logInByForm},
	{Method: "GET", Path: "/logout", Realm: serve.PageRealm, Permission: serve.Open, Mutates: true, Handler: logOutByLink},
	{Method: "GET", Path: "/api-access-request", Realm: serve.PageRealm, Permission: serve.Open, Handler: pairingPage},
	{Method: "POST", Path: "/api-access-request", Realm: serve.PageRealm, Permission: serve.Anyone, Mutates: true, Handler: approvePairing},
	{Method: "GET", Path: "/api-tokens", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: createTokenPage},
	{Method: "POST", Path: "/api-tokens", Realm: serve.PageRealm, Permission: serve.Anyone, Mutates: true, Handler: createToken},
	{Method: "GET", Path: "/stores/{storeId}/tokens", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Handler: tokensPage},
	{Method: "GET", Path: "/stores/{storeId}/tokens/create", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Handler: createTokenPage},
	{Method: "POST", Path: "/stores/{storeId}/tokens/create", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Mutates: true, Handler: createToken},
	{Method: "POST", Path: "/stores/{storeId}/tokens/apikey", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Mutates: true, Handler: changeLegacyKey, In: release.Release.HasLegacyKeys},
	{Method: "GET", Path: "/stores/{storeId}/tokens/{token}/revoke", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Handler: revokeTokenPage},
	{Method: "POST", Path: "/stores/{storeId}/tokens/{token}/revoke", Realm: serve.PageRealm, Permission: world.ModifyStoreSettings, Mutates: true, Handler: revokeTokenByForm},
	{Method: "GET", Path: "/invoices", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: homePage, In: release.Release.RedirectsInvoicesToLogin},
	{Method: "GET", Path: "/invoices/{invoiceId}", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: invoicePage},
	{Method: "GET", Path: "/LocalStorage/{file}", Realm: serve.PageRealm, Permission: serve.Open, Handler: showPicture},
	{Method: "GET", Path: "/invoice", Realm: serve.PageRealm, Permission: serve.Open, Handler: checkoutByQuery, When: wantsNoBIP70},
	{Method: "GET", Path: "/invoice/status", Realm: serve.PageRealm, Permission: serve.Open, Handler: showStatusByQuery},
	{Method: "GET", Path: "/invoice/{invoiceId}/status", Realm: serve.PageRealm, Permission: serve.Open, Handler: showStatus},
	{Method: "GET", Path: "/i/{invoiceId}/status", Realm: serve.PageRealm, Permission: serve.Open, Handler: showStatus},
	{Method: "GET", Path: "/i/{invoiceId}/{method}/status", Realm: serve.PageRealm, Permission: serve.Open, Handler: showStatus},
	{Method: "GET", Path: "/i/{invoiceId}", Realm: serve.PageRealm, Permission: serve.Open, Handler: checkoutPage, When: wantsNoBIP70},
	{Method: "GET", Path: "/i/{invoiceId}/receipt", Realm: serve.PageRealm, Permission: serve.Open, Handler: receiptPage},
	{Method: "GET", Path: "/i/{invoiceId}/{method}", Realm: serve.PageRealm, Permission: serve.Open, Handler: checkoutPage, When: wantsNoBIP70},
	{Method: "POST", Path: "/i/{invoiceId}/simulate", Realm: serve.PageRealm, Permission: serve.Open, Mutates: true, Handler: simulate},
	{Method: "GET", Path: "/errors/{status}", Realm: serve.PageRealm, Permission: serve.Open, Handler: errorPage},
	{Method: "GET", Path: "/api-keys/authorize", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: consentPage},
	{Method: "POST", Path: "/api-keys/authorize", Realm: serve.PageRealm, Permission: serve.Anyone, Mutates: true, Handler: decideConsent, GuardedLate: true},
	{Method: "GET", Path: "/account/apikeys", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: keysPage},
	{Method: "GET", Path: "/account/addapikey", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: addKeyPage},
	{Method: "POST", Path: "/account/addapikey", Realm: serve.PageRealm, Permission: serve.Anyone, Mutates: true, Handler: addKey},
	{Method: "GET", Path: "/api-keys/{apikey}/delete", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: deleteKeyPage},
	{Method: "POST", Path: "/api-keys/{apikey}/delete", Realm: serve.PageRealm, Permission: serve.Anyone, Mutates: true, Handler: deleteKeyByForm},
	{Method: "POST", Path: "/UIManage/deleteapikeypost", Realm: serve.PageRealm, Permission: serve.Anyone, Handler: deleteNothing},
}
