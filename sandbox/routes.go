package sandbox

// routes is the whole of the server, in the order the paths are told apart.
var routes = []route{
	// The BitPay-compatible half.
	{method: "GET", path: "/tokens", realm: bitpayRealm, permission: anyone, handler: (*Sandbox).listTokens, exact: true},
	{method: "POST", path: "/tokens", realm: bitpayRealm, permission: open, handler: (*Sandbox).postTokens, exact: true},
	{method: "POST", path: "/invoices", realm: bitpayRealm, permission: createInvoice, handler: (*Sandbox).createBitpayInvoice, when: isInvoicePost},
	{method: "GET", path: "/invoices", realm: bitpayRealm, permission: createInvoice, handler: (*Sandbox).listBitpayInvoices, when: carriesCredential},
	{method: "GET", path: "/invoices/{invoiceId}", realm: bitpayRealm, permission: createInvoice, handler: (*Sandbox).readBitpayInvoice, when: asksForInvoice},
	{method: "GET", path: "/rates", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).listRates},
	{method: "GET", path: "/rates/{base}", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).baseRates},
	{method: "GET", path: "/rates/{base}/{currency}", realm: bitpayRealm, permission: getRates, handler: (*Sandbox).pairRate},
	{method: "GET", path: "/api/rates", realm: bitpayRealm, permission: open, handler: (*Sandbox).publicRates},

	// The Greenfield half, as far as it leads to the other.
	{method: "GET", path: "/api/v1/health", realm: greenfieldRealm, permission: open, handler: (*Sandbox).health},
	{method: "POST", path: "/api/v1/users", realm: greenfieldRealm, permission: open, handler: (*Sandbox).createUser},
	{method: "GET", path: "/api/v1/users/me", realm: greenfieldRealm, permission: viewProfile, handler: (*Sandbox).readMe},
	{method: "POST", path: "/api/v1/api-keys", realm: greenfieldRealm, permission: unrestricted, handler: (*Sandbox).createAPIKey},
	{method: "GET", path: "/api/v1/api-keys/current", realm: greenfieldRealm, permission: anyKey, handler: (*Sandbox).readCurrentKey},
	{method: "DELETE", path: "/api/v1/api-keys/current", realm: greenfieldRealm, permission: anyKey, handler: (*Sandbox).deleteCurrentKey},
	{method: "DELETE", path: "/api/v1/api-keys/{apikey}", realm: greenfieldRealm, permission: unrestricted, handler: (*Sandbox).deleteAPIKey},
	{method: "GET", path: "/api/v1/stores", realm: greenfieldRealm, permission: anyone, handler: (*Sandbox).listStores},
	{method: "POST", path: "/api/v1/stores", realm: greenfieldRealm, permission: createStorePermission, handler: (*Sandbox).createStore},
	{method: "GET", path: "/api/v1/stores/{storeId}", realm: greenfieldRealm, permission: viewStoreSettings, handler: (*Sandbox).readStore},
	{method: "PUT", path: "/api/v1/stores/{storeId}", realm: greenfieldRealm, permission: modifyStoreSettings, handler: (*Sandbox).updateStore},
	{method: "GET", path: "/api/v1/stores/{storeId}/payment-methods/{method}", realm: greenfieldRealm, permission: viewStoreSettings, handler: (*Sandbox).readWallet},
	{method: "PUT", path: "/api/v1/stores/{storeId}/payment-methods/{method}", realm: greenfieldRealm, permission: modifyStoreSettings, handler: (*Sandbox).setWallet},
	{method: "GET", path: "/api/v1/stores/{storeId}/rates/configuration", realm: greenfieldRealm, permission: viewStoreSettings, handler: (*Sandbox).readRates},
	{method: "PUT", path: "/api/v1/stores/{storeId}/rates/configuration", realm: greenfieldRealm, permission: modifyStoreSettings, handler: (*Sandbox).setRates},
	{method: "GET", path: "/api/v1/stores/{storeId}/invoices/{invoiceId}", realm: greenfieldRealm, permission: viewInvoices, handler: (*Sandbox).readInvoiceData},
	{method: "DELETE", path: "/api/v1/stores/{storeId}/invoices/{invoiceId}", realm: greenfieldRealm, permission: modifyInvoices, handler: (*Sandbox).archiveInvoice},
	{method: "POST", path: "/api/v1/stores/{storeId}/invoices/{invoiceId}/unarchive", realm: greenfieldRealm, permission: modifyInvoices, handler: (*Sandbox).unarchiveInvoice},
	{method: "POST", path: "/api/v1/stores/{storeId}/invoices/{invoiceId}/status", realm: greenfieldRealm, permission: modifyInvoices, handler: (*Sandbox).markInvoice},

	// The pages a human clicks. Those open to strangers send them to the log-in themselves where they must.
}
