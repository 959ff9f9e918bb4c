package greenfield

import "slices"

type policy struct {
	name Permission
	// title is the name on the server's consent page.
	title    string
	includes []Permission // directly; these include others in turn
}

// policies is the table of BTCPay Server 2.4.1. A test compares it with that server's
// response to GET /misc/permissions. Unrestricted includes all.
var policies = []policy{
	{Unrestricted, "Unrestricted access", nil},

	{CanModifyServerSettings, "Manage your server", []Permission{CanUseInternalLightningNode, CanManageUsers}},
	{CanManageUsers, "Manage users", []Permission{CanCreateUser}},
	{CanCreateUser, "Create new users", nil},
	{CanViewUsers, "View users", nil},
	{CanUseInternalLightningNode, "Use the internal lightning node",
		[]Permission{CanCreateLightningInvoiceInternalNode, CanViewLightningInvoiceInternalNode}},
	{CanCreateLightningInvoiceInternalNode, "Create invoices with internal lightning node", nil},
	{CanViewLightningInvoiceInternalNode, "View invoices from internal lightning node", nil},

	{CanModifyProfile, "Manage your profile", []Permission{CanViewProfile}},
	{CanViewProfile, "View your profile", nil},
	{CanDeleteUser, "Delete user", nil},
	{CanManageNotificationsForUser, "Manage your notifications", []Permission{CanViewNotificationsForUser}},
	{CanViewNotificationsForUser, "View your notifications", nil},

	{CanModifyStoreSettings, "Modify your stores", []Permission{
		CanManagePullPayments, CanModifyInvoices, CanViewStoreSettings, CanModifyWebhooks, CanModifyPaymentRequests,
		CanManagePayouts, CanUseLightningNode, CanSendStoreEmails, CanManageWallets, CanModifyOfferings}},
	{CanViewStoreSettings, "View your stores", []Permission{
		CanViewInvoices, CanViewPaymentRequests, CanViewReports, CanViewPullPayments, CanViewPayouts}},
	{CanModifyWebhooks, "Modify stores webhooks", nil},
	{CanModifyInvoices, "Modify invoices", []Permission{CanViewInvoices, CanCreateInvoice, CanCreateLightningInvoice}},
	{CanCreateInvoice, "Create an invoice", nil},
	{CanViewInvoices, "View invoices", nil},
	{CanViewReports, "View your reports", nil},
	{CanSendStoreEmails, "Send store emails", nil},
	{CanModifyPaymentRequests, "Modify your payment requests", []Permission{CanViewPaymentRequests}},
	{CanViewPaymentRequests, "View your payment requests", nil},
	{CanManagePullPayments, "Manage your pull payments", []Permission{CanCreatePullPayments, CanArchivePullPayments}},
	{CanCreatePullPayments, "Create pull payments", []Permission{CanCreateNonApprovedPullPayments}},
	{CanCreateNonApprovedPullPayments, "Create non-approved pull payments", []Permission{CanViewPullPayments}},
	{CanArchivePullPayments, "Archive your pull payments", nil},
	{CanViewPullPayments, "View your pull payments", nil},
	{CanManagePayouts, "Manage payouts", []Permission{CanViewPayouts}},
	{CanViewPayouts, "View payouts", nil},
	{CanUseLightningNode, "Use the lightning nodes associated with your stores",
		[]Permission{CanCreateLightningInvoice, CanViewLightningInvoice}},
	{CanCreateLightningInvoice, "Create invoices from the lightning nodes associated with your stores",
		[]Permission{CanViewLightningInvoice}},
	{CanViewLightningInvoice, "View the lightning invoices associated with your stores", nil},
	{CanManageWallets, "Manage wallets", []Permission{CanManageWalletSettings, CanManageWalletTransactions}},
	{CanManageWalletSettings, "Manage wallet settings", []Permission{CanViewWallet}},
	{CanManageWalletTransactions, "Manage wallet transactions",
		[]Permission{CanCreateTransactions, CanSignTransactions, CanBroadcastTransactions, CanCancelTransactions}},
	{CanCreateTransactions, "Create wallet transactions", []Permission{CanViewWallet}},
	{CanSignTransactions, "Sign wallet transactions", []Permission{CanViewWallet}},
	{CanBroadcastTransactions, "Broadcast wallet transactions", []Permission{CanViewWallet}},
	{CanCancelTransactions, "Cancel wallet transactions", []Permission{CanViewWallet}},
	{CanViewWallet, "View wallets", nil},
	{CanModifyOfferings, "Modify your offerings", []Permission{CanViewOfferings, CanManageSubscribers, CanCreditSubscribers}},
	{CanViewOfferings, "View your offerings", nil},
	{CanManageSubscribers, "Manage your subscribers", nil},
	{CanCreditSubscribers, "Credit your subscribers", nil},

	{CanImpersonate, "Can impersonate users", nil},
}

// AllPermissions returns the permissions of BTCPay Server 2.4.1, without scopes.
func AllPermissions() []Permission {
	names := make([]Permission, len(policies))
	for i, p := range policies {
		names[i] = p.name
	}
	return names
}

func find(name Permission) *policy {
	i := slices.IndexFunc(policies, func(p policy) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &policies[i]
}

// Known reports whether BTCPay Server 2.4.1 itself has the policy. A server drops an
// unknown policy from a consent page. In a key that is created through the API it keeps
// the policy, which has no effect.
func (p Permission) Known() bool { return find(p.Policy()) != nil }

// Title returns the policy's English name from the server's consent page, or "" for an
// unknown policy.
func (p Permission) Title() string {
	known := find(p.Policy())
	if known == nil {
		return ""
	}
	return known.title
}

// Included returns the policies that the permission's policy includes, directly or
// through others, without the policy itself. They are sorted by name.
func (p Permission) Included() []Permission {
	var all []Permission
	for _, other := range policies {
		if other.name != p.Policy() && includes(p.Policy(), other.name) {
			all = append(all, other.name)
		}
	}
	slices.Sort(all)
	return all
}

func includes(held, asked Permission) bool {
	if held == asked || held == Unrestricted {
		return true
	}
	known := find(held)
	return known != nil && slices.ContainsFunc(known.includes, func(next Permission) bool { return includes(next, asked) })
}
