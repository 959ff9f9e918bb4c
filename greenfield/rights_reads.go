package greenfield

import "strings"

// A provingRead is a GET that succeeds for every user with one permission, and is refused
// for all others.
type provingRead struct {
	permission Permission
	path       string // below /api/v1
	// absent means that the read requests something that no server has. The server checks
	// the permission first. So the response that it does not exist also proves the
	// permission, and no node or wallet receives a request.
	absent bool
}

// provingReads are the reads of BTCPay Server 2.4.1 that need a permission of their own,
// with the policy that the server checks (recordings 13-permissions,
// 17-permission-scopes, 25-apps, 29-lightning-absent and 30-wallets). No read has an
// effect, generates an address, or reveals a secret: the e-mail settings of a store are
// left out, since the response of 1.13.5 contains the password.
//
// Permissions that only change something, such as creating an invoice, have no read.
var provingReads = []provingRead{
	// Up to 2.3.9, the list of apps needs only the permission to view the settings, and
	// the wallet needs the permission to change them. Since 2.4, the list of apps needs
	// the permission to change the settings, and the wallet has a permission of its own.
	// So only both reads together prove this permission.
	{CanModifyStoreSettings, "stores/{storeId}/apps", false},
	{CanViewWallet, "stores/{storeId}/payment-methods/NONE-CHAIN/wallet", true},
	{CanViewStoreSettings, "stores/{storeId}", false},
	{CanViewInvoices, "stores/{storeId}/invoices?take=1", false},
	{CanModifyWebhooks, "stores/{storeId}/webhooks", false},
	{CanViewPaymentRequests, "stores/{storeId}/payment-requests", false},
	{CanViewPullPayments, "stores/{storeId}/pull-payments", false},
	{CanViewPayouts, "stores/{storeId}/payouts", false},
	{CanViewOfferings, "stores/{storeId}/offerings", false},
	{CanUseLightningNode, "stores/{storeId}/lightning/NONE/info", true},
	{CanViewLightningInvoice, "stores/{storeId}/lightning/NONE/invoices", true},

	{CanModifyServerSettings, "server/roles", false},
	{CanViewUsers, "users/none", true},
	{CanUseInternalLightningNode, "server/lightning/NONE/info", true},
	{CanViewLightningInvoiceInternalNode, "server/lightning/NONE/invoices", true},

	// No role limits these. A key is unrestricted if it may read its owner's profile.
	{CanViewProfile, "users/me", false},
	{Unrestricted, "users/me", false},
	{CanViewNotificationsForUser, "users/me/notifications?take=1", false},
}

// ProvingRead returns the GET that proves the permission's policy, such as
// /api/v1/stores/{storeId}/webhooks, and false if there is none. It has no effect, and
// the server checks only this policy, with one exception:
// btcpay.store.canmodifystoresettings is proven together with btcpay.store.canviewwallet,
// since releases before 2.4 check these two calls the other way round.
func (p Permission) ProvingRead() (path string, ok bool) {
	for _, read := range provingReads {
		if read.permission == p.Policy() {
			return "/api/v1/" + read.path, true
		}
	}
	return "", false
}

// inStore reports whether the read is about one store.
func (r provingRead) inStore() bool { return strings.HasPrefix(r.path, "stores/") }
