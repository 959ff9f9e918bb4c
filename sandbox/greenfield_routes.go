package sandbox

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// greenfieldRoutes are those of the Greenfield half, in the order the paths are told apart.
var greenfieldRoutes = []route{
	// The server, its users and their keys.
	api("GET", "/health", open, (*Sandbox).health),
	api("GET", "/server/info", anyone, (*Sandbox).serverInfo),
	only(release.Release.HasEmailSettings, api("GET", "/server/email", world.ModifyServerSettings, (*Sandbox).readServerEmail)),
	api("GET", "/server/roles", world.ModifyServerSettings, (*Sandbox).listRoles),
	api("GET", "/users", world.ViewUsers, (*Sandbox).listUsers),
	api("POST", "/users", open, (*Sandbox).createUser),
	api("GET", "/users/me", world.ViewProfile, (*Sandbox).readMe),
	api("PUT", "/users/me", world.ModifyProfile, (*Sandbox).updateMe),
	api("DELETE", "/users/me", world.DeleteMyself, (*Sandbox).deleteMe),
	api("POST", "/users/me/picture", world.ModifyProfile, (*Sandbox).setMyPicture),
	api("DELETE", "/users/me/picture", world.ModifyProfile, (*Sandbox).removeMyPicture),
	api("GET", "/users/me/notifications", world.ViewNotifications, (*Sandbox).listNone),
	api("GET", "/users/{idOrEmail}", world.ViewUsers, (*Sandbox).readUser),
	api("DELETE", "/users/{idOrEmail}", world.ModifyServerSettings, (*Sandbox).deleteUser),
	api("POST", "/users/{idOrEmail}/approve", world.ModifyServerSettings, (*Sandbox).approveUser),
	api("POST", "/users/{idOrEmail}/lock", world.ModifyServerSettings, (*Sandbox).lockUser),
	api("POST", "/users/{idOrEmail}/api-keys", world.ManageUsers, (*Sandbox).createUserAPIKey),
	api("DELETE", "/users/{idOrEmail}/api-keys/{apikey}", world.ManageUsers, (*Sandbox).deleteUserAPIKey),
	api("POST", "/api-keys", world.Unrestricted, (*Sandbox).createAPIKey),
	api("GET", "/api-keys/current", anyKey, (*Sandbox).readCurrentKey),
	api("DELETE", "/api-keys/current", anyKey, (*Sandbox).deleteCurrentKey),
	api("DELETE", "/api-keys/{apikey}", world.Unrestricted, (*Sandbox).deleteAPIKey),

	// Stores.
	listing(api("GET", "/stores", world.ViewStoreSettings, (*Sandbox).listStores)),
	unscoped(api("POST", "/stores", world.ModifyStoreSettings, (*Sandbox).createStore)),
	inStore("GET", "", world.ViewStoreSettings, (*Sandbox).readStore),
	inStore("PUT", "", world.ModifyStoreSettings, (*Sandbox).updateStore),
	inStore("DELETE", "", world.ModifyStoreSettings, (*Sandbox).deleteStore),
	inStore("POST", "/logo", world.ModifyStoreSettings, (*Sandbox).setLogo),
	inStore("DELETE", "/logo", world.ModifyStoreSettings, (*Sandbox).removeLogo),
	inStore("GET", "/roles", world.ViewStoreSettings, (*Sandbox).listRoles),
	inStore("GET", "/users", world.ViewStoreSettings, (*Sandbox).listMembers),
	inStore("POST", "/users", world.ModifyStoreSettings, (*Sandbox).addMember),
	inStore("PUT", "/users/{idOrEmail}", world.ModifyStoreSettings, (*Sandbox).changeMember),
	inStore("DELETE", "/users/{idOrEmail}", world.ModifyStoreSettings, (*Sandbox).removeMember),
	inStore("GET", "/payment-methods/{method}", world.ViewStoreSettings, (*Sandbox).readWallet),
	inStore("PUT", "/payment-methods/{method}", world.ModifyStoreSettings, (*Sandbox).setWallet),
	inStore("GET", "/payment-methods/{method}/wallet", world.ViewWallet, (*Sandbox).readBalance),
	inStore("GET", "/payment-methods/{method}/wallet/preview", world.ViewWallet, (*Sandbox).previewWallet),
	inStore("GET", "/rates/configuration", world.ViewStoreSettings, (*Sandbox).readRates),
	inStore("PUT", "/rates/configuration", world.ModifyStoreSettings, (*Sandbox).setRates),

	// Invoices and what comes of them.
	inStore("GET", "/invoices", world.ViewInvoices, (*Sandbox).listInvoices),
	inStore("POST", "/invoices", world.CreateInvoices, (*Sandbox).createInvoiceData),
	either("GET", "/invoices/{invoiceId}", world.ViewInvoices, (*Sandbox).readInvoiceData),
	either("PUT", "/invoices/{invoiceId}", world.ModifyInvoices, (*Sandbox).updateInvoice),
	either("DELETE", "/invoices/{invoiceId}", world.ModifyInvoices, (*Sandbox).archiveInvoice),
	either("POST", "/invoices/{invoiceId}/unarchive", world.ModifyInvoices, (*Sandbox).unarchiveInvoice),
	either("POST", "/invoices/{invoiceId}/status", world.ModifyInvoices, (*Sandbox).markInvoice),
	either("GET", "/invoices/{invoiceId}/payment-methods", world.ViewInvoices, (*Sandbox).listMethods),
	either("POST", "/invoices/{invoiceId}/payment-methods/{method}/activate", world.ViewInvoices, (*Sandbox).activateMethod),
	either("POST", "/invoices/{invoiceId}/refund", world.CreatePullRequests, (*Sandbox).refundInvoice),
	either("GET", "/invoices/{invoiceId}/refund/{method}", world.CreatePullRequests, (*Sandbox).readRefund),
	inStore("GET", "/pull-payments", world.ViewPullPayments, (*Sandbox).listPullPayments),
	either("DELETE", "/pull-payments/{pullPaymentId}", world.ArchivePullPayments, (*Sandbox).archivePullPayment),
	api("GET", "/pull-payments/{pullPaymentId}", open, (*Sandbox).readPullPayment),
	inStore("GET", "/payment-requests", world.ViewRequests, (*Sandbox).listPaymentRequests),
	inStore("POST", "/payment-requests", world.ModifyRequests, (*Sandbox).createPaymentRequest),
	either("GET", "/payment-requests/{paymentRequestId}", world.ViewRequests, (*Sandbox).readPaymentRequest),

	// What cannot be made here, so there is none. An id is refused before its handler would run.
	inStore("GET", "/webhooks", world.ModifyWebhooks, (*Sandbox).listNone),
	inStore("GET", "/payouts", world.ViewPayouts, (*Sandbox).listNone),
	either("GET", "/payouts/{payoutId}", world.ViewPayouts, (*Sandbox).listNone),
	inStore("GET", "/offerings", world.ViewOfferings, (*Sandbox).listNone),
	inStore("GET", "/apps", world.ModifyStoreSettings, (*Sandbox).listNone),
	api("GET", "/apps/{appId}", world.ModifyStoreSettings, (*Sandbox).listNone),

	// There is no lightning node.
	inStore("GET", "/lightning/{cryptoCode}/info", world.UseNode, (*Sandbox).askStoreNode),
	inStore("GET", "/lightning/{cryptoCode}/invoices", world.ViewNodeInvoices, (*Sandbox).askStoreNode),
	api("GET", "/server/lightning/{cryptoCode}/info", world.UseServerNode, (*Sandbox).askServerNode),
	api("GET", "/server/lightning/{cryptoCode}/invoices", world.ViewServerNodeInvoices, (*Sandbox).askServerNode),
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
func only(in func(release.Release) bool, r route) route {
	r.in = in
	return r
}

// unscoped wants the permission for all stores.
func unscoped(r route) route {
	r.unscoped = true
	return r
}
