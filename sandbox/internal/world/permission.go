package world

import (
	"slices"
	"strings"
	"sync"
)

// The permissions that routes and rules name. The others are only in the table.
const (
	Unrestricted          = "unrestricted"
	ModifyServerSettings  = "btcpay.server.canmodifyserversettings"
	ManageUsers           = "btcpay.server.canmanageusers"
	CreateUserPermission  = "btcpay.server.cancreateuser"
	ViewUsers             = "btcpay.server.canviewusers"
	ModifyProfile         = "btcpay.user.canmodifyprofile"
	ViewProfile           = "btcpay.user.canviewprofile"
	DeleteMyself          = "btcpay.user.candeleteuser"
	ManageNotifications   = "btcpay.user.canmanagenotificationsforuser"
	ViewNotifications     = "btcpay.user.canviewnotificationsforuser"
	ModifyStoreSettings   = "btcpay.store.canmodifystoresettings"
	ViewStoreSettings     = "btcpay.store.canviewstoresettings"
	ModifyWebhooks        = "btcpay.store.webhooks.canmodifywebhooks"
	ModifyInvoices        = "btcpay.store.canmodifyinvoices"
	ViewInvoices          = "btcpay.store.canviewinvoices"
	CreateInvoices        = "btcpay.store.cancreateinvoice"
	ModifyRequests        = "btcpay.store.canmodifypaymentrequests"
	ViewRequests          = "btcpay.store.canviewpaymentrequests"
	ManagePullPayments    = "btcpay.store.canmanagepullpayments"
	CreatePullPayments    = "btcpay.store.cancreatepullpayments"
	CreatePullRequests    = "btcpay.store.cancreatenonapprovedpullpayments"
	ArchivePullPayments   = "btcpay.store.canarchivepullpayments"
	ViewPullPayments      = "btcpay.store.canviewpullpayments"
	ManagePayouts         = "btcpay.store.canmanagepayouts"
	ViewPayouts           = "btcpay.store.canviewpayouts"
	ManageWallets         = "btcpay.store.canmanagewallets"
	ManageTransactions    = "btcpay.store.canmanagewallettransactions"
	CreateTransactions    = "btcpay.store.cancreatetransactions"
	BroadcastTransactions = "btcpay.store.canbroadcasttransactions"
	SignTransactions      = "btcpay.store.cansigntransactions"
	ViewWallet            = "btcpay.store.canviewwallet"
	ManageWalletSettings  = "btcpay.store.canmanagewalletsettings"
	ModifyOfferings       = "btcpay.store.canmodifyofferings"
	ViewOfferings         = "btcpay.store.canviewofferings"
	ManageSubscribers     = "btcpay.store.canmanagesubscribers"
	CreditSubscribers     = "btcpay.store.cancreditsubscribers"
	UseNode               = "btcpay.store.canuselightningnode"
	CreateNodeInvoices    = "btcpay.store.cancreatelightninginvoice"
	SendStoreEmails       = "btcpay.store.cansendstoreemails"
	ViewNodeInvoices      = "btcpay.store.canviewlightninginvoice"

	UseServerNode            = "btcpay.server.canuseinternallightningnode"
	CreateServerNodeInvoices = "btcpay.server.cancreatelightninginvoiceinternalnode"
	ViewServerNodeInvoices   = "btcpay.server.canviewlightninginvoiceinternalnode"

	// ViewCustodians and the following ones exist until 2.0.0.
	ViewCustodians        = "btcpay.store.canviewcustodianaccounts"
	ManageCustodians      = "btcpay.store.canmanagecustodianaccounts"
	DepositToCustodian    = "btcpay.store.candeposittocustodianaccount"
	WithdrawFromCustodian = "btcpay.store.canwithdrawfromcustodianaccount"
	TradeAtCustodian      = "btcpay.store.cantradecustodianaccount"
)

// Inclusions returns the permissions of all releases, and which others each one directly includes. [Unrestricted] includes
// all.
var Inclusions = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		Unrestricted: nil,

		ModifyServerSettings: {"btcpay.server.canuseinternallightningnode", ManageUsers},
		ManageUsers:          {CreateUserPermission},
		CreateUserPermission: nil,
		ViewUsers:            nil,
		"btcpay.server.canuseinternallightningnode":           {"btcpay.server.cancreatelightninginvoiceinternalnode", "btcpay.server.canviewlightninginvoiceinternalnode"},
		"btcpay.server.cancreatelightninginvoiceinternalnode": nil,
		"btcpay.server.canviewlightninginvoiceinternalnode":   nil,
		"btcpay.impersonation.canimpersonate":                 nil,

		ModifyProfile:       {ViewProfile},
		ViewProfile:         nil,
		DeleteMyself:        nil,
		ManageNotifications: {ViewNotifications},
		ViewNotifications:   nil,

		ModifyStoreSettings:               {ManagePullPayments, ModifyInvoices, ViewStoreSettings, ModifyWebhooks, ModifyRequests, ManagePayouts, "btcpay.store.canuselightningnode", "btcpay.store.cansendstoreemails", ManageWallets, ModifyOfferings, ManageCustodians},
		ViewStoreSettings:                 {ViewInvoices, ViewRequests, "btcpay.store.canviewreports", ViewPullPayments, ViewPayouts},
		ModifyWebhooks:                    nil,
		"btcpay.store.canviewreports":     nil,
		"btcpay.store.cansendstoreemails": nil,

		ModifyInvoices: {ViewInvoices, CreateInvoices, "btcpay.store.cancreatelightninginvoice"},
		CreateInvoices: nil,
		ViewInvoices:   nil,
		ModifyRequests: {ViewRequests},
		ViewRequests:   nil,

		ManagePullPayments:  {CreatePullPayments, ArchivePullPayments},
		CreatePullPayments:  {CreatePullRequests},
		CreatePullRequests:  {ViewPullPayments},
		ArchivePullPayments: nil,
		ViewPullPayments:    nil,
		ManagePayouts:       {ViewPayouts},
		ViewPayouts:         nil,

		"btcpay.store.canuselightningnode":       {"btcpay.store.cancreatelightninginvoice", "btcpay.store.canviewlightninginvoice"},
		"btcpay.store.cancreatelightninginvoice": {"btcpay.store.canviewlightninginvoice"},
		"btcpay.store.canviewlightninginvoice":   nil,

		ManageWallets:                           {ManageWalletSettings, ManageTransactions},
		ManageWalletSettings:                    {ViewWallet},
		ManageTransactions:                      {"btcpay.store.cancreatetransactions", SignTransactions, "btcpay.store.canbroadcasttransactions", "btcpay.store.cancanceltransactions"},
		"btcpay.store.cancreatetransactions":    {ViewWallet},
		SignTransactions:                        {ViewWallet},
		"btcpay.store.canbroadcasttransactions": {ViewWallet},
		"btcpay.store.cancanceltransactions":    {ViewWallet},
		ViewWallet:                              nil,

		ModifyOfferings:                     {ViewOfferings, ManageSubscribers, CreditSubscribers},
		ViewOfferings:                       nil,
		"btcpay.store.canmanagesubscribers": nil,
		"btcpay.store.cancreditsubscribers": nil,

		ManageCustodians:      {ViewCustodians},
		ViewCustodians:        nil,
		DepositToCustodian:    nil,
		WithdrawFromCustodian: nil,
		TradeAtCustodian:      nil,
	}
})

// Includes reports whether a permission is or includes another one, directly or indirectly.
func Includes(held, asked string) bool {
	if held == asked || held == Unrestricted {
		return true
	}
	return slices.ContainsFunc(Inclusions()[held], func(next string) bool { return Includes(next, asked) })
}

// IsStorePermission reports whether a permission is a store's, so that it may be limited to one store.
func IsStorePermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.store.") || strings.HasPrefix(policy, "btcpay.plugin.store.")
}

// IsServerPermission reports whether a permission is for administrators.
func IsServerPermission(policy string) bool {
	return strings.HasPrefix(policy, "btcpay.server.") || strings.HasPrefix(policy, "btcpay.plugin.server.")
}

// ValidPermission checks the syntax of a permission that a key is requested with. Unknown permissions are valid.
func ValidPermission(text string) (normal string, ok bool) {
	policy, scope, scoped := strings.Cut(strings.TrimSpace(text), ":")
	policy = strings.ToLower(strings.TrimSpace(policy))
	if scoped && scope == "" {
		return "", false
	}
	if policy != Unrestricted {
		rest, found := strings.CutPrefix(policy, "btcpay.")
		if !found {
			return "", false
		}
		for part := range strings.SplitSeq(rest, ".") {
			if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
				return "", false
			}
		}
	}
	if scoped {
		policy += ":" + scope
	}
	return policy, true
}

// Grants reports whether one of the key's permissions includes a permission on a store; an empty store means without
// a scope. The scope of a permission that is not a store's is ignored (recording 17-permission-scopes).
func (k *APIKey) Grants(permission, storeID string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, scope, scoped := strings.Cut(held, ":")
		return Includes(policy, permission) && (!scoped || !IsStorePermission(permission) || scope == storeID)
	})
}

// GrantsAnywhere reports whether the key has the permission on any store.
func (k *APIKey) GrantsAnywhere(permission string) bool {
	return slices.ContainsFunc(k.Permissions, func(held string) bool {
		policy, _, _ := strings.Cut(held, ":")
		return Includes(policy, permission)
	})
}
