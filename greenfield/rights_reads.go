package greenfield

import "strings"

// A provingRead is a GET that is answered to whoever may use one permission, and
// refused to all others.
type provingRead struct {
	permission Permission
	path       string // below /api/v1
	// absent says that it asks for what no server has. The permission is checked
	// first, so "there is none" proves it as well, and no node or wallet is asked.
	absent bool
}

// provingReads are the reads of BTCPay Server 2.4.1 that need a permission of
// their own, by the policy that the server checks (recordings 13-permissions,
// 17-permission-scopes, 25-apps, 29-lightning-absent and 30-wallets). None has an
// effect, generates an address, or shows a secret: the e-mail settings of a store
// are left out, since 1.13.5 answers with the password.
//
// What only changes something, such as making an invoice, has no read.
var provingReads = []provingRead{
	// Up to 2.3.9 viewing the settings is enough for the list of apps, and the
	// wallet needs to change them; since 2.4 it is the other way round, with a
	// permission of its own for wallets. So both together prove this one.
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

	// Limited by no role. An unrestricted key is one that may read its owner.
	{CanViewProfile, "users/me", false},
	{Unrestricted, "users/me", false},
	{CanViewNotificationsForUser, "users/me/notifications?take=1", false},
}

// ProvingRead returns the GET that proves the permission's policy, such as
// /api/v1/stores/{storeId}/webhooks, and false where there is none. It has no
// effect, and the server checks this policy and no other, with one exception:
// btcpay.store.canmodifystoresettings is proven together with
// btcpay.store.canviewwallet, since releases before 2.4 check these two calls the
// other way round.
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
