package sandbox

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// routes are those of the BitPay-compatible half and of the pages, in the order the paths are told apart.
var routes = []route{
	// The BitPay-compatible half.
	{method: "GET", path: "/tokens", realm: bitpayRealm, permission: anyone, handler: (*Sandbox).listTokens, exact: true},
	{method: "POST", path: "/tokens", realm: bitpayRealm, permission: open, mutates: true, handler: (*Sandbox).postTokens, exact: true},
	{method: "POST", path: "/invoices", realm: bitpayRealm, permission: createInvoice, mutates: true, handler: (*Sandbox).createBitpayInvoice, when: isInvoicePost},
	{method: "GET", path: "/invoices", realm: bitpayRealm, permission: createInvoice, handler: (*Sandbox).listBitpayInvoices, when: carriesCredential},
	{method: "GET", path: "/invoices/{invoiceId}", realm: bitpayRealm, permission: createInvoice, handler: (*Sandbox).readBitpayInvoice, when: asksForInvoice},
	{method: "GET", path: "/rates", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).listRates},
	{method: "GET", path: "/rates/{base}", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).baseRates},
	{method: "GET", path: "/rates/{base}/{currency}", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).pairRate},
	{method: "GET", path: "/api/rates", realm: bitpayRealm, permission: open, handler: (*Sandbox).publicRates, public: true},

	// What the server knows of itself, for programs and people.
	{method: "GET", path: "/misc/permissions", realm: eitherRealm, permission: anyone, handler: (*Sandbox).listPermissions},
	{method: "GET", path: "/misc/lang", realm: eitherRealm, permission: anyone, handler: (*Sandbox).listLanguages},
	{method: "GET", path: "/misc/rate-sources", realm: eitherRealm, permission: anyone, handler: (*Sandbox).listRateSources},
	{method: "GET", path: "/swagger/v1/swagger.json", realm: eitherRealm, permission: anyone, handler: (*Sandbox).describeAPI},
	{method: "HEAD", path: "/swagger/v1/swagger.json", realm: eitherRealm, permission: anyone, handler: (*Sandbox).describeAPI},

	// The pages a human clicks. Whoever is not logged in is sent to the log-in, except where strangers may look.
	{method: "GET", path: "/", realm: pageRealm, permission: open, handler: (*Sandbox).homePage},
	{method: "GET", path: "/login", realm: pageRealm, permission: open, handler: (*Sandbox).loginPage},
	{method: "POST", path: "/login", realm: pageRealm, permission: open, mutates: true, handler: (*Sandbox).logInByForm},
	{method: "GET", path: "/logout", realm: pageRealm, permission: open, mutates: true, handler: (*Sandbox).logOutByLink},
	{method: "GET", path: "/api-access-request", realm: pageRealm, permission: open, handler: (*Sandbox).pairingPage},
	{method: "POST", path: "/api-access-request", realm: pageRealm, permission: anyone, mutates: true, handler: (*Sandbox).approvePairing},
	{method: "GET", path: "/api-tokens", realm: pageRealm, permission: anyone, handler: (*Sandbox).createTokenPage},
	{method: "POST", path: "/api-tokens", realm: pageRealm, permission: anyone, mutates: true, handler: (*Sandbox).createToken},
	{method: "GET", path: "/stores/{storeId}/tokens", realm: pageRealm, permission: world.ModifyStoreSettings, handler: (*Sandbox).tokensPage},
	{method: "GET", path: "/stores/{storeId}/tokens/create", realm: pageRealm, permission: world.ModifyStoreSettings, handler: (*Sandbox).createTokenPage},
	{method: "POST", path: "/stores/{storeId}/tokens/create", realm: pageRealm, permission: world.ModifyStoreSettings, mutates: true, handler: (*Sandbox).createToken},
	{method: "POST", path: "/stores/{storeId}/tokens/apikey", realm: pageRealm, permission: world.ModifyStoreSettings, mutates: true, handler: (*Sandbox).changeLegacyKey, in: release.Release.HasLegacyKeys},
	{method: "GET", path: "/stores/{storeId}/tokens/{token}/revoke", realm: pageRealm, permission: world.ModifyStoreSettings, handler: (*Sandbox).revokeTokenPage},
	{method: "POST", path: "/stores/{storeId}/tokens/{token}/revoke", realm: pageRealm, permission: world.ModifyStoreSettings, mutates: true, handler: (*Sandbox).revokeTokenByForm},
	{method: "GET", path: "/invoices", realm: pageRealm, permission: anyone, handler: (*Sandbox).homePage, in: release.Release.RedirectsInvoicesToLogin},
	{method: "GET", path: "/invoices/{invoiceId}", realm: pageRealm, permission: anyone, handler: (*Sandbox).invoicePage},
	{method: "GET", path: "/LocalStorage/{file}", realm: pageRealm, permission: open, handler: (*Sandbox).showPicture},
	{method: "GET", path: "/invoice", realm: pageRealm, permission: open, handler: (*Sandbox).checkoutByQuery, when: wantsNoBIP70},
	{method: "GET", path: "/invoice/status", realm: pageRealm, permission: open, handler: (*Sandbox).showStatusByQuery},
	{method: "GET", path: "/invoice/{invoiceId}/status", realm: pageRealm, permission: open, handler: (*Sandbox).showStatus},
	{method: "GET", path: "/i/{invoiceId}/status", realm: pageRealm, permission: open, handler: (*Sandbox).showStatus},
	{method: "GET", path: "/i/{invoiceId}/{method}/status", realm: pageRealm, permission: open, handler: (*Sandbox).showStatus},
	{method: "GET", path: "/i/{invoiceId}", realm: pageRealm, permission: open, handler: (*Sandbox).checkoutPage, when: wantsNoBIP70},
	{method: "GET", path: "/i/{invoiceId}/receipt", realm: pageRealm, permission: open, handler: (*Sandbox).receiptPage},
	{method: "GET", path: "/i/{invoiceId}/{method}", realm: pageRealm, permission: open, handler: (*Sandbox).checkoutPage, when: wantsNoBIP70},
	{method: "POST", path: "/i/{invoiceId}/simulate", realm: pageRealm, permission: open, mutates: true, handler: (*Sandbox).simulate},
	{method: "GET", path: "/errors/{status}", realm: pageRealm, permission: open, handler: (*Sandbox).errorPage},
	{method: "GET", path: "/api-keys/authorize", realm: pageRealm, permission: anyone, handler: (*Sandbox).consentPage},
	{method: "POST", path: "/api-keys/authorize", realm: pageRealm, permission: anyone, mutates: true, handler: (*Sandbox).decideConsent, guardedLate: true},
	{method: "GET", path: "/account/apikeys", realm: pageRealm, permission: anyone, handler: (*Sandbox).keysPage},
	{method: "GET", path: "/account/addapikey", realm: pageRealm, permission: anyone, handler: (*Sandbox).addKeyPage},
	{method: "POST", path: "/account/addapikey", realm: pageRealm, permission: anyone, mutates: true, handler: (*Sandbox).addKey},
	{method: "GET", path: "/api-keys/{apikey}/delete", realm: pageRealm, permission: anyone, handler: (*Sandbox).deleteKeyPage},
	{method: "POST", path: "/api-keys/{apikey}/delete", realm: pageRealm, permission: anyone, mutates: true, handler: (*Sandbox).deleteKeyByForm},
	{method: "POST", path: "/UIManage/deleteapikeypost", realm: pageRealm, permission: anyone, handler: (*Sandbox).deleteNothing},
}
