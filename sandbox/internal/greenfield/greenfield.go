package sandbox

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// greenfieldRoutes are those of the Greenfield half, in the order the paths are told apart.
var greenfieldRoutes = []serve.Route{
	// The server, its users and their keys.
	api("GET", "/health", serve.Open, health),
	api("GET", "/server/info", serve.Anyone, readInfo),
	only(release.Release.HasEmailSettings, api("GET", "/server/email", world.ModifyServerSettings, readServerEmail)),
	api("GET", "/server/roles", world.ModifyServerSettings, listRoles),
	api("GET", "/users", world.ViewUsers, listUsers),
	api("POST", "/users", serve.Open, createUser),
	api("GET", "/users/me", world.ViewProfile, readMe),
	api("PUT", "/users/me", world.ModifyProfile, updateMe),
	api("DELETE", "/users/me", world.DeleteMyself, deleteMe),
	api("POST", "/users/me/picture", world.ModifyProfile, setMyPicture),
	api("DELETE", "/users/me/picture", world.ModifyProfile, removeMyPicture),
	api("GET", "/users/me/notifications", world.ViewNotifications, listNone),
	api("GET", "/users/{idOrEmail}", world.ViewUsers, readUser),
	api("DELETE", "/users/{idOrEmail}", world.ModifyServerSettings, deleteUser),
	api("POST", "/users/{idOrEmail}/approve", world.ModifyServerSettings, approveUser),
	api("POST", "/users/{idOrEmail}/lock", world.ModifyServerSettings, lockUser),
	api("POST", "/users/{idOrEmail}/api-keys", world.ManageUsers, createUserAPIKey),
	api("DELETE", "/users/{idOrEmail}/api-keys/{apikey}", world.ManageUsers, deleteUserAPIKey),
	api("POST", "/api-keys", world.Unrestricted, createAPIKey),
	api("GET", "/api-keys/current", serve.AnyKey, readCurrentKey),
	api("DELETE", "/api-keys/current", serve.AnyKey, deleteCurrentKey),
	api("DELETE", "/api-keys/{apikey}", world.Unrestricted, deleteAPIKey),

	// Stores.
	listing(api("GET", "/stores", world.ViewStoreSettings, listStores)),
	unscoped(api("POST", "/stores", world.ModifyStoreSettings, createStore)),
	inStore("GET", "", world.ViewStoreSettings, readStore),
	inStore("PUT", "", world.ModifyStoreSettings, updateStore),
	inStore("DELETE", "", world.ModifyStoreSettings, deleteStore),
	inStore("POST", "/logo", world.ModifyStoreSettings, setLogo),
	inStore("DELETE", "/logo", world.ModifyStoreSettings, removeLogo),
	inStore("GET", "/roles", world.ViewStoreSettings, listRoles),
	inStore("GET", "/users", world.ViewStoreSettings, listMembers),
	inStore("POST", "/users", world.ModifyStoreSettings, addMember),
	inStore("PUT", "/users/{idOrEmail}", world.ModifyStoreSettings, changeMember),
	inStore("DELETE", "/users/{idOrEmail}", world.ModifyStoreSettings, removeMember),
	inStore("GET", "/payment-methods/{method}", world.ViewStoreSettings, readWallet),
	inStore("PUT", "/payment-methods/{method}", world.ModifyStoreSettings, setWallet),
	inStore("GET", "/payment-methods/{method}/wallet", world.ViewWallet, readBalance),
	inStore("GET", "/payment-methods/{method}/wallet/preview", world.ViewWallet, previewWallet),
	inStore("GET", "/rates/configuration", world.ViewStoreSettings, readRates),
	inStore("PUT", "/rates/configuration", world.ModifyStoreSettings, setRates),

	// Invoices and what comes of them.
	inStore("GET", "/invoices", world.ViewInvoices, listInvoices),
	inStore("POST", "/invoices", world.CreateInvoices, createInvoiceData),
	either("GET", "/invoices/{invoiceId}", world.ViewInvoices, readInvoiceData),
	either("PUT", "/invoices/{invoiceId}", world.ModifyInvoices, updateInvoice),
	either("DELETE", "/invoices/{invoiceId}", world.ModifyInvoices, archiveInvoice),
	either("POST", "/invoices/{invoiceId}/unarchive", world.ModifyInvoices, unarchiveInvoice),
	either("POST", "/invoices/{invoiceId}/status", world.ModifyInvoices, markInvoice),
	either("GET", "/invoices/{invoiceId}/payment-methods", world.ViewInvoices, listMethods),
	either("POST", "/invoices/{invoiceId}/payment-methods/{method}/activate", world.ViewInvoices, activateMethod),
	either("POST", "/invoices/{invoiceId}/refund", world.CreatePullRequests, refundInvoice),
	either("GET", "/invoices/{invoiceId}/refund/{method}", world.CreatePullRequests, readRefund),
	inStore("GET", "/pull-payments", world.ViewPullPayments, listPullPayments),
	either("DELETE", "/pull-payments/{pullPaymentId}", world.ArchivePullPayments, archivePullPayment),
	api("GET", "/pull-payments/{pullPaymentId}", serve.Open, readPullPayment),
	inStore("GET", "/payment-requests", world.ViewRequests, listPaymentRequests),
	inStore("POST", "/payment-requests", world.ModifyRequests, createPaymentRequest),
	either("GET", "/payment-requests/{paymentRequestId}", world.ViewRequests, readPaymentRequest),

	// What cannot be made here, so there is none. An id is refused before its Handler would run.
	inStore("GET", "/webhooks", world.ModifyWebhooks, listNone),
	inStore("GET", "/payouts", world.ViewPayouts, listNone),
	either("GET", "/payouts/{payoutId}", world.ViewPayouts, listNone),
	inStore("GET", "/offerings", world.ViewOfferings, listNone),
	inStore("GET", "/apps", world.ModifyStoreSettings, listNone),
	api("GET", "/apps/{appId}", world.ModifyStoreSettings, listNone),

	// There is no lightning node.
	inStore("GET", "/lightning/{cryptoCode}/info", world.UseNode, askStoreNode),
	inStore("GET", "/lightning/{cryptoCode}/invoices", world.ViewNodeInvoices, askStoreNode),
	api("GET", "/server/lightning/{cryptoCode}/info", world.UseServerNode, askServerNode),
	api("GET", "/server/lightning/{cryptoCode}/invoices", world.ViewServerNodeInvoices, askServerNode),
}

// api is a serve.Route of the Greenfield half. Every method but GET mutates there.
func api(method, path, permission string, h serve.Handler) serve.Route {
	return serve.Route{Method: method, Path: "/api/v1" + path, Realm: serve.GreenfieldRealm, Permission: permission, Mutates: method != "GET", Handler: h}
}

// inStore is for what lies below a store.
func inStore(method, path, permission string, h serve.Handler) serve.Route {
	return api(method, "/stores/{storeId}"+path, permission, h)
}

// either is for what lies below a store, and is also there without it, since 2.4.
func either(method, path, permission string, h serve.Handler) serve.Route {
	r := inStore(method, path, permission, h)
	r.Storeless = true
	return r
}

// listing is empty for whom older releases do not refuse.
func listing(r serve.Route) serve.Route {
	r.Lists = true
	return r
}

// only is there in some releases.
func only(in func(release.Release) bool, r serve.Route) serve.Route {
	r.In = in
	return r
}

// unscoped wants the permission for all stores.
func unscoped(r serve.Route) serve.Route {
	r.Unscoped = true
	return r
}
