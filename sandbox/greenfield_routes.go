package sandbox

// greenfieldRoutes are those of the Greenfield half, in the order the paths are told apart.
var greenfieldRoutes = []route{
	// The server, its users and their keys.
	api("GET", "/health", open, (*Sandbox).health),
	api("GET", "/server/info", anyone, (*Sandbox).serverInfo),
	only(release.readsEmailSettings, api("GET", "/server/email", modifyServerSettings, (*Sandbox).readServerEmail)),
	api("GET", "/server/roles", modifyServerSettings, (*Sandbox).listRoles),
	api("GET", "/users", viewUsers, (*Sandbox).listUsers),
	api("POST", "/users", open, (*Sandbox).createUser),
	api("GET", "/users/me", viewProfile, (*Sandbox).readMe),
	api("PUT", "/users/me", modifyProfile, (*Sandbox).updateMe),
	api("DELETE", "/users/me", deleteMyself, (*Sandbox).deleteMe),
	api("POST", "/users/me/picture", modifyProfile, (*Sandbox).setMyPicture),
	api("DELETE", "/users/me/picture", modifyProfile, (*Sandbox).removeMyPicture),
	api("GET", "/users/me/notifications", viewNotifications, (*Sandbox).listNone),
	api("GET", "/users/{idOrEmail}", viewUsers, (*Sandbox).readUser),
	api("DELETE", "/users/{idOrEmail}", modifyServerSettings, (*Sandbox).deleteUser),
	api("POST", "/users/{idOrEmail}/approve", modifyServerSettings, (*Sandbox).approveUser),
	api("POST", "/users/{idOrEmail}/lock", modifyServerSettings, (*Sandbox).lockUser),
	api("POST", "/users/{idOrEmail}/api-keys", manageUsers, (*Sandbox).createUserAPIKey),
	api("DELETE", "/users/{idOrEmail}/api-keys/{apikey}", manageUsers, (*Sandbox).deleteUserAPIKey),
	api("POST", "/api-keys", unrestricted, (*Sandbox).createAPIKey),
	api("GET", "/api-keys/current", anyKey, (*Sandbox).readCurrentKey),
	api("DELETE", "/api-keys/current", anyKey, (*Sandbox).deleteCurrentKey),
	api("DELETE", "/api-keys/{apikey}", unrestricted, (*Sandbox).deleteAPIKey),

	// Stores.
	listing(api("GET", "/stores", viewStoreSettings, (*Sandbox).listStores)),
	unscoped(api("POST", "/stores", modifyStoreSettings, (*Sandbox).createStore)),
	inStore("GET", "", viewStoreSettings, (*Sandbox).readStore),
	inStore("PUT", "", modifyStoreSettings, (*Sandbox).updateStore),
	inStore("DELETE", "", modifyStoreSettings, (*Sandbox).deleteStore),
	inStore("POST", "/logo", modifyStoreSettings, (*Sandbox).setLogo),
	inStore("DELETE", "/logo", modifyStoreSettings, (*Sandbox).removeLogo),
	inStore("GET", "/roles", viewStoreSettings, (*Sandbox).listRoles),
	inStore("GET", "/users", viewStoreSettings, (*Sandbox).listMembers),
	inStore("POST", "/users", modifyStoreSettings, (*Sandbox).addMember),
	inStore("PUT", "/users/{idOrEmail}", modifyStoreSettings, (*Sandbox).changeMember),
	inStore("DELETE", "/users/{idOrEmail}", modifyStoreSettings, (*Sandbox).removeMember),
	inStore("GET", "/payment-methods/{method}", viewStoreSettings, (*Sandbox).readWallet),
	inStore("PUT", "/payment-methods/{method}", modifyStoreSettings, (*Sandbox).setWallet),
	inStore("GET", "/payment-methods/{method}/wallet", viewWallet, (*Sandbox).readBalance),
	inStore("GET", "/payment-methods/{method}/wallet/preview", viewWallet, (*Sandbox).previewWallet),
	inStore("GET", "/rates/configuration", viewStoreSettings, (*Sandbox).readRates),
	inStore("PUT", "/rates/configuration", modifyStoreSettings, (*Sandbox).setRates),

	// Invoices and what comes of them.
	inStore("GET", "/invoices", viewInvoices, (*Sandbox).listInvoices),
	inStore("POST", "/invoices", createInvoices, (*Sandbox).createInvoiceData),
	either("GET", "/invoices/{invoiceId}", viewInvoices, (*Sandbox).readInvoiceData),
	either("PUT", "/invoices/{invoiceId}", modifyInvoices, (*Sandbox).updateInvoice),
	either("DELETE", "/invoices/{invoiceId}", modifyInvoices, (*Sandbox).archiveInvoice),
	either("POST", "/invoices/{invoiceId}/unarchive", modifyInvoices, (*Sandbox).unarchiveInvoice),
	either("POST", "/invoices/{invoiceId}/status", modifyInvoices, (*Sandbox).markInvoice),
	either("GET", "/invoices/{invoiceId}/payment-methods", viewInvoices, (*Sandbox).listMethods),
	either("POST", "/invoices/{invoiceId}/payment-methods/{method}/activate", viewInvoices, (*Sandbox).activateMethod),
	either("POST", "/invoices/{invoiceId}/refund", createPullRequests, (*Sandbox).refundInvoice),
	either("GET", "/invoices/{invoiceId}/refund/{method}", createPullRequests, (*Sandbox).readRefund),
	inStore("GET", "/pull-payments", viewPullPayments, (*Sandbox).listPullPayments),
	either("DELETE", "/pull-payments/{pullPaymentId}", archivePullPayments, (*Sandbox).archivePullPayment),
	api("GET", "/pull-payments/{pullPaymentId}", open, (*Sandbox).readPullPayment),
	inStore("GET", "/payment-requests", viewRequests, (*Sandbox).listPaymentRequests),
	inStore("POST", "/payment-requests", modifyRequests, (*Sandbox).createPaymentRequest),
	either("GET", "/payment-requests/{paymentRequestId}", viewRequests, (*Sandbox).readPaymentRequest),

	// What cannot be made here, so there is none. An id is refused before its handler would run.
	inStore("GET", "/webhooks", modifyWebhooks, (*Sandbox).listNone),
	inStore("GET", "/payouts", viewPayouts, (*Sandbox).listNone),
	either("GET", "/payouts/{payoutId}", viewPayouts, (*Sandbox).listNone),
	inStore("GET", "/offerings", viewOfferings, (*Sandbox).listNone),
	inStore("GET", "/apps", modifyStoreSettings, (*Sandbox).listNone),
	api("GET", "/apps/{appId}", modifyStoreSettings, (*Sandbox).listNone),

	// There is no lightning node.
	inStore("GET", "/lightning/{cryptoCode}/info", useNode, (*Sandbox).askStoreNode),
	inStore("GET", "/lightning/{cryptoCode}/invoices", viewNodeInvoices, (*Sandbox).askStoreNode),
	api("GET", "/server/lightning/{cryptoCode}/info", useServerNode, (*Sandbox).askServerNode),
	api("GET", "/server/lightning/{cryptoCode}/invoices", viewServerNodeInvoices, (*Sandbox).askServerNode),
}

// api is a route of the Greenfield half. Every method but GET mutates there.
func api(method, path, permission string, h handler) route {
	return route{method: method, path: "/api/v1" + path, realm: greenfieldRealm, permission: permission, mutates: method != "GET", handler: h}
}

// inStore is for what lies below a store.
func inStore(method, path, permission string, h handler) route {
	return api(method, "/stores/{storeId}"+path, permission, h)
}

// either is for what lies below a store, and is also there without it, since 2.4.
func either(method, path, permission string, h handler) route {
	r := inStore(method, path, permission, h)
	r.storeless = true
	return r
}

// listing is empty for whom older releases do not refuse.
func listing(r route) route {
	r.lists = true
	return r
}

// only is there in some releases.
func only(in func(release) bool, r route) route {
	r.in = in
	return r
}

// unscoped wants the permission for all stores.
func unscoped(r route) route {
	r.unscoped = true
	return r
}
